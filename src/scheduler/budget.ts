/**
 * The run's budget (issue 3): counted where it is spent, looked at before anything new is given to an
 * agent. What is at work goes on. With `onExceeded: ask` the run is paused until a person decides.
 */
import { MAX_HOPS } from "../base/limits.ts";
import type { Budget } from "../definition/definition.ts";
import { decisionOf } from "./approval.ts";
import { beginEnding } from "./ending.ts";
import type { BudgetName } from "./fact.ts";
import type { Path } from "./input.ts";
import { resumeRun } from "./pause.ts";
import { type Decision, questionId } from "./questions.ts";
import type { RunState } from "./state.ts";
import type { Turn } from "./turn.ts";

type Exceeded = { readonly limit: BudgetName; readonly spent: number; readonly allowed: number };

/** True when one more attempt may begin; otherwise the run has been stopped or a person asked. */
export function budgetAllows(turn: Turn, path: Path): boolean {
  const { budget } = turn.program.definition;
  // What undoes is never held back.
  if (budget === undefined || turn.state.ending !== null) return true;
  const exceeded = exceededBy(turn.state, budget, turn.at, turn.state.flights[path] === undefined);
  if (exceeded === null) return true;
  if (budget.onExceeded === "ask") {
    // One that was withdrawn and one that is asked after it are two: each is settled once.
    const question = questionId(turn, "budget", exceeded.limit, turn.state.seq);
    turn.record({ kind: "budgetExceeded", path, ...exceeded, question });
    return false;
  }
  turn.record({ kind: "budgetExceeded", path, ...exceeded });
  const message = `The run's budget is used up before ${path}: ${describe(exceeded)}.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4120", message, retryable: false, details: { ...exceeded } } });
  return false;
}

/** A request that has passed too many orchestrators goes in a circle; the run ends before it does anything. */
export function hopsAllow(turn: Turn): boolean {
  const { hops } = turn.state;
  const allowed = turn.program.definition.budget?.hops ?? MAX_HOPS;
  if (hops <= allowed) return true;
  const message = `The request has passed ${hops} orchestrators; the limit is ${allowed}.`;
  beginEnding(turn, {
    kind: "failed",
    failure: { code: "T4120", message, retryable: false, details: { limit: "hops", spent: hops, allowed } },
  });
  return false;
}

/** A person grants the budget once more, or ends the run. */
export function decideBudget(turn: Turn, { question, answer, by }: Decision): void {
  const decided = decisionOf(answer);
  if (decided === null) return;
  if (decided.decision === "approved") {
    const isPaused = turn.state.pausedBesides === true;
    turn.record({ kind: "budgetGranted", question, by });
    return isPaused ? undefined : resumeRun(turn, by);
  }
  const message = `The run's budget is used up, and ${by} did not grant it again.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4120", message, retryable: false } });
}

function exceededBy(state: RunState, budget: Budget, at: number, isNew: boolean): Exceeded | null {
  const { spent, grants, granted } = state;
  const counts: readonly (readonly [Exclude<BudgetName, "depth">, number | undefined, number])[] = [
    ["attempts", budget.attempts, spent.attempts],
    ["subtasks", isNew ? budget.subtasks : undefined, spent.subtasks],
    ["wallMs", budget.wallMs, at - state.startedAt],
    ["tokens", budget.tokens, spent.tokens],
    ["cost", budget.cost, spent.cost],
  ];
  for (const [limit, each, used] of counts) {
    const allowed = each === undefined ? Infinity : Math.max(each * (grants + 1), (granted?.[limit] ?? 0) + each);
    if (used >= allowed) return { limit, spent: used, allowed };
  }
  return null;
}

function describe({ limit, spent, allowed }: Exceeded): string {
  return limit === "wallMs" ? `${spent} ms of ${allowed} ms have gone by` : `${spent} of ${allowed} ${limit}`;
}
