/** A run in a random world: agents, people and time do what fast-check chooses, and it shrinks all of it. */
import { expect } from "vitest";

import { hasOutstanding, isOver, nextWakeAt, outstanding, type Command, type RunState } from "../../src/scheduler/index.ts";
import type { Outcome } from "../../src/scheduler/outcome.ts";
import type { World } from "./world.ts";

/** A source of choices that fast-check shrinks as a whole. */
export class Choices {
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

/** What an agent says to the work at a path; by default anything. */
export type Saying = (path: string, choices: Choices) => Outcome;

export function randomOutcome(_path: string, choices: Choices): Outcome {
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

/** Lets a random world act for a while, and then an attentive one bring the run to its end. */
export function liveThrough(world: World, choices: Choices, say: Saying = randomOutcome): void {
  const answered: Command[] = [];
  for (let count = 0; count < 40 && !isOver(world.state as RunState); count += 1) {
    act(world, choices, { answered, say });
    expectNothingNowhere(world);
  }
  finish(world, say);
}

type Acting = { readonly answered: Command[]; readonly say: Saying };

/** One thing that the world does next: an agent, time, a person, a duplicate. */
function act(world: World, choices: Choices, { answered, say }: Acting): void {
  const paths = world.openPaths();
  const path = paths[choices.below(Math.max(1, paths.length))];
  const command = path === undefined ? undefined : world.open.get(path);
  const dice = choices.below(22);
  if (dice === 0) world.pass(choices.below(40) * 1_000);
  else if (dice === 1) world.input({ kind: "pauseRequested", by: "x" });
  else if (dice === 2) world.input({ kind: "resumeRequested", by: "x" });
  else if (dice === 3 && choices.isOneIn(4)) world.input({ kind: "cancelRequested", reason: "x", by: "x" });
  else if (dice === 4) answerSomeQuestion(world, choices);
  else if (dice === 5 && answered.length > 0) replayAnswer(world, answered[choices.below(answered.length)] as Command, say, choices);
  else if (dice === 6) world.input({ kind: "signaled", name: choices.isOneIn(3) ? "stop" : "go", payload: choices.below(9), by: "x" });
  else if (command === undefined) world.pass(1_000);
  else if (command.kind === "delegate" && choices.isOneIn(3)) world.accept(command.path, `task-${choices.below(99)}`);
  else {
    answered.push(command);
    world.answer(command.path, say(command.path, choices));
  }
}

const ANSWERS = [1, "approved", "rejected", { decision: "retry" }, { decision: "skip" }, { decision: "resend" }, true];

function answerSomeQuestion(world: World, choices: Choices): void {
  const open = openQuestions(world);
  const question = open[choices.below(Math.max(1, open.length))];
  const answer = ANSWERS[choices.below(ANSWERS.length)] ?? null;
  if (question !== undefined) world.input({ kind: "questionAnswered", question, answer, by: "x" });
}

function openQuestions({ state }: World): readonly string[] {
  const budget = state?.budgetQuestion?.id;
  return [...Object.keys(state?.questions ?? {}), ...(budget === undefined ? [] : [budget])];
}

function replayAnswer(world: World, command: Command, say: Saying, choices: Choices): void {
  const { path, attempt, turn } = command;
  const flight = world.state?.flights[path];
  const isCurrent = flight?.attempt === attempt && flight.turn === turn;
  // An answer may lead to a new command at the same path.
  if (isCurrent) world.open.delete(path);
  const facts = world.input({ kind: "answered", path, attempt, turn, agent: "late", outcome: say(path, choices) });
  if (!isCurrent) expect(facts).toEqual([]);
}

/** What is owed is what was commanded and not answered: else something is nowhere, or done for nothing. */
function expectNothingNowhere(world: World): void {
  const { state } = world;
  if (state === null || isOver(state)) return;
  const owed = outstanding(state, world.program);
  if (owed.length > 0) expect(hasOutstanding(state)).toBe(true);
  for (const command of owed) expect(world.open.get(command.path), `${command.path} is owed and was never commanded`).toBeDefined();
  expect(nextWakeAt(state)).not.toBeNull();
}

/** Whatever happened, an attentive world brings the run to its end. */
function finish(world: World, say: Saying): void {
  world.input({ kind: "resumeRequested", by: "x" });
  const choices = new Choices([8]);
  for (let round = 0; round < 600 && !isOver(world.state as RunState); round += 1) {
    const [path] = world.openPaths();
    const [question] = openQuestions(world);
    if (question !== undefined) answerWhatEnds(world, question);
    else if (path !== undefined) world.answer(path, say(path, choices));
    else world.pass(60_000);
  }
  expect(isOver(world.state as RunState), "the run never ends").toBe(true);
}

/** One of these is an answer to whatever is asked. */
function answerWhatEnds(world: World, question: string): void {
  for (const answer of [{ decision: "approved" }, { decision: "skip" }, { decision: "fail" }]) {
    world.input({ kind: "questionAnswered", question, answer, by: "x" });
  }
}
