/** The board against the scheduler's own state: whatever happens in a run, the two agree. */
import { array, assert, nat, property } from "fast-check";
import { expect, it } from "vitest";

import { questionsOf } from "../../../src/runtime/open-questions.ts";
import { RunBoard } from "../../../src/runtime/board/run-board.ts";
import { isOver, type RunState, statusOf } from "../../../src/scheduler/index.ts";
import { planFork } from "../../../src/runtime/fork/fork.ts";
import { outermostOf } from "../../../src/runtime/run-path.ts";
import { EVERY_KIND, sayAnything } from "../../support/every-kind.ts";
import { Choices, liveThrough } from "../../support/random-world.ts";
import { World } from "../../support/world.ts";

const RUNS = 60;
/** A run with its board, compared after each input. */
class Watched extends World {
  board: RunBoard | null = null;

  override input(input: Parameters<World["input"]>[0]): ReturnType<World["input"]> {
    const facts = super.input(input);
    this.board ??= new RunBoard(this.program.definition);
    for (const fact of facts) this.board.apply(fact);
    if (this.state !== null) expectAgreement(this.board, this.state);
    return facts;
  }
}

function expectAgreement(board: RunBoard, state: RunState): void {
  if (state.end !== null) return expect([board.status, board.endedAt]).toEqual([state.end.kind, state.end.at]);
  // While a run ends, waits are forgotten without a fact of their own.
  if (state.ending !== null) return;
  const waits = Object.values(state.waits);
  expect([board.status, board.waits("time"), board.waits("signal"), board.waits("answer")]).toEqual([
    statusOf(state),
    waits.filter(({ kind }) => kind === "time").length,
    waits.filter(({ kind }) => kind === "signal").length,
    questionsOf(state).length,
  ]);
  const results = board.steps.map(({ id, status, endedAt }) => [id, endedAt === null ? "open" : status.replace("_permanent", "")]);
  expect(results).toEqual(board.steps.map(({ id }) => [id, state.steps[id]?.status ?? "open"]));
  expect(board.steps.flatMap(({ countByStatus }) => [...countByStatus.values()]).every((count) => count >= 0)).toBe(true);
}

function randomRun(numbers: readonly number[]): Watched {
  const choices = new Choices(numbers);
  const world = new Watched(EVERY_KIND, choices.isOneIn(5) ? { budget: { attempts: 8, onExceeded: "ask" } } : {}, { replays: false });
  world.start({ items: [1, 2, 3].slice(0, choices.below(4)) });
  liveThrough(world, choices, sayAnything);
  return world;
}

it("the board and the state agree after every input of a random run", { timeout: 60_000 }, () => {
  assert(
    property(array(nat(10_000), { minLength: 30, maxLength: 160 }), (numbers) => void randomRun(numbers)),
    { numRuns: RUNS },
  );
});

it("a retry of a random run repeats no step that it keeps, and comes to an end", { timeout: 60_000 }, () => {
  assert(
    property(array(nat(10_000), { minLength: 30, maxLength: 160 }), (numbers) => {
      const { state, program } = randomRun(numbers);
      if (state === null) throw new Error("The run has begun.");
      const plan = planFork({ program, state, from: "start", set: [], latest: null, undone: new Map() });
      const again = new World(EVERY_KIND);
      const start = { run: "again", tenant: "default", seed: "s", workflow: "test", version: "1.0.0", by: "x" } as const;
      again.input({ kind: "start", ...start, fingerprint: again.program.fingerprint, input: state.input, given: plan.given });
      liveThrough(again, new Choices([8]));
      const kept = new Set(plan.kept.map(({ step: id }) => id));
      const begun = again.facts.flatMap((fact) =>
        fact.kind === "subtaskAssigned" && !fact.path.endsWith("/compensate") ? [outermostOf(fact.path)] : [],
      );
      expect(begun.filter((id) => kept.has(id))).toEqual([]);
      expect(isOver(again.state as RunState)).toBe(true);
    }),
    { numRuns: RUNS },
  );
});
