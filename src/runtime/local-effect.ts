import type { LocalAgent } from "../ports/agents.ts";
import type { Assignment } from "../scheduler/index.ts";
import type { Progress } from "../scheduler/input.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import type { EffectContext } from "./effects.ts";
import { FlightWatch, type Flight } from "./flight.ts";
import { AssignedWork } from "./work.ts";

/** Gives the work to an agent in this process. */
export function performLocally(context: EffectContext, agent: LocalAgent, flight: Flight, command: Assignment): Promise<Outcome> {
  flight.localAgent = agent.name;
  const work = new AssignedWork(flight.placed, command, agent, flight.begunAt);
  return agent.perform(work, watchOf(context, flight));
}

/** A watch whose reports are inputs of the run. */
export function watchOf(context: EffectContext, flight: Flight): FlightWatch {
  const { run, command } = flight.placed;
  const { path, attempt, turn } = command;
  const report = (progress: Progress) => {
    flight.announce(context.courier);
    if (flight.mayReport(context.clock.now())) context.courier.deliver(run, { kind: "progressed", path, attempt, turn, progress });
  };
  return new FlightWatch(flight, report, (text) => context.host().stream(run, { kind: "chunk", path, attempt, text }));
}
