/**
 * How a run ends.
 *
 * 1. A run that completes has no work in flight: losers of a join have acknowledged their cancel, or
 *    patience with them is over. One that fails or is canceled first stops what is
 *    in flight: local work at once, remote tasks by a cancel that is sent until the agent
 *    acknowledges it or `CANCEL_PATIENCE_MS` have gone by. Time in which no process was there does
 *    not count: then the agents are told again.
 * 2. The first decision to end stands; whatever arrives later changes nothing.
 * 3. After the end there are no facts.
 */
import { present } from "../base/assert.ts";
import { CANCEL_PATIENCE_MS } from "../base/limits.ts";
import { asClause } from "../base/text.ts";
import { isUndone } from "./compensate.ts";
import type { Ending } from "./fact.ts";
import { ROOT } from "./path.ts";
import { abort, stopFlight, wasAbsent } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** Decides that the run will end, and stops what is in flight. */
export function beginEnding(turn: Turn, ending: Ending): void {
  if (turn.state.end !== null || turn.state.ending !== null) return;
  const asked = Object.entries(turn.state.waits).flatMap(([path, wait]) => (wait.kind === "approval" ? [{ path, question: wait.id }] : []));
  for (const { path, question } of asked) turn.record({ kind: "subtaskCanceled", path, attempt: 1, aborting: false, question });
  const { budgetQuestion } = turn.state;
  const about = budgetQuestion === null ? {} : { question: budgetQuestion.id };
  turn.record({ kind: "runEnding", ending, patienceAt: turn.at + CANCEL_PATIENCE_MS, ...about });
  for (const [path, flight] of Object.entries(turn.state.flights)) stopFlight(turn, path, flight);
}

/** Ends the run once nothing is left to do. */
export function settleEnding(turn: Turn): void {
  const { state } = turn;
  if (state.ending !== null) {
    if (state.compensating === null && state.abortingCount > 0 && wasAbsent(turn.at, state.ending.patienceAt)) return tellAllAgain(turn);
    const isQuiet = state.compensating !== null || state.abortingCount === 0 || turn.at >= state.ending.patienceAt;
    if (isQuiet && isUndone(turn)) finish(turn, state.ending);
    return;
  }
  if (state.stepsOver === turn.program.steps.length && state.flightCount === 0) complete(turn);
}

/** Agents that have yet to acknowledge their cancel have their time anew. */
export function renewEnding(turn: Turn): void {
  const { patienceAt: _over, ...ending } = present(turn.state.ending, "The run is ending.");
  turn.record({ kind: "runEnding", ending, patienceAt: turn.at + CANCEL_PATIENCE_MS });
}

function tellAllAgain(turn: Turn): void {
  renewEnding(turn);
  for (const [path, flight] of Object.entries(turn.state.flights)) abort(turn, path, flight);
}

function finish(turn: Turn, ending: Ending): void {
  if (ending.kind === "failed") turn.record({ kind: "runFailed", failure: ending.failure });
  else turn.record({ kind: "runCanceled", reason: ending.reason, by: ending.by });
}

function complete(turn: Turn): void {
  const output = turn.program.output(turn.scopeIn(ROOT));
  if (output.ok) return turn.record({ kind: "runCompleted", output: output.value });
  const message = `The run's output has no value: \${{ ${output.error.source} }}: ${asClause(output.error.message)}.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4113", message, retryable: false } });
  settleEnding(turn);
}
