/**
 * Where the guides, or the code they show, differ from A2A 1.0 or from themselves, and what a served
 * agent does instead (requirements X.c, X.d). Read off the wire, as any client gets it.
 */
import { randomUUID } from "node:crypto";

import { afterEach, describe, expect, test } from "vitest";

import type { Capability, LocalAgent } from "../../../src/ports/agents.ts";
import { serveAgent, type ServedAgent } from "../../../src/compose/serve-agent.ts";
import { type Stage, stage } from "./harness.ts";

const open: ServedAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

type Wire = { readonly [name: string]: unknown };
type Task = Wire & {
  readonly id: string;
  readonly contextId: string;
  readonly status: Wire & { readonly state: string; readonly message?: Wire };
  readonly history?: readonly Wire[];
  readonly artifacts?: readonly Wire[];
};

type Told = { readonly task?: Task; readonly statusUpdate?: Task };

async function serve() {
  const here: Stage = stage();
  const { agent } = here;
  const echo: Capability = { name: "echo", description: "Gives back its input.", tags: [], inputSchema: null, outputSchema: null };
  const echoing: LocalAgent = {
    ...agent,
    capabilities: [...agent.capabilities, echo],
    perform: (work, watch) =>
      work.capability === "echo" ? Promise.resolve({ kind: "completed", reply: { data: [work.input] } }) : agent.perform(work, watch),
  };
  const served = await serveAgent(echoing, { log: () => undefined, drainMs: 50 });
  open.push(served);
  const call = async (method: string, params: Wire): Promise<Wire> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return (await (await fetch(served.url, { method: "POST", headers: HEADERS, body })).json()) as Wire;
  };
  /** A task as it is after a message: over, or asking. */
  const send = async (operation: string, more: Wire = {}): Promise<Task> => {
    const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ data: { n: 1 } }], metadata: { operation }, ...more };
    const { result } = (await call("SendMessage", { message })) as { readonly result?: { readonly task: Task } };
    if (result === undefined) throw new Error(`No task came of ${operation}.`);
    return result.task;
  };
  const get = async (id: string, more: Wire = {}): Promise<Task> => (await call("GetTask", { id, ...more }))["result"] as Task;
  return { here, url: served.url, call, send, get };
}

describe("a message and its task", () => {
  test("lists, objects and numbers inside parameters arrive as they were: no value is lost on the way (X038)", async () => {
    const { send } = await serve();
    const config = {
      algorithm: "advanced_ml_analysis",
      confidence_level: 0.95,
      output_formats: ["json", "csv", "visualization"],
      date_range: { start: "2024-01-01", end: "2024-12-31" },
      nothing: null,
      empty: { list: [], text: "", no: false, zero: 0 },
    };
    const task = await send("echo", { parts: [{ data: config }] });
    expect(task.artifacts).toMatchObject([{ parts: [{ data: config }] }]);
  });

  test("parts are `text` and `data` themselves, a message has `parts`, a status has `message`, and enums are their names (X037, X048, X049, X061)", async () => {
    const { send } = await serve();
    const task = await send("question");
    expect(task.status).toMatchObject({
      state: "TASK_STATE_INPUT_REQUIRED",
      message: { role: "ROLE_AGENT", parts: [{ text: "Which colour?" }, { data: { choices: ["red", "blue"] } }] },
    });
    expect(task.history?.[0]).toMatchObject({ role: "ROLE_USER", parts: [{ data: { n: 1 } }] });
    const words = JSON.stringify(task);
    for (const gone of ['"kind"', '"content"', '"update"', '"file"', "TASK_STATE_CANCELLED"]) expect(words).not.toContain(gone);
  });

  test("the first message is in the task's history, with its metadata, and what was asked is there once (X042, X043, X045)", async () => {
    const { send, get } = await serve();
    const first = {
      messageId: randomUUID(),
      metadata: { operation: "question", task_type: "customer_analysis", created_at: "2025-01-01T00:00:00Z" },
    };
    const asked = await send("question", first);
    expect(asked.history?.[0]).toMatchObject(first);
    const question = asked.status.message;
    await send("question", { taskId: asked.id, contextId: asked.contextId, parts: [{ text: "blue" }] });
    const { history = [], status } = await get(asked.id);
    expect(status.state).toBe("TASK_STATE_COMPLETED");
    expect(history.flatMap(({ role }, place) => (role === "ROLE_USER" ? [place] : []))).toEqual([0, 3]);
    expect(history.filter(({ messageId }) => messageId === question?.["messageId"])).toHaveLength(1);
  });

  test("the id of a task is the server's: one that a client has invented is not found (X056)", async () => {
    const { call, here } = await serve();
    const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: "x" }], metadata: { operation: "double" } };
    expect(await call("SendMessage", { message: { ...message, taskId: "task_analysis_1" } })).toMatchObject({ error: { code: -32001 } });
    expect(here.callCount).toBe(0);
  });

  test("a context of the client's is kept, and never replaced (X061)", async () => {
    const { send } = await serve();
    expect((await send("double", { contextId: "conv_abc" })).contextId).toBe("conv_abc");
  });
});

describe("a task that is over", () => {
  test("takes no further message and no cancel, and stays as it is (X044, X052, X055)", async () => {
    const { send, call, get } = await serve();
    const task = await send("double");
    const message = {
      messageId: randomUUID(),
      role: "ROLE_USER",
      taskId: task.id,
      parts: [{ data: { n: 2 } }],
      metadata: { operation: "double" },
    };
    expect(await call("SendMessage", { message })).toMatchObject({ error: { code: -32004 } });
    expect(await call("CancelTask", { id: task.id })).toMatchObject({ error: { code: -32002 } });
    expect(await get(task.id)).toEqual(task);
    expect(task.status.state).toBe("TASK_STATE_COMPLETED");
  });

  test("was canceled with the reason in the request's metadata, which the task keeps (X047, X055)", async () => {
    const { call, here } = await serve();
    const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ data: {} }], metadata: { operation: "slow" } };
    const started = (await call("SendMessage", { message, configuration: { returnImmediately: true } })) as {
      readonly result: { readonly task: Task };
    };
    await here.started.opened;
    const canceled = (await call("CancelTask", { id: started.result.task.id, metadata: { reason: "no longer needed" } }))["result"] as Task;
    expect(canceled.status).toMatchObject({
      state: "TASK_STATE_CANCELED",
      message: { metadata: { cancellation_reason: "no longer needed", previous_state: "TASK_STATE_WORKING" } },
    });
  });
});

describe("asking for tasks", () => {
  test("as much history as is asked for: all without a number, none for 0, the newest otherwise (X053)", async () => {
    const { send, get } = await serve();
    const { id, contextId } = await send("question");
    await send("question", { taskId: id, contextId, parts: [{ text: "blue" }] });
    const lengths = await Promise.all(
      [{}, { historyLength: 0 }, { historyLength: 1 }].map(async (more) => (await get(id, more)).history?.length ?? 0),
    );
    // The message, its acceptance, the question, the answer, that the work goes on, and how it ended.
    expect(lengths).toEqual([6, 0, 1]);
  });

  test("a list has pages, one status, and artifacts only where they are wanted (X054)", async () => {
    const { send, call } = await serve();
    await send("double");
    await send("double");
    const { result: all } = (await call("ListTasks", {})) as { readonly result: Wire & { readonly tasks: readonly Task[] } };
    expect(all).toMatchObject({ nextPageToken: "", pageSize: 50, totalSize: 2 });
    expect(all.tasks.map((task) => "artifacts" in task)).toEqual([false, false]);
    const page = (more: Wire) =>
      call("ListTasks", { pageSize: 1, ...more }) as Promise<{ readonly result: Wire & { readonly tasks: readonly Task[] } }>;
    const first = await page({ includeArtifacts: true });
    expect(first.result.tasks[0]?.artifacts).toMatchObject([{ parts: [{ data: { n: 2 } }] }]);
    expect((await page({ pageToken: first.result["nextPageToken"] })).result).toMatchObject({ nextPageToken: "", tasks: [{}] });
    expect((await page({ status: "TASK_STATE_FAILED" })).result.tasks).toEqual([]);
    expect(await page({ pageSize: 101 })).toMatchObject({ error: { code: -32602 } });
  });
});

test.each(["double", "question", "slow"])(
  "the stream of a task that is %s ends with its last state, and no event says `final` (X050)",
  async (operation) => {
    const { url, here } = await serve();
    here.release.open();
    const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ data: { n: 1 } }], metadata: { operation } };
    const answer = await fetch(`${url}/message:stream`, { method: "POST", headers: HEADERS, body: JSON.stringify({ message }) });
    const events = (await answer.text())
      .split("\n")
      .flatMap((line) => (line.startsWith("data:") ? [JSON.parse(line.slice(5)) as Told] : []));
    const last = events.at(-1);
    const ended = operation === "question" ? "TASK_STATE_INPUT_REQUIRED" : "TASK_STATE_COMPLETED";
    expect([events[0]?.task?.id !== undefined, (last?.statusUpdate ?? last?.task)?.status.state]).toEqual([true, ended]);
    expect(JSON.stringify(events)).not.toContain('"final"');
  },
);

test("the card says where, and how: interfaces with their binding and version, and none of the fields of before 1.0 (X029, X051)", async () => {
  const { url } = await serve();
  const asked = await fetch(`${url}/.well-known/agent-card.json`, { headers: { "a2a-version": "1.0" } });
  const card = (await asked.json()) as Wire & { readonly supportedInterfaces: readonly unknown[] };
  // Those of version 0.3 come last.
  expect(card.supportedInterfaces.slice(0, 2)).toEqual([
    { url, protocolBinding: "JSONRPC", protocolVersion: "1.0" },
    { url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
  ]);
  for (const gone of ["url", "preferredTransport", "additionalInterfaces", "protocolVersion", "supportsAuthenticatedExtendedCard"])
    expect(card).not.toHaveProperty(gone);
  // The binding's own paths; `/a2a/tasks` is none of them.
  const answers = await Promise.all(
    ["/message:send", "/message:stream", "/tasks/x:cancel", "/a2a/tasks"].map((path) =>
      fetch(url + path, { method: "POST", headers: HEADERS, body: "{}" }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 404, 404]);
  expect(await answers[2]?.json()).toMatchObject({ error: { status: "NOT_FOUND" } });
});
