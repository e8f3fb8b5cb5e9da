/**
 * Nothing is forgotten until the run's own time is up: whatever had an instant, fired soon after it
 * (the other side of I9). A process may be away or asleep for a while, and pauses make clocks stand
 * still, so only what is very late counts.
 *
 * Nothing new begins in a pause.
 */
import type { StoredFact } from "../evidence.ts";
import { type Flaw, numberAt, pathOf, textAt } from "./facts.ts";
import { isAnswering } from "./work.ts";

/** More than a process of the world is ever away, all its lives together. */
const PATIENCE_MS = 3 * 3_600_000;
const NEW: ReadonlySet<string> = new Set(["subtaskAssigned", "waitStarted", "stepExpanded"]);

export class Late {
  readonly #flaw: Flaw;
  readonly #dueAt = new Map<string, number>();
  #pausedAt: number | null = null;
  #pausedMs = 0;

  constructor(flaw: Flaw) {
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const path = pathOf(fact);
    if (this.#pausedAt !== null && NEW.has(fact.kind)) this.#flaw("pause", `fact ${fact.seq}: ${fact.kind} of ${path} in a pause`);
    switch (fact.kind) {
      case "subtaskAssigned":
      case "messageResent":
      case "questionAnswered":
        return this.#arm(path, numberAt(fact, "deadlineAt"));
      case "attemptFailed":
        return this.#arm(path, numberAt(fact, "retryAt"));
      case "attemptTimedOut":
      case "attemptRefused":
      case "subtaskCanceled":
        return this.#arm(path, numberAt(fact, "patienceAt"));
      case "waitStarted":
        return this.#arm(path, numberAt(fact, "until"));
      case "scopeOpened":
        return isAnswering(fact) ? undefined : this.#arm(path, null);
      case "questionAsked":
      case "subtaskQueued":
      case "subtaskCompleted":
      case "subtaskFailed":
      case "approvalDecided":
      case "taskReleased":
        return this.#arm(path, null);
      case "budgetExceeded":
        if (textAt(fact, "question") !== null) this.#pausedAt ??= fact.at;
        return;
      case "runPaused":
        this.#pausedAt ??= fact.at;
        return;
      case "runResumed":
        this.#pausedMs += fact.at - (this.#pausedAt ?? fact.at);
        this.#pausedAt = null;
        return;
      case "runEnding":
        return this.#end(fact);
    }
  }

  #arm(path: string, at: number | null): void {
    if (at === null) this.#dueAt.delete(path);
    else this.#dueAt.set(path, at);
  }

  #end(fact: StoredFact): void {
    if (this.#pausedAt === null) {
      for (const [path, dueAt] of this.#dueAt) {
        const lateMs = fact.at - dueAt - this.#pausedMs;
        if (lateMs > PATIENCE_MS) this.#flaw("I10", `${path} was due ${lateMs} ms before the run ended, and nothing came of it`);
      }
    }
    this.#dueAt.clear();
    this.#pausedAt = null;
  }
}
