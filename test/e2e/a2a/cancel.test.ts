/** A cancel is over when the agent says what came of the task, and not when it has taken the request. */
import { afterEach, describe, expect, test } from "vitest";

import { MAX_HISTORY_FILE_BYTES } from "../../../src/base/limits.ts";
import type { RemoteTask } from "../../../src/scheduler/input.ts";
import { never } from "./harness.ts";
import { type Answer, rpcOf, scripted } from "./scripted.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

type Rpc = ReturnType<typeof rpcOf>;
const inState = (state: string, more: object = {}) => ({ id: "t1", contextId: "c1", status: { state: `TASK_STATE_${state}` }, ...more });

async function answering(answer: (rpc: Rpc) => Answer) {
  const { remote, url, close } = await scripted((request) => answer(rpcOf(request)));
  cleanUps.push(close);
  const task: RemoteTask = { agent: "scripted", url, binding: "JSONRPC", tenant: "", taskId: "t1", contextId: "c1" };
  return { remote, task };
}

/** An agent that takes the cancel and works on, and answers each look at the task in turn; the last answer stays. */
async function workingOn(looks: readonly ((rpc: Rpc) => Answer)[]) {
  const asked: string[] = [];
  const agent = await answering((rpc) => {
    asked.push(rpc.method);
    if (rpc.method === "CancelTask") return rpc.result(inState("WORKING"));
    const lookCount = asked.filter((method) => method === "GetTask").length;
    return (looks[lookCount - 1] ?? looks.at(-1))?.(rpc) ?? { status: 500 };
  });
  return { ...agent, asked };
}

const works = (rpc: Rpc): Answer => rpc.result(inState("WORKING"));

test("a task that is finished in spite of the cancel is told with its true outcome", async () => {
  const done = inState("COMPLETED", { artifacts: [{ artifactId: "reply", parts: [{ text: "paid" }] }] });
  const { remote, task, asked } = await workingOn([works, (rpc) => rpc.result(done)]);
  expect(await remote.cancel(task, "x", never())).toEqual({ kind: "over", outcome: { kind: "completed", reply: { text: "paid" } } });
  expect(asked).toEqual(["CancelTask", "GetTask", "GetTask"]);
});

test("a task that stops some time after the cancel is canceled then", async () => {
  const { remote, task } = await workingOn([works, (rpc) => rpc.result(inState("CANCELED"))]);
  expect(await remote.cancel(task, "x", never())).toEqual({ kind: "canceled" });
});

test("a task that the agent forgets after the cancel is canceled", async () => {
  const { remote, task } = await workingOn([works, (rpc) => rpc.error(-32001, "Task not found")]);
  expect(await remote.cancel(task, "x", never())).toEqual({ kind: "canceled" });
});

test("one who stops waiting for a cancel is told that it is not over", async () => {
  const stopper = new AbortController();
  const stop = (rpc: Rpc): Answer => {
    stopper.abort();
    return works(rpc);
  };
  const { remote, task } = await workingOn([stop]);
  expect(await remote.cancel(task, "x", stopper.signal)).toMatchObject({ kind: "unreachable" });
});

describe("a task that was done before the cancel is told with its result", () => {
  const done = inState("COMPLETED", { artifacts: [{ artifactId: "reply", parts: [{ text: "paid" }] }] });
  const PAID = { kind: "over", outcome: { kind: "completed", reply: { text: "paid" } } };

  test.each([-32002, -32004, -32601, -32603])("by an agent that answers the cancel with %i", async (code) => {
    const { remote, task } = await answering((rpc) => (rpc.method === "CancelTask" ? rpc.error(code, "No.") : rpc.result(done)));
    expect(await remote.cancel(task, "x", never())).toEqual(PAID);
  });

  test("by an agent that answers the cancel with the task alone", async () => {
    const { remote, task } = await answering((rpc) => rpc.result(rpc.method === "CancelTask" ? inState("COMPLETED") : done));
    expect(await remote.cancel(task, "x", never())).toEqual(PAID);
  });

  test("with its large files kept, as without a cancel", async () => {
    const content = Buffer.alloc(MAX_HISTORY_FILE_BYTES + 1, 7);
    const parts = [{ raw: content.toString("base64"), filename: "a.bin", mediaType: "application/octet-stream" }];
    const { remote, task } = await answering((rpc) => rpc.result(inState("COMPLETED", { artifacts: [{ artifactId: "reply", parts }] })));
    const kept: Uint8Array[] = [];
    const keep = async (bytes: Uint8Array): Promise<string> => `kept-${kept.push(bytes)}`;
    const artifacts = [{ name: "a.bin", mediaType: "application/octet-stream", payload: "kept-1", bytes: content.length }];
    expect(await remote.cancel(task, "x", never(), { keep })).toEqual({
      kind: "over",
      outcome: { kind: "completed", reply: { artifacts } },
    });
    expect(kept.map(({ length }) => length)).toEqual([content.length]);
  });
});
