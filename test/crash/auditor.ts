/**
 * The auditor of the crash sweep. It knows what a run must come to, and finds everything that was
 * lost, done twice, or left standing (reliability.md, 3.H).
 */
import { isDeepStrictEqual } from "node:util";

import { ENDS } from "../../src/simulation/auditor/facts.ts";
import { auditDeliveries, auditExecutions, auditMessages } from "./audit-agents.ts";
import { auditBelow, auditUndoing } from "./audit-below.ts";
import { auditGoverned } from "./audit-governed.ts";
import { auditHistory } from "./audit-history.ts";
import { type Evidence, factsIn, type StoredFact } from "./evidence.ts";
import { UNDONE_PATHS } from "./world/endings.ts";
import * as governed from "./world/governed.ts";
import type { RunKind, StartedRun } from "./world/orchestrate.ts";
import * as shapes from "./world/shapes.ts";
import * as sound from "./world/workflow.ts";

/**
 * `lost`: acknowledged, and not there or not right. `duplicate`: done or recorded twice. `stuck`: not
 * over. `history`: a history that breaks its own rules.
 */
export type Violation = { readonly kind: "lost" | "duplicate" | "stuck" | "history"; readonly run: string; readonly sentence: string };

export function audit(evidence: Evidence): readonly Violation[] {
  const { atCrash, atEnd, before, after } = evidence;
  const findings: Violation[] = [];
  for (const [moment, picture] of Object.entries({ "after the crash": atCrash, "at the end": atEnd })) {
    if (picture.integrity !== "ok")
      findings.push({ kind: "lost", run: "*", sentence: `the database is damaged ${moment}: ${picture.integrity}` });
    for (const [run, stored] of picture.runs) findings.push(...auditHistory(run, stored));
  }
  for (const started of evidence.runs) {
    findings.push(...auditAcknowledged(started.id, evidence), ...auditEnd(started, evidence));
    if (started.kind === "governed") findings.push(...auditGoverned(started.id, evidence));
  }
  // Those that were started from outside, and those inside of them.
  for (const run of new Set([...atCrash.runs.keys(), ...atEnd.runs.keys()])) {
    findings.push(
      ...auditPersistence(run, evidence),
      ...auditMessages(run, evidence),
      ...auditExecutions(run, evidence),
      ...auditDeliveries(run, evidence),
      ...auditBelow(run, evidence),
      ...auditUndoing(run, evidence),
    );
  }
  for (const entry of [...before, ...after]) {
    if (entry.event === "begin" && !atEnd.runs.has(entry.run))
      findings.push({ kind: "lost", run: entry.run, sentence: `${entry.agent} worked for it, and there is no such run` });
  }
  return findings;
}

/** What was recorded before the crash is there afterwards, unchanged. */
function auditPersistence(run: string, { atCrash, atEnd }: Evidence): readonly Violation[] {
  const before = factsIn(atCrash, run);
  if (isDeepStrictEqual(factsIn(atEnd, run).slice(0, before.length), before)) return [];
  return [{ kind: "lost", run, sentence: "facts from before the crash are gone or changed" }];
}

/** What was acknowledged before the crash was in the database then. */
function auditAcknowledged(run: string, { acknowledged, atCrash }: Evidence): readonly Violation[] {
  const facts = factsIn(atCrash, run);
  return acknowledged.flatMap(({ run: whose, fact, name }): readonly Violation[] => {
    const isThere = facts.some((one) => one.kind === fact && (name === undefined || one["name"] === name));
    if (whose !== run || isThere) return [];
    return [
      { kind: "lost", run, sentence: `${fact}${name === undefined ? "" : ` "${name}"`} was acknowledged, and it is not in the database` },
    ];
  });
}

function auditEnd({ id: run, n, kind }: StartedRun, { atEnd }: Evidence): readonly Violation[] {
  const stored = atEnd.runs.get(run);
  const end = stored?.facts.at(-1);
  if (stored === undefined || end === undefined || !ENDS.has(end.kind))
    return [{ kind: "stuck", run, sentence: `it is not over: ${stored?.status ?? "not there"}, last fact ${end?.kind ?? "none"}` }];
  const findings: Violation[] = [];
  for (const [id, { parent, leftovers }] of atEnd.runs) {
    if (id !== run && parent !== run) continue;
    for (const table of leftovers) findings.push({ kind: "stuck", run, sentence: `${id} is over and has a row in ${table}` });
  }
  const wrong = whatIsWrong(kind, n, { end, facts: stored.facts });
  if (wrong !== null || stored.endedAt === null)
    findings.push({ kind: "lost", run, sentence: `it ended ${stored.status}, ${wrong ?? "at no time"}: ${JSON.stringify(end)}` });
  return findings;
}

type Ended = { readonly end: StoredFact; readonly facts: readonly StoredFact[] };

/** What is not as it must be at the end of a run; null when all is well. */
function whatIsWrong(kind: RunKind, n: number, ended: Ended): string | null {
  switch (kind) {
    case "sound":
      return notCompleted(ended, sound.expectedOutput(n), sound.COMPLETING_PATHS);
    case "shapes":
      return notCompleted(ended, shapes.expectedOutput(n), shapes.COMPLETING_PATHS);
    case "governed":
      return notCompleted(ended, governed.expectedOutput(n), governed.COMPLETING_PATHS);
    case "endless":
      return ended.end.kind === "runCanceled" ? null : "though it was canceled";
    case "undone": {
      const { details } = (ended.end["failure"] ?? {}) as { readonly details?: { readonly code: string } };
      if (ended.end.kind !== "runFailed" || details?.code !== "BROKEN") return "and not because of the step that fails";
      const undone = new Set(ended.facts.filter((fact) => fact.kind === "compensationEnded").map((fact) => String(fact["path"])));
      const missing = UNDONE_PATHS.filter((path) => !undone.has(path));
      return missing.length === 0 ? null : `and ${missing.join(", ")} was not undone`;
    }
  }
}

function notCompleted({ end, facts }: Ended, output: unknown, paths: readonly string[]): string | null {
  if (end.kind !== "runCompleted" || !isDeepStrictEqual(end["output"], output))
    return `with an output other than ${JSON.stringify(output)}`;
  const completed = new Set(facts.filter((fact) => fact.kind === "subtaskCompleted").map((fact) => String(fact["path"])));
  const missing = paths.filter((path) => !completed.has(path));
  return missing.length === 0 ? null : `and ${missing.join(", ")} never completed`;
}
