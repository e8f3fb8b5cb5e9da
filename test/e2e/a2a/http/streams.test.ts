import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, describe, expect, test } from "vitest";

import { TaskNotFoundError } from "@a2a-js/sdk/errors";

import { collectGarbage } from "../../../support/collect-garbage.ts";
import { eventsIn, HEADERS, rpc, saying, type SentEvent, Servers } from "./harness.ts";
import { eventsOf, Feed, Flood, taskEvent, wordEvent } from "./scripted-handler.ts";

const servers = new Servers();
afterEach(() => servers.close());

const subscribe = (url: string, more: { readonly [name: string]: string } = {}, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/tasks/t1:subscribe`, { headers: { ...HEADERS, ...more }, ...(signal === undefined ? {} : { signal }) });

async function allOf(events: AsyncIterable<SentEvent>): Promise<readonly SentEvent[]> {
  const all: SentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A connection that sends a request and reads only when it is told to. */
async function reader(url: string): Promise<Socket> {
  const { port, host } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.pause();
  await once(socket, "connect");
  socket.write(`GET /tasks/t1:subscribe HTTP/1.1\r\nhost: ${host}\r\na2a-version: 1.0\r\n\r\n`);
  return socket;
}

/** Waits until a count has not grown for a while: the one thing here that no event tells. */
async function settled(count: () => number): Promise<number> {
  for (let last = -1; last !== count() || last === 0; await delay(100)) last = count();
  return count();
}

/** What is reachable, once everything else has been collected. In bytes. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("events", () => {
  test("have their place in the history as id, and none when they have no place", async () => {
    const list = [taskEvent("3.0", "a"), wordEvent(null, "b"), wordEvent("4.1", "c")];
    const { url } = await servers.serve({ events: () => eventsOf(list) });
    const rest = await allOf(eventsIn(await subscribe(url)));
    expect(rest).toMatchObject([{ id: "3.0", data: { task: {} } }, { data: { message: {} } }, { id: "4.1", data: { message: {} } }]);
    const answer = await fetch(url, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify({ jsonrpc: "2.0", id: "s", method: "SubscribeToTask", params: { id: "t1" } }),
    });
    const overRpc = await allOf(eventsIn(answer));
    expect(overRpc).toEqual(rest.map((event) => ({ ...event, data: { jsonrpc: "2.0", id: "s", result: event.data } })));
  });

  test("are sent as they come, and the stream ends when they end", async () => {
    const feed = new Feed();
    const { url } = await servers.serve({ events: () => feed.events });
    const events = eventsIn(await subscribe(url));
    for (const text of ["one", "two"]) {
      feed.push(taskEvent("1.0", text));
      expect((await events.next()).value).toMatchObject({ data: { task: { artifacts: [{ parts: [{ text }] }] } } });
    }
    feed.end();
    expect(await events.next()).toMatchObject({ done: true });
  });

  test.each([
    ["a place", "12.3", "12.3"],
    ["no place", "", null],
    ["something that is no place", "1; drop", null],
  ])("a reader that had %s goes on after it, whether it subscribes or sends its message again", async (_what, lastEventId, after) => {
    const { url, handler } = await servers.serve();
    const headers = lastEventId === "" ? {} : { "last-event-id": lastEventId };
    await (await subscribe(url, headers)).text();
    await (
      await fetch(`${url}/message:stream`, { method: "POST", headers: { ...HEADERS, ...headers }, body: JSON.stringify(saying("hi")) })
    ).text();
    expect(handler.asked).toMatchObject([
      { operation: "subscribeToTask", after },
      { operation: "sendStreamingMessage", after },
    ]);
  });

  test("a refusal is an answer, and never the beginning of a stream", async () => {
    const work = () => {
      throw new TaskNotFoundError("There is no such task.");
    };
    const { url } = await servers.serve({ work });
    const answer = await subscribe(url);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/json"]);
    expect(await rpc(url, "SubscribeToTask", { id: "t1" })).toMatchObject({ body: { error: { code: -32001 } } });
  });

  test("what fails under way is told as an error without its words, and the stream ends", async () => {
    const events = () =>
      (async function* () {
        yield taskEvent("1.0", "a");
        throw new Error("password=hunter2");
      })();
    const { url, logged } = await servers.serve({ events });
    const overRest = await (await subscribe(url)).text();
    expect(overRest).toMatch(/event: error\ndata: \{"error":\{"code":500,"status":"INTERNAL"/);
    const overRpc = await fetch(url, {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SubscribeToTask", params: { id: "t1" } }),
    });
    const last = (await allOf(eventsIn(overRpc))).at(-1);
    expect(last).toMatchObject({ data: { jsonrpc: "2.0", id: 1, error: { code: -32603 } } });
    expect(overRest + JSON.stringify(last)).not.toContain("hunter2");
    expect(logged.join()).toContain("hunter2");
  });
});

describe("connections", () => {
  test("a silence is broken by comments", async () => {
    const feed = new Feed();
    const { url } = await servers.serve({ events: () => feed.events }, { heartbeatMs: 5 });
    const events = eventsIn(await subscribe(url));
    expect((await events.next()).value).toEqual({ comment: "heartbeat" });
    expect((await events.next()).value).toEqual({ comment: "heartbeat" });
    feed.push(taskEvent("1.0", "a"));
    const seen = [];
    for await (const event of events) {
      seen.push(event);
      if (event.data !== undefined) break;
    }
    expect(seen.at(-1)).toMatchObject({ id: "1.0" });
  });

  test("a client that goes away releases the events, even while nothing happens", async () => {
    const feed = new Feed();
    const { url } = await servers.serve({ events: () => feed.events });
    const client = new AbortController();
    feed.push(taskEvent("1.0", "a"));
    const events = eventsIn(await subscribe(url, {}, client.signal));
    await events.next();
    client.abort();
    await expect(feed.released.promise).resolves.toBeUndefined();
  });

  test("a reader that does not read stops the flow, loses nothing, and costs no memory that grows", async () => {
    const flood = new Flood();
    const { url } = await servers.serve({ events: () => flood.events }, { heartbeatMs: 1 });
    const socket = await reader(url);
    const taken = await settled(() => flood.takenCount);
    // What the operating system and the two sockets hold of events of 64 KiB; many more were there to take.
    expect(taken).toBeLessThan(200);
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.resume();
    while (!text.includes(`id: ${taken + 50}.0`)) await once(socket, "data");
    socket.destroy();
    await flood.released.promise;
    const ids = [...text.matchAll(/\nid: (\d+)\.0\n/g)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_id, index) => index + 1));
  });

  test("a reader that does not read and goes away releases the events", async () => {
    const flood = new Flood();
    const { url } = await servers.serve({ events: () => flood.events });
    const socket = await reader(url);
    await settled(() => flood.takenCount);
    socket.destroy();
    await expect(flood.released.promise).resolves.toBeUndefined();
  });

  test("a slow reader does not slow the others", async () => {
    const flood = new Flood();
    const feed = new Feed();
    const events = [flood.events, feed.events];
    const { url } = await servers.serve({ events: () => events.shift() ?? eventsOf([]) });
    const socket = await reader(url);
    await settled(() => flood.takenCount);
    feed.push(taskEvent("1.0", "a"));
    expect((await eventsIn(await subscribe(url)).next()).value).toMatchObject({ id: "1.0" });
    socket.destroy();
  });

  test("a caller has only so many streams, and may open another when one has ended", async () => {
    const feeds = [new Feed(), new Feed(), new Feed()];
    const events = feeds.map((feed) => feed.events);
    const { url } = await servers.serve({ events: () => events.shift() ?? eventsOf([]) }, { limits: { callsPerCaller: 2 } });
    const [first] = [await subscribe(url), await subscribe(url)];
    const refused = await subscribe(url);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({ error: { code: 429, status: "RESOURCE_EXHAUSTED" } });
    feeds[0]?.end();
    await first.text();
    expect((await subscribe(url)).status).toBe(200);
  });

  test("a server that closes waits for open streams, and then ends them", async () => {
    const feed = new Feed();
    const { url, server } = await servers.serve({ events: () => feed.events }, { drainMs: 30 });
    feed.push(taskEvent("1.0", "a"));
    const events = eventsIn(await subscribe(url));
    await events.next();
    const closed = server.close();
    feed.push(taskEvent("2.0", "b"));
    expect((await events.next()).value).toMatchObject({ id: "2.0" });
    expect(await events.next()).toMatchObject({ done: true });
    await Promise.all([closed, feed.released.promise]);
  });

  test("a thousand idle subscribers cost under 50 MB", async () => {
    const feeds: Feed[] = [];
    const { url } = await servers.serve({
      events: () => {
        const feed = new Feed();
        feeds.push(feed);
        return feed.events;
      },
    });
    const before = memoryInUse();
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => reader(url)));
    await settled(() => feeds.length);
    // The sockets of the clients are in this process too.
    const grown = memoryInUse() - before;

    expect(feeds).toHaveLength(1_000);
    for (const socket of sockets) socket.destroy();
    await Promise.all(feeds.map((feed) => feed.released.promise));
    expect(grown).toBeLessThan(50 * 1_048_576);
  });
});
