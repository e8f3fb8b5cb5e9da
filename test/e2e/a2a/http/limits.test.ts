import { once } from "node:events";
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";

import { afterEach, describe, expect, test } from "vitest";

import { OverloadError } from "../../../../src/a2a/server/handler.ts";
import { HEADERS, post, request, rpc, saying, Servers } from "./harness.ts";

const servers = new Servers();
afterEach(() => servers.close());

/** What a server answers to bytes. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(bytes);
  return textOf(socket);
}

test("what is not HTTP is told so, and HEAD gets no body even then", async () => {
  const { url } = await servers.serve();
  const headers = "Host: 127.0.0.1\r\n\r\n";
  expect(await raw(url, `GET ?x HTTP/1.1\r\n${headers}`)).toMatch(/^HTTP\/1.1 400 [^]*\r\n\r\n\{"error":\{"code":400/);
  expect(await raw(url, `HEAD ?x HTTP/1.1\r\n${headers}`)).toMatch(/^HTTP\/1.1 400 [^]*\r\n\r\n$/);
});

describe("bodies", () => {
  test.each([
    ["with a length", false],
    ["without a length", true],
  ])("that are too large, %s, are refused as JSON", async (_what, isStreamed) => {
    const { url, handler } = await servers.serve({}, { limits: { requestBytes: 1000 } });
    const large = JSON.stringify(saying("x".repeat(2000)));
    for (const path of ["", "/message:send"]) {
      const sent = isStreamed ? ({ body: new Blob([large]).stream(), duplex: "half" } as const) : { body: large };
      const answer = await fetch(url + path, { method: "POST", headers: HEADERS, ...sent });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([413, "application/json"]);
      expect(await answer.json()).toMatchObject({ error: { code: 413, status: "OUT_OF_RANGE" } });
    }
    expect(handler.asked).toEqual([]);
  });

  test("that are not JSON by their own account are refused", async () => {
    const { url } = await servers.serve();
    const status = async (headers: { readonly [name: string]: string }) =>
      (await post(url, "{}", { "a2a-version": "1.0", ...headers })).status;
    expect(await status({ "content-type": "text/plain" })).toBe(415);
    expect(await status({ "content-type": "multipart/form-data" })).toBe(415);
    expect(await status({ "content-type": "application/json", "content-encoding": "gzip" })).toBe(415);
    expect(await status({ "content-type": "application/a2a+json; charset=utf-8" })).toBe(200);
    const untyped = await fetch(url, { method: "POST", headers: { "a2a-version": "1.0" }, body: new Blob(["{}"]) });
    expect(untyped.status).toBe(415);
    const nothing = await fetch(`${url}/tasks/t1:cancel`, { method: "POST", headers: { "a2a-version": "1.0" } });
    expect(nothing.status).toBe(200);
  });

  test.each([
    ["nested without end", "[".repeat(1_000_000)],
    ["of more values than anyone needs", `[${"0,".repeat(700_000)}0]`],
    ["with a key that is the prototype", '{"__proto__":{"polluted":1}}'],
    ["with that key in escapes", String.raw`{"a":[{"\u005f_\u0070roto__":1}]}`],
  ])("%s are refused before they do harm", async (_what, json) => {
    const { url, handler } = await servers.serve();
    expect(await post(`${url}/message:send`, `{"metadata":${json}}`)).toMatchObject({
      status: 400,
      body: { error: { status: "INVALID_ARGUMENT" } },
    });
    const envelope = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"metadata":${json}}}`;
    expect(await post(url, envelope)).toMatchObject({ status: 200, body: { error: { code: -32602 } } });
    expect(handler.asked).toEqual([]);
    expect("polluted" in {}).toBe(false);
  });

  test("with brackets, quotes and backslashes in their texts are read as they are", async () => {
    const { url } = await servers.serve();
    const text = `${"[{".repeat(300)} "\\" ${'\\"'.repeat(9)} \\`;
    expect(await post(`${url}/message:send`, saying(text))).toMatchObject({ body: { task: { artifacts: [{ parts: [{ text }] }] } } });
  });

  describe.each([
    ["with a length", false],
    ["without a length", true],
  ])("%s", (_what, isStreamed) => {
    /** What is answered to bytes, over JSON-RPC and over HTTP+JSON. */
    async function answersTo(url: string, around: (text: string) => Buffer): Promise<readonly unknown[]> {
      const params = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "?" }] } };
      const answers: unknown[] = [];
      for (const [path, body] of [
        ["", { jsonrpc: "2.0", id: 7, method: "SendMessage", params }] as const,
        ["/message:send", params] as const,
      ]) {
        const bytes = around(JSON.stringify(body));
        const sent = isStreamed ? ({ body: new Blob([bytes]).stream(), duplex: "half" } as const) : { body: bytes };
        const answer = await fetch(url + path, { method: "POST", headers: HEADERS, ...sent });
        answers.push([answer.status, await answer.json()]);
      }
      return answers;
    }

    test.each([
      ["a byte that is none of UTF-8", [0xff]],
      ["a character that is cut off", [0xc3]],
      ["half a pair in three bytes", [0xed, 0xa0, 0x80]],
    ])("are refused when they have %s, as other texts that are no JSON", async (_bytes, bytes) => {
      const { url, handler } = await servers.serve();
      const answers = await answersTo(url, (text) => Buffer.from(text.replace("?", Buffer.from(bytes).toString("latin1")), "latin1"));
      expect(answers).toMatchObject([
        [200, { id: null, error: { code: -32700 } }],
        [400, { error: { status: "INVALID_ARGUMENT" } }],
      ]);
      expect(handler.asked).toEqual([]);
    });

    test("may begin with a byte order mark", async () => {
      const { url } = await servers.serve();
      expect(await answersTo(url, (text) => Buffer.from(`\ufeff${text}`))).toMatchObject([
        [200, { id: 7, result: {} }],
        [200, { task: {} }],
      ]);
    });
  });

  test("that end before their time are nobody's error", async () => {
    const { url, logged } = await servers.serve();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    const head = "POST / HTTP/1.1\r\nhost: localhost\r\na2a-version: 1.0\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    await new Promise((resolve) => socket.write(head, resolve));
    expect(await rpc(url, "GetTask", { id: "x" })).toMatchObject({ status: 200 });
    socket.destroy();
    expect(await rpc(url, "GetTask", { id: "x" })).toMatchObject({ status: 200 });
    expect(logged).toEqual([]);
  });
});

describe("what is hardly HTTP", () => {
  test.each([
    ["no HTTP at all", "hello\r\n\r\n", "400 Bad Request"],
    ["headers without end", `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, "431 Request Header Fields Too Large"],
    ["two lengths", "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "400 Bad Request"],
    ["a target that is no address", "GET // HTTP/1.1\r\nhost: localhost:x\r\nconnection: close\r\n\r\n", "400 Bad Request"],
  ])("%s is answered with JSON", async (_what, bytes, line) => {
    const { url, logged } = await servers.serve();
    const answer = await raw(url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${line}\r\n`));
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toMatchObject({ error: { code: Number.parseInt(line, 10) } });
    expect(logged).toEqual([]);
  });
});

describe("how much and how often", () => {
  test("a caller above its rate is told when to come again; others are not held up", async () => {
    const auth = { callers: ["ada", "bob"].map((name) => ({ name, token: name })) };
    const { url } = await servers.serve({}, { auth, limits: { rate: { perSecond: 0.1, burst: 2 } } });
    const ask = (token: string) => request(`${url}/tasks/x`, { headers: { ...HEADERS, authorization: `Bearer ${token}` } });
    expect([(await ask("ada")).status, (await ask("ada")).status]).toEqual([200, 200]);
    const refused = await ask("ada");
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 429, status: "RESOURCE_EXHAUSTED" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(9);
    expect((await ask("bob")).status).toBe(200);
  });

  test("a body that is still coming is one of its caller's calls, as it takes memory", async () => {
    const { url } = await servers.serve({}, { limits: { callsPerCaller: 1 } });
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "t1" } });
    const head = `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\na2a-version: 1.0\r\nconnection: close\r\n`;
    const slow = connect(Number(new URL(url).port), "127.0.0.1");
    await once(slow, "connect");
    slow.write(`${head}content-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
    await expect.poll(async () => (await request(`${url}/tasks/t1`, {})).status).toBe(429);
    slow.write(body.slice(10));
    expect(await textOf(slow)).toMatch(/^HTTP\/1.1 200 /);
    expect((await request(`${url}/tasks/t1`, {})).status).toBe(200);
  });

  test("a handler that has no room is told as 503, on both bindings", async () => {
    const { url } = await servers.serve({
      work: () => {
        throw new OverloadError("There are too many tasks.");
      },
    });
    for (const answer of [await rpc(url, "SendMessage", saying("hi")), await post(`${url}/message:stream`, saying("hi"))]) {
      expect(answer).toMatchObject({
        status: 503,
        body: { error: { code: 503, status: "UNAVAILABLE", message: "There are too many tasks." } },
      });
      expect(answer.headers.get("retry-after")).toBe("1");
    }
  });

  test("a server that closes finishes what it began, and takes nothing new on connections that are open", async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<string>();
    const { url, server } = await servers.serve(
      {
        work: () => {
          begun.resolve();
          return finish.promise;
        },
      },
      { drainMs: 5_000 },
    );
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const ask = "GET /tasks/x HTTP/1.1\r\nhost: localhost\r\na2a-version: 1.0\r\n\r\n";
    socket.write(ask);
    await begun.promise;
    const closed = server.close();
    socket.write(ask);
    finish.resolve("done");
    const words = await textOf(socket);
    expect(words.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 503"]);
    await closed;
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  test("an exception's words are for the log", async () => {
    const { url, logged } = await servers.serve({
      work: () => {
        throw new Error("password=hunter2");
      },
    });
    const overRpc = await rpc(url, "SendMessage", saying("hi"));
    const overRest = await post(`${url}/message:send`, saying("hi"));
    expect(overRpc).toMatchObject({ status: 200, body: { error: { code: -32603 } } });
    expect(overRest).toMatchObject({ status: 500, body: { error: { code: 500, status: "INTERNAL" } } });
    expect(JSON.stringify([overRpc.body, overRest.body])).not.toContain("hunter2");
    expect(logged.filter((line) => line.includes("hunter2"))).toHaveLength(2);
  });
});
