import type { Program, Scope, StepProgram } from "../definition/program.ts";
import type { Command } from "./command.ts";
import { evolve } from "./evolve.ts";
import type { Fact } from "./fact.ts";
import type { Instant } from "./input.ts";
import type { RunState } from "./state.ts";

/** A fact without its instant: within one turn all have the same. */
type Undated<Any> = Any extends unknown ? Omit<Any, "at"> : never;

/**
 * One decision at work: the facts and commands so far, and the state with those facts applied. A
 * fact is recorded through `evolve` and in no other way, so that the state after a decision is, by
 * construction, what a replay of its facts gives.
 */
export class Turn {
  readonly program: Program;
  readonly at: Instant;
  readonly facts: Fact[] = [];
  readonly commands: Command[] = [];
  /** Steps whose dependencies have just come to an end; they are looked at before the turn is over. */
  readonly candidates: StepProgram[] = [];
  #state: RunState | null;
  #scope: Scope | undefined;

  constructor(program: Program, state: RunState | null, at: Instant) {
    this.program = program;
    this.at = at;
    this.#state = state;
  }

  get state(): RunState {
    return this.#state as RunState;
  }

  /** Takes the fact over: it is made for this call, and gets its instant here instead of being copied. */
  record(fact: Undated<Fact>): void {
    (fact as { at?: Instant }).at = this.at;
    const dated = fact as Fact;
    this.facts.push(dated);
    this.#state = evolve(this.#state, dated);
  }

  command(command: Command): void {
    this.commands.push(command);
  }

  /** What expressions see, without an item. */
  scope(): Scope {
    this.#scope ??= scopeOf(this.state);
    return this.#scope;
  }
}

/** A live view: `steps` is the state's own, so the scope of a turn stays true while the turn goes on. */
function scopeOf(state: RunState): Scope {
  return { input: state.input, steps: state.steps, context: state.context, run: runOf(state) };
}

/** What expressions see of the run never changes, and a wide run asks for it at every item. */
const runByState = new WeakMap<RunState, Scope["run"]>();

function runOf(state: RunState): Scope["run"] {
  const known = runByState.get(state);
  if (known !== undefined) return known;
  const run = { id: state.run, started_at: new Date(state.startedAt).toISOString() };
  runByState.set(state, run);
  return run;
}
