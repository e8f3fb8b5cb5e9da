import { describe, expect, it } from "vitest";

import { MAX_LOST_ANSWERS, MAX_PENDING_CHARACTERS, MAX_PENDING_CHUNKS } from "../../../src/base/limits.ts";
import { Watcher } from "../../../src/hosts/mailbox/watchers.ts";
import type { StreamedChunk } from "../../../src/ports/host.ts";

const piece = (path: string, text: string, attempt = 1): StreamedChunk => ({ kind: "chunk", path, attempt, text });
const LARGE = "x".repeat(MAX_PENDING_CHARACTERS / 4);

/** What a reader who appends the pieces has, by step and attempt. */
function textsOf(chunks: readonly StreamedChunk[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { path, attempt, text } of chunks) texts[`${path} ${attempt}`] = `${texts[`${path} ${attempt}`] ?? ""}${text}`;
  return texts;
}

function pushAll(watcher: Watcher, chunks: readonly StreamedChunk[]): void {
  for (const chunk of chunks) watcher.push(chunk);
}

describe("the pieces that a reader has not taken yet", () => {
  it("are told one by one, as they came, while there are few", () => {
    const watcher = new Watcher();
    const few = [piece("a", "1"), piece("b", "2"), piece("a", "3"), piece("a", "4", 2)];
    pushAll(watcher, few);
    expect(watcher.takeChunks()).toEqual(few);
    expect(watcher.takeChunks()).toEqual([]);
  });

  it("are all there when there are many, also of several steps at once", () => {
    const watcher = new Watcher();
    const numbers = Array.from({ length: 3 * MAX_PENDING_CHUNKS }, (_, index) => `${index} `);
    pushAll(
      watcher,
      numbers.flatMap((text) => [piece("a", text), piece("b", text)]),
    );
    const taken = watcher.takeChunks();
    expect(taken.length).toBeLessThanOrEqual(MAX_PENDING_CHUNKS);
    expect(textsOf(taken)).toEqual({ "a 1": numbers.join(""), "b 1": numbers.join("") });
  });

  it("are those of one answer no more, once one of them had no room: a later one would follow on a hole", () => {
    const watcher = new Watcher();
    watcher.push(piece("a", "begun "));
    watcher.takeChunks();
    pushAll(watcher, [piece("b", LARGE), piece("a", LARGE), piece("a", LARGE), piece("a", LARGE), piece("a", "over")]);
    expect(textsOf(watcher.takeChunks())).toEqual({ "b 1": LARGE });
    pushAll(watcher, [piece("a", "late"), piece("b", "on"), piece("a", "anew", 2)]);
    expect(textsOf(watcher.takeChunks())).toEqual({ "b 1": "on", "a 2": "anew" });
  });

  it("make room again when an answer is lost", () => {
    const watcher = new Watcher();
    pushAll(watcher, [piece("a", LARGE), piece("a", LARGE), piece("a", LARGE), piece("a", LARGE), piece("a", "over")]);
    pushAll(watcher, [piece("b", LARGE), piece("b", LARGE)]);
    expect(textsOf(watcher.takeChunks())).toEqual({ "b 1": LARGE + LARGE });
  });

  it("may be one that is larger than all together may be", () => {
    const watcher = new Watcher();
    const huge = LARGE.repeat(5);
    watcher.push(piece("a", huge));
    expect(textsOf(watcher.takeChunks())).toEqual({ "a 1": huge });
  });

  it("are none at all any more for one who has lost those of too many answers", () => {
    const watcher = new Watcher();
    const paths = Array.from({ length: MAX_PENDING_CHUNKS + MAX_LOST_ANSWERS + 1 }, (_, index) => `each[${index}]`);
    pushAll(
      watcher,
      paths.slice(0, -1).map((path) => piece(path, "x")),
    );
    expect(watcher.takeChunks()).toHaveLength(MAX_PENDING_CHUNKS);
    pushAll(
      watcher,
      paths.map((path) => piece(path, "y")),
    );
    expect(watcher.takeChunks()).toEqual([]);
    watcher.push(piece("another", "z"));
    expect(watcher.takeChunks()).toEqual([]);
  });
});
