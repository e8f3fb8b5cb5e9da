import type { LocalAgent } from "../../ports/agents.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";
import { FlightWatch } from "./flight-watch.ts";
import { loadFiles } from "../work-files.ts";
import { AssignedWork } from "../work.ts";

/** Nobody hears it. */
const STOPPED: Outcome = {
  kind: "canceled",
  failure: { code: "T4106", message: "The work was stopped before it began.", retryable: false },
};

/** Gives the work to an agent in this process. Rejects when its files cannot be used. */
export function performLocally(context: EffectContext, agent: LocalAgent, flight: Flight, command: Assignment): Promise<Outcome> {
  flight.localAgent = agent.name;
  const work = new AssignedWork(flight.placed, command, agent, flight.begunAt);
  const watch = new FlightWatch(context, flight, command.deliver === "stream");
  if (command.files === undefined) return agent.perform(work, watch);
  return loadFiles(command.files, flight.placed.run.tenant, context.host()).then((files) => {
    work.files = files;
    if (flight.isStopped) return STOPPED;
    return agent.perform(work, watch);
  });
}
