/** What belongs to a request goes along on every hop that follows from it (requirement X035, W3C Trace Context). */
import { afterEach, expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { createServer } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { rpc, HEADERS } from "./http/harness.ts";
import { DONE, type RawAgent, rawAgent, wireTask } from "./raw-agent.ts";

const opened: RawAgent[] = [];
afterEach(async () => {
  for (const agent of opened.splice(0)) await agent[Symbol.asyncDispose]();
});

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const TRACESTATE = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE";
const COMMON = { tutti: "1.0", version: "1.0.0", agents: { raw: { local: "raw" } } };

test("a trace, its state and the correlation of the work are on every hop: to agents, below, after a restart, to webhooks and in pushes", async () => {
  using place = folder();
  await using hook = await Receiver.listen();
  let isDone = false;
  const agent = await rawAgent((call) => {
    if (call.method === "SendMessage") return call.reply({ task: wireTask("WORKING") });
    return call.reply(isDone ? DONE : wireTask("WORKING"));
  });
  opened.push(agent);
  const inner = workflowFromObject({ ...COMMON, name: "inner", steps: { work: { agent: "raw" } } });
  const steps = { below: { workflow: "inner@^1.0.0" }, tell: { needs: ["below"], emit: { event: "told", to: `${hook.origin}/event` } } };
  const outer = workflowFromObject({ tutti: "1.0", version: "1.0.0", name: "outer", steps });

  const open = async () => {
    const orchestrator = await openOrchestrator({ db: place.db, agents: [agent.remote] });
    await orchestrator.workflows.publish(inner);
    const options = { workflows: [outer], push: { allow: [hook.origin] }, log: () => undefined, drainMs: 20 };
    const server = await createServer(orchestrator, options);
    const close = async () => {
      await server.close();
      await orchestrator.close();
    };
    return { url: server.url, [Symbol.asyncDispose]: close };
  };

  {
    await using first = await open();
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ data: {} }] };
    const configuration = { returnImmediately: true, taskPushNotificationConfig: { id: "p", url: `${hook.origin}/push` } };
    const headers = { ...HEADERS, traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: TRACESTATE };
    await rpc(first.url, "SendMessage", { message, configuration }, headers);
    await expect.poll(() => agent.methods()).toContain("GetTask");
  }
  const before = agent.calls.length;
  isDone = true;
  await using second = await open();
  const over = (): boolean => hook.all.some(({ body }) => body.includes("TASK_STATE_COMPLETED"));
  await hook.until(over);
  expect((await rpc(second.url, "ListTasks", {})).body).toMatchObject({ result: { totalSize: 1 } });

  expect(agent.calls.length).toBeGreaterThan(before);
  const toHook = hook.all.map(({ path, headers }) => ({ path, headers }));
  expect(new Set(toHook.map(({ path }) => path))).toEqual(new Set(["/event", "/push"]));
  for (const { headers } of [...agent.calls, ...toHook]) {
    expect(headers["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(headers["tracestate"]).toBe(TRACESTATE);
  }
  // One span for all requests about one piece of work, also those of another process.
  expect(new Set(agent.calls.map(({ headers }) => headers["traceparent"])).size).toBe(1);
  const { params } = JSON.parse(agent.calls[0]?.body ?? "") as { params: { message: { messageId: string; metadata: object } } };
  expect(params.message.metadata).toMatchObject({
    traceparent: agent.calls[0]?.headers["traceparent"],
    tracestate: TRACESTATE,
    correlation_id: params.message.messageId,
    workflow_type: "inner",
    subtask_id: "work",
    hop_count: expect.any(Number),
  });
});
