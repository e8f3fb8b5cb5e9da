import { present } from "../base/assert.ts";
import type { Command } from "./command.ts";
import { assignmentOf } from "./decide.ts";
import type { Flight, RunState } from "./state.ts";

/**
 * The commands that a run still owes, made from its state alone: what a host performs after a
 * restart. Everything that is not over is here, in a timer, or in a question; so nothing is nowhere
 * (design.md, fact 6).
 */
export function outstanding(state: RunState): Command[] {
  if (state.end !== null) return [];
  return Object.entries(state.flights).flatMap(([path, flight]) => commandOf(path, flight) ?? []);
}

/** True while the run owes commands: then it must be loaded after a restart, else not. */
export function hasOutstanding(state: RunState): boolean {
  return state.end === null && state.flightCount > state.waitingCount;
}

function commandOf(path: string, flight: Flight): Command | null {
  const assignment = assignmentOf(path, flight);
  switch (flight.phase) {
    case "assigned":
      return { kind: "delegate", ...assignment };
    case "intended":
      return {
        kind: "send",
        again: true,
        regardless: flight.resends > 0,
        intent: present(flight.intent, `${path} was intended.`),
        ...assignment,
      };
    case "accepted":
      return flight.task === null ? { kind: "delegate", ...assignment } : { kind: "attend", ...assignment, task: flight.task };
    case "aborting":
      return { kind: "abort", path, attempt: flight.attempt, turn: flight.turn, task: flight.task, intent: flight.intent };
    case "retrying":
    case "waiting":
      return null;
  }
}
