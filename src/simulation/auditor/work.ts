/**
 * What is at work in a run, by paths alone: this model knows nothing of the definition.
 *
 * 1. A subtask is over at most once (I2), and an attempt is closed at most once.
 * 2. Nothing begins inside of what is not at work, twice, or while the run is ending; what undoes a
 *    step begins only then (I4, I5).
 * 3. What is over has nothing at work inside of it, except for losers that have been told to stop.
 * 4. A fact about an attempt is about the one that is open; attempts count on by one.
 * 5. A run that is over has nothing at work, except for agents with which patience has run out.
 */
import type { StoredFact } from "../evidence.ts";
import { attemptOf, ENDS, type Flaw, numberAt, objectAt, pathOf, textAt } from "./facts.ts";
import { type Holder, holderOf, isInside, isUndoing } from "./paths.ts";

/** `stopping`: nobody wants it any more, and its agent has yet to acknowledge that. */
type Attempt = { readonly attempt: number; readonly state: "working" | "asking" | "retrying" | "stopping"; readonly turn: number };

/** What a run waits for at the end of a history. */
export type Standing = {
  readonly attempts: ReadonlyMap<string, Attempt>;
  readonly waits: ReadonlyMap<string, StoredFact>;
  readonly isPaused: boolean;
  readonly isEnding: boolean;
  readonly holders: ReadonlyMap<string, number>;
  readonly lists: ReadonlySet<string>;
};

/** Facts about an open attempt. */
const OF_ATTEMPT: ReadonlySet<string> = new Set([
  "subtaskQueued",
  "messageIntended",
  "messageResent",
  "subtaskAccepted",
  "subtaskProgressed",
  "questionAsked",
  "questionAnswered",
  "attemptFailed",
  "attemptTimedOut",
  "attemptRefused",
  "taskReleased",
]);
/** Facts that begin something new, which a run that ends does no more. */
const NEW_WORK: ReadonlySet<string> = new Set([
  "subtaskAssigned",
  "stepExpanded",
  "scopeOpened",
  "iterationStarted",
  "waitStarted",
  "planAccepted",
  "messageIntended",
  "messageResent",
  "stepSkipped",
  "stepCompleted",
  "subtaskCompleted",
  "approvalDecided",
  "attemptFailed",
  "subtaskFailed",
  "questionAnswered",
]);

export class Work {
  readonly #flaw: Flaw;
  readonly #attempts = new Map<string, Attempt>();
  /** Steps with others inside that are open, and their iterations. */
  readonly #holders = new Map<string, number>();
  /** An open list is at work as long as an item is; no fact says that one is not wanted any more. */
  readonly #lists = new Set<string>();
  readonly #waits = new Map<string, StoredFact>();
  readonly #over = new Map<string, string>();
  readonly #signals = new Map<string, number>();
  #patienceAt: number | null = null;
  #isPaused = false;
  #isUndoing = false;

  constructor(flaw: Flaw) {
    this.#flaw = flaw;
  }

  get standing(): Standing {
    return {
      attempts: this.#attempts,
      waits: this.#waits,
      holders: this.#holders,
      lists: this.#lists,
      isPaused: this.#isPaused,
      isEnding: this.#patienceAt !== null,
    };
  }

  take(fact: StoredFact): void {
    const { kind } = fact;
    const path = pathOf(fact);
    if (this.#patienceAt !== null && NEW_WORK.has(kind) && !isUndoing(path)) {
      this.#flaw("I4", `fact ${fact.seq}: ${kind} of ${path}, in a run that is ending`);
    }
    if (OF_ATTEMPT.has(kind)) this.#expectOpen(fact, path);
    this.#begin(fact, path);
    this.#goOn(fact, path);
    this.#finish(fact, path);
    if (ENDS.has(kind)) this.#end(fact);
  }

  #expectOpen(fact: StoredFact, path: string): void {
    const open = this.#attempts.get(path);
    if (open?.attempt !== attemptOf(fact) || open.state === "retrying")
      this.#flaw("I2", `fact ${fact.seq}: ${fact.kind} of ${path} attempt ${attemptOf(fact)}, and ${describe(open)}`);
  }

  #begin(fact: StoredFact, path: string): void {
    switch (fact.kind) {
      case "subtaskAssigned":
        return this.#assign(fact, path);
      case "scopeOpened":
        this.#mayBegin(path);
        // A handler stands where the work stood whose failure it handles; a question's waits meanwhile.
        if (!isAnswering(fact)) this.#handOver(path);
        this.#holders.set(path, numberAt(fact, "iteration") ?? (fact["scope"] === "loop" || fact["scope"] === "handoff" ? 1 : 0));
        return;
      case "stepExpanded":
        this.#mayBegin(path);
        this.#lists.add(path);
        return;
      case "waitStarted":
        this.#mayBegin(path);
        this.#waits.set(path, fact);
        return;
      case "iterationStarted": {
        const last = this.#holders.get(path);
        const next = numberAt(fact, "iteration") ?? 0;
        if (next !== (last ?? 0) + 1) this.#flaw("I5", `${path} goes from iteration ${last} to ${next}`);
        this.#expectQuiet(path, `iteration ${next} of ${path} begins`);
        this.#holders.set(path, next);
        return;
      }
    }
  }

  #handOver(path: string): void {
    this.#expectQuiet(path, `a handler stands in for ${path}`);
    this.#attempts.delete(path);
    this.#waits.delete(path);
    for (const list of this.#lists) if (isInside(path, list)) this.#lists.delete(list);
  }

  #assign(fact: StoredFact, path: string): void {
    const attempt = attemptOf(fact);
    const earlier = this.#attempts.get(path);
    this.#mayBegin(path);
    if (earlier !== undefined && earlier.state !== "retrying")
      this.#flaw("I2", `${path} was assigned while attempt ${earlier.attempt} was open`);
    if (attempt !== (earlier?.attempt ?? 0) + 1)
      this.#flaw("attempts", `attempt ${attempt} of ${path} follows upon ${earlier?.attempt ?? "none"}`);
    this.#attempts.set(path, { attempt, state: "working", turn: 1 });
  }

  /** Everything that holds it is open; what undoes begins only in a run that undoes. */
  #mayBegin(path: string): void {
    const end = this.#over.get(path);
    if (end !== undefined) this.#flaw("I2", `${path} begins though it is over (${end})`);
    if (isUndoing(path)) {
      if (!this.#isUndoing) this.#flaw("compensation", `${path} begins in a run that undoes nothing`);
      return;
    }
    for (let inner = holderOf(path); inner !== null; inner = holderOf(inner.holder)) this.#expectAtWork(path, inner);
  }

  #expectAtWork(path: string, { holder, iteration }: Holder): void {
    const open = this.#holders.get(holder);
    const isOpen = open === iteration || (iteration === 0 && this.#lists.has(holder));
    if (!isOpen)
      this.#flaw(
        "I5",
        `${path} begins, and ${holder}, which it is inside of, is ${open === undefined ? "not at work" : `in iteration ${open}`}`,
      );
  }

  #goOn(fact: StoredFact, path: string): void {
    const open = this.#attempts.get(path);
    switch (fact.kind) {
      case "attemptFailed":
        this.#attempts.set(path, { attempt: attemptOf(fact), state: "retrying", turn: 1 });
        return;
      case "questionAsked":
        if (open !== undefined) this.#attempts.set(path, { ...open, state: "asking" });
        return;
      case "questionAnswered":
        if (open !== undefined) this.#answer(fact, path, open);
        return;
      case "attemptTimedOut":
      case "attemptRefused":
      case "messageResent":
        if (open !== undefined && open.state !== "stopping") this.#attempts.set(path, { ...open, state: "working" });
        return;
      case "signalReceived":
        this.#signals.set(String(fact["name"]), (this.#signals.get(String(fact["name"])) ?? 0) + 1);
        return;
      case "runPaused":
        this.#isPaused = true;
        return;
      case "budgetExceeded":
        if (textAt(fact, "question") !== null) this.#isPaused = true;
        return;
      case "runResumed":
        this.#isPaused = false;
        return;
      case "runEnding":
        this.#patienceAt = numberAt(fact, "patienceAt") ?? 0;
        this.#isPaused = false;
        this.#waits.clear();
        return;
      case "runCompensating":
        this.#expectNoneStopping(fact);
        this.#isUndoing = true;
        return;
      case "compensationFailed":
        this.#attempts.set(`${path}/compensate`, { attempt: attemptOf(fact), state: "retrying", turn: 1 });
        return;
    }
  }

  #answer(fact: StoredFact, path: string, open: Attempt): void {
    const turn = numberAt(fact, "turn") ?? 0;
    if (open.state !== "asking") this.#flaw("I12", `${path} got an answer, and had asked nothing`);
    if (turn !== open.turn && turn !== open.turn + 1) this.#flaw("I12", `${path} goes from turn ${open.turn} to ${turn}`);
    this.#attempts.set(path, { ...open, state: "working", turn });
  }

  #finish(fact: StoredFact, path: string): void {
    switch (fact.kind) {
      case "subtaskCompleted":
        this.#takeSignal(textAt(fact, "signal"), path);
        return this.#noteEnd(path, fact);
      case "subtaskFailed":
      case "stepSkipped":
      case "stepCompleted":
      case "approvalDecided":
        return this.#noteEnd(path, fact);
      case "scopeClosed":
        this.#expectQuiet(path, `the handler of ${path} is over`);
        this.#holders.delete(path);
        return;
      case "subtaskCanceled":
        return this.#cancel(fact, path);
      case "taskReleased":
        if (this.#attempts.get(path)?.state !== "stopping") this.#flaw("I2", `${path} was released, and nobody had told it to stop`);
        this.#attempts.delete(path);
        return;
      case "compensationEnded":
        // Work that is undone is over as a step already; how often it is undone is looked at elsewhere.
        this.#attempts.delete(`${path}/compensate`);
        return;
    }
  }

  #noteEnd(path: string, fact: StoredFact): void {
    const before = this.#over.get(path);
    const open = this.#attempts.get(path);
    if (before !== undefined) this.#flaw("I2", `fact ${fact.seq}: ${path} is over a second time: ${fact.kind} after ${before}`);
    else if (open !== undefined && open.attempt !== attemptOf(fact) && fact.kind.startsWith("subtask"))
      this.#flaw("I2", `fact ${fact.seq}: ${fact.kind} of ${path} attempt ${attemptOf(fact)}, and ${describe(open)}`);
    else if (open?.state === "retrying" && fact.kind === "subtaskCompleted")
      this.#flaw("I2", `fact ${fact.seq}: ${path} completed, and attempt ${open.attempt} had failed`);
    else if (fact.kind === "subtaskCompleted" && textAt(fact, "agent") !== "" && open === undefined)
      this.#flaw("I2", `fact ${fact.seq}: an agent completed ${path}, which nobody had been given`);
    else this.#mayBeOver(path);
    this.#close(path, fact.kind);
  }

  /** What ends is at work, or begins and ends at once inside of what is. */
  #mayBeOver(path: string): void {
    const isAtWork = this.#attempts.has(path) || this.#holders.has(path) || this.#lists.has(path) || this.#waits.has(path);
    const inner = isAtWork ? null : holderOf(path);
    if (inner !== null) this.#expectAtWork(path, inner);
  }

  #close(path: string, how: string): void {
    this.#expectQuiet(path, `${path} is over`);
    this.#attempts.delete(path);
    this.#holders.delete(path);
    this.#waits.delete(path);
    for (const list of this.#lists) if (list === path || isInside(path, list)) this.#lists.delete(list);
    this.#over.set(path, how);
  }

  #cancel(fact: StoredFact, path: string): void {
    const earlier = this.#attempts.get(path);
    if (this.#over.has(path) && earlier?.state !== "stopping") this.#flaw("I2", `${path} was canceled, and it was over`);
    this.#close(path, "subtaskCanceled");
    if (fact["aborting"] !== true) return;
    if (earlier === undefined) return this.#flaw("I2", `${path} was told to stop, and was not at work`);
    this.#attempts.set(path, { ...earlier, state: "stopping" });
  }

  #takeSignal(name: string | null, path: string): void {
    if (name === null) return;
    const left = (this.#signals.get(name) ?? 0) - 1;
    if (left < 0) this.#flaw("I12", `${path} took a signal "${name}" that had not come, or had been taken`);
    this.#signals.set(name, left);
  }

  /** Nothing inside is at work; what has been told to stop may be. In a run that ends, all are told in any order. */
  #expectQuiet(holder: string, when: string): void {
    if (this.#patienceAt !== null || !(this.#holders.has(holder) || this.#lists.has(holder))) return;
    for (const [path, { state }] of this.#attempts)
      if (state !== "stopping" && isInside(holder, path)) this.#flaw("I5", `${when} while ${path} is ${state}`);
    for (const path of [...this.#waits.keys(), ...this.#holders.keys()])
      if (isInside(holder, path)) this.#flaw("I5", `${when} while ${path} is at work`);
  }

  #expectNoneStopping(fact: StoredFact): void {
    if (this.#isUndoing || fact.at >= (this.#patienceAt ?? 0)) return;
    for (const [path, { state }] of this.#attempts) {
      if (state === "stopping") this.#flaw("I4", `fact ${fact.seq}: ${fact.kind} while ${path} has yet to stop, and there is time`);
    }
  }

  #end(fact: StoredFact): void {
    this.#expectNoneStopping(fact);
    const isEnding = this.#patienceAt !== null;
    for (const [path, { state }] of this.#attempts) {
      if (!isEnding || state !== "stopping") this.#flaw("I4", `the run ended (${fact.kind}) while ${path} was ${state}`);
    }
    if (fact.kind !== "runCompleted") return;
    for (const path of [...this.#holders.keys(), ...this.#lists, ...this.#waits.keys()])
      this.#flaw("I4", `the run completed while ${path} was open`);
  }
}

/** A handler that answers its agent's question leaves the subtask parked. */
export function isAnswering(fact: StoredFact): boolean {
  const handler = textAt(fact, "handler");
  return handler === "onInputRequired" || handler === "onAuthRequired";
}

function describe(open: Attempt | undefined): string {
  return open === undefined ? "none is open" : `attempt ${open.attempt} is ${open.state}`;
}

/** Why the run ends, as it was decided; null for what is no decision. */
export function endingOf(fact: StoredFact): string | null {
  if (fact.kind !== "runEnding") return null;
  const { kind } = objectAt(fact, "ending");
  return typeof kind === "string" ? kind : null;
}
