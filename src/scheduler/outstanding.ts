import { present } from "../base/assert.ts";
import type { Command } from "./command.ts";
import type { Program } from "../definition/program.ts";
import { delegationOf, type Source } from "./assignment.ts";
import type { Path } from "./input.ts";
import type { Flight, RunState } from "./state.ts";
import { abortOf } from "./stop.ts";

/**
 * The commands that a run still owes, made from its state alone: what a host performs after a
 * restart. Everything that is not over is here, in a timer, or in a question; so nothing is nowhere
 * (design.md, fact 6).
 */
export function outstanding(state: RunState, program: Program): Command[] {
  if (state.end !== null) return [];
  const source = { program, state };
  return Object.entries(state.flights).flatMap(([path, flight]) => commandsOf(source, path, flight));
}

/** True while the run owes commands: then it must be loaded after a restart, else not. */
export function hasOutstanding(state: RunState): boolean {
  return state.end === null && state.flightCount > state.waitingCount;
}

function commandsOf(source: Source, path: Path, flight: Flight): readonly Command[] {
  const { task, intent } = flight;
  switch (flight.phase) {
    case "assigned":
      return [delegationOf(source, path), ...steeringOf(source.state, path, flight)];
    case "intended":
      return [
        {
          ...delegationOf(source, path),
          kind: "send",
          again: true,
          regardless: flight.resends > 0,
          intent: present(intent, `${path} was intended.`),
        },
      ];
    case "accepted":
      if (task !== null) return [{ ...delegationOf(source, path), kind: "attend", task }];
      return [delegationOf(source, path), ...steeringOf(source.state, path, flight)];
    case "aborting":
      return [abortOf(path, flight)];
    case "retrying":
    case "waiting":
      return [];
  }
}

/** A sub-workflow of a run that is or was paused may not have heard of the pause, or of its end. */
function steeringOf({ pausedAt }: RunState, path: Path, { target, attempt, turn, wasPaused }: Flight): readonly Command[] {
  if (target.kind !== "workflow" || (pausedAt === null && wasPaused !== true)) return [];
  return [{ kind: "steer", path, attempt, turn, paused: pausedAt !== null }];
}
