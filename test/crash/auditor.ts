/**
 * The auditor of the crash sweep. It knows what a run must come to, and finds everything that was
 * lost, done twice, or left standing (reliability.md, 3.H).
 */
import { isDeepStrictEqual } from "node:util";

import type { Evidence, StoredFact, StoredRun } from "./evidence.ts";
import type { Entry, Execution, Message } from "./world/journal.ts";
import type { StartedRun } from "./world/orchestrate.ts";
import { COMPLETING_PATHS, expectedOutput } from "./world/workflow.ts";

/**
 * `lost`: acknowledged, and not there or not right. `duplicate`: done or recorded twice. `stuck`: not
 * over. `history`: a history that breaks its own rules.
 */
export type Violation = { readonly kind: "lost" | "duplicate" | "stuck" | "history"; readonly run: string; readonly sentence: string };

export function audit(evidence: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  for (const [moment, picture] of Object.entries({ "after the crash": evidence.atCrash, "at the end": evidence.atEnd })) {
    if (picture.integrity !== "ok")
      findings.push({ kind: "lost", run: "*", sentence: `the database is damaged ${moment}: ${picture.integrity}` });
    for (const [run, stored] of picture.runs) findings.push(...auditHistory(run, stored));
  }
  for (const started of evidence.runs) {
    const { id } = started;
    findings.push(
      ...auditPersistence(id, evidence),
      ...auditEnd(started, evidence),
      ...auditMessages(id, evidence),
      ...auditExecutions(id, evidence),
    );
  }
  return findings;
}

/** What was acknowledged or recorded before the crash is there afterwards, unchanged. */
function auditPersistence(run: string, { acknowledged, atCrash, atEnd }: Evidence): readonly Violation[] {
  const before = atCrash.runs.get(run)?.facts ?? [];
  const after = atEnd.runs.get(run)?.facts ?? [];
  const findings: Violation[] = [];
  if (acknowledged.includes(run) && before.length === 0)
    findings.push({ kind: "lost", run, sentence: "its start was acknowledged, and it is not in the database" });
  if (!isDeepStrictEqual(after.slice(0, before.length), before))
    findings.push({ kind: "lost", run, sentence: "facts from before the crash are gone or changed" });
  return findings;
}

function auditEnd({ id: run, n, isCanceled }: StartedRun, { atEnd }: Evidence): readonly Violation[] {
  const stored = atEnd.runs.get(run);
  const end = stored?.facts.at(-1);
  if (stored === undefined || end === undefined || !ENDS.has(end.kind))
    return [{ kind: "stuck", run, sentence: `it is not over: ${stored?.status ?? "not there"}, last fact ${end?.kind ?? "none"}` }];
  if (stored.status !== (isCanceled ? "canceled" : "completed") || stored.endedAt === null)
    return [{ kind: "lost", run, sentence: `it ended ${stored.status}: ${JSON.stringify(end)}` }];
  const findings: Violation[] = [];
  for (const table of stored.leftovers) findings.push({ kind: "stuck", run, sentence: `it is over and has a row in ${table}` });
  if (isCanceled) return findings;
  if (!isDeepStrictEqual(end["output"], expectedOutput(n)))
    findings.push({
      kind: "lost",
      run,
      sentence: `its output is ${JSON.stringify(end["output"])}, not ${JSON.stringify(expectedOutput(n))}`,
    });
  for (const path of COMPLETING_PATHS) {
    if (factsOf(stored, "subtaskCompleted", path).length === 0)
      findings.push({ kind: "lost", run, sentence: `${path} was never completed` });
  }
  return findings;
}

const ENDS: ReadonlySet<string> = new Set(["runCompleted", "runFailed", "runCanceled"]);
/** Facts that close an attempt: at most one of them for each. */
const CLOSINGS: ReadonlySet<string> = new Set(["subtaskCompleted", "attemptFailed", "subtaskFailed"]);

/** What the agents of this world answer on purpose, and the timeout of the one that hangs. */
const EXPECTED_FAILURES: ReadonlySet<string> = new Set(["BUSY", "BROKEN", "T4103", "T4105"]);

/** The rules that a history keeps, whatever the workflow. */
function auditHistory(run: string, { facts }: StoredRun): readonly Violation[] {
  const findings: Violation[] = [];
  const flaw = (sentence: string, kind: Violation["kind"] = "history"): void => void findings.push({ kind, run, sentence });
  const closedBy = new Map<string, number>();
  const completedPaths = new Set<string>();
  const retryAtByPath = new Map<string, number>();
  let endSeq: number | null = null;
  let at = 0;
  for (const [index, fact] of facts.entries()) {
    if (fact.seq !== index + 1) flaw(`fact ${index + 1} has the number ${fact.seq}`);
    if (fact.at < at) flaw(`fact ${fact.seq} is older than the one before it`);
    if (endSeq !== null) flaw(`fact ${fact.seq} (${fact.kind}) stands after the end, fact ${endSeq}`);
    at = fact.at;
    if (ENDS.has(fact.kind)) endSeq = fact.seq;
    const path = String(fact["path"]);
    const attempt = `${path} attempt ${String(fact["attempt"])}`;
    if (fact.kind === "subtaskCompleted" && completedPaths.has(path)) flaw(`${path} was completed twice`, "duplicate");
    if (fact.kind === "subtaskCompleted") completedPaths.add(path);
    if (CLOSINGS.has(fact.kind) && closedBy.has(attempt)) flaw(`${attempt} was closed twice`, "duplicate");
    if (CLOSINGS.has(fact.kind)) closedBy.set(attempt, fact.seq);
    if (fact.kind === "subtaskAssigned" && fact.at < (retryAtByPath.get(path) ?? 0)) flaw(`${attempt} began before its time`);
    if (fact.kind === "attemptFailed") retryAtByPath.set(path, Number(fact["retryAt"]));
    const failure = fact["failure"] as { readonly code: string; readonly message: string } | undefined;
    if (CLOSINGS.has(fact.kind) && failure !== undefined && !EXPECTED_FAILURES.has(failure.code))
      flaw(`${attempt} failed in a way that no agent of this world does: ${failure.code} ${failure.message}`);
    if (fact.kind === "taskReleased" && !/answered first/.test(String(fact["note"])))
      flaw(`${attempt} was given up: ${String(fact["note"])}`);
    if (fact["reason"] === "unknown") flaw(`${attempt} has an unknown outcome, though its agent could be asked`);
  }
  return findings;
}

/** One message id for an effect in all its sends, one task for a message id. */
function auditMessages(run: string, { atEnd, before, after }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const messages = [...before, ...after].filter((entry): entry is Message => entry.event === "message" && entry.run === run);
  for (const [correlation, sent] of groupBy(messages, ({ correlation: key }) => key)) {
    const [ids, tasks] = [new Set(sent.map(({ messageId }) => messageId)), new Set(sent.map(({ taskId }) => taskId))];
    const whose = `${sent[0]?.path ?? ""} attempt ${sent[0]?.attempt ?? 0} (${correlation})`;
    if (ids.size > 1) findings.push({ kind: "duplicate", run, sentence: `${whose} was sent under ${ids.size} message ids` });
    if (tasks.size > 1) findings.push({ kind: "duplicate", run, sentence: `${whose} made ${tasks.size} tasks` });
  }
  const intents = (atEnd.runs.get(run)?.facts ?? [])
    .filter(({ kind }) => kind === "messageIntended")
    .map((fact) => ({ effect: effectOf(fact), messageId: messageIdOf(fact) }));
  for (const [effect, of] of groupBy(intents, ({ effect: key }) => key)) {
    if (new Set(of.map(({ messageId }) => messageId)).size > 1)
      findings.push({ kind: "duplicate", run, sentence: `${effect} was intended under several message ids` });
  }
  for (const [messageId, of] of groupBy(intents, (intent) => intent.messageId)) {
    if (new Set(of.map(({ effect }) => effect)).size > 1)
      findings.push({ kind: "history", run, sentence: `message id ${messageId} stands for several effects` });
  }
  const known = new Set(intents.map(({ messageId }) => messageId));
  for (const { messageId, path } of messages) {
    if (!known.has(messageId))
      findings.push({ kind: "history", run, sentence: `${path} was sent as ${messageId}, which was never intended` });
  }
  return findings;
}

/** Who did what how often. */
function auditExecutions(run: string, { atCrash, atEnd, before, after }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const isBegin = (entry: Entry): entry is Execution => entry.event === "begin" && entry.run === run;
  const all = [...before, ...after].filter(isBegin);
  // In one life of the process a handler of it works once; a remote one works once, whatever dies.
  for (const [work, executions] of groupBy(all, ({ life, path, attempt, turn }) => `${path} attempt ${attempt} turn ${turn} in ${life}`)) {
    if (executions.length > 1) findings.push({ kind: "duplicate", run, sentence: `${work} was executed ${executions.length} times` });
  }
  const finished = new Set(
    (atCrash.runs.get(run)?.facts ?? []).filter(({ kind }) => kind === "subtaskCompleted").map((fact) => String(fact["path"])),
  );
  for (const { path, agent } of after.filter(isBegin)) {
    if (finished.has(path))
      findings.push({ kind: "duplicate", run, sentence: `${agent} executed ${path} again after its completion was recorded` });
  }
  for (const fact of atEnd.runs.get(run)?.facts ?? []) {
    if (!CLOSINGS.has(fact.kind) || fact["reason"] === "timedOut") continue;
    const isDone = all.some(({ path, attempt }) => path === fact["path"] && attempt === fact["attempt"]);
    if (!isDone)
      findings.push({
        kind: "lost",
        run,
        sentence: `${String(fact["path"])} attempt ${String(fact["attempt"])} has an answer, and nobody executed it`,
      });
  }
  return findings;
}

function factsOf({ facts }: StoredRun, kind: string, path: string): readonly StoredFact[] {
  return facts.filter((fact) => fact.kind === kind && fact["path"] === path);
}

function effectOf(fact: StoredFact): string {
  return `${String(fact["path"])}/${String(fact["attempt"])}/${String(fact["turn"])}`;
}

function messageIdOf(fact: StoredFact): string {
  return (fact["intent"] as { readonly messageId: string }).messageId;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
