import { Role, TaskState } from "@a2a-js/sdk";
import { ClientFactory, ClientFactoryOptions } from "@a2a-js/sdk/client";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { dataPart, message, textPart } from "../../../src/a2a/wire/wire.ts";
import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { give, intentFor, never, stage, taskOf, watching, work } from "./harness.ts";
import { sdkAgent } from "./sdk-server.ts";

const egress = new Egress();
const running: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served[Symbol.asyncDispose]()));
});
afterAll(() => egress.close());

describe.each([true, false])("an agent of the official SDK, streaming: %s", (streaming) => {
  const connect = async () => {
    const served = await sdkAgent({ streaming });
    running.push(served);
    return { served, remote: remoteAgent(served.url, { name: "sdk", egress }) };
  };
  const reply = {
    text: "three",
    data: [{ sum: 3 }],
    artifacts: [
      { name: "sum", mediaType: "application/json", data: { sum: 3 } },
      { name: "sum", mediaType: "text/plain", text: "three" },
    ],
  };

  test("does a task, quick or slow", async () => {
    const { served, remote } = await connect();
    expect(await give(remote, work("sum", { a: 1 }))).toEqual({ kind: "completed", reply });
    const task = taskOf(await remote.send(work("slow", null), await intentFor(remote), never()));
    const attended = remote.attend(task, watching().watch);
    served.release.open();
    expect(await attended).toEqual({ kind: "completed", reply });
  });

  test("answers directly, fails, and asks a question that is answered in the same task", async () => {
    const { served, remote } = await connect();
    expect(await give(remote, work("hello", null))).toEqual({ kind: "completed", reply: { text: "Hello." } });
    expect(await give(remote, work("fail", null))).toEqual({
      kind: "failed",
      failure: { code: "AGENT_ERROR", message: "It broke.", retryable: false },
    });
    const intent = await intentFor(remote);
    const sent = await remote.send(work("ask", null), intent, never());
    const asked =
      sent.kind === "task" && sent.over === null
        ? await remote.attend(sent.task, watching().watch)
        : sent.kind === "task"
          ? sent.over
          : null;
    expect(asked).toMatchObject({ kind: "inputRequired", question: { prompt: "Which?" } });
    const task = taskOf(sent);
    expect(await give(remote, work("ask", null, { task, exchanges: [{ question: { prompt: "Which?" }, answer: "that" }] }))).toMatchObject({
      kind: "completed",
    });
    expect(served.executions).toHaveLength(4);
  });

  test("is asked for a task by our message id, and cancels one", async () => {
    const { remote } = await connect();
    const intent = await intentFor(remote);
    const task = taskOf(await remote.send(work("slow", null), intent, never()));
    expect(await remote.find(work("slow", null), intent, never())).toEqual({ kind: "task", task });
    expect(await remote.find(work("slow", null), { ...intent, messageId: "other" }, never())).toEqual({ kind: "none" });
    expect(await remote.cancel(task, "Enough.", never())).toEqual({ kind: "canceled" });
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "canceled" });
  });
});

describe.each(["JSONRPC", "HTTP+JSON"])("the official SDK's client, over %s", (binding) => {
  const connect = async () => {
    const here = stage();
    const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50 });
    running.push(served);
    const client = await new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { preferredTransports: [binding] }),
    ).createFromUrl(served.url);
    const request = (operation: string, more: { taskId?: string; text?: string } = {}) => ({
      tenant: "",
      message: message({
        id: crypto.randomUUID(),
        role: Role.ROLE_USER,
        parts: more.text === undefined ? [dataPart({ n: 4 })] : [textPart(more.text)],
        contextId: "",
        taskId: more.taskId ?? "",
        metadata: { operation },
      }),
      configuration: undefined,
      metadata: undefined,
    });
    return { here, client, request };
  };

  test("gets a task when it waits, and a message when there is none", async () => {
    const { client, request } = await connect();
    const done = await client.sendMessage(request("double"));
    expect(done).toMatchObject({
      status: { state: TaskState.TASK_STATE_COMPLETED },
      artifacts: [{ artifactId: "reply", parts: [{ content: { $case: "data", value: { n: 8 } } }] }],
    });
    expect(await client.sendMessage(request("hello"))).toMatchObject({
      role: Role.ROLE_AGENT,
      parts: [{ content: { $case: "text", value: "Hello." } }],
    });
    await expect(client.sendMessage(request("nothing"))).rejects.toThrow(/There is no skill "nothing"; put one of double, hello/);
  });

  test("sees first the task and then every change in order, with as many readers as there are", async () => {
    const { client, request, here } = await connect();
    const kinds: string[] = [];
    let taskId = "";
    const second: string[] = [];
    let reading: Promise<void> | undefined;
    for await (const event of client.sendMessageStream(request("slow"))) {
      kinds.push(event.payload?.$case ?? "");
      if (event.payload?.$case !== "task") continue;
      taskId = event.payload.value.id;
      reading = (async () => {
        for await (const other of client.resubscribeTask({ tenant: "", id: taskId })) {
          second.push(other.payload?.$case ?? "");
          if (second.length === 1) here.release.open();
        }
      })();
    }
    await reading;
    expect([kinds[0], kinds.at(-1)]).toEqual(["task", "statusUpdate"]);
    expect(second[0]).toBe("task");
    expect([...new Set(second.slice(1))]).toEqual(["artifactUpdate", "statusUpdate"]);
    expect(await client.getTask({ tenant: "", id: taskId, historyLength: 1 })).toMatchObject({
      status: { state: TaskState.TASK_STATE_COMPLETED },
      history: [{}],
    });
    await expect(client.cancelTask({ tenant: "", id: taskId, metadata: undefined })).rejects.toThrow(/is over already/);
    await expect(client.sendMessage(request("slow", { taskId }))).rejects.toThrow(/is over; send a new message/);
  });

  test("answers a question in the same task, and lists its tasks page by page", async () => {
    const { client, request } = await connect();
    const asked = await client.sendMessage(request("question"));
    if (!("id" in asked)) throw new Error("A question makes a task.");
    expect(asked.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    expect(await client.sendMessage(request("question", { taskId: asked.id, text: "blue" }))).toMatchObject({
      id: asked.id,
      status: { state: TaskState.TASK_STATE_COMPLETED },
    });
    await client.sendMessage(request("double"));
    const all = {
      tenant: "",
      contextId: "",
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageToken: "",
      statusTimestampAfter: undefined,
      pageSize: 1,
    };
    const first = await client.listTasks(all);
    const last = await client.listTasks({ ...all, pageToken: first.nextPageToken });
    expect([first.totalSize, first.tasks.length, last.tasks.length, last.nextPageToken]).toEqual([2, 1, 1, ""]);
    expect(new Set([first.tasks[0]?.id, last.tasks[0]?.id]).size).toBe(2);
    expect((await client.listTasks({ ...all, contextId: asked.contextId })).tasks.map(({ id }) => id)).toEqual([asked.id]);
    await expect(client.getTask({ tenant: "", id: "none" })).rejects.toThrow(/There is no task none/);
  });
});
