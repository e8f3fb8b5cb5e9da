/** What an earlier process left open, and what taking it up again keeps, repeats and finds again. */
import { existsSync } from "node:fs";

import { DEFAULT_TENANT } from "../base/ids.ts";
import type { Definition } from "../definition/definition.ts";
import { nameOfTarget } from "../definition/target.ts";
import { openGuest } from "../hosts/embedded/guest-host.ts";
import { bindingOf } from "../runtime/registry/binder.ts";
import { type Fact, hasOutstanding, type RunState } from "../scheduler/index.ts";
import type { Flight } from "../scheduler/state.ts";
import { counted } from "./text.ts";

export type LeftOver = {
  readonly run: string;
  /** Finished steps, and finished items of steps that are not: nobody is asked for them again. */
  readonly keptSteps: number;
  readonly keptItems: number;
  /** Work of function agents that ended with the process, so it begins again. */
  readonly repeated: readonly string[];
  /** Work that follows from a decision which was only recorded: it has yet to begin. */
  readonly next: readonly string[];
  /** Tasks at remote agents that went on meanwhile. */
  readonly reattached: readonly string[];
  /** Messages of which it has yet to be found out whether they arrived. */
  readonly inDoubt: readonly string[];
};

/** A person reads these; beyond it only the number of runs is told. */
const RUNS_TOLD = 50;

/** Among these the last decision is found, with what follows from it. */
const LAST_FACTS = 500;

/** Reads, before the database is owned, what its last owner left. */
export async function readLeftOvers(db: string): Promise<readonly LeftOver[]> {
  if (db === ":memory:" || !existsSync(db)) return [];
  const host = openGuest(db);
  try {
    const { items } = await host.list({ tenant: DEFAULT_TENANT, status: ["running", "canceling"], limit: RUNS_TOLD });
    const found: LeftOver[] = [];
    for (const { run, fingerprint } of items) {
      const state = await host.inspect(run);
      const definition = await host.definition(run.tenant, fingerprint);
      if (state === null || definition === null || !hasOutstanding(state)) continue;
      const last = await host.history(run, Math.max(1, state.seq - LAST_FACTS), LAST_FACTS + 1);
      found.push(leftOverOf(state, definition, decidedWork(last.map(({ fact }) => fact))));
    }
    return found;
  } catch {
    // A run that cannot be read is reported by the owner, or by `tutti doctor`; here it is only not told.
    return [];
  } finally {
    await host.close();
  }
}

/**
 * The work that a person's decision was the last to assign. Whoever only records a decision performs
 * nothing, and an owner that had begun it would have recorded more.
 */
function decidedWork(facts: readonly Fact[]): ReadonlySet<string> {
  const { at } = facts.at(-1) ?? { at: null };
  const last = facts.slice(facts.findLastIndex((fact) => fact.at !== at) + 1);
  const decision = last.findIndex(isDecision);
  if (decision === -1) return new Set();
  return new Set(last.slice(decision).flatMap((fact) => (fact.kind === "subtaskAssigned" ? [fact.path] : [])));
}

function isDecision({ kind }: Fact): boolean {
  return (
    kind === "signalReceived" ||
    kind === "approvalDecided" ||
    kind === "budgetGranted" ||
    kind === "questionAnswered" ||
    kind === "runResumed"
  );
}

function leftOverOf(state: RunState, definition: Definition, decided: ReadonlySet<string>): LeftOver {
  const flights = Object.entries(state.flights);
  const pathsOf = (test: (flight: Flight) => boolean): readonly string[] =>
    flights.filter(([, flight]) => test(flight)).map(([path]) => path);
  const begun = pathsOf((flight) => hadBegunHere(flight, state, definition));
  return {
    run: state.run,
    keptSteps: Object.values(state.steps).filter(({ status }) => status !== "skipped").length,
    keptItems: [state, ...Object.values(state.scopes)].reduce((sum, { lists }) => sum + itemsOver(lists), 0),
    repeated: begun.filter((path) => !decided.has(path)),
    next: begun.filter((path) => decided.has(path)),
    reattached: flights.flatMap(([, { task, phase }]) =>
      task !== null && phase !== "retrying" && phase !== "assigned" ? [task.taskId] : [],
    ),
    inDoubt: pathsOf(({ phase, task }) => phase === "intended" && task === null),
  };
}

function itemsOver(lists: RunState["lists"]): number {
  return Object.values(lists).reduce((sum, list) => sum + list.over, 0);
}

/** A function agent that is quick is not announced; so an assignment to one counts as begun. */
function hadBegunHere({ phase, task, target, turn }: Flight, state: RunState, definition: Definition): boolean {
  if (phase === "accepted") return task === null;
  // After an answer the next turn begins: that is what was asked for, and repeats nothing.
  if (phase !== "assigned" || turn > 1) return false;
  if (target.kind !== "agent" && target.kind !== "capability") return false;
  return bindingOf(definition, state.bindings, nameOfTarget(target))?.kind === "module";
}

/** `run_… (4 steps kept, 0 repeated, 1 A2A task re-attached: task_7f3a)`. */
export function leftOverText({ run, keptSteps, keptItems, repeated, next, reattached, inDoubt }: LeftOver): string {
  const kept = keptItems === 0 ? counted(keptSteps, "step") : `${counted(keptSteps, "step")} and ${counted(keptItems, "item")}`;
  const parts = [
    `${kept} kept`,
    `${repeated.length} repeated${listed(repeated)}`,
    ...(next.length === 0 ? [] : [`${next.length} ${next.length === 1 ? "begins" : "begin"} now${listed(next)}`]),
    ...(reattached.length === 0 ? [] : [`${counted(reattached.length, "A2A task")} re-attached${listed(reattached)}`]),
    ...(inDoubt.length === 0 ? [] : [`${counted(inDoubt.length, "message")} looked for at the agent${listed(inDoubt)}`]),
  ];
  return `${run} (${parts.join(", ")})`;
}

const NAMES_TOLD = 3;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `: ${names.slice(0, NAMES_TOLD).join(", ")}${names.length > NAMES_TOLD ? ", …" : ""}`;
}
