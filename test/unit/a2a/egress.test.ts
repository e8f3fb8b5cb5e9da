import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";

import { afterEach, expect, test } from "vitest";

import { retryAfterOf } from "../../../src/runtime/egress/egress-exchange.ts";
import { Egress, type EgressError } from "../../../src/runtime/egress/egress.ts";
import { isPublicAddress } from "../../../src/runtime/egress/trust.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function egress(options: ConstructorParameters<typeof Egress>[0] = {}): Egress {
  const made = new Egress(options);
  cleanUps.push(() => made.close());
  return made;
}

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failureOf(work: Promise<unknown>): Promise<EgressError> {
  return work.then(
    () => Promise.reject(new Error("It did not fail.")),
    (error: EgressError) => error,
  );
}

test("a reply is read as fetch would read it", async () => {
  const url = await listening((request, response) => {
    response.writeHead(200, { "content-type": "application/json", "x-method": request.method ?? "" });
    request.pipe(response);
  });
  const answer = await egress().fetch({ trust: "operator" })(`${url}/a?b=c`, {
    method: "POST",
    body: '{"é":1}',
    headers: new Headers({ accept: "application/json" }),
  });
  expect([answer.status, answer.ok, answer.headers.get("X-Method"), await answer.json(), await answer.text()]).toEqual([
    200,
    true,
    "POST",
    { é: 1 },
    '{"é":1}',
  ]);
});

test("a stream is handed on piece by piece, and ends when its reader leaves", async () => {
  const left = Promise.withResolvers<void>();
  const url = await listening((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    response.on("close", () => left.resolve());
  });
  const answer = await egress().fetch({ trust: "operator" })(url, { headers: { accept: "text/event-stream" } });
  const reader = answer.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
  await reader?.cancel();
  await left.promise;
});

test("a stream that comes faster than it is read arrives whole, and holds up nobody", async () => {
  const url = await listening((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let megabytes = 0; megabytes < 6; megabytes += 1) response.write(Buffer.alloc(1_048_576, "x"));
    response.end();
  });
  const answer = await egress().fetch({ trust: "operator" })(url, { headers: { accept: "text/event-stream" } });
  let byteCount = 0;
  for await (const chunk of answer.body ?? []) byteCount += chunk.length;
  expect(byteCount).toBe(6 * 1_048_576);
});

test("a stream that nobody asked for is given up at the deadline, and holds no connection", async () => {
  let isLateOnly = true;
  const url = await listening((_request, response) => {
    response.writeHead(200, { "content-type": isLateOnly ? "text/event-stream" : "application/json" });
    if (isLateOnly) response.write("data: 1\n\n");
    else response.end("{}");
  });
  const fetch = egress({ connectionCount: 1 }).fetch({ trust: "operator", timeoutMs: 200 });
  expect(await failureOf(fetch(url, { method: "POST", body: "{}" }))).toMatchObject({ kind: "ambiguous" });
  isLateOnly = false;
  expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(200);
});

test("a host that is not there, a name that is none and a host that refuses cannot have got anything", async () => {
  const fetch = egress().fetch({ trust: "operator" });
  const closed = createTcpServer();
  await new Promise<void>((resolve) => {
    closed.listen(0, "127.0.0.1", resolve);
  });
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => {
    closed.close(resolve);
  });
  expect(await failureOf(fetch(`http://127.0.0.1:${port}/`))).toMatchObject({
    kind: "notSent",
    code: "T3001",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(await failureOf(fetch("http://nobody.invalid/"))).toMatchObject({ kind: "notSent", code: "T3001" });
  expect(await failureOf(fetch("ftp://127.0.0.1/"))).toMatchObject({ kind: "notSent", code: "T6001" });
  expect(await failureOf(fetch("http://user:pass@127.0.0.1/"))).toMatchObject({ kind: "notSent", code: "T6001" });
});

test("a connection that breaks after the request was written is ambiguous", async () => {
  const url = await listening((request) => request.socket.destroy());
  expect(await failureOf(egress().fetch({ trust: "operator" })(url))).toMatchObject({ kind: "ambiguous" });
});

test("a host that says nothing is given up at the deadline, as ambiguous", async () => {
  const url = await listening(() => undefined);
  expect(await failureOf(egress().fetch({ trust: "operator", timeoutMs: 30 })(url))).toMatchObject({
    kind: "ambiguous",
    message: expect.stringContaining("within 0.03 s"),
  });
});

test("a request that was given up while it waited for a connection was not sent", async () => {
  const arrived: string[] = [];
  const first = Promise.withResolvers<void>();
  const url = await listening((request, response) => {
    arrived.push(request.url ?? "");
    if (request.url === "/second") response.end();
    else first.promise.then(() => response.end()).catch(() => undefined);
  });
  const fetch = egress({ connectionCount: 1 }).fetch({ trust: "operator" });
  const holding = fetch(`${url}/first`);
  const stopper = new AbortController();
  const waiting = failureOf(fetch(`${url}/second`, { signal: stopper.signal }));
  stopper.abort();
  expect(await waiting).toMatchObject({ kind: "notSent" });
  first.resolve();
  await holding;
  await fetch(`${url}/third`);
  expect(arrived).toEqual(["/first", "/third"]);
  expect(await failureOf(fetch(url, { signal: AbortSignal.abort() }))).toMatchObject({ kind: "notSent" });
});

test("redirects are not followed, and overload keeps its Retry-After", async () => {
  const url = await listening((request, response) => {
    const status = Number(request.url?.slice(1));
    response
      .writeHead(status, { location: "http://169.254.169.254/", "retry-after": "7" })
      .end(JSON.stringify({ error: { message: "Because." } }));
  });
  const fetch = egress().fetch({ trust: "operator" });
  expect(await failureOf(fetch(`${url}/307`))).toMatchObject({
    kind: "protocol",
    message: expect.stringContaining("redirects are not followed"),
  });
  expect(await failureOf(fetch(`${url}/429`))).toMatchObject({ kind: "refused", retryAfterMs: 7000 });
  expect(await failureOf(fetch(`${url}/500`))).toMatchObject({ kind: "ambiguous", message: expect.stringContaining("Because.") });
  expect(await failureOf(fetch(`${url}/403`))).toMatchObject({ kind: "denied", code: "T3005" });
  expect((await fetch(`${url}/404`)).status).toBe(404);
});

test.each(["application/json", "text/event-stream"])("a reply without end to a request for %s is cut off at the limit", async (accept) => {
  const url = await listening((_request, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(1_000_000), more);
    };
    more();
  });
  const asked = egress().fetch({ trust: "operator" })(url, { headers: { accept } });
  expect(await failureOf(asked)).toMatchObject({ kind: "garbled", code: "T3004" });
});

test("addresses from the network lead to no private host, however they are spelled", async () => {
  const arrived: string[] = [];
  const url = await listening((request, response) => {
    arrived.push(request.url ?? "");
    response.end();
  });
  const { port } = new URL(url);
  const fetch = egress().fetch({ trust: "network", timeoutMs: 2_000 });
  const spellings = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "2130706433",
    "0x7f.1",
    "017700000001",
    "0.0.0.0",
    "127.1",
    "[64:ff9b::7f00:1]",
    "169.254.169.254",
    "10.0.0.1",
    "100.64.0.1",
    "192.168.1.1",
    "[fe80::1]",
    "[fd00::1]",
    "198.18.0.1",
  ];
  for (const host of spellings) {
    const { kind, code } = await failureOf(fetch(`https://${host}:${port}/`));
    expect({ host, kind, code }).toEqual({ host, kind: "notSent", code: "T6001" });
  }
  expect(await failureOf(fetch(`http://example.com/`))).toMatchObject({ kind: "notSent", code: "T6001" });
  expect(arrived).toEqual([]);
  expect((await egress({ allowPrivate: true }).fetch({ trust: "network" })(url)).status).toBe(200);
});

test("only addresses of the public internet are public", () => {
  expect(["8.8.8.8", "2606:4700:4700::1111"].map(isPublicAddress)).toEqual([true, true]);
  expect(
    ["", "x", "127.0.0.1", "::", "::ffff:10.0.0.1", "224.0.0.1", "255.255.255.255", "2002:7f00:1::", "fec0::1"].map(isPublicAddress),
  ).toEqual(Array.from({ length: 9 }, () => false));
});

test("Retry-After is read as seconds and as a date, and is an hour at most", () => {
  expect(retryAfterOf("3")).toBe(3000);
  expect(retryAfterOf("nonsense")).toBeNull();
  expect(retryAfterOf(undefined)).toBeNull();
  const soon = retryAfterOf(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
  expect(soon).toBeGreaterThan(50_000);
  expect(retryAfterOf("Wed, 21 Oct 2015 07:28:00 GMT")).toBe(0);
  expect([retryAfterOf("86400"), retryAfterOf("Fri, 31 Dec 9999 23:59:59 GMT")]).toEqual([3_600_000, 3_600_000]);
});
