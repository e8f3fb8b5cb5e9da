/** What is known of a run as a whole, counted on the way: nothing in it grows with the run. */
import type { JsonObject } from "../../base/json.ts";
import { formatDuration } from "../../base/duration.ts";
import type { Fact, FailureReason } from "../../scheduler/fact.ts";
import type { Failure } from "../../scheduler/outcome.ts";
import { isItem } from "../../scheduler/path.ts";

/** What the run is doing besides its work. */
export type RunPhase = "running" | "paused" | "failing" | "canceling" | "compensating";

export class TaskTally {
  readonly #steps: number | null;
  #startedAt = 0;
  #stepsOver = 0;
  #attempts = 0;
  #retries = 0;
  #tokens = 0;
  #cost = 0;
  #phase: RunPhase = "running";
  #agentsPhase: string | null = null;
  #lastFailure: { readonly reason: FailureReason; readonly failure: Failure } | null = null;

  constructor(steps: number | undefined) {
    this.#steps = steps === undefined || steps === 0 ? null : steps;
  }

  /** One that counts on by itself. */
  copy(): TaskTally {
    const copy = new TaskTally(this.#steps ?? undefined);
    copy.#startedAt = this.#startedAt;
    copy.#stepsOver = this.#stepsOver;
    copy.#attempts = this.#attempts;
    copy.#retries = this.#retries;
    copy.#tokens = this.#tokens;
    copy.#cost = this.#cost;
    copy.#phase = this.#phase;
    copy.#agentsPhase = this.#agentsPhase;
    copy.#lastFailure = this.#lastFailure;
    return copy;
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** Where a served agent last said it was. */
  get agentsPhase(): string | null {
    return this.#agentsPhase;
  }

  /** Of the last subtask that failed for good. */
  get lastFailure(): { readonly reason: FailureReason; readonly failure: Failure } | null {
    return this.#lastFailure;
  }

  /** The share of the outermost steps that are over; null when nobody knows how many there are. */
  get percent(): number | null {
    return this.#steps === null ? null : Math.min(100, Math.floor((100 * this.#stepsOver) / this.#steps));
  }

  /** How long the task has taken by then (requirement L031). */
  takenMs(at: number): number {
    return at - this.#startedAt;
  }

  /** What the task has used and done (requirement L057). */
  get figures(): JsonObject {
    return {
      performance_metrics: { attempts: this.#attempts, retries: this.#retries, steps_over: this.#stepsOver },
      ...(this.#tokens + this.#cost === 0 ? {} : { resource_usage: { tokens: this.#tokens, cost: this.#cost } }),
    };
  }

  note(fact: Fact): void {
    if (fact.kind === "runStarted") {
      this.#startedAt = fact.at;
      this.#stepsOver = Object.keys(fact.given?.steps ?? {}).length;
    }
    if (fact.kind === "subtaskAssigned") this.#attempts += 1;
    if (fact.kind === "attemptFailed") this.#retries += 1;
    if (fact.kind === "subtaskProgressed") this.#agentsPhase = fact.progress.phase ?? this.#agentsPhase;
    if (fact.kind === "subtaskFailed") this.#lastFailure = { reason: fact.reason, failure: fact.failure };
    if ("usage" in fact && fact.usage !== undefined) this.#spend(fact.usage);
    if (isOutermostOver(fact)) this.#stepsOver += 1;
    this.#phase = phaseAfter(this.#phase, fact);
  }

  #spend(usage: JsonObject): void {
    this.#tokens += amountAt(usage, "tokens");
    this.#cost += amountAt(usage, "cost");
  }
}

/**
 * How much longer it takes, from the time that has gone by and the share that is done (requirements
 * L028, X046): never a number that nobody has measured.
 */
export function remainingTime(takenMs: number, percent: number): string {
  return percent <= 0 ? "unknown" : formatDuration((takenMs * (100 - Math.min(100, percent))) / percent);
}

function isOutermostOver(fact: Fact): boolean {
  if (fact.kind === "stepSkipped" || fact.kind === "stepCompleted") return !fact.step.includes("/");
  const isOver = fact.kind === "subtaskCompleted" || fact.kind === "subtaskFailed" || fact.kind === "approvalDecided";
  return isOver && !fact.path.includes("/") && !isItem(fact.path);
}

function phaseAfter(phase: RunPhase, fact: Fact): RunPhase {
  if (fact.kind === "runCompensating") return "compensating";
  if (fact.kind === "runEnding") return phase === "compensating" ? phase : fact.ending.kind === "canceled" ? "canceling" : "failing";
  if (fact.kind === "runPaused" || (fact.kind === "budgetExceeded" && fact.question !== undefined)) return "paused";
  return fact.kind === "runResumed" ? "running" : phase;
}

function amountAt(usage: JsonObject, key: string): number {
  const value = usage[key];
  return typeof value === "number" && value > 0 ? value : 0;
}
