/**
 * Runs inside of runs.
 *
 * 1. A run below belongs to one effect of one run that was given it, and an effect has one run below.
 * 2. It is there before the run above says that it has been accepted.
 * 3. What it came to is what the run above has as the result; it came to that first.
 */
import { isJsonObject } from "../../base/json.ts";
import type { SimulatedRun } from "../evidence.ts";
import { asObject, attemptOf, ENDS, type Flaw, objectAt, pathOf, wordIn } from "./facts.ts";
import { canonical } from "./join.ts";

export function auditBelow(run: SimulatedRun, below: readonly SimulatedRun[], flaw: Flaw): void {
  const assigned = run.facts.filter(({ fact }) => fact.kind === "subtaskAssigned" && objectAt(fact, "target")["kind"] === "workflow");
  const effects = new Set(assigned.map(({ fact }) => effectOf(run, fact)));
  const byEffect = new Map<string, SimulatedRun>();
  for (const child of below) {
    const effect = wordIn(asObject(child.facts[0]?.fact["parent"]), "effect");
    const other = byEffect.get(effect);
    if (other !== undefined) flaw("I2", `${effect} has started runs ${other.id} and ${child.id}`);
    if (!effects.has(effect)) flaw("I2", `run ${child.id} belongs to ${effect}, which was never given`);
    byEffect.set(effect, child);
  }
  for (const { fact } of assigned)
    auditChild(run, { path: pathOf(fact), attempt: attemptOf(fact), child: byEffect.get(effectOf(run, fact)) ?? null }, flaw);
}

function effectOf({ tenant, id }: SimulatedRun, fact: SimulatedRun["facts"][number]["fact"]): string {
  return `${tenant}/${id}/${pathOf(fact)}/${attemptOf(fact)}/1`;
}

type Child = { readonly path: string; readonly attempt: number; readonly child: SimulatedRun | null };

function auditChild({ facts }: SimulatedRun, { path, attempt, child }: Child, flaw: Flaw): void {
  const of = (kind: string) => facts.find(({ fact }) => fact.kind === kind && pathOf(fact) === path && attemptOf(fact) === attempt);
  const [accepted, completed] = [of("subtaskAccepted"), of("subtaskCompleted")];
  const began = child?.facts[0];
  if (accepted !== undefined && (began === undefined || began.order > accepted.order))
    flaw("I1", `${path} was accepted, and its run was not there`);
  // A handler may stand in for what the run below did not come to.
  const agent = completed === undefined ? "" : String(completed.fact["agent"]);
  if (completed === undefined || !agent.startsWith("run:")) return;
  const end = child?.facts.find(({ fact }) => ENDS.has(fact.kind));
  if (end?.fact.kind !== "runCompleted" || end.order > completed.order)
    return flaw("I3", `${path} completed, and the run below ${end === undefined ? "is not over" : `ended with ${end.fact.kind}`}`);
  const output = end.fact["output"];
  if (isJsonObject(output) && canonical(output) !== canonical(completed.fact["output"]))
    flaw("I3", `${path} completed with ${canonical(completed.fact["output"])}, and the run below with ${canonical(output)}`);
  if (agent !== `run:${String(child?.id)}`) flaw("I3", `${path} completed by ${agent}, and its run is ${String(child?.id)}`);
}
