import { once } from "node:events";
import { connect } from "node:net";

import { status } from "@grpc/grpc-js";
import { A2AService } from "@a2a-js/sdk/server/grpc";
import { afterEach, describe, expect, test } from "vitest";

import { field, messageOf } from "../../../../src/a2a/grpc/protobuf.ts";
import { createA2aServer } from "../../../../src/server/a2a-server.ts";
import { VirtualClock } from "../../../../src/testing/virtual-clock.ts";
import { eventsOf, Feed, scriptedHandler, taskEvent } from "../http/scripted-handler.ts";
import { VERSION } from "./harness.ts";
import { GrpcServers } from "./server.ts";

const servers = new GrpcServers();
afterEach(() => servers.close());

const bearer = (token: string) => ({ ...VERSION, authorization: `Bearer ${token}` });

test("a handler hears when nobody waits for its answer any more, and hears it also when it asks late", async () => {
  const { caller, handler } = await servers.serve({ work: () => new Promise<string>(() => undefined) });
  const asking = caller.ask("getTask", { id: "t1" }, VERSION, { deadline: Date.now() + 300 });
  await expect.poll(() => handler.asked.length).toBe(1);
  const gone = handler.asked[0]?.context.gone ?? expect.fail("The handler is told nothing.");
  const early = gone();
  expect(early.aborted).toBe(false);
  expect(await asking).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  await expect.poll(() => [early.aborted, gone().aborted]).toEqual([true, true]);
});

describe("who asks", () => {
  const callers = [
    { name: "ada", token: "a", tenants: ["acme", "beta"] },
    { name: "bob", token: "b" },
  ];

  test("without good credentials nothing is performed, not even a stream", async () => {
    const { caller, handler } = await servers.serve({}, { auth: { callers } });
    for (const words of [VERSION, bearer("c"), { ...VERSION, authorization: "Basic a" }]) {
      expect(await caller.ask("getTask", { id: "t1" }, words)).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(await caller.open("subscribeToTask", { id: "t1" }, words).status).toMatchObject({ code: status.UNAUTHENTICATED });
    }
    expect(handler.asked).toEqual([]);
  });

  test("a caller has a name, its first tenant when it names none, and no tenant of others", async () => {
    const { caller, handler } = await servers.serve({}, { auth: { callers } });
    await caller.ask("getTask", { id: "t1" }, bearer("a"));
    await caller.ask("getTask", { id: "t1", tenant: "beta" }, bearer("a"));
    await caller.ask("getTask", { id: "t1" }, bearer("b"));
    expect(handler.asked.map(({ context }) => context.caller)).toEqual([
      { name: "ada", tenant: "acme", roles: [] },
      { name: "ada", tenant: "beta", roles: [] },
      { name: "bob", tenant: "default", roles: [] },
    ]);
    expect(await caller.ask("getTask", { id: "t1", tenant: "acme" }, bearer("b"))).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(handler.asked).toHaveLength(3);
  });

  test("a way of one's own to know callers is asked as over HTTP, and its words stay here", async () => {
    const authenticate = ({ headers }: { readonly headers: Headers }) => {
      if (headers.get("x-key") === "good") return { name: "eve" };
      throw new Error("password=hunter2");
    };
    const { caller, handler } = await servers.serve({}, { auth: { authenticate } });
    expect(await caller.ask("getTask", { id: "t1" }, { ...VERSION, "x-key": "good" })).toMatchObject({ code: 0 });
    const refused = await caller.ask("getTask", { id: "t1" }, { ...VERSION, "x-key": "bad" });
    expect(refused).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(refused.details).not.toContain("hunter2");
    expect(handler.asked).toMatchObject([{ context: { caller: { name: "eve" } } }]);
  });
});

describe("how much", () => {
  test("a caller that asks too often, or has too much open, is told when to come again", async () => {
    const { caller, url } = await servers.serve({}, { limits: { rate: { perSecond: 0.5, burst: 2 } } });
    await fetch(`${url}/tasks/t1`, { headers: { ...VERSION } });
    expect(await caller.ask("getTask", {})).toMatchObject({ code: 0 });
    const refused = await caller.ask("getTask", {});
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, info: { retryAfterMs: 2_000 } });

    const feeds = [new Feed(), new Feed()];
    const events = feeds.map((feed) => feed.events);
    const streams = await servers.serve({ events: () => events.shift() ?? eventsOf([]) }, { limits: { callsPerCaller: 1 } });
    const open = streams.caller.open("subscribeToTask", { id: "t1" });
    feeds[0]?.push(taskEvent("1.0", "a"));
    await open.next();
    expect(await streams.caller.open("subscribeToTask", { id: "t1" }).status).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    feeds[0]?.end();
    expect(await open.status).toMatchObject({ code: 0 });
    expect(await streams.caller.ask("getTask", {})).toMatchObject({ code: 0 });
  });

  test("a request that is too large is refused, and the next one is served", async () => {
    const { caller, handler } = await servers.serve({}, { limits: { requestBytes: 2_000 } });
    expect(await caller.ask("getTask", { id: "x".repeat(3_000) })).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await caller.ask("getTask", { id: "x".repeat(1_000) })).toMatchObject({ code: 0 });
    expect(handler.asked).toHaveLength(1);
  });

  test("a message that never comes is not waited for", async () => {
    const clock = new VirtualClock(0);
    const { target, handler } = await servers.serve({}, { clock });
    const [host = "", port] = target.split(":");
    const socket = connect(Number(port), host);
    const { connect: connectHttp2 } = await import("node:http2");
    const session = connectHttp2(`http://${target}`, { createConnection: () => socket });
    const stream = session.request({
      ":method": "POST",
      ":path": A2AService.getTask.path,
      "content-type": "application/grpc",
      te: "trailers",
      ...VERSION,
    });
    stream.on("error", () => undefined);
    while (clock.nextAt() === null) await new Promise(setImmediate);
    const told = once(stream, "response");
    clock.moveTo(30_000);
    const [headers] = (await told) as [{ readonly "grpc-status"?: string }];
    expect(headers["grpc-status"]).toBe(String(status.DEADLINE_EXCEEDED));
    session.destroy();
    expect(handler.asked).toEqual([]);
  });
});

describe("messages that cannot be taken", () => {
  const nested = (depth: number): Buffer => {
    let value = field(3, "deep");
    for (let level = 0; level < depth; level += 1) value = field(6, field(1, value));
    return value;
  };
  const withData = (value: Buffer): Buffer =>
    // SendMessageRequest.message = 2; Message: message_id 1, role 4, parts 5; Part.data = 4
    field(2, messageOf(field(1, "m1"), field(4, 1), field(5, field(4, value))));

  test.each([
    ["what is no message", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a message that ends inside a field", withData(field(3, "x")).subarray(0, -1)],
    ["text that is not UTF-8", field(2, field(1, Buffer.from([0xc3, 0x28])))],
    ["a value that is nested too deeply", withData(nested(1_000))],
    ["a value that is nested beyond the stack", withData(nested(50_000))],
    ["a key that names the prototype", withData(field(5, field(1, messageOf(field(1, "__proto__"), field(2, field(3, "x"))))))],
    ["more values than a request holds", withData(field(6, Buffer.alloc(4_000_000, Buffer.from([0x0a, 0x02, 0x20, 0x01]))))],
    ["a state that there is none of", null],
  ])("%s is refused before it is looked at", async (_what, bytes) => {
    const { caller, handler, logged } = await servers.serve();
    const answer = bytes === null ? caller.ask("listTasks", { status: 77 }) : caller.askBytes("sendMessage", bytes);
    expect(await answer).toMatchObject({ code: status.INVALID_ARGUMENT, info: { info: { reason: "INVALID_PARAMS" } } });
    expect([handler.asked, logged]).toEqual([[], []]);
  });

  test("the text of that key is a text like any other", async () => {
    const { caller } = await servers.serve();
    expect(await caller.askBytes("sendMessage", withData(field(6, field(1, field(3, "__proto__")))))).toMatchObject({ code: 0 });
  });

  test("fields that nobody knows are passed over", async () => {
    const { caller, handler } = await servers.serve();
    const request = messageOf(field(2, "t1"), field(900, "new"), field(901, 7));
    expect(await caller.askBytes("getTask", request)).toMatchObject({ code: 0 });
    expect(handler.asked).toMatchObject([{ params: { id: "t1" } }]);
  });

  test("a method that there is none of is said to be so, and another protocol harms nobody", async () => {
    const { caller, target } = await servers.serve();
    const [host = "", port] = target.split(":");
    for (const words of [
      "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
      "\u0016\u0003\u0001\u0002",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense-nonsense",
    ]) {
      const socket = connect(Number(port), host);
      socket.on("error", () => undefined);
      socket.end(words);
      await once(socket.resume(), "close");
    }
    expect(await caller.ask("getTask", { id: "t1" })).toMatchObject({ code: 0 });
  });
});

describe("where it listens", () => {
  test("a port that is in use is said to be so, and nothing else stays open", async () => {
    const { target } = await servers.serve();
    const port = Number(target.split(":")[1]);
    const served = [{ path: "", handler: scriptedHandler() }];
    await expect(createA2aServer({ served, grpc: { port } })).rejects.toMatchObject({ code: "T3010" });
  });

  test("beyond this machine it listens only for those who say who they are", async () => {
    const served = [{ path: "", handler: scriptedHandler() }];
    await expect(createA2aServer({ served, host: "0.0.0.0", grpc: {} })).rejects.toMatchObject({ code: "T6002" });
  });

  test("of several things the one at the server's own path is served", async () => {
    const [root, other] = [scriptedHandler(), scriptedHandler()];
    const { caller } = await servers.serve(
      {},
      {
        served: [
          { path: "/agents/a", handler: other },
          { path: "", handler: root },
        ],
      },
    );
    await caller.ask("getTask", { id: "t1" });
    expect([root.asked.length, other.asked.length]).toEqual([1, 0]);
  });
});
