/** Questions at the edges: in a pause, in great number, and one too many. What they are at all is in remote.test.ts. */
import { describe, expect, it } from "vitest";

import { MAX_TURNS } from "../../../src/base/limits.ts";
import { assert } from "../../../src/base/assert.ts";
import { asksOf, decide, type RunState } from "../../../src/scheduler/index.ts";
import type { Input } from "../../../src/scheduler/input.ts";
import { step, type Undated, World } from "../../support/world.ts";

const MINUTE = 60_000;
const ASK = { kind: "inputRequired", question: { prompt: "Which vendor?" } } as const;

describe("what a run asks for", () => {
  const FREE = { prompt: "Sign in." };
  const AUTH = { kind: "authRequired", question: FREE } as const;

  it("is nothing, an authorisation, or input as soon as one question wants that", () => {
    const world = new World({ a: step(), b: step() }).start();
    expect(asksOf(stateOf(world))).toBeNull();
    world.answer("a", AUTH);
    expect(asksOf(stateOf(world))).toBe("auth");
    world.answer("b", ASK);
    expect(asksOf(stateOf(world))).toBe("input");
    world.input({ kind: "cancelRequested", reason: "enough", by: "ada" });
    expect(asksOf(stateOf(world))).toBeNull();
  });

  it("is nothing while a handler of the step answers", () => {
    const world = new World({ a: step({ onInputRequired: { capability: "clerk" } }) }).start();
    world.answer("a", ASK);
    expect(asksOf(stateOf(world))).toBeNull();
  });

  it("is an authorisation again once the last question that wants input is answered", () => {
    const world = new World({ a: step(), b: step() }).start();
    world.answer("a", AUTH);
    world.answer("b", ASK);
    answerLast(world);
    expect(asksOf(stateOf(world))).toBe("auth");
    world.input({ kind: "questionAnswered", question: world.question, answer: {}, by: "ada" });
    expect(asksOf(stateOf(world))).toBeNull();
  });

  it.each([
    ["agents", step()],
    ["people", { approval: { to: ["ann"], title: "Go on?" } }],
  ])("is known without a look through the questions of %s at each input", (_whose, asking) => {
    const items = Array.from({ length: 300 }, (_, index) => index);
    const world = new World({ a: { ...asking, each: "${{ input.items }}" } }).start({ items });
    const state = stateOf(world);
    const tell = (input: Undated<Input>): void => {
      decide(world.program, state, { at: world.now, ...input });
      expect(asksOf(state)).toBe("input");
    };
    const ask = (item: number): void => tell({ kind: "answered", path: `a[${item}]`, attempt: 1, turn: 1, agent: "agent", outcome: ASK });
    items.slice(0, 100).forEach(ask);
    let looks = 0;
    const ownKeys = (questions: RunState["questions"]): (string | symbol)[] => {
      looks += 1;
      return Reflect.ownKeys(questions);
    };
    state.questions = new Proxy(state.questions, { ownKeys });
    items.slice(100).forEach(ask);
    const [_last, ...others] = Object.keys(state.questions);
    for (const question of others) tell({ kind: "questionAnswered", question, answer: "approved", by: "ann" });
    expect([others.length, Object.keys(state.questions).length]).toEqual([299, 1]);
    expect(looks).toBeLessThan(10);
  });

  it("is input while its budget is used up", () => {
    const budget = { subtasks: 1, onExceeded: "ask" };
    const world = new World({ a: step(), b: step({ needs: ["a"] }) }, { budget }).start();
    world.answer("a", { kind: "completed", reply: { text: "done" } });
    expect(asksOf(stateOf(world))).toBe("input");
  });
});

describe("the message of a caller", () => {
  it("comes before what its answer causes, once, also when it grants a budget", () => {
    const world = new World({ a: step(), b: step({ needs: ["a"] }) }, { budget: { subtasks: 1, onExceeded: "ask" } }).start();
    world.answer("a", { kind: "completed", reply: { text: "done" } });
    const question = stateOf(world).budgetQuestion?.id ?? "";
    const said = { kind: "questionAnswered", question, answer: { decision: "approved" }, by: "ada", message: { messageId: "m" } } as const;
    world.input(said);
    world.input(said);
    const kinds = world.facts.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "messageReceived")).toHaveLength(1);
    expect(kinds[kinds.indexOf("messageReceived") + 1]).toBe("budgetGranted");
  });

  it("makes the run a task, which knows who traces it", () => {
    const origin = { caller: "ada", context: "ctx_1", message: { messageId: "m" } };
    const world = new World({ a: step() }).start({}, "run_1", { origin, trace: "00-1-2-01" });
    expect(stateOf(world)).toMatchObject({ isTask: true, trace: "00-1-2-01" });
  });
});

describe("a question", () => {
  it("asked in a pause leaves its attempt the time that it had when the pause began", () => {
    const world = new World({ a: step({ timeout: "5m", retry: { attempts: 1 } }) }, { timeout: "30d" }).start();
    const task = world.accept("a");
    world.pass(MINUTE);
    world.input({ kind: "pauseRequested", by: "ada" });
    world.pass(10 * MINUTE);
    world.answer("a", ASK, task);
    world.pass(MINUTE);
    world.input({ kind: "resumeRequested", by: "ada" });
    world.pass(MINUTE);
    answerLast(world);
    world.pass(4 * MINUTE - 1);
    expect(world.factsOf("attemptTimedOut")).toEqual([]);
    world.pass(1);
    expect(world.factsOf("attemptTimedOut")).toHaveLength(1);
  });

  it("has an id of its own among all runs: 16 hexadecimal digits", () => {
    const ids: string[] = [];
    for (let run = 0; run < 300; run += 1) {
      const world = new World({ a: step({ each: "${{ input.items }}" }) }, {}, { replays: false });
      world.start({ items: [1, 2, 3, 4, 5] }, `run_${run}`);
      for (const path of world.openPaths()) world.answer(path, ASK);
      ids.push(...world.factsOf("questionAsked").map(({ id }) => id));
    }
    expect(ids).toHaveLength(1_500);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^q_[0-9a-f]{16}$/);
  });

  it("too many fails the attempt, and the task, which would wait for ever, is canceled at its agent", () => {
    const world = new World({ a: step({ retry: { attempts: 1 } }) }).start();
    for (let turn = 1; turn < MAX_TURNS; turn += 1) {
      world.answer("a", ASK, world.accept("a"));
      answerLast(world);
    }
    const task = world.accept("a");
    world.answer("a", ASK, task);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", attempt: 1, turn: MAX_TURNS, task });
    world.answer("a", { kind: "canceled", failure: { code: "C", message: "stopped", retryable: false } });
    expect(world.failure?.details).toMatchObject({ code: "T4110" });
  });
});

function answerLast(world: World): void {
  world.input({ kind: "questionAnswered", question: world.factsOf("questionAsked").at(-1)?.id ?? "", answer: "Acme", by: "ada" });
}

function stateOf({ state }: World): RunState {
  assert(state !== null, "The run has started.");
  return state;
}
