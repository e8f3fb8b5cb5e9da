import { getEventListeners } from "node:events";

import { expect, it } from "vitest";

import type { HistoryEntry, Host, StreamedChunk } from "../../../src/ports/host.ts";
import type { RunRef } from "../../../src/base/ids.ts";
import { chain, fan, single } from "./workflows.ts";
import { refOf, type OpenWorld, type World } from "./world.ts";

const ITEMS = Array.from({ length: 300 }, (_, index) => index);

export function watchLaws(open: OpenWorld): void {
  it("shows every fact once and in order while many writers are at work, to a fast and to a slow watcher", async () => {
    const world = await open();
    const run = refOf("watched");
    await world.start("watched", fan, { input: { items: ITEMS } });
    const fast = collect(world.host, run, 1);
    const slowly = collect(world.host, run, 1, { each: () => new Promise((resolve) => setImmediate(resolve)) });
    await finishFan(world, run);
    const whole = await world.entries(run);
    expect(await fast).toEqual(whole);
    expect(await slowly).toEqual(whole);
  });

  it("shows several watchers the same, wherever they begin", async () => {
    const world = await open();
    const run = refOf("several");
    await world.start("several", fan, { input: { items: ITEMS } });
    const starts = [1, 2, 50, 399, 900];
    const watchers = starts.map((fromSeq) => collect(world.host, run, fromSeq));
    await finishFan(world, run);
    const whole = await world.entries(run);
    expect(whole.length).toBeGreaterThan(900);
    for (const [index, entries] of (await Promise.all(watchers)).entries()) expect(entries).toEqual(whole.slice((starts[index] ?? 1) - 1));
  });

  it("tells how a run ended, from its last fact, and nothing before that", async () => {
    const world = await open();
    const run = refOf("ended");
    expect(await world.host.end(run)).toBeNull();
    await world.start("ended", chain);
    await world.answer(run, { path: "a" });
    expect(await world.host.end(run)).toBeNull();
    await world.answer(run, { path: "b" });
    await world.answer(run, { path: "c" });
    const ended = (await world.host.inspect(run))?.end ?? null;
    expect(ended).toMatchObject({ kind: "completed" });
    expect(await world.host.end(run)).toEqual(ended);
    await world.open();
    expect(await world.host.end(run)).toEqual(ended);
  });

  it("begins in the middle of a run that is long over", async () => {
    const world = await open();
    const run = refOf("middle");
    await world.start("middle", fan, { input: { items: ITEMS } });
    await finishFan(world, run);
    await world.open();
    const whole = await world.entries(run);
    expect(await collect(world.host, run, 500)).toEqual(whole.slice(499));
  });

  it("goes on by number after a crash, with no fact twice and none missing", async () => {
    const world = await open();
    const run = refOf("resumed");
    await world.start("resumed", chain);
    await world.answer(run, { path: "a" });
    const before = await world.entries(run);
    await world.open();
    const rest = collect(world.host, run, before.length + 1);
    await world.answer(run, { path: "b" });
    await world.answer(run, { path: "c" });
    expect([...before, ...(await rest)]).toEqual(await world.entries(run));
  });
}

export function pieceLaws(open: OpenWorld): void {
  it("shows streamed pieces to those who watch and records none of them", async () => {
    const world = await open();
    const run = refOf("streamed");
    await world.start("streamed", single);
    const seen: (HistoryEntry | StreamedChunk)[] = [];
    const chunk: StreamedChunk = { kind: "chunk", path: "a", attempt: 1, text: "piece" };
    for await (const entry of world.host.watch(run, 1)) {
      seen.push(entry);
      if (seen.length === 2) world.host.stream(run, chunk);
      if (entry.kind === "chunk") await world.answer(run, { path: "a", output: "whole" });
    }
    expect(seen.filter((entry) => entry.kind === "chunk")).toEqual([chunk]);
    expect(seen.filter((entry) => entry.kind === "fact")).toEqual(await world.entries(run));
  });

  it("shows the last facts to one who was busy with a piece when the run ended", async () => {
    const world = await open();
    const run = refOf("busy");
    await world.start("busy", single);
    const seen: (HistoryEntry | StreamedChunk)[] = [];
    const watching = (async () => {
      for await (const entry of world.host.watch(run, 1)) {
        seen.push(entry);
        if (entry.kind === "chunk") await world.answer(run, { path: "a", output: "whole" });
      }
    })();
    await world.settle();
    world.host.stream(run, { kind: "chunk", path: "a", attempt: 1, text: "piece" });
    await watching;
    expect(seen.filter((entry) => entry.kind === "fact")).toEqual(await world.entries(run));
  });
}

export function watchEndLaws(open: OpenWorld): void {
  it("ends with the run's last fact, also when the watcher begins at it or after it", async () => {
    const world = await open();
    const run = refOf("ended");
    await world.start("ended", single);
    await world.answer(run, { path: "a" });
    const whole = await world.entries(run);
    expect(await collect(world.host, run, whole.length)).toEqual(whole.slice(-1));
    expect(await collect(world.host, run, whole.length + 1)).toEqual([]);
    expect(await collect(world.host, run, whole.length + 100)).toEqual([]);
  });

  it("ends a watch that waits when its signal is aborted, or was before", async () => {
    const world = await open();
    const run = refOf("aborted");
    await world.start("aborted", single);
    const later = new AbortController();
    const watch = collect(world.host, run, 1, { signal: later.signal });
    const over = world.host.whenOver(run, later.signal);
    await world.settle();
    later.abort();
    expect(await watch).toHaveLength(2);
    expect(await over).toMatchObject({ status: "running" });
    await collect(world.host, run, 1, { signal: AbortSignal.abort() });
    expect(await world.host.whenOver(run, AbortSignal.abort())).toMatchObject({ status: "running" });
  });

  it("leaves nothing of a finished watch on the caller's signal, which may live for long", async () => {
    const world = await open();
    const run = refOf("listened");
    await world.start("listened", single);
    const { signal } = new AbortController();
    const waits = [world.host.whenOver(run, signal), world.host.whenOver(run, signal), collect(world.host, run, 1, { signal })];
    await world.settle();
    await world.answer(run, { path: "a" });
    await Promise.all(waits);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends every watch when the host closes", async () => {
    const world = await open();
    const run = refOf("closing");
    await world.start("closing", single);
    const watch = collect(world.host, run, 1);
    await world.settle();
    await world.host.close();
    expect(await watch).toHaveLength(2);
  });

  it("tells those who wait for the end, once it is there", async () => {
    const world = await open();
    const run = refOf("awaited");
    await world.start("awaited", single);
    const over = [world.host.whenOver(run), world.host.whenOver(run)];
    await world.answer(run, { path: "a", output: 1 });
    for (const record of await Promise.all(over)) expect(record).toMatchObject({ status: "completed", endedAt: world.clock.now() });
    expect(await world.host.whenOver(run)).toMatchObject({ status: "completed" });
  });
}

type CollectOptions = { readonly signal?: AbortSignal; readonly each?: () => Promise<void> };

async function collect(host: Host, run: RunRef, fromSeq: number, { signal, each }: CollectOptions = {}): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  for await (const entry of host.watch(run, fromSeq, signal)) {
    if (entry.kind === "fact") entries.push(entry);
    await each?.();
  }
  return entries;
}

/** Answers all items of the fan, several in flight at any moment, with progress in between. */
async function finishFan(world: World, run: RunRef): Promise<void> {
  for (let index = 0; index < ITEMS.length; index += 10) {
    const batch = ITEMS.slice(index, index + 10);
    await Promise.all(
      batch.flatMap((item) => [
        world.progress(run, `each_one[${item}]`, "soon"),
        world.answer(run, { path: `each_one[${item}]`, output: item }),
      ]),
    );
  }
  await world.host.whenOver(run);
}
