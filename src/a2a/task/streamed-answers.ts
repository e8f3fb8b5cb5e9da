/**
 * Which answers are being streamed, and what of them was told. A piece may come late: after its attempt
 * has failed, or its subtask is over, when it would spoil what has taken its place.
 */
import type { StreamedChunk } from "../../ports/host.ts";
import type { Fact } from "../../scheduler/index.ts";

/** An attempt at work. `isTold`: pieces of its answer are with the readers. */
type Attempt = { readonly number: number; isTold: boolean };

/** What an attempt takes with its path. */
const ATTEMPT_BYTES = 150;

export class StreamedAnswers {
  readonly #byPath = new Map<string, Attempt>();

  /** For a reader to whom no piece was told yet. */
  copy(): StreamedAnswers {
    const copy = new StreamedAnswers();
    for (const [path, { number }] of this.#byPath) copy.#byPath.set(path, { number, isTold: false });
    return copy;
  }

  /** About how much memory they take. */
  get byteCount(): number {
    return this.#byPath.size * ATTEMPT_BYTES;
  }

  /** True when the fact ends a subtask of whose answer pieces were told. */
  follow(fact: Fact): boolean {
    switch (fact.kind) {
      case "subtaskAssigned":
        this.#byPath.set(fact.path, { number: fact.attempt, isTold: false });
        return false;
      case "subtaskCompleted":
      case "subtaskFailed":
      case "subtaskCanceled":
      case "attemptFailed":
      case "taskReleased": {
        const attempt = this.#byPath.get(fact.path);
        this.#byPath.delete(fact.path);
        return attempt?.isTold === true;
      }
      case "runStarted":
      case "stepSkipped":
      case "stepExpanded":
      case "stepCompleted":
      case "scopeOpened":
      case "scopeClosed":
      case "iterationStarted":
      case "planAccepted":
      case "waitStarted":
      case "approvalReminded":
      case "approvalDecided":
      case "messageReceived":
      case "signalReceived":
      case "contextChanged":
      case "budgetExceeded":
      case "budgetGranted":
      case "subtaskQueued":
      case "messageIntended":
      case "subtaskAccepted":
      case "subtaskProgressed":
      case "questionAsked":
      case "questionAnswered":
      case "attemptTimedOut":
      case "attemptRefused":
      case "messageResent":
      case "runPaused":
      case "runResumed":
      case "runEnding":
      case "runCompensating":
      case "compensationEnded":
      case "compensationFailed":
      case "runCompleted":
      case "runFailed":
      case "runCanceled":
        return false;
    }
  }

  /** A piece of an answer; null when its attempt is not at work. `isFirst`: it begins its attempt's answer anew. */
  take({ path, attempt }: StreamedChunk): { readonly isFirst: boolean } | null {
    const known = this.#byPath.get(path);
    if (known === undefined || known.number !== attempt) return null;
    const isFirst = !known.isTold;
    known.isTold = true;
    return { isFirst };
  }
}
