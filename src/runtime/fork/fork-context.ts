/**
 * The run context that a new run begins with: what the kept steps wrote, each at the place of its writer, so
 * that it is theirs also in a fork of the fork, and values that a person sets.
 */
import type { Json, JsonObject } from "../../base/json.ts";
import type { StepId } from "../../definition/definition.ts";
import type { Program } from "../../definition/program.ts";
import { compareRanks, withValues as contextWith, writesWith } from "../../scheduler/context-writes.ts";
import type { RunState } from "../../scheduler/index.ts";
import { type Placed, withValues } from "./fork-set.ts";

type Write = RunState["writes"][number];

export type GivenContext = { readonly context: JsonObject; readonly writes?: readonly Write[] };

export type KeptSteps = {
  /** Of the old run. */
  readonly program: Program;
  readonly state: RunState;
  readonly next: Program;
  readonly isKept: ReadonlySet<StepId>;
};

export function givenContext(kept: KeptSteps, set: readonly Placed[]): GivenContext {
  const writes = set.reduce<readonly Write[]>(setByHand, keptWrites(kept));
  return writes.length === 0 ? { context: {} } : { context: contextWith({}, writes), writes };
}

/** What repeated steps wrote is not there yet. Another definition may have the kept ones in another order. */
function keptWrites({ program, state, next, isKept }: KeptSteps): readonly Write[] {
  return state.writes
    .flatMap(({ rank: [index, ...inner], path, value }): Write[] => {
      // Written by a person, at the start of the old run.
      if (index === undefined) return [{ rank: [], path, value }];
      const id = program.steps[index]?.id ?? "";
      const step = next.stepById.get(id);
      return step === undefined || !isKept.has(id) ? [] : [{ rank: [step.index, ...inner], path, value }];
    })
    .toSorted((one, other) => compareRanks(one.rank, other.rank));
}

/** A value that a person sets takes the place of the write that it changes, or comes before all. */
function setByHand(
  writes: readonly Write[],
  { keys, value }: { readonly keys: readonly string[]; readonly value: Json },
): readonly Write[] {
  const path = keys.join(".");
  const last = writes.findLast((write) => isUnder(write.path, path) || isUnder(path, write.path));
  if (last !== undefined && isUnder(path, last.path)) {
    const changed = withValues(last.value, [{ keys: keys.slice(last.path.split(".").length), value }]);
    return writes.map((write) => (write === last ? { ...write, value: changed } : write));
  }
  return writesWith({ writes: [...writes], context: contextWith({}, writes) }, last?.rank ?? [], [{ path, value }]);
}

/** True when the first path is the second one, or below it. */
function isUnder(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}
