/** Undoing what completed when a run fails or is canceled (requirement R018). */
import { describe, expect, it } from "vitest";

import { COMPENSATION_MS } from "../../../src/base/limits.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import { lookUpsOf } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };
const UNDO = { capability: "undo", with: { id: "${{ steps.a.output.id }}" }, ...ONCE };
const DAY = 86_400_000;

/** Two steps that can be undone, and one after them that is at work. */
function booked(rest: JsonObject = {}): World {
  const undo = (id: string): JsonObject => ({
    capability: "undo",
    with: { id: `\${{ steps.${id}.output.id }}` },
    text: `Undo \${{ steps.${id}.output.id }}.`,
    ...ONCE,
  });
  const world = new World(
    {
      a: step({ compensate: undo("a") }),
      b: step({ needs: ["a"], compensate: undo("b") }),
      c: step({ needs: ["b"], ...ONCE }),
    },
    { timeout: "10d", ...rest },
  ).start();
  world.complete("a", { id: 1 });
  world.complete("b", { id: 2 });
  return world;
}

describe("when a run fails", () => {
  it("what completed is undone, the last first, one at a time, before the run ends", () => {
    const world = booked();
    world.fail("c");
    expect(world.status).toBe("compensating");
    expect(world.working()).toEqual(["b/compensate"]);
    expect(world.open.get("b/compensate")).toMatchObject({ input: { id: 2 }, text: "Undo 2." });
    world.complete("b/compensate");
    expect(world.working()).toEqual(["a/compensate"]);
    expect(world.given("a/compensate")).toEqual({ id: 1 });
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
    expect(world.failure?.code).toBe("T4108");
    expect(world.factsOf("compensationEnded").map(({ path, outcome }) => [path, outcome])).toEqual([
      ["b", "completed"],
      ["a", "completed"],
    ]);
  });

  it("what did not complete is not undone", () => {
    const world = new World({ a: step({ compensate: UNDO, ...ONCE }) }).start();
    world.fail("a");
    expect(world.status).toBe("failed");
    expect(world.factsOf("runCompensating")).toEqual([]);
  });

  it("items, branches and iterations are undone each by itself, the last first", () => {
    const undo = (id: string): JsonObject => ({ capability: "undo", with: { v: `\${{ steps.${id}.output }}` } });
    const world = new World({
      f: step({ each: "${{ [1, 2] }}", compensate: undo("f") }),
      p: { needs: ["f"], parallel: { branches: { x: step({ compensate: undo("x") }), y: step() } } },
      l: { needs: ["p"], loop: { max: 2, until: "false", onExhausted: "last", steps: { z: step({ compensate: undo("z") }) } } },
      c: step({ needs: ["l"], ...ONCE }),
    }).start();
    for (const path of ["f[1]", "f[0]", "p/x", "p/y", "l#1/z", "l#2/z"]) world.complete(path, path);
    world.fail("c");
    const undone: string[] = [];
    while (world.working().length > 0) {
      const [path = ""] = world.working();
      expect(world.given(path)).toEqual({ v: path.replace("/compensate", "") });
      undone.push(path);
      world.complete(path);
    }
    expect(undone).toEqual(["l#2/z", "l#1/z", "p/x", "f[0]", "f[1]"].map((path) => `${path}/compensate`));
    expect(world.status).toBe("failed");
  });

  it("a step whose handler stood in did nothing that could be undone; the handler may have", () => {
    const onError = step({ compensate: { capability: "undo", with: { h: "${{ steps.onError.output }}" } } });
    const world = new World({
      a: step({ ...ONCE, compensate: UNDO, onError: { ...onError, compensate: { capability: "undo" } } }),
      c: step({ needs: ["a"], ...ONCE }),
    }).start();
    world.fail("a");
    world.complete("a/onError", "no id in here");
    world.fail("c");
    expect(world.working()).toEqual(["a/onError/compensate"]);
  });

  it("what undoes a step is worked out when it completes: an expression without value fails the step then", () => {
    for (const compensate of [UNDO, { ...UNDO, with: {}, text: "Undo ${{ steps.a.output.id }}." }]) {
      const world = new World({ a: step({ compensate, ...ONCE }) }).start();
      world.complete("a", "no id in here");
      expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "a", reason: "expression", failure: { code: "T4101" } }]);
      expect(world.failure?.message).toContain("a/compensate");
    }
  });

  it("a compensation without input or words is asked for all the same", () => {
    const world = new World({ a: step({ compensate: { capability: "undo" } }), c: step({ needs: ["a"], ...ONCE }) }).start();
    world.complete("a", 1);
    world.fail("c");
    expect(world.open.get("a/compensate")).toMatchObject({ input: null, text: null });
  });

  it("because its output has no value, what completed is undone as well", () => {
    const world = new World({ a: step({ compensate: { capability: "undo" } }) }, { output: "${{ steps.a.output.x.y }}" }).start();
    world.complete("a", 1);
    expect(world.status).toBe("compensating");
    world.complete("a/compensate");
    expect(world.failure?.code).toBe("T4113");
  });

  it("the budget does not hold back what undoes", () => {
    const world = booked({ budget: { attempts: 3 } });
    world.fail("c");
    world.complete("b/compensate");
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });
});

describe("when a run is canceled", () => {
  it("what completed is undone after the work has stopped", () => {
    const world = booked();
    const task = world.accept("c");
    world.cancel();
    expect(world.status).toBe("canceling");
    world.answer("c", { kind: "canceled", failure: { code: "C", message: "c", retryable: false } }, task);
    expect(world.status).toBe("compensating");
    world.complete("b/compensate");
    world.complete("a/compensate");
    expect(world.state?.end).toMatchObject({ kind: "canceled", by: "ada" });
  });

  it("does not wait for ever for agents that do not acknowledge", () => {
    const world = booked();
    world.accept("c");
    world.cancel();
    world.pass(10_000);
    expect(world.working()).toEqual(["b/compensate"]);
    world.complete("b/compensate");
    expect(
      world.input({ kind: "answered", path: "c", attempt: 1, turn: 1, agent: "x", outcome: { kind: "completed", reply: {} } }),
    ).toMatchObject([{ kind: "taskReleased", path: "c" }]);
    world.complete("a/compensate");
    expect(world.status).toBe("canceled");
  });

  it("neither another cancel nor a pause nor the run's timeout stops the undoing", () => {
    const world = booked({ timeout: "2h" });
    world.cancel();
    expect(world.cancel()).toEqual([]);
    expect(world.pause()).toEqual([]);
    world.pass(3 * 3_600_000);
    expect(world.status).toBe("compensating");
  });
});

describe("a compensation", () => {
  it("is tried again as its own step says", () => {
    const world = new World({
      a: step({ compensate: { capability: "undo", retry: { attempts: 2, initial: "1s", jitter: "none" }, timeout: "1m" } }),
      c: step({ needs: ["a"], ...ONCE }),
    }).start();
    world.complete("a", 1);
    world.fail("c");
    world.pass(60_000);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ path: "a/compensate", reason: "timedOut" }]);
    world.pass(1_000);
    expect(world.open.get("a/compensate")).toMatchObject({ attempt: 2 });
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });

  it("that fails becomes a question: it is tried again, or left", () => {
    const world = booked();
    world.fail("c");
    world.fail("b/compensate");
    const question = world.question;
    expect(world.factsOf("compensationFailed")).toMatchObject([{ path: "b", attempt: 1, question }]);
    expect(world.working()).toEqual([]);
    for (const nonsense of ["maybe", { decision: 1 }]) expect(world.reply(nonsense)).toEqual([]);
    world.reply({ decision: "retry" });
    expect(world.open.get("b/compensate")).toMatchObject({ attempt: 2, input: { id: 2 } });
    expect(world.input({ kind: "questionAnswered", question, answer: "skip", by: "bob" })).toEqual([]);
    world.fail("b/compensate");
    world.reply("skip");
    expect(world.factsOf("compensationEnded")).toMatchObject([{ path: "b", outcome: "skipped" }]);
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
    expect(openKeys(world)).toEqual([]);
  });

  it("that asks parks, and the answer goes to it", () => {
    const world = booked();
    world.fail("c");
    const task = world.accept("b/compensate");
    world.answer("b/compensate", { kind: "inputRequired", question: { prompt: "Which account?" } }, task);
    expect(world.status).toBe("compensating");
    world.reply("7");
    expect(world.open.get("b/compensate")).toMatchObject({ kind: "delegate", turn: 2, task });
    world.complete("b/compensate");
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });

  it("of which nobody knows what became asks a person, whatever its step says", () => {
    const world = new World({
      a: step({ compensate: { capability: "undo", onUnknown: "ask" } }),
      c: step({ needs: ["a"], ...ONCE }),
    }).start();
    world.complete("a", 1);
    world.fail("c");
    world.answer("a/compensate", { kind: "unknown", failure: { code: "U", message: "?", retryable: true } });
    expect(world.factsOf("compensationFailed")).toHaveLength(1);
  });

  it("has a time of its own: then what is left stays as it is, and the history says so", () => {
    const world = booked({ timeout: "30d" });
    world.fail("c");
    world.fail("b/compensate");
    world.pass(COMPENSATION_MS - 1);
    expect(world.status).toBe("compensating");
    world.pass(1);
    expect(world.factsOf("compensationEnded").map(({ path, outcome }) => [path, outcome])).toEqual([
      ["b", "timedOut"],
      ["a", "timedOut"],
    ]);
    expect(world.status).toBe("failed");
    expect(openKeys(world)).toEqual([]);
  });

  it("that is at work when that time is up is stopped", () => {
    const world = new World({
      a: step({ compensate: { capability: "undo", timeout: "30d" } }),
      c: step({ needs: ["a"], ...ONCE }),
    }).start();
    world.complete("a", 1);
    world.fail("c");
    world.pass(8 * DAY);
    expect(world.open.get("a/compensate")).toMatchObject({ kind: "abort" });
    expect(world.status).toBe("failed");
  });

  it("that asks when that time is up leaves no question behind", () => {
    const world = booked({ timeout: "30d" });
    world.fail("c");
    world.answer("b/compensate", { kind: "inputRequired", question: { prompt: "?" } });
    world.pass(8 * DAY);
    expect(world.status).toBe("failed");
    expect(openKeys(world)).toEqual([]);
  });
});

/** Questions that can be found, and were never closed. */
function openKeys(world: World): string[] {
  const found = world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind }) => kind === "question");
  return found.filter(({ open, key }) => open && !found.some((other) => other.key === key && !other.open)).map(({ key }) => key);
}

describe("a compensation whose agent asks what nobody answers", () => {
  it("becomes one question to people, and that of its agent is not to be found any more", () => {
    const undo = step({ onInputRequired: "fail", retry: { attempts: 1 } });
    const world = new World({ a: step({ compensate: undo }), b: step({ needs: ["a"], retry: { attempts: 1 } }) }).start();
    world.complete("a", 1);
    world.fail("b");
    world.answer("a/compensate", { kind: "inputRequired", question: { prompt: "?" } });
    const open = new Set<string>();
    for (const { key, ...found } of world.facts.flatMap((fact) => lookUpsOf(fact)))
      if (found.open) open.add(key);
      else open.delete(key);
    expect([...open]).toEqual([world.question]);
  });
});
