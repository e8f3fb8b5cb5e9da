/** An assignment as a worker gets it, in this process and over A2A (requirements W.g, decision X059). */
import { defineAgent, remoteAgent, type RunHandle, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { historyOf, ofKind, openInMemory, Place } from "../support/scenario.ts";

type Assignment = { readonly [name: string]: unknown };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PARAMETERS = { table: "sales", date_range: { start: "2025-03-01", end: "2025-03-31" } };

const definition = workflowFromObject({
  name: "sales_report",
  version: "1.0.0",
  steps: { sub_1: { agent: "data-agent", skill: "query", text: "Query ${{ input.table }}.", with: "${{ input }}" } },
});

/** Keeps what its handler is called with. */
function dataAgent() {
  const seen: { input: unknown; text: string | null; key: string; capability: string; assignment: Assignment }[] = [];
  const agent = defineAgent({
    name: "data-agent",
    description: "Queries tables.",
    version: "1.0.0",
    capabilities: {
      query: {
        description: "Queries a table.",
        run: ({ input, text, key, capability, assignment }) => (seen.push({ input, text, key, capability, assignment }), { rows: 3 }),
      },
      other: { description: "Never asked for.", run: () => null },
    },
  });
  return { agent, seen };
}

const expectedAssignment = {
  sender: "orchestrator/sales_report/1.0.0",
  receiver: "data-agent",
  workflow_id: "wf_123",
  workflow_type: "sales_report",
  subtask_id: "sub_1",
  attempt: 1,
  correlation_id: expect.stringMatching(UUID),
  ttl_ms: 30_000,
  operation: "query",
  timestamp: expect.stringMatching(UTC),
  hop_count: 1,
  traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
  workflow_step: 1,
  total_steps: 1,
};

/** The worker's idempotency key: its task's id derives from the message's, so a message that comes again has the same. */
const TASK_KEY = /^default\/task_[0-9a-f]{32}\/work\/1\/1$/;

describe("a worker behind A2A", () => {
  it("gets the sender, the receiver, the run, the subtask, the attempt, a correlation id, a time to live, the operation and the instant (W072, W074, W075, W076, W077, W078, X059)", async () => {
    await using place = new Place();
    const { agent, seen } = dataAgent();
    const served = place.keep(await serveAgent(agent));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "data-agent" })]);
    const handle = await orchestrator.start(definition, PARAMETERS, { id: "wf_123" });
    expect(await handle.result()).toMatchObject({ status: "completed", output: { rows: 3 } });
    expect(seen).toEqual([
      {
        input: PARAMETERS,
        text: "Query sales.",
        key: expect.stringMatching(TASK_KEY),
        capability: "query",
        assignment: expectedAssignment,
      },
    ]);
  });

  it("gets it as one message from the user: words, then parameters, then the metadata (W045, W073, W077, W079)", async () => {
    await using place = new Place();
    const { agent } = dataAgent();
    const served = place.keep(await serveAgent(agent));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "data-agent" })]);
    const handle = await orchestrator.start(definition, PARAMETERS, { id: "wf_123" });

    const { intent, task, message } = await onTheWire(handle);

    expect(message).toMatchObject({ role: "ROLE_USER", messageId: intent.messageId, contextId: intent.contextId, taskId: task.id });
    expect(message.parts).toMatchObject([{ text: "Query sales." }, { data: PARAMETERS }]);
    expect(message.metadata).toEqual(expectedAssignment);
    // What comes back is the response: the task's state and its artifact.
    expect(task).toMatchObject({ status: { state: "TASK_STATE_COMPLETED" }, artifacts: [{ parts: [{ data: { rows: 3 } }] }] });
  });

  it("is named in the history as the receiver, with its address, before the message leaves (W075, W083)", async () => {
    await using place = new Place();
    const { agent } = dataAgent();
    const served = place.keep(await serveAgent(agent));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "data-agent" })]);
    const facts = await historyOf(await orchestrator.start(definition, PARAMETERS));
    const [intended] = ofKind(facts, "messageIntended");
    expect(intended?.intent).toMatchObject({
      agent: "data-agent",
      url: expect.stringMatching(new RegExp(`^${served.url}`)),
      binding: expect.any(String),
    });
    expect(facts.findIndex(({ kind }) => kind === "messageIntended")).toBeLessThan(
      facts.findIndex(({ kind }) => kind === "subtaskCompleted"),
    );
  });
});

it("a worker in this process gets the same assignment as one behind A2A (W007, W079)", async () => {
  const { agent, seen } = dataAgent();
  await using orchestrator = await openInMemory([agent]);
  await orchestrator.run(definition, PARAMETERS, { id: "wf_123" });
  expect(seen).toMatchObject([{ input: PARAMETERS, text: "Query sales.", capability: "query", assignment: expectedAssignment }]);
});

type Wire = { readonly [name: string]: unknown };
type TaskOnTheWire = Wire & {
  readonly id: string;
  readonly history: readonly (Wire & { readonly metadata: Wire; readonly parts: readonly Wire[] })[];
};

/** The task of a run's only step, as any A2A client gets it from the agent. */
async function onTheWire(handle: RunHandle) {
  const facts = await historyOf(handle);
  const [intended] = ofKind(facts, "messageIntended");
  const [completed] = ofKind(facts, "subtaskCompleted");
  if (intended === undefined || completed?.task === undefined) throw new Error("The step was done by a remote agent, as a task.");
  const { url, taskId } = completed.task;
  const request = { jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: taskId, historyLength: 10 } };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "a2a-version": "1.0" },
    body: JSON.stringify(request),
  });
  const { result: task } = (await response.json()) as { readonly result: TaskOnTheWire };
  const [message] = task.history;
  if (message === undefined) throw new Error("The history of a task begins with the message that it is for.");
  return { intent: intended.intent, task, message };
}
