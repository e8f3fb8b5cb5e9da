/** How a run came to its end, and what it waited for when its time was up. */
import type { Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import { codeOf, ENDS, objectAt, pathOf, textAt, wordIn } from "../auditor/facts.ts";
import { isWithin } from "../../testing/history.ts";
import { stepNameOf } from "../../testing/scenario-names.ts";

/** How a history ended, as far as it is worth telling apart from others. */
export type Ending = {
  readonly outcome: "completed" | "failed" | "canceled" | "waiting" | "stuck";
  /** Of the failure. */
  readonly code: string | null;
  readonly step: string | null;
  /** `waiting`: for whom. */
  readonly waitsFor: "person" | "signal" | null;
  readonly message: string;
};

/** Something that was not over when a run's time was up. */
type Open = { readonly path: string; readonly kind: "work" | "person" | "signal" | "time" };

/** The code of a run whose time is up. */
const RUN_TIMED_OUT = "T4109";
const CALLS_A_PERSON: ReadonlySet<string> = new Set(["questionAsked", "budgetExceeded", "compensationFailed"]);

export function endingOf({ runs }: Evidence): Ending {
  const run = runs.find(({ parent }) => parent === null);
  const end = run?.facts.find(({ fact }) => ENDS.has(fact.kind));
  const nothing = { code: null, step: null, waitsFor: null, message: "" };
  if (run === undefined || end === undefined) return { ...nothing, outcome: "stuck" };
  if (end.fact.kind === "runCompleted") return { ...nothing, outcome: "completed" };
  if (end.fact.kind === "runCanceled") return { ...nothing, outcome: "canceled" };
  const message = wordIn(objectAt(end.fact, "failure"), "message");
  if (codeOf(end.fact) === RUN_TIMED_OUT) return timedOut(runs, run, message);
  return { outcome: "failed", ...failedIn(run, runs), waitsFor: null, message };
}

/** Where a run failed, and with which code: of a sub-workflow, in there. */
function failedIn(run: SimulatedRun, runs: readonly SimulatedRun[]): Pick<Ending, "code" | "step"> {
  const end = run.facts.find(({ fact }) => fact.kind === "runFailed")?.fact;
  if (end === undefined) return { code: null, step: null };
  const failure = objectAt(end, "failure");
  const details = objectAt({ ...end, ...failure }, "details");
  const code = wordIn(details, "code") || codeOf(end);
  const path = wordIn(details, "path");
  if (path === "") return { code, step: null };
  const step = stepNameOf(innermost(run, path));
  const child = runs.findLast(({ parent, facts }) => parent === run.id && codeOf(facts.at(-1)?.fact ?? end) === code);
  if (child === undefined || !isOfWorkflow(run, path)) return { code, step };
  const below = failedIn(child, runs);
  return { code: below.code ?? code, step: below.step === null ? step : `${step}/${below.step}` };
}

function isOfWorkflow({ facts }: SimulatedRun, path: string): boolean {
  return facts.some(
    ({ fact }) => fact.kind === "subtaskAssigned" && pathOf(fact) === path && objectAt(fact, "target")["kind"] === "workflow",
  );
}

/** The step that failed first of all those that failed with it. */
function innermost({ facts }: SimulatedRun, path: string): string {
  const failed = facts.flatMap(({ fact }) => (fact.kind === "subtaskFailed" && fact["tolerated"] !== true ? [pathOf(fact)] : []));
  return failed.filter((one) => isWithin(one, path)).reduce((inner, one) => (one.length > inner.length ? one : inner), path);
}

/** Who has only waited for others has not taken too long. */
function timedOut(runs: readonly SimulatedRun[], run: SimulatedRun, message: string): Ending {
  const upAt = run.facts.find(({ fact }) => fact.kind === "runEnding")?.fact.at ?? Infinity;
  const open = runs.flatMap((one) => openIn(one, upAt));
  const ofPerson = open.find(({ kind }) => kind === "person");
  const ofSignal = open.find(({ kind }) => kind === "signal");
  const others = open.find(({ kind }) => kind === "work" || kind === "time");
  const waited = others === undefined ? (ofPerson ?? ofSignal) : undefined;
  const step = waited ?? others;
  return {
    outcome: waited === undefined ? (open.length === 0 ? "stuck" : "failed") : "waiting",
    code: RUN_TIMED_OUT,
    step: step === undefined ? null : stepNameOf(step.path),
    waitsFor: waited === undefined ? null : waited.kind === "person" ? "person" : "signal",
    message,
  };
}

/** What is open in a run at an instant, at which what is open is withdrawn. */
function openIn({ facts }: SimulatedRun, upAt: number): readonly Open[] {
  const open = new Map<string, Open>();
  for (const { fact } of facts) {
    if (fact.at > upAt || (fact.at === upAt && (fact.kind === "subtaskCanceled" || fact.kind === "runEnding"))) break;
    const path = pathOf(fact);
    const begun = begins(fact);
    if (begun !== null) open.set(path, begun);
    else if (OVER.has(fact.kind)) open.delete(path);
    else if (fact.kind === "questionAnswered" || fact.kind === "messageResent") open.set(path, { path, kind: "work" });
    else if (fact.kind === "runResumed" || fact.kind === "budgetGranted") open.delete("");
    else if (ENDS.has(fact.kind)) return [];
  }
  return [...open.values()];
}

const OVER: ReadonlySet<string> = new Set([
  "subtaskCompleted",
  "subtaskFailed",
  "subtaskCanceled",
  "approvalDecided",
  "stepSkipped",
  "compensationEnded",
]);

function begins(fact: StoredFact): Open | null {
  const path = pathOf(fact);
  if (fact.kind === "runPaused") return { path: "", kind: "person" };
  if (CALLS_A_PERSON.has(fact.kind))
    return fact.kind === "budgetExceeded" && textAt(fact, "question") === null ? null : { path, kind: "person" };
  // A run of its own says itself what it waits for.
  if (fact.kind === "subtaskAssigned") return objectAt(fact, "target")["kind"] === "workflow" ? null : { path, kind: "work" };
  if (fact.kind !== "waitStarted") return null;
  const wait = textAt(fact, "wait");
  return { path, kind: wait === "approval" ? "person" : wait === "signal" ? "signal" : "time" };
}
