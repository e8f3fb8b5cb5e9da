import { setTimeout as delay } from "node:timers/promises";

import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";

import { eventIdOf } from "../../../../src/a2a/grpc/event-id.ts";
import { eventsOf, Feed, Flood, taskEvent, wordEvent } from "../http/scripted-handler.ts";
import { GrpcServers } from "./server.ts";

const servers = new GrpcServers();
afterEach(() => servers.close());

/** Waits until a count has not grown for a while: the one thing here that no event tells. */
async function settled(count: () => number): Promise<number> {
  for (let last = -1; last !== count() || last === 0; await delay(100)) last = count();
  return count();
}

describe("events over gRPC", () => {
  test("have their place in the history beside them, and none when they have no place", async () => {
    const { caller } = await servers.serve({
      events: () => eventsOf([taskEvent("3.0", "a"), wordEvent(null, "b"), wordEvent("4.12", "c")]),
    });
    const stream = caller.open("subscribeToTask", { id: "t1" });
    const ids: (string | null)[] = [];
    for (let bytes = await stream.bytes(); bytes !== null; bytes = await stream.bytes()) ids.push(eventIdOf(bytes));
    expect(ids).toEqual(["3.0", null, "4.12"]);
  });

  test("are sent as they come, and the stream ends when they end", async () => {
    const feed = new Feed();
    const { caller } = await servers.serve({ events: () => feed.events });
    const stream = caller.open("subscribeToTask", { id: "t1" });
    for (const text of ["one", "two"]) {
      feed.push(taskEvent("1.0", text));
      expect(await stream.next()).toMatchObject({ payload: { value: { artifacts: [{ parts: [{ content: { value: text } }] }] } } });
    }
    feed.end();
    expect(await stream.next()).toBe(null);
    expect(await stream.status).toMatchObject({ code: 0 });
  });

  test("a reader that goes away releases them, while nothing happens and in the middle", async () => {
    const feed = new Feed();
    const flood = new Flood();
    const events = [feed.events, flood.events];
    const { caller } = await servers.serve({ events: () => events.shift() ?? eventsOf([]) });
    const idle = caller.open("subscribeToTask", { id: "t1" });
    feed.push(taskEvent("1.0", "a"));
    await idle.next();
    idle.call.cancel();
    await feed.released.promise;
    const busy = caller.open("subscribeToTask", { id: "t1" });
    await busy.next();
    busy.call.cancel();
    await flood.released.promise;
    expect(await caller.ask("getTask", { id: "t1" })).toMatchObject({ code: 0 });
  });

  test("a reader that does not read costs what fits in its connection, slows nobody, and misses nothing", async () => {
    const flood = new Flood();
    const feed = new Feed();
    const events = [flood.events, feed.events];
    const { caller, another } = await servers.serve({ events: () => events.shift() ?? eventsOf([]) });
    const slow = caller.open("subscribeToTask", { id: "t1" });
    // gRPC's own library holds back only what comes after the first read.
    expect(eventIdOf((await slow.bytes()) ?? Buffer.alloc(0))).toBe("1.0");
    const taken = await settled(() => flood.takenCount);
    // 64 KiB each: what is on the way, and nothing that waits for the reader.
    expect(taken).toBeLessThan(40);
    feed.push(taskEvent("1.0", "a"));
    expect(await another().open("subscribeToTask", { id: "t1" }).next()).not.toBe(null);
    for (let index = 2; index <= taken + 50; index += 1) expect(eventIdOf((await slow.bytes()) ?? Buffer.alloc(0))).toBe(`${index}.0`);
    slow.call.cancel();
    await flood.released.promise;
  });

  test("a caller whose time is up is told so, and the events are released", async () => {
    const feed = new Feed();
    const { caller, handler } = await servers.serve({ events: () => feed.events });
    handler.getTask = () => new Promise(() => undefined);
    expect(await caller.ask("getTask", { id: "t1" }, undefined, { deadline: Date.now() + 50 })).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });

  test("a server that closes waits for open streams, and then ends them with the reason", async () => {
    const feed = new Feed();
    const { caller, another, server } = await servers.serve({ events: () => feed.events }, { drainMs: 200 });
    feed.push(taskEvent("1.0", "a"));
    const stream = caller.open("subscribeToTask", { id: "t1" });
    await stream.next();
    const closed = server.close();
    expect((await another().ask("getTask", { id: "t1" })).code).toBe(status.UNAVAILABLE);
    feed.push(taskEvent("2.0", "b"));
    expect(await stream.next()).not.toBe(null);
    expect(await stream.next()).toBe(null);
    expect(await stream.status).toMatchObject({ code: status.UNAVAILABLE, info: { retryAfterMs: 1_000 } });
    await Promise.all([closed, feed.released.promise]);
  });
});
