/** A cancel is over when the agent says what came of the task, and not when it has taken the request. */
import { afterEach, expect, test } from "vitest";

import type { RemoteTask } from "../../../src/scheduler/input.ts";
import { never } from "./harness.ts";
import { type Answer, rpcOf, scripted } from "./scripted.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

type Rpc = ReturnType<typeof rpcOf>;
const inState = (state: string, more: object = {}) => ({ id: "t1", contextId: "c1", status: { state: `TASK_STATE_${state}` }, ...more });

/** An agent that takes the cancel and works on, and answers each look at the task in turn; the last answer stays. */
async function workingOn(looks: readonly ((rpc: Rpc) => Answer)[]) {
  const asked: string[] = [];
  const { remote, url, close } = await scripted((request) => {
    const rpc = rpcOf(request);
    asked.push(rpc.method);
    if (rpc.method === "CancelTask") return rpc.result(inState("WORKING"));
    const lookCount = asked.filter((method) => method === "GetTask").length;
    return (looks[lookCount - 1] ?? looks.at(-1))?.(rpc) ?? { status: 500 };
  });
  cleanUps.push(close);
  const task: RemoteTask = { agent: "scripted", url, binding: "JSONRPC", tenant: "", taskId: "t1", contextId: "c1" };
  return { remote, task, asked };
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
