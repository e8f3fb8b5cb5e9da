/**
 * The rules that a history keeps, whatever the workflow. What is at work, and which questions are open, is
 * known by the models of the simulation's auditor, which use paths and words alone: nothing of the
 * definition, and no code of the engine. Here is what only a history of this world tells.
 *
 * 1. Facts are numbered without gap, time does not go back, and nothing stands after the end.
 * 2. The next attempt does not begin before its time.
 * 3. Agents fail as the agents of this world do, and are asked what became of their work.
 */
import { ENDS, type Flaw, numberAt, pathOf } from "../../src/simulation/auditor/facts.ts";
import { Questions } from "../../src/simulation/auditor/people.ts";
import { Work } from "../../src/simulation/auditor/work.ts";
import type { Violation } from "./auditor.ts";
import type { StoredFact, StoredRun } from "./evidence.ts";

/** Which of the four kinds a broken invariant is of; `history` for all others. */
const KINDS: { readonly [invariant: string]: Violation["kind"] } = { I2: "duplicate", I12: "duplicate" };
/** Facts that close an attempt. */
export const CLOSINGS: ReadonlySet<string> = new Set(["subtaskCompleted", "attemptFailed", "subtaskFailed", "compensationFailed"]);

/** What the agents of this world answer on purpose, and the timeout of the one that hangs. */
const EXPECTED_FAILURES: ReadonlySet<string> = new Set(["BUSY", "BROKEN", "STUBBORN", "T3104", "T4102", "T4103", "T4105"]);

export function auditHistory(run: string, { facts }: StoredRun): readonly Violation[] {
  const findings: Violation[] = [];
  const flaw: Flaw = (invariant, sentence) => void findings.push({ kind: KINDS[invariant] ?? "history", run, sentence });
  const takers = [new Course(flaw), new Work(flaw), new Questions(flaw)];
  for (const fact of facts) for (const taker of takers) taker.take(fact);
  return findings;
}

/** The order of facts, and what failures say. */
class Course {
  readonly #flaw: Flaw;
  readonly #retryAt = new Map<string, number>();
  #seq = 0;
  #at = 0;
  #endSeq: number | null = null;

  constructor(flaw: Flaw) {
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const { seq, at, kind } = fact;
    this.#seq += 1;
    if (seq !== this.#seq) this.#flaw("I8", `fact ${this.#seq} has the number ${seq}`);
    if (at < this.#at) this.#flaw("I9", `fact ${seq} is older than the one before it`);
    if (this.#endSeq !== null) this.#flaw("I4", `fact ${seq} (${kind}) stands after the end, fact ${this.#endSeq}`);
    this.#at = at;
    if (ENDS.has(kind)) this.#endSeq = seq;
    const path = pathOf(fact);
    const attempt = `${path} attempt ${String(fact["attempt"])}`;
    this.#expectInTime(fact, path);
    this.#judgeFailure(fact, attempt);
  }

  #expectInTime(fact: StoredFact, path: string): void {
    if (fact.kind === "attemptFailed") this.#retryAt.set(path, numberAt(fact, "retryAt") ?? 0);
    if (fact.kind === "subtaskAssigned" && fact.at < (this.#retryAt.get(path) ?? 0))
      this.#flaw("I9", `${path} attempt ${String(fact["attempt"])} began before its time`);
  }

  #judgeFailure(fact: StoredFact, attempt: string): void {
    const failure = fact["failure"] as { readonly code: string; readonly message: string } | undefined;
    if (CLOSINGS.has(fact.kind) && failure !== undefined && !EXPECTED_FAILURES.has(failure.code))
      this.#flaw("agents", `${attempt} failed in a way that no agent of this world does: ${failure.code} ${failure.message}`);
    if (fact.kind === "taskReleased" && !/answered first/.test(String(fact["note"])))
      this.#flaw("agents", `${attempt} was given up: ${String(fact["note"])}`);
    if (fact["reason"] === "unknown") this.#flaw("agents", `${attempt} has an unknown outcome, though its agent could be asked`);
  }
}
