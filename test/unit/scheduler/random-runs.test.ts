import { array, assert, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { hasOutstanding, isOver, nextWakeAt, outstanding, type Command, type RunState } from "../../../src/scheduler/index.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { step, World } from "../../support/world.ts";

/** A source of choices that fast-check shrinks as a whole. */
class Choices {
  readonly #numbers: readonly number[];
  #index = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(limit: number): number {
    this.#index += 1;
    return (this.#numbers[this.#index % this.#numbers.length] ?? 0) % limit;
  }

  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }
}

function randomSteps(choices: Choices): JsonObject {
  const steps: Record<string, JsonObject> = {};
  const count = 1 + choices.below(7);
  for (let index = 0; index < count; index += 1) {
    const earlier = Object.keys(steps);
    const needs = earlier.filter(() => choices.isOneIn(3));
    const read = earlier.length > 0 && choices.isOneIn(3) ? earlier[choices.below(earlier.length)] : undefined;
    steps[`s${index}`] = step({
      ...(needs.length > 0 ? { needs } : {}),
      ...(read === undefined ? {} : { with: { got: `\${{ steps.${read}.output }}` } }),
      ...(choices.isOneIn(5) ? { if: choices.isOneIn(2) ? "input.yes" : "input.no" } : {}),
      ...(choices.isOneIn(4) ? { each: "${{ input.items }}", as: "item", concurrency: 1 + choices.below(3) } : {}),
      ...(choices.isOneIn(3) ? { critical: false } : {}),
      ...(choices.isOneIn(3) ? { fallback: ["spare"] } : {}),
      ...(choices.isOneIn(4) ? { onUnknown: "resend" } : {}),
      timeout: "30s",
      retry: { attempts: 1 + choices.below(3), initial: "1s" },
    });
  }
  return steps;
}

function randomOutcome(choices: Choices): Outcome {
  const failure = { code: "X", message: "it broke", retryable: choices.isOneIn(2) };
  switch (choices.below(9)) {
    case 0:
      return { kind: "failed", failure };
    case 1:
      return { kind: "rejected", failure };
    case 2:
      return { kind: "unknown", failure };
    case 3:
      return { kind: "canceled", failure };
    case 4:
      return { kind: "inputRequired", question: { prompt: "?" } };
    default:
      return { kind: "completed", reply: { data: [choices.below(5)] } };
  }
}

/** One thing that the world does next: an agent, time, a person, a duplicate. */
function act(world: World, choices: Choices, answered: Command[]): void {
  const paths = world.openPaths();
  const path = paths[choices.below(Math.max(1, paths.length))];
  const command = path === undefined ? undefined : world.open.get(path);
  const dice = choices.below(20);
  if (dice === 0) world.pass(choices.below(40) * 1_000);
  else if (dice === 1) world.input({ kind: "pauseRequested", by: "x" });
  else if (dice === 2) world.input({ kind: "resumeRequested", by: "x" });
  else if (dice === 3 && choices.isOneIn(4)) world.input({ kind: "cancelRequested", reason: "x", by: "x" });
  else if (dice === 4) answerSomeQuestion(world, choices);
  else if (dice === 5 && answered.length > 0) replayAnswer(world, answered[choices.below(answered.length)] as Command, choices);
  else if (command === undefined) world.pass(1_000);
  else if (command.kind === "delegate" && choices.isOneIn(3)) world.accept(command.path, `task-${choices.below(99)}`);
  else {
    answered.push(command);
    world.answer(command.path, randomOutcome(choices));
  }
}

function answerSomeQuestion(world: World, choices: Choices): void {
  const open = Object.keys(world.state?.questions ?? {});
  const question = open[choices.below(Math.max(1, open.length))];
  if (question !== undefined) world.input({ kind: "questionAnswered", question, answer: 1, by: "x" });
}

function replayAnswer(world: World, command: Command, choices: Choices): void {
  const { path, attempt, turn } = command;
  const flight = world.state?.flights[path];
  const isCurrent = flight?.attempt === attempt && flight.turn === turn;
  const facts = world.input({ kind: "answered", path, attempt, turn, agent: "late", outcome: randomOutcome(choices) });
  if (isCurrent) world.open.delete(path);
  else expect(facts).toEqual([]);
}

/** What is owed is what was commanded and not answered: else something is nowhere, or done for nothing. */
function expectNothingNowhere(world: World): void {
  const { state } = world;
  if (state === null || isOver(state)) return;
  const owed = outstanding(state);
  if (owed.length > 0) expect(hasOutstanding(state)).toBe(true);
  for (const command of owed) expect(world.open.get(command.path), `${command.path} is owed and was never commanded`).toBeDefined();
  expect(nextWakeAt(state)).not.toBeNull();
}

/** Whatever happened, an attentive world brings the run to its end. */
function finish(world: World): void {
  world.input({ kind: "resumeRequested", by: "x" });
  for (let round = 0; round < 400 && !isOver(world.state as RunState); round += 1) {
    const [path] = world.openPaths();
    const [question] = Object.keys(world.state?.questions ?? {});
    if (question !== undefined) world.input({ kind: "questionAnswered", question, answer: 1, by: "x" });
    else if (path !== undefined) world.answer(path, { kind: "completed", reply: { data: [1] } });
    else world.pass(60_000);
  }
  expect(isOver(world.state as RunState), "the run never ends").toBe(true);
}

describe("random runs", () => {
  it("of random workflows, agents, people and times keep every invariant, replay to the same state, and end", () => {
    assert(
      property(array(nat(10_000), { minLength: 30, maxLength: 120 }), (numbers) => {
        const choices = new Choices(numbers);
        const world = new World(randomSteps(choices)).start({ yes: true, no: false, items: [1, 2, 3].slice(0, choices.below(4)) });
        const answered: Command[] = [];
        for (let count = 0; count < 40 && !isOver(world.state as RunState); count += 1) {
          act(world, choices, answered);
          expectNothingNowhere(world);
        }
        finish(world);
      }),
      { numRuns: Number(process.env["TUTTI_RANDOM_RUNS"] ?? 400) },
    );
  });
});
