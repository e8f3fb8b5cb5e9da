/**
 * What follows a failed attempt (workflow-language.md, `retry`).
 *
 * 1. As many attempts as the workflow says, then each fallback once, in order; what was rejected, is
 *    unknown or cannot be retried is not tried again at the same agent, unless a person says so.
 * 2. As many repairs of an output as the workflow says.
 * 3. Nobody gives up, or goes on to a fallback, while attempts are left.
 * 4. The next attempt comes no earlier than the workflow and the agent ask for (I9).
 */
import type { StoredFact } from "../evidence.ts";
import { attemptOf, type Flaw, numberAt, objectAt, pathOf } from "./facts.ts";
import type { Places } from "./places.ts";
import { longestPauseMs } from "./policies.ts";
import { isAnswering } from "./work.ts";
import type { Step } from "./workflow.ts";

type Trial = { attempt: number; repairs: number; fallback: number; isBounded: boolean; next: StoredFact | null };

export class Attempts {
  readonly #flaw: Flaw;
  readonly #places: Places;
  readonly #trials = new Map<string, Trial>();

  constructor(places: Places, flaw: Flaw) {
    this.#places = places;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const path = pathOf(fact);
    const trial = this.#trials.get(path);
    switch (fact.kind) {
      case "subtaskAssigned":
        return this.#begin(fact, path, trial);
      case "attemptFailed":
        return this.#goOn(fact, path, trial);
      case "scopeOpened":
        return isAnswering(fact) ? undefined : this.#giveUp(fact, path, trial);
      case "subtaskFailed":
        return this.#giveUp(fact, path, trial);
      case "compensationFailed":
        // A person has it tried again with all attempts of its own counted on.
        this.#trials.delete(`${path}/compensate`);
        return;
    }
  }

  #begin(fact: StoredFact, path: string, trial: Trial | undefined): void {
    const fallback = numberAt(fact, "fallback") ?? -1;
    const isRepair = fact["repair"] !== undefined;
    const next = trial?.next ?? null;
    if (trial === undefined || next === null) {
      const isBounded = fact["stopAt"] !== undefined;
      this.#trials.set(path, { attempt: attemptOf(fact), repairs: 0, fallback, isBounded, next: null });
      return;
    }
    const retryAt = numberAt(next, "retryAt") ?? 0;
    if (fact.at < retryAt) this.#flaw("I9", `attempt ${attemptOf(fact)} of ${path} began ${retryAt - fact.at} ms before its time`);
    if (fallback !== (numberAt(next, "fallback") ?? trial.fallback) || isRepair !== (next["repair"] !== undefined))
      this.#flaw("attempts", `attempt ${attemptOf(fact)} of ${path} is not the one that was decided upon`);
    trial.attempt = attemptOf(fact);
    trial.fallback = fallback;
    if (isRepair) trial.repairs += 1;
    trial.next = null;
  }

  #goOn(fact: StoredFact, path: string, trial: Trial | undefined): void {
    const step = this.#places.stepAt(path);
    if (trial === undefined || step === null) return;
    trial.next = fact;
    const fallback = numberAt(fact, "fallback");
    if (fact["repair"] !== undefined) {
      if (trial.repairs >= step.repairs)
        this.#flaw("attempts", `${path} is repaired ${trial.repairs + 1} times; the most is ${step.repairs}`);
    } else if (fallback === null) {
      this.#retry(fact, { path, step, trial });
    } else {
      if (fallback !== trial.fallback + 1 || fallback >= step.fallbacks)
        this.#flaw("attempts", `${path} goes to fallback ${fallback + 1} of ${step.fallbacks} after ${trial.fallback + 1}`);
      this.#expectUsedUp(fact, { path, step, trial });
    }
  }

  #retry(fact: StoredFact, { path, step, trial }: Tried): void {
    const { retry } = step;
    // A person has found out that nothing was done, and has it sent again.
    if (fact["reason"] === "unknown" && objectAt(fact, "failure")["code"] === "T4104") return;
    if (!mayBeRetried(fact)) this.#flaw("attempts", `${path} is tried again, and its failure (${String(fact["reason"])}) forbids that`);
    if (trial.fallback >= 0 || trial.attempt - trial.repairs >= retry.attempts)
      this.#flaw("attempts", `${path} is tried again after attempt ${trial.attempt}; the most is ${retry.attempts}`);
    const pauseMs = (numberAt(fact, "retryAt") ?? 0) - fact.at;
    const wantedMs = Number(objectAt(fact, "failure")["retryAfterMs"] ?? 0);
    const longestMs = Math.max(wantedMs, Math.round(longestPauseMs(retry, trial.attempt)));
    if (pauseMs < (retry.isSpread ? wantedMs : longestMs) || pauseMs > longestMs)
      this.#flaw(
        "I9",
        `${path} pauses for ${pauseMs} ms after attempt ${trial.attempt}, not ${retry.isSpread ? "at most " : ""}${longestMs} ms`,
      );
  }

  #giveUp(fact: StoredFact, path: string, trial: Trial | undefined): void {
    const step = this.#places.stepAt(path);
    this.#trials.delete(path);
    if (trial === undefined || step === null || trial.next !== null) return;
    this.#expectUsedUp(fact, { path, step, trial });
  }

  /** The deadline of all attempts, and a budget, may end them early. */
  #expectUsedUp(fact: StoredFact, { path, step, trial }: Tried): void {
    if (trial.isBounded || step.hasBudget || trial.fallback >= 0 || !mayBeRetried(fact)) return;
    if (trial.attempt - trial.repairs < step.retry.attempts)
      this.#flaw(
        "attempts",
        `${path} is given up after attempt ${trial.attempt} (${String(fact["reason"])}); it has ${step.retry.attempts}`,
      );
  }
}

type Tried = { readonly path: string; readonly step: Step; readonly trial: Trial };

function mayBeRetried(fact: StoredFact): boolean {
  const reason = fact["reason"];
  return objectAt(fact, "failure")["retryable"] === true && reason !== "rejected" && reason !== "unknown" && reason !== "expression";
}
