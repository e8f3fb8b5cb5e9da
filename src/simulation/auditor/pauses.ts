/** While a run is paused, the runs below it begin nothing; they have a while to hear of the pause. */
import type { Evidence, SimulatedRun } from "../evidence.ts";
import { ENDS, type Flaw, pathOf } from "./facts.ts";
import { isUndoing } from "./paths.ts";
import { presentFrom } from "./presence.ts";

const SOON_MS = 15_000;
const NEW: ReadonlySet<string> = new Set(["subtaskAssigned", "waitStarted", "stepExpanded"]);
const GOES_ON: ReadonlySet<string> = new Set(["runResumed", "runEnding", ...ENDS]);

type Known = { readonly evidence: Evidence; readonly flaw: Flaw };

export function auditPauses(run: SimulatedRun, below: readonly SimulatedRun[], { evidence, flaw }: Known): void {
  if (below.length === 0) return;
  for (const { order: from, fact } of run.facts) {
    if (fact.kind !== "runPaused") continue;
    const until = run.facts.find((later) => later.order > from && GOES_ON.has(later.fact.kind))?.order ?? Infinity;
    const heardAt = presentFrom(fact.at, SOON_MS, evidence) + SOON_MS;
    for (const child of below) expectHeld(child, { from, until, heardAt }, flaw);
  }
}

type Pause = { readonly from: number; readonly until: number; readonly heardAt: number };

/** Somebody may let it go on by itself; it has been paused first. */
function expectHeld({ id, facts }: SimulatedRun, { from, until, heardAt }: Pause, flaw: Flaw): void {
  const during = facts.filter(({ order }) => order > from && order < until);
  const begun = during.find(({ fact }) => fact.at > heardAt && NEW.has(fact.kind) && !isUndoing(pathOf(fact)));
  if (begun === undefined || during.some(({ order, fact }) => order < begun.order && fact.kind === "runPaused")) return;
  flaw("pause", `run ${id} below it begins ${pathOf(begun.fact)}, and was never told of the pause`);
}
