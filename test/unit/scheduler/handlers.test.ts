/** Handlers: nested steps whose output replaces that of the step that failed. There are no jumps. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { lookUpsOf } from "../../../src/scheduler/index.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };
const ASK = { kind: "inputRequired", question: { prompt: "Which vendor?" } } as const;
const FIX = step({ with: { why: "${{ error.reason }}", code: "${{ error.code }}", said: "${{ error.message }}" } });

function handled(rest: JsonObject): World {
  return new World({ a: step({ ...ONCE, ...rest }), after: step({ with: { a: "${{ steps.a.output }}" } }) }).start();
}

describe("a handler", () => {
  it("sees the failure, and its output is the step's", () => {
    const world = handled({ onError: FIX });
    world.fail("a");
    expect(world.given("a/onError")).toEqual({ why: "failed", code: "X", said: "it broke" });
    world.complete("a/onError", "fixed");
    expect(world.given("after")).toEqual({ a: "fixed" });
    expect(world.factsOf("subtaskFailed")).toEqual([]);
  });

  const failure = { code: "N", message: "no", retryable: true };
  it.each<readonly [string, Outcome]>([
    ["onRejected", { kind: "rejected", failure }],
    ["onUnknown", { kind: "unknown", failure }],
    ["onError", { kind: "canceled", failure }],
    ["onError", { kind: "failed", failure }],
  ])("%s is for what came of the work", (name, outcome) => {
    const world = handled({ onRejected: FIX, onUnknown: FIX, onTimeout: FIX, onError: FIX });
    world.answer("a", outcome);
    expect(world.working()).toEqual([`a/${name}`]);
    expect(world.given(`a/${name}`)).toMatchObject({ why: outcome.kind });
  });

  it("onTimeout is for an attempt whose time is up", () => {
    const world = handled({ onTimeout: FIX, onError: FIX, timeout: "1m" });
    world.pass(60_000);
    expect(world.given("a/onTimeout")).toMatchObject({ why: "timedOut", code: "T4103" });
  });

  it("onInvalid is for an output that breaks its contract, after the repairs", () => {
    const world = handled({ output: { type: "integer" }, onInvalid: FIX });
    world.complete("a", "x");
    world.pass(0);
    world.complete("a", "y");
    expect(world.given("a/onInvalid")).toMatchObject({ why: "invalid", code: "T4102" });
  });

  it("onError is for what has no handler of its own, expressions included", () => {
    const world = handled({ with: { n: "${{ input.no.such }}" }, onError: FIX });
    expect(world.given("a/onError")).toMatchObject({ why: "expression", code: "T4101" });
  });

  it("may have nothing to say: null is an output", () => {
    const world = handled({ onError: step() });
    world.fail("a");
    world.complete("a/onError", null);
    expect(world.given("after")).toEqual({ a: null });
  });

  it("comes after the retries and the fallbacks", () => {
    const world = handled({ fallback: ["spare"], onError: FIX });
    world.fail("a");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ target: { capability: "spare" } });
    world.fail("a");
    expect(world.working()).toEqual(["a/onError"]);
  });

  it("that fails is the failure of the step, which has no second handler", () => {
    const world = handled({ onRejected: step(ONCE), onError: FIX });
    world.answer("a", { kind: "rejected", failure });
    world.fail("a/onRejected", { message: "that as well" });
    expect(world.factsOf("subtaskFailed").map(({ path }) => path)).toEqual(["a/onRejected", "a"]);
    expect(world.failure?.message).toContain("that as well");
  });

  it("of an optional step that fails leaves null", () => {
    const world = handled({ critical: false, onError: step(ONCE) });
    world.fail("a");
    world.fail("a/onError");
    expect(world.given("after")).toEqual({ a: null });
  });

  it("must keep the contract of the step that it stands in for", () => {
    const world = handled({ output: { type: "integer" }, onError: step() });
    world.fail("a");
    world.complete("a/onError", "seven");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "a", reason: "invalid", failure: { code: "T4102" } }]);
  });

  it("that reads what was skipped cannot stand in: the step fails as it had", () => {
    const world = new World({
      s: step({ if: "false" }),
      a: step({ ...ONCE, onError: step({ with: { s: "${{ steps.s.output }}" } }) }),
    }).start();
    world.fail("a");
    expect(world.failure?.details).toMatchObject({ path: "a", reason: "failed", code: "X" });
  });

  it("may be any kind of step", () => {
    const world = handled({ onError: { steps: { x: step(), y: step({ with: { x: "${{ steps.x.output }}", e: "${{ error.code }}" } }) } } });
    world.fail("a");
    world.complete("a/onError/x", 1);
    expect(world.given("a/onError/y")).toEqual({ x: 1, e: "X" });
    world.complete("a/onError/y", 2);
    expect(world.given("after")).toEqual({ a: { x: 1, y: 2 } });
  });

  it("of an item stands in for that item, and sees it", () => {
    const world = new World({ f: step({ ...ONCE, each: "${{ input }}", as: "n", onError: step({ with: { n: "${{ n }}" } }) }) }).start([
      7, 8,
    ]);
    world.fail("f[1]");
    expect(world.given("f[1]/onError")).toEqual({ n: 8 });
    world.complete("f[1]/onError", "eight");
    world.complete("f[0]", "seven");
    expect(world.output).toEqual(["seven", "eight"]);
  });

  it("of an item that fails fails the item", () => {
    const world = new World({ f: step({ ...ONCE, each: "${{ input }}", critical: false, onError: step(ONCE) }) }).start([7, 8]);
    world.fail("f[1]");
    world.fail("f[1]/onError");
    world.complete("f[0]", "seven");
    expect(world.output).toEqual(["seven", null]);
  });

  it("in a pause begins after it", () => {
    const world = handled({ onError: FIX });
    world.pause();
    world.fail("a");
    expect(world.working()).toEqual([]);
    world.resume();
    expect(world.working()).toEqual(["a/onError"]);
  });

  it("is canceled with its run", () => {
    const world = handled({ onError: FIX });
    world.fail("a");
    world.cancel();
    expect(world.open.get("a/onError")).toMatchObject({ kind: "abort" });
    expect(world.status).toBe("canceled");
  });
});

describe("a handler of a whole list", () => {
  const DISAGREE = step({ with: { why: "${{ error.reason }}" } });
  const list = (rest: JsonObject): World => {
    const f = step({ ...ONCE, each: "${{ input }}", ...rest });
    return new World({ f, after: step({ with: { f: "${{ steps.f.output }}" } }) }).start([1, 2, 3]);
  };

  it("stands in when the join cannot be met, and its output is that of the list", () => {
    const world = list({ succeed: { first: 3 }, onDisagree: DISAGREE, output: { type: "integer" } });
    world.fail("f[1]");
    expect(world.open.get("f[0]")).toMatchObject({ kind: "abort" });
    expect(world.given("f/onDisagree")).toEqual({ why: "disagreed" });
    world.complete("f/onDisagree", "the contract is that of the items");
    expect(world.given("after")).toEqual({ f: "the contract is that of the items" });
  });

  it("is not disturbed by the clock of the list, nor by a pause", () => {
    const world = list({ succeed: { first: 3, within: "1m" }, onDisagree: DISAGREE, concurrency: 2 });
    world.fail("f[1]");
    world.pass(60_000);
    world.pause();
    world.resume();
    expect(world.working()).toEqual(["f/onDisagree"]);
    world.complete("f/onDisagree", "by hand");
    expect(world.given("after")).toEqual({ f: "by hand" });
  });

  it("begins no further item of a list that is late", () => {
    const world = list({ succeed: { all: true, within: "1m" }, onTimeout: DISAGREE, concurrency: 1 });
    world.complete("f[0]", 1);
    world.pass(60_000);
    expect(world.given("f/onTimeout")).toEqual({ why: "timedOut" });
    world.pause();
    world.resume();
    expect(world.working()).toEqual(["f/onTimeout"]);
    world.complete("f/onTimeout", [0]);
    expect(world.given("after")).toEqual({ f: [0] });
  });

  it("that fails is the failure of the list", () => {
    const world = list({ succeed: { first: 3 }, onDisagree: step(ONCE), critical: false });
    world.fail("f[1]");
    world.fail("f/onDisagree");
    expect(world.given("after")).toEqual({ f: null });
  });

  it("is not called for what is no list: that is an error of the step", () => {
    const world = new World({ f: step({ each: "${{ input }}", onError: FIX }) }).start("abc");
    expect(world.given("f/onError")).toMatchObject({ why: "expression", code: "T4111" });
    world.complete("f/onError", ["x"]);
    expect(world.output).toEqual(["x"]);
  });

  it("onError is for items, not for a join that cannot be met", () => {
    const world = list({ succeed: { first: 3 }, onError: step(ONCE), critical: false });
    world.fail("f[1]");
    world.fail("f[1]/onError");
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({ path: "f", reason: "disagreed" });
    expect(world.given("after")).toEqual({ f: null });
  });
});

describe("a handler of a step that holds steps", () => {
  it("stands in for branches that disagree, with what they said in the failure", () => {
    const branches = { a: step(ONCE), b: step(ONCE) };
    const onDisagree = step({ with: { results: "${{ error.details.results }}" } });
    const world = new World({ p: { parallel: { branches, succeed: { first: 2 }, onDisagree } } }).start();
    world.complete("p/b", 2);
    world.fail("p/a");
    expect(world.given("p/onDisagree")).toEqual({ results: { a: null, b: 2 } });
    world.complete("p/onDisagree", "decided");
    expect(world.output).toBe("decided");
  });

  it("stands in for the failure of an inner step, and stops the others first", () => {
    const world = new World({ g: { steps: { a: step(ONCE), b: step() }, onError: FIX } }).start();
    world.accept("g/b");
    world.fail("g/a");
    expect(world.open.get("g/b")).toMatchObject({ kind: "abort" });
    world.complete("g/onError", "saved");
    expect(world.status, "the agent has yet to acknowledge").toBe("running");
    world.pass(10_000);
    expect(world.output).toBe("saved");
  });

  it("stands in at once when an inner step fails before it begins: nothing else inside begins after that", () => {
    const steps = { a: step({ with: { n: "${{ input.no.such }}" } }), b: step() };
    for (const kind of [{ steps }, { parallel: { branches: steps } }, { loop: { max: 2, until: "true", steps } }]) {
      const world = new World({ g: { ...kind, onError: FIX } }).start();
      expect(world.working()).toEqual(["g/onError"]);
      world.complete("g/onError", "saved");
      expect(world.output).toBe("saved");
    }
  });

  it("of an inner step comes before that of the outer", () => {
    const world = new World({ g: { steps: { a: step({ ...ONCE, onError: step(ONCE) }) }, onError: FIX } }).start();
    world.fail("g/a");
    expect(world.working()).toEqual(["g/a/onError"]);
    world.fail("g/a/onError");
    expect(world.working()).toEqual(["g/onError"]);
  });
});

describe("a handler of questions", () => {
  const ANSWER = step({ ...ONCE, with: { q: "${{ error.question.prompt }}" } });

  it("answers the agent, whose work goes on, and people see no question", () => {
    const world = handled({ onInputRequired: ANSWER });
    const task = world.accept("a");
    world.answer("a", ASK, task);
    expect(world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind, open }) => kind === "question" && open)).toEqual([]);
    expect(world.working()).toEqual(["a#1/onInputRequired"]);
    expect(world.given("a#1/onInputRequired")).toEqual({ q: "Which vendor?" });
    world.complete("a#1/onInputRequired", "Acme");
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 1, turn: 2, task, exchanges: [{ answer: "Acme" }] });
    world.complete("a", "done");
    expect(world.given("after")).toEqual({ a: "done" });
  });

  it("answers each question anew, also after another attempt", () => {
    const world = handled({ onInputRequired: ANSWER, onAuthRequired: ANSWER, retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.answer("a", ASK);
    world.complete("a#1/onInputRequired", 1);
    world.answer("a", { kind: "authRequired", question: { prompt: "Sign in" } });
    world.complete("a#2/onAuthRequired", 2);
    world.fail("a");
    world.pass(1_000);
    world.answer("a", ASK);
    expect(world.working()).toEqual(["a#9/onInputRequired"]);
  });

  const STOPPED = { kind: "canceled", failure: { code: "C", message: "stopped", retryable: false } } as const;

  it("that fails ends the attempt, and the agent's task, which would wait for ever, is canceled", () => {
    const world = handled({ onInputRequired: ANSWER, fallback: ["spare"] });
    const task = world.accept("a");
    world.answer("a", ASK, task);
    world.fail("a#1/onInputRequired");
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    world.answer("a", STOPPED);
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2, target: { capability: "spare" } });
  });

  it("that reads what was skipped ends the attempt as well", () => {
    const world = new World({
      s: step({ if: "false" }),
      a: step({ ...ONCE, onInputRequired: step({ with: { s: "${{ steps.s.output }}" } }) }),
    }).start();
    const task = world.accept("a");
    world.answer("a", ASK, task);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    world.answer("a", STOPPED);
    expect(world.failure?.details).toMatchObject({ code: "T4121" });
  });

  it("may be overtaken by a person, and is stopped then", () => {
    const world = handled({ onInputRequired: ANSWER });
    world.answer("a", ASK);
    world.reply("Zenith");
    expect(world.open.get("a#1/onInputRequired")).toMatchObject({ kind: "abort" });
    expect(world.open.get("a")).toMatchObject({ turn: 2, exchanges: [{ answer: "Zenith" }] });
  });

  it("is stopped with the subtask that it answers for", () => {
    const branches = { a: step({ onInputRequired: ANSWER }), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: "any" } } }).start();
    const task = world.accept("p/a");
    world.answer("p/a", ASK, task);
    world.complete("p/b", 2);
    expect(world.open.get("p/a#1/onInputRequired")).toMatchObject({ kind: "abort" });
    expect(world.open.get("p/a")).toMatchObject({ kind: "abort", task });
    world.pass(10_000);
    expect(world.output).toEqual({ a: null, b: 2 });
  });

  it("of an item works beside the other items", () => {
    const world = new World({ f: step({ each: "${{ input }}", as: "n", onInputRequired: step({ with: { n: "${{ n }}" } }) }) }).start([
      7, 8,
    ]);
    world.answer("f[1]", ASK);
    expect(world.given("f[1]#1/onInputRequired")).toEqual({ n: 8 });
    world.complete("f[1]#1/onInputRequired", "x");
    for (const path of ["f[0]", "f[1]"]) world.complete(path, path);
    expect(world.output).toEqual(["f[0]", "f[1]"]);
  });

  it("is not asked for a question too many", () => {
    const world = handled({ onInputRequired: ANSWER });
    for (let turn = 1; turn < 8; turn += 1) {
      world.answer("a", ASK);
      world.complete(`a#${turn}/onInputRequired`, turn);
    }
    world.answer("a", ASK);
    expect(world.failure?.details).toMatchObject({ code: "T4110" });
  });
});
