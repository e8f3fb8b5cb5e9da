import type { Work } from "../ports/agents.ts";
import type { Behaviour, CallRecord } from "./behaviour.ts";
import { holds } from "./matches.ts";

/**
 * Which behaviour serves which call.
 *
 * 1. Each attempt of a subtask is a call. It keeps its behaviour: the turns after a question, and the
 *    same work given again after a restart, go on where the call was.
 * 2. Behaviours with `when`, `step` or `capability` come first, in their order, where they fit. The others are
 *    used one after the other.
 * 3. A behaviour serves `times` calls. Without `times` it serves one if another one follows for the
 *    same calls, and all further ones if none does.
 */
export class Script {
  readonly #entries: readonly Entry[];
  readonly #byCall = new Map<string, Behaviour | null>();
  readonly #calls: CallRecord[] = [];

  constructor(behaviours: readonly Behaviour[]) {
    this.#entries = behaviours.map((behaviour, index) => ({ behaviour, left: timesOf(behaviour, behaviours.slice(index + 1)) }));
  }

  /** Every call so far, oldest first. */
  get calls(): readonly CallRecord[] {
    return this.#calls;
  }

  /** The behaviour for a piece of work; null when the script is used up. */
  take(work: Work, atMs: number): Behaviour | null {
    const { subtask_id: path, attempt } = work.assignment;
    const key = `${work.assignment.workflow_id}/${path}/${attempt}`;
    const known = this.#byCall.get(key);
    if (known !== undefined) return known;
    const { capability, input, text } = work;
    this.#calls.push({ path, attempt, capability, input, text, atMs });
    const entry = this.#entryFor(work);
    if (entry !== undefined) entry.left -= 1;
    const behaviour = entry?.behaviour ?? null;
    this.#byCall.set(key, behaviour);
    return behaviour;
  }

  #entryFor({ capability, input, assignment }: Work): Entry | undefined {
    const open = this.#entries.filter(({ left }) => left > 0);
    const fitting = open.filter(
      ({ behaviour }) =>
        (behaviour.capability ?? capability) === capability &&
        (behaviour.step ?? assignment.subtask_id) === assignment.subtask_id &&
        (behaviour.when === undefined || holds(input, behaviour.when)),
    );
    return fitting.find(({ behaviour }) => isConditional(behaviour)) ?? fitting[0];
  }
}

type Entry = { readonly behaviour: Behaviour; left: number };

function isConditional({ when, step, capability }: Behaviour): boolean {
  return when !== undefined || step !== undefined || capability !== undefined;
}

function timesOf(behaviour: Behaviour, following: readonly Behaviour[]): number {
  if (behaviour.times !== undefined) return behaviour.times;
  const isFollowed = following.some((other) => conditionOf(other) === conditionOf(behaviour));
  return isFollowed ? 1 : Number.POSITIVE_INFINITY;
}

function conditionOf({ when, step, capability }: Behaviour): string {
  return JSON.stringify([when ?? null, step ?? null, capability ?? null]);
}
