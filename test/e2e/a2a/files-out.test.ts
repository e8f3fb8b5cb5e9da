/** Files of a run reach the caller of its task: inside the answer when they are small, else by an address. */
import { createHash, randomUUID } from "node:crypto";

import { describe, expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { createServer, type ServerOptions } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { freePort } from "./free-port.ts";

const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

/** Gives back the file that it is given, alone or inside something else. */
const BACK = workflowFromObject({
  tutti: "1.0",
  name: "back",
  version: "1.0.0",
  steps: { note: { set: { "seen.it": true } } },
  output: "${{ input }}",
});
const ALONE = workflowFromObject({
  tutti: "1.0",
  name: "alone",
  version: "1.0.0",
  steps: { note: { set: { "seen.it": true } } },
  output: "${{ input.files[0] }}",
});

type Part = {
  readonly data?: unknown;
  readonly raw?: string;
  readonly url?: string;
  readonly filename?: string;
  readonly mediaType?: string;
  readonly metadata?: object;
};
type Task = { readonly id: string; readonly artifacts: readonly { readonly parts: readonly Part[] }[] };

const MANY = 1_500_000;

async function open(options: ServerOptions & { readonly db?: string; readonly isPublic?: boolean } = {}) {
  const port = await freePort();
  const { db = ":memory:", isPublic = true, ...more } = options;
  const orchestrator = await openOrchestrator({ db });
  const publicUrl = `http://127.0.0.1:${port}`;
  const server = await createServer(orchestrator, {
    workflows: [BACK, ALONE],
    log: () => undefined,
    drainMs: 20,
    ...(isPublic ? { publicUrl } : {}),
    port,
    ...more,
  });
  return {
    url: publicUrl,
    async [Symbol.asyncDispose]() {
      await server.close();
      await orchestrator.close();
    },
  };
}

const bytesOf = (byteCount: number) => Buffer.alloc(byteCount, "abcdefg");

function messageWith(byteCount: number, name = "a b'ü.bin") {
  const raw = bytesOf(byteCount).toString("base64");
  return { messageId: randomUUID(), role: "ROLE_USER", parts: [{ raw, filename: name, mediaType: "image/svg+xml" }] };
}

async function call<Result>(url: string, method: string, params: object): Promise<Result> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const answer = (await (await fetch(url, { method: "POST", headers: HEADERS, body })).json()) as { readonly result: Result };
  return answer.result;
}

const send = async (url: string, byteCount: number, more: object = {}): Promise<Task> =>
  (await call<{ readonly task: Task }>(url, "SendMessage", { message: messageWith(byteCount), ...more })).task;

const partsOf = (task: Task): readonly Part[] => task.artifacts[0]?.parts ?? [];

describe("a file in the result of a served workflow", () => {
  test("is inside the answer when it is small, in the place of its reference", async () => {
    await using stage = await open();
    const file = { raw: bytesOf(1_000).toString("base64"), filename: "a b'ü.bin", mediaType: "image/svg+xml" };
    const task = await send(`${stage.url}/workflows/alone`, 1_000);
    expect(partsOf(task)).toEqual([file]);
    expect(partsOf(await call<Task>(stage.url, "GetTask", { id: task.id }))).toEqual([file]);
  });

  test("comes after the value that refers to it, and says which it is", async () => {
    await using stage = await open();
    const hash = createHash("sha256").update(bytesOf(1_000)).digest("hex");
    const task = await send(`${stage.url}/workflows/back`, 1_000);
    expect(partsOf(task)).toEqual([
      expect.objectContaining({ data: { files: [{ payload: hash, bytes: 1_000, mediaType: "image/svg+xml", name: "a b'ü.bin" }] } }),
      { raw: bytesOf(1_000).toString("base64"), filename: "a b'ü.bin", mediaType: "image/svg+xml", metadata: { payload: hash } },
    ]);
  });

  test("has an address when it is large: in answers, streams, lists and pushes alike", async () => {
    await using hook = await Receiver.listen();
    await using stage = await open({ push: { allow: [hook.origin] } });
    const base = `${stage.url}/workflows/alone`;
    const task = await send(base, MANY, { configuration: { taskPushNotificationConfig: { url: hook.origin } } });
    const [part] = partsOf(task);
    expect(part).toEqual({ url: expect.stringMatching(`^${stage.url}/a2a/files/`), filename: "a b'ü.bin", mediaType: "image/svg+xml" });
    const { tasks } = await call<{ readonly tasks: readonly Task[] }>(base, "ListTasks", { includeArtifacts: true });
    expect(tasks.flatMap(partsOf)).toEqual([part]);
    const streamed = await fetch(`${base}/message:stream`, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify({ message: messageWith(MANY) }),
    });
    expect(await streamed.text()).toContain(part?.url ?? "nothing");
    await hook.until(() => hook.all.some(({ event }) => event.payload?.$case === "artifactUpdate"));
    expect(hook.all.map(({ body }) => body).join("")).toContain(part?.url ?? "nothing");
  });

  test("is inside the answer although it is large, when nobody outside knows our address", async () => {
    await using stage = await open({ isPublic: false });
    const task = await send(`${stage.url}/workflows/alone`, MANY);
    expect(partsOf(task)).toEqual([expect.objectContaining({ raw: bytesOf(MANY).toString("base64") })]);
    expect((await fetch(`${stage.url}/a2a/files/x.y`, { headers: HEADERS })).status).toBe(404);
  });
});

describe("the address of a file", () => {
  const addressIn = async (url: string): Promise<string> => partsOf(await send(`${url}/workflows/alone`, MANY))[0]?.url ?? "";

  test("gives the file to whoever has it, in a form that no browser shows", async () => {
    await using stage = await open({ auth: { authenticate: ({ headers }) => (headers.has("x-test") ? null : { name: "ann" }) } });
    const answer = await fetch(await addressIn(stage.url), { headers: { "x-test": "not ann" } });
    expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(bytesOf(MANY))]).toEqual([200, true]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/svg+xml",
      "content-length": String(MANY),
      "content-disposition": "attachment; filename*=UTF-8''a%20b%27%C3%BC.bin",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  });

  test("is refused when anything in it is changed, and for anything but reading", async () => {
    await using stage = await open();
    const url = await addressIn(stage.url);
    const [claims = "", mac = ""] = (url.split("/").at(-1) ?? "").split(".");
    const other = JSON.parse(Buffer.from(claims, "base64url").toString()) as unknown[];
    other[1] = "0".repeat(64);
    const forged = Buffer.from(JSON.stringify(other)).toString("base64url");
    const at = (end: string) => `${stage.url}/a2a/files/${end}`;
    const ends = [`${forged}.${mac}`, `${claims}.${mac.slice(0, -2)}AA`, `${claims}.${mac.slice(1)}`, claims, "", "x.y"];
    const statuses = await Promise.all(ends.map(async (end) => (await fetch(at(end))).status));
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403]);
    expect((await fetch(url, { method: "POST", body: "" })).status).toBe(405);
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
  });

  test("is good for an hour at least and two at most, also after a restart", async () => {
    using place = folder();
    let laterMs = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + laterMs };
    const first = await open({ db: place.db, clock });
    const url = new URL(await addressIn(first.url)).pathname;
    await first[Symbol.asyncDispose]();
    await using second = await open({ db: place.db, clock });
    const status = async () => (await fetch(`${second.url}${url}`)).status;
    laterMs = 3_590_000;
    expect(await status()).toBe(200);
    laterMs = 7_210_000;
    expect(await status()).toBe(403);
  });
});
