import { afterEach, describe, expect, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import { serveAgent, type ServedAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { gate, give, intentFor, never, type Stage, stage, taskOf, watching, work } from "./harness.ts";

const egress = new Egress();
const open: ServedAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

async function serve(options: ServeOptions = {}): Promise<{ here: Stage; served: ServedAgent }> {
  const here = stage();
  const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 100, ...options });
  open.push(served);
  return { here, served };
}

/** The same agent seen through one binding only. */
async function connect(options: ServeOptions = {}, binding: "JSONRPC" | "HTTP+JSON" = "JSONRPC") {
  const { here, served } = await serve(options);
  const remote = remoteAgent(served.url, { name: "stage", egress, ...(options.token === undefined ? {} : { secret: options.token }) });
  const at = async (more = {}) => intentFor(remote, { binding, ...more });
  return { here, served, remote, at };
}

describe.each(["JSONRPC", "HTTP+JSON"] as const)("over %s", (binding) => {
  const perform = async (capability: string, input: Parameters<typeof work>[1] = null, more: Parameters<typeof work>[2] = {}) => {
    const { remote, at } = await connect({}, binding);
    const sent = await remote.send(work(capability, input, more), await at(), never());
    if (sent.kind === "answer") return sent.outcome;
    if (sent.kind !== "task") throw new Error(JSON.stringify(sent));
    return sent.over ?? remote.attend(sent.task, watching().watch);
  };

  test("a value comes back as data", async () => {
    expect(await perform("double", { n: 21 })).toEqual({ kind: "completed", reply: { data: [{ n: 42 }] } });
  });
  test("words come back as text", async () => {
    expect(await perform("words", null, { text: "hi" })).toEqual({ kind: "completed", reply: { text: "You said hi." } });
  });
  test("a direct message comes back without a task", async () => {
    expect(await perform("hello")).toEqual({ kind: "completed", reply: { text: "Hello." } });
  });
  test("files, named artifacts and usage come back as the agent gave them", async () => {
    expect(await perform("files")).toEqual({
      kind: "completed",
      reply: {
        text: "Two files.",
        data: [{ ok: true }],
        artifacts: [
          { name: "a.svg", mediaType: "image/svg+xml", bytes: "PHN2Zy8+" },
          { name: "kpis", mediaType: "application/json", data: { total: 3 } },
        ],
        usage: { tokens: 7 },
      },
    });
  });
  test("a refusal stays a rejection", async () => {
    expect(await perform("refuse")).toEqual({ kind: "rejected", failure: { code: "T4105", message: "Not my job.", retryable: false } });
  });
  test("a failure keeps its code, its details and whether to try again", async () => {
    expect(await perform("busy")).toEqual({
      kind: "failed",
      failure: { code: "RATE_LIMIT_EXCEEDED", message: "Come again later.", retryable: true, retryAfterMs: 1500, details: { limit: 3 } },
    });
  });
  test("a handler's exception is a failure without its words", async () => {
    const outcome = await perform("broken");
    expect(outcome).toMatchObject({ kind: "failed", failure: { code: "AGENT_ERROR", retryable: true } });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
  });
  test("input that breaks the schema is a failure that is not tried again", async () => {
    expect(await perform("double", { n: "x" })).toMatchObject({ kind: "failed", failure: { code: "INVALID_INPUT", retryable: false } });
  });

  test("a question keeps the task, and its answer finishes it", async () => {
    const { remote, at, here } = await connect({}, binding);
    const first = await remote.send(work("question", {}), await at(), never());
    expect(first).toMatchObject({
      kind: "task",
      over: {
        kind: "inputRequired",
        question: { prompt: "Which colour?", schema: { type: "string" }, data: { choices: ["red", "blue"] } },
      },
    });
    const task = taskOf(first);
    const question = { prompt: "Which colour?" };
    const second = await remote.send(
      work("question", {}, { task, exchanges: [{ question, answer: "red" }] }),
      await at({ contextId: task.contextId }),
      never(),
    );
    expect(taskOf(second).taskId).toBe(task.taskId);
    expect(second).toMatchObject({ over: { kind: "completed", reply: { data: [{ colour: "red", asked: 1 }] } } });
    expect(here.callCount).toBe(2);
  });

  test("an authorisation that is missing is not told as a question or a failure", async () => {
    expect(await perform("auth")).toEqual({ kind: "authRequired", question: { prompt: "Allow access to the mailbox." } });
  });

  test("work that takes longer is attended to, with its progress and its pieces", async () => {
    const { remote, at, here } = await connect({}, binding);
    const sent = await remote.send(work("slow", null), await at(), never());
    expect(sent).toMatchObject({ kind: "task", over: null });
    const told = gate();
    const heard = gate();
    const seen = watching({ progress: () => told.open(), chunk: (text) => text === "two" && heard.open() });
    const attended = remote.attend(taskOf(sent), seen.watch);
    await told.opened;
    here.speak.open();
    await heard.opened;
    here.release.open();
    expect(await attended).toEqual({ kind: "completed", reply: { text: "one two three" } });
    expect(seen.progress).toContainEqual({ percent: 10, phase: "begin", note: "Begun." });
    expect(seen.chunks.join("")).toBe("one two");
  });

  test("a cancel reaches the handler's signal", async () => {
    const { remote, at, here } = await connect({}, binding);
    const task = taskOf(await remote.send(work("slow", null), await at(), never()));
    await here.started.opened;
    expect(await remote.cancel(task, "No longer needed.", never())).toEqual({ kind: "canceled" });
    await here.stopped.opened;
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "canceled" });
    expect(await remote.cancel(task, "Again.", never())).toEqual({ kind: "canceled" });
  });

  test("a cancel that comes too late tells what the task had come to", async () => {
    const { remote, at } = await connect({}, binding);
    const task = taskOf(await remote.send(work("double", { n: 1 }), await at(), never()));
    expect(await remote.cancel(task, "Too late.", never())).toEqual({
      kind: "over",
      outcome: { kind: "completed", reply: { data: [{ n: 2 }] } },
    });
  });

  test("the same message sent again gives the same task and no second execution", async () => {
    const { remote, at, here } = await connect({}, binding);
    const intent = await at();
    const first = taskOf(await remote.send(work("double", { n: 1 }), intent, never()));
    const again = taskOf(await remote.send(work("double", { n: 1 }), { ...intent, contextId: null }, never()));
    expect(again.taskId).toBe(first.taskId);
    expect(here.callCount).toBe(1);
    expect(await remote.send(work("double", { n: 2 }), intent, never())).toMatchObject({
      kind: "notSent",
      outcome: { kind: "failed", failure: { code: "T3006" } },
    });
    expect(await remote.find(work("double", { n: 1 }), intent, never())).toEqual({ kind: "task", task: first });
    expect(await remote.find(work("double", { n: 1 }), { ...intent, messageId: "another" }, never())).toEqual({ kind: "none" });
  });

  test("an answer to a task that works and does not ask is not sent, and does not disturb it", async () => {
    const { remote, at, here } = await connect({}, binding);
    const task = taskOf(await remote.send(work("slow", null), await at(), never()));
    await here.started.opened;
    const more = work("slow", null, { task, exchanges: [{ question: { prompt: "?" }, answer: "now" }] });
    expect(await remote.send(more, await at(), never())).toMatchObject({ kind: "task", task: { taskId: task.taskId }, over: null });
    here.release.open();
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "completed" });
    expect(here.callCount).toBe(1);
  });

  test("a task that the agent no longer knows is unknown, not failed", async () => {
    const { remote, at } = await connect({}, binding);
    const intent = await at();
    const task = { agent: "stage", url: intent.url, binding, tenant: "", taskId: "gone", contextId: "c" };
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "unknown", failure: { code: "T3007" } });
    expect(await remote.cancel(task, "x", never())).toEqual({ kind: "canceled" });
  });
});

test("the description says how to talk to the agent and what it can do", async () => {
  const { remote, served } = await connect();
  const described = await remote.describe(never());
  expect(described).toMatchObject({
    ok: true,
    identity: {
      url: served.url,
      binding: "JSONRPC",
      tenant: "",
      protocolVersion: "1.0",
      agentVersion: "1.0.0",
      dedupes: true,
      takesContextId: true,
    },
  });
  const double = described.ok ? described.identity.capabilities.find(({ name }) => name === "double") : undefined;
  expect(double).toMatchObject({ description: "Doubles n.", tags: ["double"], inputSchema: { required: ["n"] }, outputSchema: null });
});

test("an agent that is away cannot have got the message", async () => {
  const { remote, at, served } = await connect();
  const intent = await at();
  await served.close();
  expect(await remote.send(work("double", { n: 1 }), intent, never())).toMatchObject({
    kind: "notSent",
    outcome: { kind: "failed", failure: { code: "NETWORK_ERROR", retryable: true } },
  });
  expect(await remoteAgent(served.url, { egress }).describe(never())).toMatchObject({
    ok: false,
    outcome: { failure: { code: "NETWORK_ERROR", retryable: true } },
  });
});

test("an agent without room answers 503, and its Retry-After is kept", async () => {
  const { remote, at, here } = await connect({ maxWorking: 1 });
  const task = taskOf(await remote.send(work("slow", null), await at(), never()));
  expect(await remote.send(work("double", { n: 1 }), await at(), never())).toMatchObject({
    kind: "notSent",
    outcome: { failure: { code: "AGENT_OVERLOADED", retryable: true, retryAfterMs: 1000 } },
  });
  here.release.open();
  await remote.attend(task, watching().watch);
  expect(await give(remote, work("double", { n: 1 }))).toMatchObject({ kind: "completed" });
});

test("a message that is too large is refused with 413 as JSON", async () => {
  const { remote, at, served } = await connect({ maxRequestBytes: 2000 });
  expect(await remote.send(work("words", { big: "x".repeat(4000) }), await at(), never())).toMatchObject({
    kind: "notSent",
    outcome: { kind: "failed", failure: { code: "T3002", retryable: false } },
  });
  const answer = await fetch(served.url, {
    method: "POST",
    body: "x".repeat(3000),
    headers: { "content-type": "application/json", "a2a-version": "1.0" },
  });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ error: { code: 413 } });
});

test("a token is needed where there is one, and says so where it is missing", async () => {
  const { remote, served } = await connect({ token: "let-me-in" });
  expect(await give(remote, work("double", { n: 1 }))).toMatchObject({ kind: "completed" });
  const stranger = remoteAgent(served.url, { egress });
  expect(await stranger.send(work("double", { n: 1 }), await intentFor(stranger), never())).toMatchObject({
    kind: "notSent",
    outcome: { failure: { code: "T3005", retryable: false } },
  });
  const answer = await fetch(`${served.url}/tasks`, { headers: { "a2a-version": "1.0" } });
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="agent"']);
});

test("a server open to the network needs a token, and a port in use is named", async () => {
  const { here, served } = await serve();
  await expect(serveAgent(here.agent, { host: "0.0.0.0" })).rejects.toMatchObject({ code: "T6002" });
  await expect(serveAgent(here.agent, { port: Number(new URL(served.url).port) })).rejects.toMatchObject({
    code: "T3010",
    help: expect.stringContaining("another port"),
  });
});
