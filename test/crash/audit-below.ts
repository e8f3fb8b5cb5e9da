/**
 * Runs inside of runs, and what is undone.
 *
 * 1. A run below belongs to one effect of one run, and an effect has one run below, whatever died.
 * 2. It is there once the run above says that it has been accepted, and over when that one is over.
 * 3. What it came to is what the run above has as the result.
 * 4. What completed and can be undone is undone once, one at a time, the last first.
 */
import { isDeepStrictEqual } from "node:util";

import { ENDS } from "../../src/simulation/auditor/facts.ts";
import { targetOf } from "./audit-agents.ts";
import type { Violation } from "./auditor.ts";
import { type Evidence, factsIn, type Picture, type StoredFact, type StoredRun } from "./evidence.ts";

type Below = { readonly id: string; readonly stored: StoredRun; readonly effect: string };

export function auditBelow(run: string, { atCrash, atEnd }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const facts = factsIn(atEnd, run);
  const below = runsBelow(run, atEnd);
  const flaw = (sentence: string, kind: Violation["kind"]): void => void findings.push({ kind, run, sentence });
  for (const [effect, of] of Map.groupBy(below, (one) => one.effect)) {
    if (of.length > 1) flaw(`${effect} has started ${of.length} runs: ${of.map(({ id }) => id).join(", ")}`, "duplicate");
  }
  const assigned = facts.filter((fact) => fact.kind === "subtaskAssigned" && targetOf(fact).kind === "workflow");
  const effects = new Set(assigned.map((fact) => effectOf(run, fact)));
  const endedAt = facts.find(({ kind }) => ENDS.has(kind))?.at ?? Infinity;
  for (const { id, stored, effect } of below) {
    if (!effects.has(effect)) flaw(`run ${id} belongs to ${effect}, which is nothing that it was given`, "history");
    const end = stored.facts.at(-1);
    if (end === undefined || !ENDS.has(end.kind)) flaw(`run ${id}, which is inside of it, is not over: ${stored.status}`, "stuck");
    else if (end.at > endedAt) flaw(`run ${id}, which is inside of it, went on after its end`, "history");
  }
  for (const fact of assigned) {
    const child = below.find(({ effect }) => effect === effectOf(run, fact));
    findings.push(...auditResult(run, facts, { fact, child: child?.stored ?? null }));
  }
  for (const fact of factsIn(atCrash, run)) {
    const id = /^run:(.*)$/.exec(String(fact["agent"]))?.[1];
    if (fact.kind === "subtaskAccepted" && id !== undefined && !atCrash.runs.has(id))
      flaw(`run ${id} was accepted before the crash, and was not there`, "lost");
  }
  return findings;
}

function runsBelow(run: string, { runs }: Picture): readonly Below[] {
  return [...runs].flatMap(([id, stored]) => {
    if (stored.parent !== run) return [];
    const parent = stored.facts[0]?.["parent"] as { readonly run: string; readonly effect: string } | undefined;
    return [{ id, stored, effect: parent?.run === run ? parent.effect : "nothing" }];
  });
}

/** What the run above says of the work, against what the run below came to. */
function auditResult(
  run: string,
  facts: readonly StoredFact[],
  { fact, child }: { readonly fact: StoredFact; readonly child: StoredRun | null },
): readonly Violation[] {
  const path = String(fact["path"]);
  const end = child?.facts.at(-1) ?? null;
  const completed = facts.find((one) => one.kind === "subtaskCompleted" && one["path"] === path);
  const undone = facts.find((one) => one.kind === "compensationEnded" && `${String(one["path"])}/compensate` === path);
  const canceled = facts.some((one) => one.kind === "subtaskCanceled" && one["path"] === path);
  const finding = (sentence: string): readonly Violation[] => [{ kind: "lost", run, sentence }];
  if (completed !== undefined && !isDeepStrictEqual(end?.["output"], completed["output"]))
    return finding(`${path} completed with ${JSON.stringify(completed["output"])}, and the run below ${describe(end)}`);
  if (undone !== undefined && end?.kind !== "runCompleted") return finding(`${path} is done, and the run below ${describe(end)}`);
  // It may have been over before the cancel came; in this world what is canceled never would have been.
  if (canceled && end !== null && end.kind !== "runCanceled") return finding(`${path} was canceled, and the run below ${describe(end)}`);
  return [];
}

function describe(end: StoredFact | null): string {
  return end === null ? "is not there" : `ended with ${JSON.stringify(end)}`;
}

function effectOf(run: string, { path, attempt }: StoredFact): string {
  return `default/${run}/${String(path)}/${String(attempt)}/1`;
}

export function auditUndoing(run: string, { atEnd }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const flaw = (sentence: string, kind: Violation["kind"]): void => void findings.push({ kind, run, sentence });
  /** What can be undone and has not been, oldest first. */
  const left: string[] = [];
  for (const fact of factsIn(atEnd, run)) {
    const path = String(fact["path"]);
    if (fact["compensation"] !== undefined) left.push(path);
    if (fact.kind === "subtaskAssigned" && path.endsWith("/compensate") && path !== `${left.at(-1) ?? ""}/compensate`)
      flaw(`${path} began, and the last that completed is ${left.at(-1) ?? "undone"}`, "history");
    if (fact.kind === "compensationEnded") {
      if (!left.includes(path)) flaw(`${path} was undone, and there was nothing to undo`, "duplicate");
      else if (left.pop() !== path) flaw(`${path} was undone out of order`, "history");
      if (fact["outcome"] !== "completed") flaw(`${path} was not undone: ${String(fact["outcome"])}`, "lost");
    }
    if ((fact.kind === "runFailed" || fact.kind === "runCanceled") && left.length > 0)
      flaw(`the run ended, and ${left.join(", ")} was not undone`, "lost");
  }
  return findings;
}
