import type { Fact } from "../scheduler/index.ts";
import { isWithin } from "./history.ts";

/**
 * What a subtask that is not over waits for: somebody at work, a time, or a word from outside that no
 * passing of time brings. `child`: a run of its own, which is looked at itself.
 */
type Opening = "work" | "time" | "outside" | "child";

/** What the runs of a test wait for, folded from their facts. */
export class Openings {
  readonly #byPlace = new Map<string, Opening>();
  readonly #paused = new Set<string>();

  /** True when nothing happens any more unless somebody acts, or a time limit runs out. */
  get isUpToOthers(): boolean {
    const openings = new Set(this.#byPlace.values());
    if (openings.has("work")) return false;
    return this.#paused.size > 0 || (openings.has("outside") && !openings.has("time"));
  }

  apply(run: string, fact: Fact): void {
    if (fact.kind === "runPaused") this.#paused.add(run);
    if (fact.kind === "runResumed" || fact.kind === "runEnding") this.#paused.delete(run);
    if (fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled") return this.#close(run);
    // Whatever a closed scope still held is not waited for any more.
    if (fact.kind === "scopeClosed") this.#remove((path) => isWithin(path, fact.path), run);
    const change = changeOf(fact);
    if (change === null) return;
    const place = `${run} ${change.path}`;
    if (change.opening === null) this.#byPlace.delete(place);
    else this.#byPlace.set(place, change.opening);
  }

  #close(run: string): void {
    this.#paused.delete(run);
    this.#remove(() => true, run);
  }

  #remove(isGone: (path: string) => boolean, run: string): void {
    for (const place of this.#byPlace.keys()) {
      if (place.startsWith(`${run} `) && isGone(place.slice(run.length + 1))) this.#byPlace.delete(place);
    }
  }
}

type Change = { readonly path: string; readonly opening: Opening | null };

function changeOf(fact: Fact): Change | null {
  switch (fact.kind) {
    case "subtaskAssigned":
      return { path: fact.path, opening: fact.target.kind === "workflow" ? "child" : "work" };
    case "questionAnswered":
    case "attemptTimedOut":
    case "attemptRefused":
      return { path: fact.path, opening: "work" };
    case "questionAsked":
      return { path: fact.path, opening: "outside" };
    case "attemptFailed":
      return { path: fact.path, opening: "time" };
    case "waitStarted":
      return { path: fact.path, opening: fact.wait === "time" ? "time" : "outside" };
    case "subtaskCanceled":
      return { path: fact.path, opening: fact.aborting ? "work" : null };
    case "subtaskCompleted":
    case "subtaskFailed":
    case "taskReleased":
    case "approvalDecided":
      return { path: fact.path, opening: null };
    case "compensationEnded":
      return { path: `${fact.path}/compensate`, opening: null };
    case "budgetExceeded":
      return fact.question === undefined ? null : { path: `question ${fact.question}`, opening: "outside" };
    case "budgetGranted":
      return { path: `question ${fact.question}`, opening: null };
    case "compensationFailed":
      return { path: `${fact.path}/compensate`, opening: "outside" };
    case "scopeOpened":
      // A handler stands in for its step, or answers its agent: until it is over, only it is waited for.
      return fact.scope === "handler" ? { path: fact.path, opening: null } : null;
    case "runStarted":
    case "stepSkipped":
    case "stepExpanded":
    case "stepCompleted":
    case "scopeClosed":
    case "iterationStarted":
    case "planAccepted":
    case "approvalReminded":
    case "messageReceived":
    case "signalReceived":
    case "contextChanged":
    case "messageIntended":
    case "subtaskAccepted":
    case "subtaskProgressed":
    case "messageResent":
    case "subtaskQueued":
    case "runPaused":
    case "runResumed":
    case "runEnding":
    case "runCompensating":
    case "runCompleted":
    case "runFailed":
    case "runCanceled":
      return null;
  }
}
