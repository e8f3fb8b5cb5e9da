/** The end of a run, as its last fact tells it. */
import type { Fact } from "./fact.ts";
import type { RunEnd } from "./state.ts";

export type Ended = Extract<Fact, { kind: "runCompleted" | "runFailed" | "runCanceled" }>;

/** True for a fact after which there is none. */
export function isEnd(fact: Fact): fact is Ended {
  return fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled";
}

export function endOf(fact: Ended): RunEnd {
  switch (fact.kind) {
    case "runCompleted":
      return { kind: "completed", at: fact.at, output: fact.output };
    case "runFailed":
      return { kind: "failed", at: fact.at, failure: fact.failure };
    case "runCanceled":
      return { kind: "canceled", at: fact.at, reason: fact.reason, by: fact.by };
  }
}
