/** A request lost before, and an answer lost after the agent took it: one execution, wherever the agent lets us know. */
import { describe, expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import { type Call, rawAgent, type RawOptions } from "./raw-agent.ts";

type Message = { readonly messageId: string; readonly contextId?: string };
type Kind = {
  /** Lists its tasks, with their history. */
  readonly lists: boolean;
  /** Takes our context id; `replaces`: answers with one of its own. */
  readonly context: "takes" | "replaces" | "refuses";
  /** Ignores a second message of the same id. */
  readonly dedupes?: boolean;
};

/** A real, small agent of one kind: it executes what it takes, and keeps its tasks. `lose` may spoil the answer to a send. */
async function agentOf(kind: Kind, lose: (call: Call, sendCount: number, execute: () => unknown) => boolean, options?: RawOptions) {
  const tasks: { readonly task: { readonly id: string; readonly contextId: string }; readonly messageId: string }[] = [];
  let sendCount = 0;
  const execute = ({ messageId, contextId }: Message): unknown => {
    const known = kind.dedupes === true ? tasks.find((one) => one.messageId === messageId) : undefined;
    if (known !== undefined) return { task: known.task };
    const id = `t${tasks.length + 1}`;
    const task = {
      id,
      contextId: kind.context === "takes" && contextId !== undefined ? contextId : `own-${id}`,
      status: { state: "TASK_STATE_COMPLETED", timestamp: "2026-01-05T08:00:00.000Z" },
      artifacts: [{ artifactId: "reply", parts: [{ text: `done by ${id}` }] }],
      history: [{ messageId, role: "ROLE_USER", parts: [{ text: "Go." }] }],
    };
    tasks.push({ task, messageId });
    return { task };
  };
  const agent = await rawAgent((call) => {
    const { params } = JSON.parse(call.body) as { params: { message?: Message; id?: string; contextId?: string } };
    const fail = (code: number, message: string): void =>
      call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code, message } }));
    if (call.method === "SendMessage" && params.message !== undefined) {
      const { message } = params;
      if (kind.context === "refuses" && message.contextId !== undefined) return fail(-32602, "Client-supplied contextId is not accepted.");
      sendCount += 1;
      if (lose(call, sendCount, () => execute(message))) return;
      return call.reply(execute(message));
    }
    if (call.method === "ListTasks" && kind.lists) {
      const found = tasks
        .map(({ task }) => task)
        .filter(({ contextId }) => params.contextId === undefined || contextId === params.contextId);
      return call.reply({ tasks: found, nextPageToken: "", pageSize: 100, totalSize: found.length });
    }
    const task = tasks.find((one) => one.task.id === params.id);
    if (call.method !== "GetTask") return fail(-32601, "There is no such method.");
    return task === undefined ? fail(-32001, "There is no such task.") : call.reply(task.task);
  }, options);
  return { ...agent, executions: () => tasks.length, sends: () => sendCount };
}

const WORKFLOW = workflowFromObject({
  name: "once",
  agents: { raw: { local: "raw" } },
  steps: { work: { agent: "raw", retry: { attempts: 2, initial: "10ms" } } },
  output: { text: "${{ steps.work.output }}", attempts: "${{ steps.work.attempts }}" },
});

async function runWith(agent: RemoteAgent) {
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent] });
  const handle = await orchestrator.start(WORKFLOW, {});
  const { status, error } = await orchestrator.host.whenOver(handle.run);
  return { status, error };
}

/** Ways to lose the first send before the agent takes it, or its answer after that. */
const afterwards = (spoil: (call: Call) => void) => (call: Call, sendCount: number, execute: () => unknown) => {
  if (sendCount > 1) return false;
  execute();
  spoil(call);
  return true;
};
const before = (spoil: (call: Call) => void) => (call: Call, sendCount: number) => {
  if (sendCount > 1) return false;
  spoil(call);
  return true;
};
const reset = ({ out }: Call): void => void out.destroy();
const resetInTheMiddle = ({ out }: Call): void => {
  out.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  out.write('{"jsonrpc":"2.0",', () => out.destroy());
};
const badGateway = ({ out }: Call): void => void out.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
const gatewayTimeout = ({ out }: Call): void => void out.writeHead(504).end();
const garbled = (call: Call): void => call.text("<html>", "text/html");

const AMBIGUOUS = [
  ["the connection breaks", reset],
  ["the connection breaks in the middle of the answer", resetInTheMiddle],
  ["a proxy says 502", badGateway],
  ["a proxy says 504", gatewayTimeout],
  ["the answer cannot be read", garbled],
] as const;

const KNOWABLE: readonly (readonly [string, Kind])[] = [
  ["lists its tasks by our context id", { lists: true, context: "takes" }],
  ["lists its tasks under context ids of its own", { lists: true, context: "replaces" }],
  ["ignores a second message of the same id", { lists: false, context: "refuses", dedupes: true }],
];

describe.concurrent.each(KNOWABLE)("an agent that %s", (_what, kind) => {
  const options = kind.dedupes === true ? { dedupes: true } : {};

  test.each(AMBIGUOUS)("executes once when %s after it took the work", async (_how, spoil) => {
    await using agent = await agentOf(kind, afterwards(spoil), options);
    expect(await runWith(agent.remote)).toEqual({ status: "completed", error: null });
    expect(agent.executions()).toBe(1);
  });

  test("executes once when the connection breaks before it took the work", { timeout: 60_000 }, async () => {
    await using agent = await agentOf(kind, before(reset), options);
    expect(await runWith(agent.remote)).toEqual({ status: "completed", error: null });
    expect([agent.executions(), agent.sends()]).toEqual([1, 2]);
  });
});

describe.concurrent("an agent that neither lists its tasks nor takes our context id", () => {
  const kind: Kind = { lists: false, context: "refuses" };

  test.each(AMBIGUOUS)("is not sent the work again when %s: the outcome is unknown", async (_how, spoil) => {
    await using agent = await agentOf(kind, afterwards(spoil));
    expect(await runWith(agent.remote)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("cannot be known") } });
    expect([agent.executions(), agent.sends()]).toEqual([1, 1]);
  });

  test.each([
    [429, { "retry-after": "0" }],
    [503, { "retry-after": "0" }],
  ])("is sent the work again after %i, by which it said that it did not take it", async (status, headers) => {
    await using agent = await agentOf(
      kind,
      before(({ out }) => void out.writeHead(status, headers).end()),
    );
    expect(await runWith(agent.remote)).toEqual({ status: "completed", error: null });
    expect([agent.executions(), agent.sends()]).toEqual([1, 2]);
  });
});
