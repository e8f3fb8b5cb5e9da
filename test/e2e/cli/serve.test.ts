/** `tutti serve`: workflows and agents as A2A agents, from the database that the other commands use. */
import { describe, expect, it } from "vitest";

import { AGENTS, Place, type Started } from "./harness.ts";

const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

/** A server that is up, and the cards that it has told. */
async function serve(
  place: Place,
  words: readonly string[],
  environment: { readonly [name: string]: string } = {},
): Promise<{
  readonly started: Started;
  readonly url: string;
  readonly cards: readonly { readonly name: string; readonly url: string }[];
}> {
  const started = place.start(["serve", ...words, "--port", "0", "--json"], { environment });
  let printed = "";
  started.child.stdout?.on("data", (piece: Buffer) => (printed += piece.toString()));
  await place.until("the server is up", () => printed.includes("\n"));
  return { started, ...(JSON.parse(printed) as { url: string; cards: [] }) };
}

type Task = {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly artifacts?: readonly { readonly parts: readonly object[] }[];
};

async function call(url: string, method: string, params: object, headers: { readonly [name: string]: string } = HEADERS): Promise<unknown> {
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  const { result, error } = (await answer.json()) as { readonly result?: unknown; readonly error?: unknown };
  return result ?? error;
}

async function send(url: string, messageId: string, part: object, more: object = {}): Promise<Task> {
  const params = { message: { messageId, role: "ROLE_USER", parts: [part], ...more }, configuration: { returnImmediately: true } };
  return ((await call(url, "SendMessage", params)) as { readonly task: Task }).task;
}

const taskAt = async (url: string, id: string): Promise<Task> => (await call(url, "GetTask", { id })) as Task;

describe.concurrent("a database that is served", () => {
  it("has a card for itself and for each workflow, and the other commands work beside it, with a task's state, words and counts (L047)", async () => {
    await using place = new Place();
    place.workflow("job", '  ok: { approval: { to: [boss], title: "Send it?" } }');
    place.workflow("echo", "  say: { agent: worker, skill: echo, with: { n: 1 } }");
    const { started, url, cards } = await serve(place, ["job", "echo"]);
    expect(cards.map((card) => [card.name, card.url])).toEqual([
      ["server", `${url}/.well-known/agent-card.json`],
      ["job", `${url}/workflows/job/.well-known/agent-card.json`],
      ["echo", `${url}/workflows/echo/.well-known/agent-card.json`],
    ]);
    expect(await (await fetch(cards[0]?.url ?? "")).json()).toMatchObject({
      skills: [{ id: "job" }, { id: "echo" }],
      supportedInterfaces: [
        { url, protocolBinding: "JSONRPC", protocolVersion: "1.0" },
        { url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
        { url, protocolBinding: "JSONRPC", protocolVersion: "0.3" },
        { url, protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
      ],
    });
    const { id } = await send(url, "m1", { data: {} }, { metadata: { skill: "job" } });
    await place.until("it asks", async () => (await taskAt(url, id)).status.state === "TASK_STATE_INPUT_REQUIRED");
    expect((await place.run("list")).stdout).toContain(id);
    expect((await place.run("get", id)).stdout).toMatch(/^task  TASK_STATE_INPUT_REQUIRED  3 messages, 0 artifacts  Send it\?$/m);
    expect(await place.run("approve", id)).toMatchObject({ code: 0, stderr: expect.stringContaining("Answered.") });
    await place.until("it is over", async () => (await taskAt(url, id)).status.state === "TASK_STATE_COMPLETED");
    const got = await place.run("get", id, "--json");
    expect(JSON.parse(got.stdout)).toMatchObject({
      status: "completed",
      task: { state: "TASK_STATE_COMPLETED", said: expect.stringContaining("Task completed"), artifact_count: 1 },
    });
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("Serving  job, echo at ") });
  });

  it("goes on with its tasks after SIGKILL, and the same message is the same task", async () => {
    await using place = new Place();
    const until = place.path("go");
    place.workflow("job", "  hold: { agent: worker, skill: hold, with: { until: '${{ input.until }}' } }");
    const first = await serve(place, ["job"]);
    const { id } = await send(`${first.url}/workflows/job`, "m1", { data: { until } });
    await place.until("somebody works on it", () => place.calls().includes("hold"));
    first.started.child.kill("SIGKILL");
    await first.started.ended;
    const again = await serve(place, ["job"]);
    expect(again.started.stderr()).toMatch(/Resumed {2}1 run {2}task_/);
    const known = await send(`${again.url}/workflows/job`, "m1", { data: { until } });
    expect([known.id, known.status.state]).toEqual([id, "TASK_STATE_WORKING"]);
    place.write("go", "");
    await place.until("it is over", async () => (await taskAt(`${again.url}/workflows/job`, id)).status.state === "TASK_STATE_COMPLETED");
  });

  it("serves the agents of the configuration that are at home here", async () => {
    await using place = new Place();
    place.write(
      "tutti.config.mjs",
      `export default { agents: { worker: ${JSON.stringify(`${AGENTS}#worker`)}, far: "http://127.0.0.1:9" } };`,
    );
    const { url, cards } = await serve(place, []);
    expect(cards.map(({ name }) => name)).toEqual(["server", "worker"]);
    const { task } = (await call(`${url}/agents/worker`, "SendMessage", {
      message: { messageId: "m", role: "ROLE_USER", parts: [{ data: { n: 1 } }], metadata: { skill: "echo" } },
    })) as { readonly task: Task };
    expect(task).toMatchObject({ status: { state: "TASK_STATE_COMPLETED" }, artifacts: [{ parts: [{ data: { n: 1 } }] }] });
  });

  it("asks callers for the token that a variable holds, and never shows it", async () => {
    await using place = new Place();
    place.workflow("echo", "  say: { agent: worker, skill: echo, with: { n: 1 } }");
    expect(await place.run("serve", "echo", "--token", "MISSING")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/T2101 .*MISSING is not set/),
    });
    const { url, started, cards } = await serve(place, ["echo", "--token", "PASS"], { PASS: "open-sesame" });
    const status = async (token: string) =>
      (await fetch(`${url}/tasks`, { headers: { "a2a-version": "1.0", authorization: `Bearer ${token}` } })).status;
    expect([await status("sesame"), await status("open-sesame")]).toEqual([401, 200]);
    expect(await (await fetch(cards[0]?.url ?? "")).json()).toMatchObject({ securityRequirements: [{}] });
    started.child.kill("SIGINT");
    const { code, stderr } = await started.ended;
    expect([code, stderr.includes("open-sesame")]).toEqual([0, false]);
  });

  it("knows callers by the names of a file, with their tenants and roles, and opens no streams when it is told so", async () => {
    await using place = new Place();
    place.workflow("job", '  ok: { approval: { to: ["role:boss"], title: "Send it?" } }');
    place.write("callers.yaml", "ann: { secret: ANN, roles: [boss] }\nbob: { secret: BOB, tenants: [default, shop] }\n");
    const secrets = { ANN: "sesame-a", BOB: "sesame-b" };
    const { url, started, cards } = await serve(place, ["job", "--callers", "callers.yaml", "--no-streaming"], secrets);
    const as = (token: string) => ({ ...HEADERS, authorization: `Bearer ${token}` });
    const statusOf = async (path: string, token: string) => (await fetch(url + path, { headers: as(token) })).status;
    expect(await Promise.all(["none", "sesame-a", "sesame-b"].map((token) => statusOf("/tasks", token)))).toEqual([401, 200, 200]);
    expect(await Promise.all(["sesame-a", "sesame-b"].map((token) => statusOf("/shop/tasks", token)))).toEqual([403, 200]);
    const message = { messageId: "m1", role: "ROLE_USER", parts: [{ data: {} }] };
    const decided = async (token: string) => {
      const { task } = (await call(url, "SendMessage", { message }, as(token))) as { readonly task: Task };
      const answer = { ...message, messageId: "m2", taskId: task.id, parts: [{ text: "approve" }] };
      return call(url, "SendMessage", { message: answer }, as(token));
    };
    expect(await decided("sesame-a")).toMatchObject({ task: { status: { state: "TASK_STATE_COMPLETED" } } });
    expect(await decided("sesame-b")).toMatchObject({ code: 403, message: expect.stringContaining("is for role:boss to decide") });
    expect(await call(url, "SendStreamingMessage", { message }, as("sesame-a"))).toMatchObject({ code: -32004 });
    const card = (await (await fetch(cards[0]?.url ?? "")).json()) as { readonly capabilities: { readonly streaming?: boolean } };
    expect(card.capabilities.streaming ?? false).toBe(false);
    started.child.kill("SIGINT");
    const { code, stderr } = await started.ended;
    expect([code, stderr.includes("the callers of callers.yaml"), stderr.includes("sesame")]).toEqual([0, true, false]);
    expect(await place.run("serve", "job", "--callers", "callers.yaml")).toMatchObject({ stderr: expect.stringMatching(/T2108 .*ANN/) });
  });

  it("is not served when there is nothing to serve, when it would be open to the network, or when somebody else owns it", async () => {
    await using place = new Place();
    place.workflow("echo", "  say: { agent: worker, skill: echo, with: { n: 1 } }");
    expect(await place.run("serve")).toMatchObject({ code: 2, stderr: expect.stringContaining("There is nothing to serve.") });
    expect(await place.run("serve", "echo", "--host", "0.0.0.0")).toMatchObject({ code: 1, stderr: expect.stringContaining("T6002") });
    expect(await place.run("serve", "echo", "--port", "70000")).toMatchObject({ code: 2 });
    const { url } = await serve(place, ["echo"]);
    expect(await place.run("serve", "echo")).toMatchObject({ code: 1, stderr: expect.stringContaining("T5001") });
    const port = new URL(url).port;
    expect(await place.run("serve", "echo", "--port", port, "--db", "other.db")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("T3010"),
    });
  });
});
