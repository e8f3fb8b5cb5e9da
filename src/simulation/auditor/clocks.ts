/**
 * Instants: nothing fires before its own (I9). A pause and a `limit` make step clocks stand still, so
 * that what the facts say is the earliest that each may fire; how late it fires is not looked at here.
 *
 * 1. A wait ends, and a reminder comes, no earlier than it said.
 * 2. An attempt times out no earlier than the first of its clocks: its deadline, the time without
 *    progress, the time until it is accepted.
 * 3. Patience with an agent, with compensations and with the run ends no earlier than it said.
 * 4. Time in a history does not go back.
 */
import type { StoredFact } from "../evidence.ts";
import { codeOf, type Flaw, numberAt, objectAt, pathOf, textAt } from "./facts.ts";
import { isItem, isUndoing, listOf } from "./paths.ts";
import type { Places } from "./places.ts";
import { isAnswering } from "./work.ts";

/** With a process that is there, patience ends when it should. */
const ABSENCE_MS = 2_000;

/** `isFired`: what follows upon it may come at any time. */
type Clock = { deadlineAt: number; idleAt: number; acceptBy: number; readonly idleMs: number; isFired: boolean };
type Wait = { readonly kind: string; readonly until: number; remindAt: number; escalateAt: number };

export class Clocks {
  readonly #flaw: Flaw;
  readonly #places: Places;
  readonly #clocks = new Map<string, Clock>();
  readonly #waits = new Map<string, Wait>();
  readonly #patience = new Map<string, number>();
  #at = 0;
  #runDeadlineAt = Infinity;
  #undoingUntil = Infinity;

  constructor(places: Places, flaw: Flaw) {
    this.#places = places;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    if (fact.at < this.#at) this.#flaw("I8", `fact ${fact.seq} is older than the one before it`);
    this.#at = fact.at;
    const path = pathOf(fact);
    this.#fire(fact, path);
    this.#set(fact, path);
    if (fact.kind === "subtaskFailed" && isItem(path) && fact["tolerated"] !== true) this.#failList(listOf(path));
  }

  /** One item failed for all: its list may fail in its words, at any time. */
  #failList(path: string): void {
    const clock = this.#clocks.get(path);
    if (clock !== undefined) clock.isFired = true;
  }

  #expect(fact: StoredFact, instant: number, what: string): void {
    if (fact.at < instant) this.#flaw("I9", `fact ${fact.seq} (${fact.kind}): ${what} ${instant - fact.at} ms before its time`);
  }

  #fire(fact: StoredFact, path: string): void {
    if (fact["reason"] === "timedOut" || fact.kind === "attemptTimedOut") this.#timeOut(fact, path);
    const wait = this.#waits.get(path);
    switch (fact.kind) {
      case "subtaskCompleted":
        if (wait?.kind === "time") this.#expect(fact, wait.until, `the wait ${path} ended`);
        return;
      case "approvalDecided":
        if (fact["by"] === null && wait !== undefined) this.#expect(fact, wait.until, `the time to decide ${path} was up`);
        return;
      case "approvalReminded":
        if (wait !== undefined)
          this.#expect(fact, fact["escalated"] === true ? wait.escalateAt : wait.remindAt, `people were reminded of ${path}`);
        return;
      case "taskReleased":
        if (/did not acknowledge/.test(textAt(fact, "note") ?? "")) this.#endPatience(fact, path);
        return;
      case "compensationEnded":
        if (fact["outcome"] === "timedOut") this.#expect(fact, this.#undoingUntil, `undoing ${path} was given up`);
        return;
      case "runEnding": {
        const { failure } = objectAt(fact, "ending");
        if (codeOf({ ...fact, failure }) === "T4109") this.#expect(fact, this.#runDeadlineAt, "the run timed out");
        return;
      }
    }
  }

  /** Patience that ran out while nobody was there to hear the agent is given anew. */
  #endPatience(fact: StoredFact, path: string): void {
    const patienceAt = this.#patience.get(path);
    this.#expect(fact, patienceAt ?? 0, `patience with ${path} ended`);
    const lateMs = fact.at - (patienceAt ?? fact.at);
    if (lateMs > ABSENCE_MS) this.#flaw("patience", `the agent of ${path} was given up, and for ${lateMs} ms nobody could hear it`);
  }

  #timeOut(fact: StoredFact, path: string): void {
    const { deadlineAt, idleAt, acceptBy, isFired } = this.#clocks.get(path) ?? NEVER_BEGUN;
    if (isFired) return;
    this.#expect(fact, Math.min(deadlineAt, idleAt, acceptBy, this.#waits.get(path)?.until ?? Infinity), `${path} timed out`);
  }

  #set(fact: StoredFact, path: string): void {
    const clock = this.#clocks.get(path);
    switch (fact.kind) {
      case "runStarted":
        this.#runDeadlineAt = numberAt(fact, "deadlineAt") ?? Infinity;
        return;
      case "subtaskAssigned":
        return this.#assign(fact, path);
      case "stepExpanded":
      case "scopeOpened":
        if (isAnswering(fact)) return;
        this.#waits.delete(path);
        this.#clocks.set(path, {
          ...NEVER_BEGUN,
          deadlineAt: numberAt(fact, "deadlineAt") ?? Infinity,
          isFired: fact["scope"] === "handler",
        });
        return;
      case "attemptTimedOut":
        if (clock !== undefined) clock.isFired = true;
        return;
      case "subtaskQueued":
        // Its clocks stand still; with the time of the run its own is up.
        if (clock !== undefined) clock.deadlineAt = Math.min(clock.deadlineAt, this.#runDeadlineAt);
        return;
      case "subtaskAccepted":
      case "subtaskProgressed":
        if (clock === undefined) return;
        if (fact.kind === "subtaskAccepted") clock.acceptBy = Infinity;
        clock.idleAt = fact.at + clock.idleMs;
        return;
      case "messageResent":
      case "questionAnswered":
        if (clock === undefined) return;
        clock.isFired = false;
        clock.deadlineAt = numberAt(fact, "deadlineAt") ?? clock.deadlineAt;
        clock.acceptBy = numberAt(fact, "acceptBy") ?? (fact.kind === "messageResent" ? clock.acceptBy : Infinity);
        clock.idleAt = fact.at + clock.idleMs;
        return;
      case "waitStarted":
      case "approvalReminded":
        return this.#wait(fact, path);
      case "subtaskCanceled":
        this.#patience.set(path, numberAt(fact, "patienceAt") ?? 0);
        return;
      case "runPaused":
      case "runResumed":
        // In a pause patience stands still.
        this.#patience.clear();
        return;
      case "runCompensating":
        this.#undoingUntil = numberAt(fact, "deadlineAt") ?? Infinity;
        return;
    }
  }

  #assign(fact: StoredFact, path: string): void {
    const deadlineAt = numberAt(fact, "deadlineAt") ?? Infinity;
    const idleMs = numberAt(fact, "idleMs") ?? Infinity;
    this.#clocks.set(path, {
      deadlineAt,
      idleMs,
      idleAt: fact.at + idleMs,
      acceptBy: numberAt(fact, "acceptBy") ?? Infinity,
      isFired: false,
    });
    const step = this.#places.stepAt(path);
    if (step === null) return;
    const dueAt = fact.at + step.timeoutMs;
    // The deadline of all attempts may come first.
    const isRight = step.hasDeadline && !isUndoing(path) ? deadlineAt <= dueAt : deadlineAt === dueAt;
    if (!isRight) this.#flaw("I9", `fact ${fact.seq}: ${path} has ${deadlineAt - fact.at} ms, and its timeout is ${step.timeoutMs} ms`);
  }

  #wait(fact: StoredFact, path: string): void {
    const before = this.#waits.get(path);
    if (fact.kind === "waitStarted") {
      const at = (field: string): number => numberAt(fact, field) ?? Infinity;
      this.#waits.set(path, { kind: String(fact["wait"]), until: at("until"), remindAt: at("remindAt"), escalateAt: at("escalateAt") });
    } else if (before !== undefined) {
      before.remindAt = numberAt(fact, "remindAt") ?? Infinity;
      if (fact["escalated"] === true) before.escalateAt = Infinity;
    }
  }
}

const NEVER_BEGUN: Clock = { deadlineAt: Infinity, idleAt: Infinity, acceptBy: Infinity, idleMs: Infinity, isFired: false };
