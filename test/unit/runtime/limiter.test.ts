/** How much of one thing is at work at once, and how often it is begun (requirement W193). */
import { describe, expect, it } from "vitest";

import type { StepLimit } from "../../../src/definition/definition.ts";
import { Limiter, type Permit } from "../../../src/runtime/permits/limiter.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** A limiter, and the names that have begun, in order. */
function stage() {
  const clock = new ManualClock();
  const limiter = new Limiter(clock);
  const begun: string[] = [];
  const permits = new Map<string, Permit>();
  const ask = (name: string, limit: StepLimit, subject = "capability query") =>
    limiter.enter({
      subject,
      run: name.charAt(0),
      limit,
      begin(permit) {
        begun.push(name);
        permits.set(name, permit);
      },
    });
  const end = (name: string): void => permits.get(name)?.release();
  return { clock, limiter, begun, permits, ask, end };
}

describe("a limit of concurrency", () => {
  it("holds across runs, and lets them take turns", () => {
    const { begun, ask, end } = stage();
    for (const name of ["a1", "a2", "a3", "a4", "b1", "c1"]) ask(name, { concurrency: 2 });
    expect(begun).toEqual(["a1", "a2"]);
    end("a1");
    expect(begun.slice(2)).toEqual(["a3"]);
    end("a2");
    end("a3");
    expect(begun.slice(3)).toEqual(["b1", "c1"]);
    end("b1");
    expect(begun.slice(5)).toEqual(["a4"]);
  });

  it("is of one subject, and of each step that names it for itself", () => {
    const { begun, ask, end } = stage();
    ask("a1", { concurrency: 1 });
    ask("b1", { concurrency: 1 }, "capability write");
    expect(begun).toEqual(["a1", "b1"]);
    ask("c1", { concurrency: 1 });
    ask("d1", { concurrency: 2 });
    expect(begun.slice(2)).toEqual([]);
    end("a1");
    // c has room, and d, which tolerates one more, beside it.
    expect(begun.slice(2)).toEqual(["c1", "d1"]);
  });

  it("gives a place back once, however often it is released", () => {
    const { begun, ask, end } = stage();
    for (const name of ["a1", "a2", "a3"]) ask(name, { concurrency: 1 });
    end("a1");
    end("a1");
    expect(begun).toEqual(["a1", "a2"]);
  });

  it("counts work that is going on already, even beyond it", () => {
    const { limiter, begun, ask } = stage();
    const elsewhere = [limiter.adopt("capability query"), limiter.adopt("capability query")];
    ask("a1", { concurrency: 1 });
    elsewhere[0]?.release();
    expect(begun).toEqual([]);
    elsewhere[1]?.release();
    expect(begun).toEqual(["a1"]);
  });

  it("forgets what was withdrawn, wherever it stood", () => {
    const { limiter, begun, ask, end } = stage();
    ask("a1", { concurrency: 1 });
    const first = ask("a2", { concurrency: 1 });
    ask("a3", { concurrency: 1 });
    const last = ask("b1", { concurrency: 1 });
    first();
    last();
    last();
    expect(limiter.waitingCount).toBe(1);
    end("a1");
    end("a3");
    expect(begun).toEqual(["a1", "a3"]);
  });

  it("lets ten thousand through that end at once, without a deep stack", () => {
    const { limiter, ask, end } = stage();
    ask("a1", { concurrency: 1 });
    let count = 0;
    for (let waiter = 0; waiter < 10_000; waiter += 1) {
      limiter.enter({
        subject: "capability query",
        run: `run${waiter % 7}`,
        limit: { concurrency: 1 },
        begin(permit) {
          count += 1;
          permit.release();
        },
      });
    }
    expect(count).toBe(0);
    end("a1");
    expect(count).toBe(10_000);
  });
});

describe("a limit of the rate", () => {
  it("spreads starts evenly, so that no second has more", () => {
    const { clock, begun, ask } = stage();
    for (let index = 1; index <= 6; index += 1) ask(`a${index}`, { perSecond: 4 });
    expect(begun).toHaveLength(1);
    clock.advance(249);
    expect(begun).toHaveLength(1);
    clock.advance(1);
    expect(begun).toHaveLength(2);
    clock.advance(750);
    expect(begun).toHaveLength(5);
    clock.advance(250);
    expect(begun).toHaveLength(6);
  });

  it("is kept when starts are closer than a timer's grain: a thousand a second are a thousand", () => {
    const { clock, begun, ask } = stage();
    for (let index = 0; index < 3_000; index += 1) ask(`a${index}`, { perSecond: 1_000 });
    for (let passedMs = 0; passedMs < 1_000; passedMs += 10) clock.advance(10);
    expect(begun.length).toBeGreaterThanOrEqual(1_000);
    expect(begun.length).toBeLessThanOrEqual(1_101);
  });

  it("does not save up what was not used", () => {
    const { clock, begun, ask } = stage();
    ask("a1", { perSecond: 1 });
    clock.advance(60_000);
    for (const name of ["a2", "a3", "a4"]) ask(name, { perSecond: 1 });
    expect(begun).toEqual(["a1", "a2"]);
    clock.advance(1_000);
    expect(begun).toEqual(["a1", "a2", "a3"]);
  });

  it("is not held up by what was withdrawn while it waited", () => {
    const { clock, begun, ask } = stage();
    ask("a1", { perSecond: 1 });
    const gone = ask("a2", { perSecond: 1 });
    ask("b1", { perSecond: 1 });
    gone();
    clock.advance(1_000);
    expect(begun).toEqual(["a1", "b1"]);
  });

  it("and of concurrency hold together", () => {
    const { clock, begun, ask, end } = stage();
    for (const name of ["a1", "a2", "a3"]) ask(name, { perSecond: 1, concurrency: 1 });
    clock.advance(5_000);
    expect(begun).toEqual(["a1"]);
    end("a1");
    expect(begun).toEqual(["a1", "a2"]);
    end("a2");
    expect(begun).toEqual(["a1", "a2"]);
    clock.advance(1_000);
    expect(begun).toEqual(["a1", "a2", "a3"]);
  });
});

it("a limiter that is closed begins nothing more", () => {
  const { clock, limiter, begun, ask, end } = stage();
  ask("a1", { perSecond: 1, concurrency: 1 });
  ask("a2", { perSecond: 1, concurrency: 1 });
  limiter.close();
  end("a1");
  clock.advance(10_000);
  expect(begun).toEqual(["a1"]);
});

it("subjects that nobody asks for any more are forgotten, those with work are not", () => {
  const { clock, limiter, begun, ask, end } = stage();
  ask("a1", { concurrency: 1 }, "busy");
  for (let index = 0; index < 2_000; index += 1) {
    ask("b1", { concurrency: 1 }, `subject ${index}`);
    end("b1");
  }
  clock.advance(1);
  ask("c1", { concurrency: 1 }, "busy");
  expect(begun.at(-1)).toBe("b1");
  expect(limiter.waitingCount).toBe(1);
  end("a1");
  expect(begun.at(-1)).toBe("c1");
});
