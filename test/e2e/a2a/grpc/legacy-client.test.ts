/** Our client at agents of A2A 0.3 over gRPC that answer as they are told (issue 4, deliver 8 and 11). */
import { LegacyA2AService } from "@a2a-js/sdk/compat/v0_3/server/grpc";
import { type handleUnaryCall, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";

import { openLink } from "../../../../src/a2a/client/links.ts";
import { remoteAgent } from "../../../../src/agents/remote-agent.ts";
import { serveAgent } from "../../../../src/compose/serve-agent.ts";
import { Egress } from "../../../../src/runtime/egress/egress.ts";
import { intentFor, never, stage, taskOf, watching, work } from "../harness.ts";
import { CardBoard } from "../matrix/card-board.ts";
import type { LegacyMethodName } from "./harness.ts";
import { Told } from "./scripted-agent.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

function keep<Kept extends AsyncDisposable>(one: Kept): Kept {
  open.push(one);
  return one;
}

type Answer = () => object;
type Asked = { readonly name: string; readonly request: unknown; readonly version: unknown };

/** An agent whose methods answer with a message, with bytes, or with a status. */
async function agent(answers: { readonly [name in LegacyMethodName]?: Answer }) {
  const server = new Server();
  const asked: Asked[] = [];
  for (const [name, answer] of Object.entries(answers)) {
    const method = LegacyA2AService[name as LegacyMethodName];
    const write = method.responseSerialize as (message: object) => Buffer;
    const definition = { ...method, responseSerialize: (made: object) => (Buffer.isBuffer(made) ? made : write(made)) };
    const perform: handleUnaryCall<unknown, object> = ({ request, metadata }, callback) => {
      asked.push({ name, request, version: metadata.get("a2a-version")[0] });
      const made = answer();
      if (made instanceof Told) callback(made);
      else callback(null, made);
    };
    server.addService({ [name]: definition }, { [name]: perform });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  keep({ [Symbol.asyncDispose]: async () => server.forceShutdown() });
  const board = keep(await CardBoard.open());
  const cardUrl = board.pin({ url: `127.0.0.1:${port}`, protocolBinding: "GRPC", protocolVersion: "0.3" });
  const remote = remoteAgent(cardUrl, { name: "old", egress: keepEgress(), log: () => undefined });
  return { remote, asked, intent: () => intentFor(remote, { version: "0.3" }) };
}

function keepEgress(): Egress {
  const egress = new Egress();
  keep({ [Symbol.asyncDispose]: () => egress.close() });
  return egress;
}

const task = (state: number, id = "t1") => ({
  id,
  contextId: "c1",
  status: { state, update: undefined, timestamp: undefined },
  artifacts: [],
  history: [],
  metadata: undefined,
});
const sent =
  (made: object): Answer =>
  () => ({ payload: { $case: "task", value: made } });

describe("an agent of 0.3 over gRPC", () => {
  test("is chosen by its card, and asked in its own words", async () => {
    const { remote, asked, intent } = await agent({ sendMessage: sent(task(2)), getTask: () => task(3) });
    expect(await remote.describe(never())).toMatchObject({ ok: true, identity: { binding: "GRPC", version: "0.3" } });
    const given = taskOf(await remote.send(work("sum", { a: 1 }), await intent(), never()));
    expect(given).toMatchObject({ binding: "GRPC", version: "0.3", taskId: "t1" });
    expect(await remote.attend(given, watching().watch)).toMatchObject({ kind: "completed" });
    expect(asked.slice(0, 2)).toMatchObject([
      {
        name: "sendMessage",
        version: "0.3",
        request: {
          request: { role: 1, content: [{ part: { $case: "data", value: { data: { a: 1 } } } }], metadata: { operation: "sum" } },
          configuration: { blocking: false },
        },
      },
      // 0 would be all of the history.
      { name: "getTask", version: "0.3", request: { name: "tasks/t1", historyLength: 1 } },
    ]);
  });

  test("has no list of tasks, so that nobody knows what became of a message that it did not answer", async () => {
    const { remote, asked, intent } = await agent({ sendMessage: sent(task(2)) });
    expect(await remote.find(work("sum", null), await intent(), never())).toMatchObject({ kind: "unknowable" });
    expect(asked).toEqual([]);
  });

  test.each<[string, object]>([
    ["neither a task nor a message", { payload: undefined }],
    ["no message of Protocol Buffers", Buffer.from("<html>")],
    ["a task without an id", { payload: { $case: "task", value: task(2, "") } }],
    [
      "an empty part",
      { payload: { $case: "msg", value: { messageId: "m", contextId: "", taskId: "", role: 2, content: [{}], extensions: [] } } },
    ],
    ["an error of its own", new Told(status.INTERNAL, "Oh.")],
  ])("that answers with %s may have begun", async (_what, answer) => {
    const { remote, intent } = await agent({ sendMessage: () => answer });
    expect(await remote.send(work("sum", null), await intent(), never())).toMatchObject({ kind: "ambiguous" });
  });

  // As the Python SDK of 0.3 tells its errors: by a status alone, most of them by the same.
  test.each([
    [status.INVALID_ARGUMENT, "InvalidParamsError: No.", "T3006"],
    [status.UNIMPLEMENTED, "UnsupportedOperationError: No.", "T3006"],
    [status.UNIMPLEMENTED, "ContentTypeNotSupportedError: No.", "T3006"],
    [status.UNAUTHENTICATED, "Who?", "T3005"],
  ])("that refuses by status %i (%s) certainly did nothing", async (code, words, failure) => {
    const { remote, intent } = await agent({ sendMessage: () => new Told(code, words) });
    expect(await remote.send(work("sum", null), await intent(), never())).toMatchObject({
      kind: "notSent",
      outcome: { failure: { code: failure, retryable: false } },
    });
  });

  test("a cancel that comes too late is told as one, by an agent that has one status for all", async () => {
    const { remote, intent } = await agent({
      sendMessage: sent(task(2)),
      cancelTask: () => new Told(status.UNIMPLEMENTED, "TaskNotCancelableError: Task cannot be canceled"),
      getTask: () => task(3),
    });
    const given = taskOf(await remote.send(work("sum", null), await intent(), never()));
    expect(await remote.cancel(given, "Enough.", never())).toMatchObject({ kind: "over", outcome: { kind: "completed" } });
  });
});

test("a push config is made at our own server, and the task is told in it", async () => {
  const here = stage();
  const served = keep(
    await serveAgent(here.agent, { log: () => undefined, drainMs: 50, grpc: {}, push: { allow: ["http://127.0.0.1:*"] } }),
  );
  const remote = remoteAgent(served.url, { name: "stage", egress: keepEgress(), log: () => undefined });
  const at = { url: `http://${served.grpcUrl}`, binding: "GRPC", tenant: "", version: "0.3" };
  const { taskId } = taskOf(await remote.send(work("question", null), await intentFor(remote, at), never()));
  const { transport } = await openLink(at, keepEgress(), "operator");
  const config = { tenant: "", taskId, url: "http://127.0.0.1:9/hook", token: "t", authentication: undefined };
  const options = { serviceParameters: { "A2A-Version": "0.3" } };
  expect(await transport.createTaskPushNotificationConfig({ ...config, id: "p1" }, options)).toMatchObject({ taskId, id: "p1" });
  // One without an id is the task's own.
  expect(await transport.createTaskPushNotificationConfig({ ...config, id: "" }, options)).toMatchObject({ taskId, id: taskId });
});
