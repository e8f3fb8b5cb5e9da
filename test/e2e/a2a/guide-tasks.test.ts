/** The task-lifecycle guide's helpers and its complex task, as callers and workers have them here (requirements L.b, L.h). */
import { afterEach, expect, test } from "vitest";

import { fail, result } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { serveAgent, type ServedAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { eventsIn, HEADERS, rpc } from "./http/harness.ts";

const open: ServedAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

const worker = defineAgent({
  name: "analyst",
  description: "Analyses customers.",
  version: "1.0.0",
  capabilities: {
    customer_analysis: { description: "Gives back what it was given.", run: ({ input, text }) => ({ input, text }) },
    complete: {
      description: "Completes with an artifact.",
      run: () => result({ rows: 3 }, { artifacts: [{ name: "report.csv", mediaType: "text/csv", text: "a,b" }] }),
    },
    fail: { description: "Fails.", run: () => fail("INVALID_INPUT", "The dataset is empty.") },
    progress: {
      description: "Tells how it goes.",
      run: ({ progress }) => {
        progress({ percent: 50, phase: "Processing data", note: "Halfway complete" });
        return "Done.";
      },
    },
  },
});

async function serve(options: ServeOptions = {}): Promise<string> {
  const served = await serveAgent(worker, { log: () => undefined, drainMs: 20, ...options });
  open.push(served);
  return served.url;
}

const messageOf = (operation: string, more: object = {}) => ({
  messageId: `msg_${crypto.randomUUID()}`,
  role: "ROLE_USER",
  parts: [{ text: "Analyse the customers." }],
  ...more,
  metadata: {
    operation,
    task_type: operation,
    submitted_by: "user_agent",
    priority: "medium",
    ...("metadata" in more ? (more.metadata as object) : {}),
  },
});

async function send(url: string, message: object): Promise<unknown> {
  const { body } = await rpc(url, "SendMessage", { message });
  return (body as { readonly result?: { readonly task: unknown } }).result?.task;
}

test("a task is made of a context, a kind and contents by one message, and ids say what they are of (L009, L010)", async () => {
  const url = await serve();
  const message = messageOf("customer_analysis", { contextId: "ctx_research" });
  expect(await send(url, message)).toMatchObject({
    id: expect.stringMatching(/^task_[0-9a-f]{32}$/),
    contextId: "ctx_research",
    metadata: { task_type: "customer_analysis" },
    history: [
      { messageId: message.messageId, contextId: "ctx_research", taskId: expect.stringMatching(/^task_/) },
      { messageId: expect.stringMatching(/^msg_accept_task_[0-9a-f]{32}_\d+$/) },
      { messageId: expect.stringMatching(/^msg_complete_task_[0-9a-f]{32}_\d+$/) },
    ],
  });
});

test("the complex task reaches its worker whole: the instruction, the configuration and the input specification (L015, L016, L017)", async () => {
  const url = await serve();
  const configuration = {
    algorithm: "advanced_ml_analysis",
    confidence_level: 0.95,
    max_processing_time: "30m",
    output_formats: ["json", "csv", "visualization"],
    quality_threshold: 0.9,
  };
  const dataset = {
    dataset_id: "customer_data_2024",
    required_fields: ["customer_id", "transaction_amount", "timestamp"],
    date_range: { start: "2024-01-01", end: "2024-12-31" },
    preprocessing: true,
  };
  const parts = [
    { text: "Perform comprehensive analysis of customer data." },
    { data: configuration, metadata: { description: "Analysis configuration parameters" } },
    { data: dataset, metadata: { description: "Input dataset specification" } },
  ];
  const metadata = { complexity: "high", estimated_duration: "30m", deliverables: ["analysis_report"] };
  expect(await send(url, messageOf("customer_analysis", { parts, metadata }))).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
    metadata,
    history: [{ parts }, {}, {}],
    artifacts: [{ parts: [{ data: { text: parts[0]?.text, input: { ...configuration, ...dataset } } }] }],
  });
});

test("a worker completes with an artifact, fails with words, and tells how far it is, by one call each (L044)", async () => {
  const url = await serve();
  expect(await send(url, messageOf("complete"))).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
    artifacts: [{ parts: [{ data: { rows: 3 } }] }, { name: "report.csv", parts: [{ text: "a,b", mediaType: "text/csv" }] }],
  });
  expect(await send(url, messageOf("fail"))).toMatchObject({
    status: {
      state: "TASK_STATE_FAILED",
      message: { parts: [{ text: "Task failed: The dataset is empty. (Code: INVALID_INPUT)" }, {}], metadata: { retry_possible: false } },
    },
  });
  const body = JSON.stringify({ message: messageOf("progress") });
  const answer = await fetch(`${url}/message:stream`, { method: "POST", headers: HEADERS, body });
  const told: unknown[] = [];
  for await (const { data } of eventsIn(answer)) told.push(data);
  const [{ task } = { task: null }] = told as readonly { readonly task: unknown }[];
  expect(JSON.stringify([task, told])).toContain("Progress update: 50% complete. Current phase: Processing data");
  expect(JSON.stringify([task, told])).toContain("Halfway complete");
});

test("a hub gets every update with its way: from whom, to whom, of what and how pressing, as a stream has it (L041, L042, L043)", async () => {
  await using hub = await Receiver.listen();
  const url = await serve({ push: { allow: [hub.origin] } });
  const configuration = { taskPushNotificationConfig: { id: "hub", url: `${hub.origin}/hub` } };
  const { body } = await rpc(url, "SendMessage", { message: messageOf("fail"), configuration });
  const { id } = (body as { readonly result: { readonly task: { readonly id: string } } }).result.task;
  const pushed = () => waysIn(hub.all.map((received) => JSON.parse(received.body)));
  await hub.until(() => pushed().length === 2);
  const last = { from_agent_id: "analyst", to_agent_id: "user_agent", event_type: "task.TASK_STATE_FAILED", priority: "HIGH" };
  expect(pushed()).toEqual([{ ...last, event_type: "task.TASK_STATE_WORKING", priority: "LOW" }, last]);
  const again = await fetch(`${url}/tasks/${id}:subscribe`, {
    method: "POST",
    headers: { ...HEADERS, "last-event-id": "1.0" },
    body: "{}",
  });
  const streamed: unknown[] = [];
  for await (const { data } of eventsIn(again)) streamed.push(data);
  expect(waysIn(streamed)).toEqual(pushed());
});

/** What status updates say of their way. */
function waysIn(events: readonly unknown[]): readonly unknown[] {
  return events.flatMap((event) => {
    const { statusUpdate } = event as { readonly statusUpdate?: { readonly metadata?: unknown } };
    return statusUpdate === undefined ? [] : [statusUpdate.metadata];
  });
}
