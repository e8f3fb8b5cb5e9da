/**
 * A run driven by hand: the real scheduler, virtual time, and a test that plays the agents. After
 * every input the invariants are checked, and the state is compared with a replay of the history.
 */
import { expect } from "vitest";

import type { Json, JsonObject } from "../../src/base/json.ts";
import { workflowFromObject } from "../../src/authoring/file/workflow-from-object.ts";
import { compile } from "../../src/definition/compile.ts";
import type { Program } from "../../src/definition/program.ts";
import {
  asksOf,
  brokenInvariants,
  decide,
  evolve,
  isOver,
  nextWakeAt,
  outstanding,
  statusOf,
  type Command,
  type Fact,
  type RunState,
} from "../../src/scheduler/index.ts";
import type { Input, RemoteTask, StartInput } from "../../src/scheduler/input.ts";
import type { Failure, Outcome } from "../../src/scheduler/outcome.ts";

export type Undated<Any> = Any extends unknown ? Omit<Any, "at"> : never;

export class World {
  readonly program: Program;
  readonly facts: Fact[] = [];
  /** Every command so far. */
  readonly commands: Command[] = [];
  /** Commands that have been given and not answered, by path. */
  readonly open = new Map<string, Command>();
  state: RunState | null = null;
  now = 1_000_000;
  /** Replays after each input; off where a test has very many. */
  readonly replays: boolean;

  constructor(steps: JsonObject, rest: JsonObject = {}, options: { readonly replays?: boolean } = {}) {
    this.program = compile(workflowFromObject({ tutti: "1.0", name: "test", version: "1.0.0", steps, ...rest }));
    this.replays = options.replays ?? true;
  }

  start(input: Json = {}, run = "run_1", more: Partial<StartInput> = {}): this {
    const { fingerprint } = this.program;
    this.input({
      kind: "start",
      run,
      tenant: "default",
      seed: "seed",
      workflow: "test",
      version: "1.0.0",
      fingerprint,
      input,
      by: "test",
      ...more,
    });
    return this;
  }

  input(input: Undated<Input>): readonly Fact[] {
    const decision = decide(this.program, this.state, { at: this.now, ...input });
    this.state = decision.state;
    this.facts.push(...decision.facts);
    this.commands.push(...decision.commands);
    for (const command of decision.commands) if (command.kind !== "steer") this.open.set(command.path, command);
    this.#check();
    return decision.facts;
  }

  /** Answers what is open at a path, as an agent would. */
  answer(path: string, outcome: Outcome, task?: RemoteTask): readonly Fact[] {
    const { attempt, turn } = this.#take(path);
    return this.input({ kind: "answered", path, attempt, turn, agent: "agent", outcome, ...(task === undefined ? {} : { task }) });
  }

  complete(path: string, value: Json = null): readonly Fact[] {
    return this.answer(path, { kind: "completed", reply: typeof value === "string" ? { text: value } : { data: [value] } });
  }

  fail(path: string, failure: Partial<Failure> = {}): readonly Fact[] {
    return this.answer(path, { kind: "failed", failure: { code: "X", message: "it broke", retryable: true, ...failure } });
  }

  /** Completes work as an agent of this principal: in a quorum, a voter. */
  completeAs(principal: string, path: string, value: Json): readonly Fact[] {
    const { attempt, turn } = this.#take(path);
    const outcome = { kind: "completed", reply: { data: [value] } } as const;
    return this.input({ kind: "answered", path, attempt, turn, agent: `${principal}_at_${path}`, principal, outcome });
  }

  /** The id of the only open question. */
  get question(): string {
    const budget = this.state?.budgetQuestion;
    const ids = [...Object.keys(this.state?.questions ?? {}), ...(budget === null || budget === undefined ? [] : [budget.id])];
    if (ids.length !== 1) throw new Error(`There are ${ids.length} open questions.`);
    return ids[0] ?? "";
  }

  /** A person answers the only open question. */
  reply(answer: Json, by = "ann"): readonly Fact[] {
    return this.input({ kind: "questionAnswered", question: this.question, answer, by });
  }

  signal(name: string, payload: Json = null): readonly Fact[] {
    return this.input({ kind: "signaled", name, payload, by: "bob" });
  }

  pause(): readonly Fact[] {
    return this.input({ kind: "pauseRequested", by: "ada" });
  }

  resume(): readonly Fact[] {
    return this.input({ kind: "resumeRequested", by: "ada" });
  }

  cancel(): readonly Fact[] {
    return this.input({ kind: "cancelRequested", reason: "not needed any more", by: "ada" });
  }

  /** Takes a remote agent's work through intent and acceptance. */
  accept(path: string, taskId = "task-1"): RemoteTask {
    const delegate = this.open.get(path);
    if (delegate?.kind !== "delegate") throw new Error(`${path} is not to be delegated.`);
    const { attempt, turn } = delegate;
    const at = { agent: "remote", url: "http://agent", binding: "JSONRPC", tenant: "" };
    const intent = { ...at, messageId: `m-${path}-${attempt}-${turn}`, contextId: "c" };
    this.input({ kind: "intended", path, attempt, turn, intent });
    const task = { ...at, taskId, contextId: "c" };
    this.input({ kind: "accepted", path, attempt, turn, agent: "remote", task });
    return task;
  }

  /** Lets time go by, waking the run whenever it wants to be. */
  pass(durationMs: number): readonly Fact[] {
    const until = this.now + durationMs;
    const before = this.facts.length;
    for (let wakeAt = this.#wakeAt(); wakeAt !== null && wakeAt <= until; wakeAt = this.#wakeAt()) {
      this.now = Math.max(this.now, wakeAt);
      this.input({ kind: "timerDue" });
    }
    this.now = until;
    return this.facts.slice(before);
  }

  kinds(): string[] {
    return this.facts.map((fact) => fact.kind);
  }

  factsOf<Kind extends Fact["kind"]>(kind: Kind): Extract<Fact, { kind: Kind }>[] {
    return this.facts.filter((fact): fact is Extract<Fact, { kind: Kind }> => fact.kind === kind);
  }

  get status(): string {
    return this.state === null ? "absent" : statusOf(this.state);
  }

  get output(): Json {
    const end = this.state?.end;
    return end?.kind === "completed" ? end.output : null;
  }

  get failure(): Failure | null {
    const end = this.state?.end;
    return end?.kind === "failed" ? end.failure : null;
  }

  /** What the agent at a path was given. */
  given(path: string): Json {
    const command = this.open.get(path);
    return command?.kind === "delegate" ? command.input : null;
  }

  /** The paths with an open command, in order. */
  openPaths(): string[] {
    return [...this.open.keys()].toSorted();
  }

  /** The paths at which somebody is at work, in order. */
  working(): string[] {
    return this.openPaths().filter((path) => this.open.get(path)?.kind !== "abort");
  }

  #take(path: string): Command {
    const command = this.open.get(path);
    if (command === undefined) throw new Error(`Nothing is open at ${path}; open: ${[...this.open.keys()].join(", ")}.`);
    this.open.delete(path);
    return command;
  }

  #wakeAt(): number | null {
    return this.state === null ? null : nextWakeAt(this.state);
  }

  #check(): void {
    const { state } = this;
    if (state === null) return;
    expect(brokenInvariants(state, this.program)).toEqual([]);
    // What is kept up on the way is what a look through the state gives.
    expect(asksOf(state)).toBe(asksOf({ ...state, questions: { ...state.questions } }));
    expect(state.seq).toBe(this.facts.length);
    if (isOver(state)) expect(outstanding(state, this.program)).toEqual([]);
    if (!this.replays) return;
    let replayed: RunState | null = null;
    for (const fact of JSON.parse(JSON.stringify(this.facts)) as Fact[]) replayed = evolve(replayed, fact);
    expect(replayed).toEqual(state);
  }
}

/** A step that asks for a capability. */
export function step(rest: JsonObject = {}): JsonObject {
  return { capability: "work", ...rest };
}
