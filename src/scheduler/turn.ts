import { present } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Program, Scope, StepProgram } from "../definition/program.ts";
import { Candidates } from "./candidates.ts";
import type { Command } from "./command.ts";
import { evolve } from "./evolve.ts";
import type { Fact } from "./fact.ts";
import type { Instant, Path } from "./input.ts";
import { frameIn, frameOf, indexOf, ownerOf, ROOT } from "./path.ts";
import { frameAt, openFrame, scopeStateOf, stepAt } from "./place.ts";
import type { ItemsByPath, RunState } from "./state.ts";

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
  readonly candidates = new Candidates();
  /** Frames that are looked at again once no candidate is left. */
  undecided: Path[] = [];
  #advancing: Path[] | undefined;
  #state: RunState | null;
  #root: Scope | undefined;
  #scopeByFrame: Map<Path, Scope> | undefined;

  constructor(program: Program, state: RunState | null, at: Instant) {
    this.program = program;
    this.at = at;
    this.#state = state;
  }

  get state(): RunState {
    return this.#state as RunState;
  }

  /** True while nothing new may begin. */
  get isHeld(): boolean {
    return this.state.ending !== null || this.state.pausedAt !== null;
  }

  /** Takes the fact over: it is made for this call, and gets its instant here instead of being copied. */
  record(fact: Undated<Fact>): void {
    (fact as { at?: Instant }).at = this.at;
    const dated = fact as Fact;
    this.facts.push(dated);
    this.#state = evolve(this.#state, dated);
    // Another scope may open under the path of one that is over; a context is written anew.
    if (dated.kind === "scopeOpened") this.#scopeByFrame?.delete(frameIn(dated.path, dated.iteration ?? 0));
    if (dated.kind === "contextChanged") this.#forgetScopes();
  }

  /** Assigns items of a list; false when that is going on further up the stack, which then goes on by itself. */
  advance(list: Path, assign: () => void): boolean {
    this.#advancing ??= [];
    if (this.#advancing.includes(list)) return false;
    this.#advancing.push(list);
    assign();
    this.#advancing.pop();
    return true;
  }

  /** A frame is at an end, though another may open at its place: nothing of it begins any more. */
  forget(frame: Path): void {
    this.candidates.forget(frame);
    this.undecided = this.undecided.filter((undecided) => undecided !== frame);
  }

  command(command: Command): void {
    this.commands.push(command);
  }

  stepAt(path: Path): StepProgram {
    return stepAt(this.program, this.state, path);
  }

  /** What the expressions of a frame's steps see, without an item. A live view of the finished steps. */
  scopeIn(frame: Path): Scope {
    if (frame === ROOT) return (this.#root ??= rootScope(this.state));
    const known = this.#scopeByFrame?.get(frame);
    if (known !== undefined) return known;
    const scope = this.#innerScope(frame);
    this.#scopeByFrame ??= new Map();
    this.#scopeByFrame.set(frame, scope);
    return scope;
  }

  /** What the expressions of a subtask see: for an item of a list, the item too. */
  scopeOf(path: Path): Scope {
    const scope = this.scopeIn(frameOf(path));
    const index = indexOf(path);
    if (index === null) return scope;
    const step = this.stepAt(path);
    const list = present(openFrame(this.state, frameOf(path)).lists[step.id], `The list of ${path} is open.`);
    const { as } = present(step.step.each, `Step ${step.id} has items.`);
    return { ...scope, item: { name: as, value: list.items[index] as Json, index } };
  }

  /** What the expressions of a subtask saw, as far as it is still there: it may have outlived what it was inside. */
  scopeLeft(path: Path, items: ItemsByPath): Scope {
    const frame = frameOf(path);
    const scope = frameAt(this.state, frame) === undefined ? this.scopeLeft(ownerOf(frame), items) : this.scopeIn(frame);
    const index = indexOf(path);
    const value = items[path];
    if (index === null || value === undefined) return scope;
    const { as } = present(this.stepAt(path).step.each, `${path} is an item.`);
    return { ...scope, item: { name: as, value, index } };
  }

  #innerScope(frame: Path): Scope {
    const owner = ownerOf(frame);
    const outer = this.scopeOf(owner);
    const { kind, steps, iteration, prev, handled } = scopeStateOf(this.state, owner);
    if (kind === "handler") {
      const { reason, failure } = present(handled, "A handler knows what it handles.");
      // A handler stands beside the step it stands in for, and sees what that one sees.
      return { ...outer, error: errorOf(reason, failure, this.state.flights[owner]?.question?.question) };
    }
    return { ...outer, steps, outer, ...(kind === "loop" ? { iter: { number: iteration, prev } } : {}) };
  }

  #forgetScopes(): void {
    this.#root = undefined;
    this.#scopeByFrame = undefined;
  }
}

function errorOf(reason: string, failure: object, question: object | undefined): JsonObject {
  return { reason, ...failure, ...(question === undefined ? {} : { question: question as JsonObject }) };
}

/** A live view: `steps` is the state's own, so the scope of a turn stays true while the turn goes on. */
function rootScope(state: RunState): Scope {
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
