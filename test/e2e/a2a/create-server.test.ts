import { randomUUID } from "node:crypto";

import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { createServer, type ServerOptions } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { openServer } from "../../../src/compose/open-server.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { actor, DECIDED, helper, MALFORMED, REPORT, UNTELLABLE } from "../../unit/a2a/handler/agents.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { gate } from "./harness.ts";

const QUIET = { log: () => undefined, drainMs: 20 };

type Answer = { readonly result?: { readonly task: Task }; readonly error?: { readonly code: number; readonly message: string } };
type Task = {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly artifacts?: readonly { readonly parts: readonly { readonly data?: unknown }[] }[];
};

async function rpc(url: string, method: string, params: object, token = ""): Promise<Answer> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "a2a-version": "1.0", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await answer.json()) as Answer;
}

const say = (url: string, text: string, more: { skill?: string; now?: boolean; id?: string } = {}) =>
  rpc(url, "SendMessage", {
    message: {
      messageId: more.id ?? randomUUID(),
      role: "ROLE_USER",
      parts: [{ text }],
      ...(more.skill === undefined ? {} : { metadata: { skill: more.skill } }),
    },
    configuration: { returnImmediately: more.now === true },
  });

const MESSAGE = { role: "ROLE_USER", parts: [{ data: {} }] };
const workflows = [REPORT, DECIDED].map((workflow) => workflowFromObject(workflow));

it("a task that a list cannot tell is told of where the server's lines go", async () => {
  const lines: string[] = [];
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [MALFORMED] });
  const log: ServerOptions["log"] = (level, event) => void lines.push(`${level} ${event}`);
  await using server = await createServer(orchestrator, { workflows: [workflowFromObject(UNTELLABLE)], ...QUIET, log });
  expect(await say(server.url, "x")).toMatchObject({ error: { code: -32603 } });
  expect(await rpc(server.url, "ListTasks", {})).toMatchObject({ result: { tasks: [] } });
  expect(lines).toContain("error task_not_listed");
});

describe("a server of workflows and agents", () => {
  const open = async (options: ServerOptions = {}) => {
    const { agent, release } = actor();
    const orchestrator = await openOrchestrator({ db: ":memory:", agents: [helper] });
    const server = await createServer(orchestrator, { workflows, agents: [agent], ...QUIET, ...options });
    const close = async () => {
      release.open();
      await server.close();
      await orchestrator.close();
    };
    return { server, orchestrator, [Symbol.asyncDispose]: close };
  };

  it("has a card with a skill for everything, and a card for each under its own path", async () => {
    await using stage = await open();
    const { server } = stage;
    const cards = await Promise.all(server.cards.map(async ({ url }) => (await (await fetch(url)).json()) as Card));
    expect(server.cards.map(({ name }) => name)).toEqual(["server", "report", "decided", "actor"]);
    expect(cards.map(({ name, supportedInterfaces }) => [name, supportedInterfaces[0]?.url])).toEqual([
      ["tutti", server.url],
      ["report", `${server.url}/workflows/report`],
      ["decided", `${server.url}/workflows/decided`],
      ["actor", `${server.url}/agents/actor`],
    ]);
    const ids = cards.map(({ skills }) => skills.map(({ id }) => id));
    expect(ids[0]).toEqual(ids.slice(1).flat());
  });

  it("lets those decide whom an approval names, by their names or their roles, and answers others with 403", async () => {
    const names = { tutti: "1.0", version: "1.0.0" };
    const approvals = {
      first: { approval: { to: ["role:boss"], title: "Go on?" } },
      second: { approval: { to: ["eve"], title: "And on?" } },
    };
    const callers = [
      { name: "ann", token: "a", roles: ["boss"] },
      { name: "eve", token: "e", roles: ["clerk"] },
      { name: "bob", token: "b" },
    ];
    const asking = Object.entries(approvals).map(([name, step]) => workflowFromObject({ ...names, name, steps: { ok: step } }));
    await using stage = await open({ workflows: asking, auth: { callers } });
    const { url } = stage.server;
    const begin = (skill: string, token: string) =>
      rpc(url, "SendMessage", { message: { ...MESSAGE, messageId: randomUUID(), metadata: { skill } } }, token);
    const decide = (task: string, token: string) =>
      rpc(url, "SendMessage", { message: { ...MESSAGE, messageId: randomUUID(), taskId: task, parts: [{ text: "approve" }] } }, token);
    const outcomes: unknown[] = [];
    for (const { token } of callers) {
      for (const skill of Object.keys(approvals)) {
        const task = (await begin(skill, token)).result?.task.id ?? "";
        const { result, error } = await decide(task, token);
        outcomes.push(result?.task.status.state ?? error?.code);
        if (error === undefined) continue;
        expect(error.message).toMatch(/^Question q_\w+ is for (role:boss|eve) to decide\. The task goes on waiting\.$/);
        expect((await stage.orchestrator.questions()).map(({ run }) => run)).toContain(task);
      }
    }
    const [yes, no] = ["TASK_STATE_COMPLETED", 403];
    expect(outcomes).toEqual([yes, no, no, yes, no, no]);
  });

  it("runs what a message chooses, at the server's path or at its own", async () => {
    await using stage = await open();
    const { url } = stage.server;
    const tasks = await Promise.all([
      say(url, "Peace", { skill: "report" }),
      say(`${url}/workflows/report`, "Peace"),
      say(url, "x", { skill: "echo" }),
    ]);
    expect(tasks.map(({ result }) => result?.task.status.state)).toEqual(Array.from({ length: 3 }, () => "TASK_STATE_COMPLETED"));
    expect(await say(url, "Peace")).toMatchObject({ error: { code: -32602, message: expect.stringContaining("report, decided, echo") } });
    const id = tasks[0].result?.task.id ?? "";
    expect(await rpc(`${url}/workflows/report`, "GetTask", { id })).toMatchObject({ result: { id } });
    expect(await rpc(`${url}/workflows/decided`, "GetTask", { id })).toMatchObject({ error: { code: -32001 } });
    expect((await stage.orchestrator.record(id)).workflow).toBe("report");
  });

  it("refuses two things of one skill", async () => {
    const { agent } = actor();
    await using orchestrator = await openOrchestrator({ db: ":memory:" });
    await expect(createServer(orchestrator, { agents: [agent, { ...agent, name: "other" }] })).rejects.toMatchObject({
      code: "T3012",
      message: expect.stringContaining('both have the skill "echo"'),
    });
  });

  it("says on its card what it does not do", async () => {
    await using stage = await open({ push: false, dedupe: false });
    const { capabilities } = (await (await fetch(stage.server.cards[0]?.url ?? "")).json()) as Card;
    expect(capabilities.pushNotifications ?? false).toBe(false);
    expect(capabilities.extensions.filter(({ uri }) => uri.includes("dedupe"))).toEqual([]);
  });
});

type Card = {
  readonly name: string;
  readonly supportedInterfaces: readonly { readonly url: string }[];
  readonly skills: readonly { readonly id: string }[];
  readonly capabilities: { readonly pushNotifications?: boolean; readonly extensions: readonly { readonly uri: string }[] };
};

describe("work that an earlier process left", () => {
  it("goes on at once when a server for its agent is there again", async () => {
    using place = folder();
    const before = actor();
    const first = await openOrchestrator({ db: place.db });
    const old = await createServer(first, { agents: [before.agent], ...QUIET });
    const { result } = await say(`${old.url}/agents/actor`, "x", { skill: "slow", now: true });
    await before.started.opened;
    await old.close();
    await first.close();
    const after = actor();
    await using orchestrator = await openOrchestrator({ db: place.db });
    await using server = await createServer(orchestrator, { agents: [after.agent], ...QUIET });
    await after.started.opened;
    after.release.open();
    const id = result?.task.id ?? "";
    await (await orchestrator.open(id)).result();
    expect(await rpc(server.url, "GetTask", { id })).toMatchObject({ result: { status: { state: "TASK_STATE_COMPLETED" } } });
  });

  it("goes on at once in every tenant, also when nobody could do it for a while", async () => {
    using place = folder();
    const before = actor();
    const first = await openOrchestrator({ db: place.db });
    const old = await createServer(first, { agents: [before.agent], ...QUIET });
    const message = { messageId: "m-1", role: "ROLE_USER", parts: [{ text: "x" }], metadata: { skill: "slow" } };
    const params = { tenant: "acme", message, configuration: { returnImmediately: true } };
    expect(await rpc(`${old.url}/agents/actor`, "SendMessage", params)).toHaveProperty("result.task.id");
    await before.started.opened;
    await old.close();
    await first.close();
    const laidAside = gate();
    await using orchestrator = await openOrchestrator({
      db: place.db,
      log: (_, event) => {
        if (event === "workflow_not_recovered") laidAside.open();
      },
    });
    await laidAside.opened;
    const after = actor();
    const begunAt = performance.now();
    await using _ = await createServer(orchestrator, { agents: [after.agent], ...QUIET });
    await after.started.opened;
    // By itself the host would look again after half a minute.
    expect(performance.now() - begunAt).toBeLessThan(15_000);
    after.release.open();
  });

  it("of an agent that is served from a database file is its own again, questions and all", async () => {
    using place = folder();
    const first = await serveAgent(actor().agent, { db: place.db, ...QUIET });
    const { result: asked } = await say(first.url, "x", { skill: "ask", id: "m-1" });
    await first.close();
    await using served = await serveAgent(actor().agent, { db: place.db, ...QUIET });
    expect((await say(served.url, "x", { skill: "ask", id: "m-1" })).result?.task.id).toBe(asked?.task.id);
    const message = { messageId: "m-2", role: "ROLE_USER", parts: [{ text: "red" }], taskId: asked?.task.id };
    expect(await rpc(served.url, "SendMessage", { message })).toMatchObject({
      result: { task: { status: { state: "TASK_STATE_COMPLETED" }, artifacts: [{ parts: [{ data: { answer: "red", asked: 1 } }] }] } },
    });
  });
});

describe("a workflow that was edited without a new version", () => {
  const EDITED = { ...REPORT, output: "${{ steps.write.output }}" };

  it("is refused when a server of it is opened, and not when its callers come", async () => {
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [helper] });
    await using _ = await createServer(orchestrator, { workflows: [workflowFromObject(REPORT)], ...QUIET });
    const edited = createServer(orchestrator, { workflows: [workflowFromObject(EDITED)], ...QUIET });
    await expect(edited).rejects.toMatchObject({ code: "T1501" });
  });

  it("is served from its file to every tenant", async () => {
    using place = folder();
    const served = (workflow: typeof REPORT) =>
      openServer({ db: place.db, agents: [helper], workflows: [{ definition: workflowFromObject(workflow), children: [] }], ...QUIET });
    const begin = (url: string) =>
      rpc(url, "SendMessage", { tenant: "acme", message: { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: "Peace" }] } });
    const before = await served(REPORT);
    await begin(`${before.url}/workflows/report`);
    await before.close();
    await using after = await served(EDITED);
    const { result } = await begin(`${after.url}/workflows/report`);
    expect(result?.task).toMatchObject({
      status: { state: "TASK_STATE_COMPLETED" },
      artifacts: [{ parts: [{ data: { helped: { goal: "Peace" } } }] }],
    });
  });
});

describe("what a caller is in", () => {
  const opened = (url: string) => {
    const gone = new AbortController();
    const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: "x" }], metadata: { skill: "slow" } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } });
    const headers = { "content-type": "application/json", "a2a-version": "1.0" };
    return { gone, answer: fetch(url, { method: "POST", headers, body, signal: gone.signal }) };
  };

  it("a waiting call whose caller has gone is not counted any more, and its task goes on", async () => {
    const { agent, started, release } = actor();
    await using served = await serveAgent(agent, { ...QUIET, limits: { callsPerCaller: 1 } });
    const { gone, answer } = opened(served.url);
    await started.opened;
    expect(await rpc(served.url, "ListTasks", {})).toMatchObject({ error: { code: 429 } });
    gone.abort();
    await expect(answer).rejects.toThrow("aborted");
    await expect
      .poll(() => rpc(served.url, "ListTasks", {}))
      .toMatchObject({ result: { tasks: [{ status: { state: "TASK_STATE_WORKING" } }] } });
    release.open();
  });
});

it("an answer that brings one push config too many is refused whole", async () => {
  await using served = await serveAgent(actor().agent, { ...QUIET, push: { allow: ["http://127.0.0.1:9"] } });
  const config = (id: number) => ({ id: `c${id}`, url: "http://127.0.0.1:9/" });
  const { result } = await say(served.url, "x", { skill: "ask" });
  const taskId = result?.task.id;
  for (let id = 0; id < 20; id += 1) await rpc(served.url, "CreateTaskPushNotificationConfig", { taskId, ...config(id) });
  const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: "red" }], taskId };
  const answered = (id: number) => rpc(served.url, "SendMessage", { message, configuration: { taskPushNotificationConfig: config(id) } });
  expect(await answered(20)).toMatchObject({ error: { code: -32602, message: expect.stringContaining("which is the limit") } });
  expect(await rpc(served.url, "GetTask", { id: taskId })).toMatchObject({ result: { status: { state: "TASK_STATE_INPUT_REQUIRED" } } });
  expect(await answered(19)).toMatchObject({ result: { task: { status: { state: "TASK_STATE_COMPLETED" } } } });
});
