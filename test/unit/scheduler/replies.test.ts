/** Replies as hostile agents send them: whatever they hold, the process and the history stay small and quick. */
import { describe, expect, it } from "vitest";

import type { Reply } from "../../../src/scheduler/outcome.ts";
import { step, World } from "../../support/world.ts";

const MEBIBYTE = 1_048_576;

describe("a hostile reply", () => {
  it.each([
    ["line ends", (length: number) => `\`\`\`${"\n".repeat(length)}x`],
    ["spaces", (length: number) => `\`\`\`json\n{${" ".repeat(length)}x`],
    ["fences", (length: number) => "```\n".repeat(length / 4)],
  ])("of a fence with many %s costs its length, no more", (_what, textOf) => {
    // The short one first: where the cost grows faster than the length, the long one would take hours.
    for (const length of [2_000, 100_000, 1_000_000]) expect(costOf({ text: textOf(length) })).toBeLessThan(500);
  });

  it("of many large parts is refused as a whole, though its output is small (T4112)", () => {
    const part = "x".repeat(1.5 * MEBIBYTE);
    const file = { name: "f", mediaType: "text/plain", bytes: part };
    for (const reply of [
      { text: "ok", data: [1, part, part, part] },
      { text: "ok", data: [1], artifacts: [file, file, file] },
      { text: part, data: [1, part], artifacts: [file] },
    ]) {
      const world = new World({ a: step() }).start();
      world.answer("a", { kind: "completed", reply });
      expect(world.failure?.details).toMatchObject({ code: "T4112" });
      expect(JSON.stringify(world.facts).length).toBeLessThan(10_000);
    }
  });

  it("of several parts within the limit is kept whole", () => {
    const world = new World({ a: step() }).start();
    const part = "x".repeat(MEBIBYTE);
    world.answer("a", { kind: "completed", reply: { text: "ok", data: [1, part, part] } });
    expect(world.factsOf("subtaskCompleted")).toMatchObject([{ output: 1, text: "ok", data: [1, part, part] }]);
  });
});

/** Milliseconds that it takes to find out that a reply does not fit. */
function costOf(reply: Reply): number {
  const output = { type: "object", required: ["x"] };
  const world = new World({ a: step({ output, retry: { attempts: 1 }, onInvalid: "fail" }) }, {}, { replays: false }).start();
  const before = performance.now();
  world.answer("a", { kind: "completed", reply });
  expect(world.status).toBe("failed");
  return performance.now() - before;
}
