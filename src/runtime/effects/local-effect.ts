import type { LocalAgent } from "../../ports/agents.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import type { EffectContext } from "./effects.ts";
import { FlightWatch, type Flight } from "./flight.ts";
import { keeperOf } from "./keep-file.ts";
import { loadFiles } from "../work-files.ts";
import { AssignedWork } from "../work.ts";

/** Gives the work to an agent in this process. Rejects when its files cannot be used. */
export function performLocally(context: EffectContext, agent: LocalAgent, flight: Flight, command: Assignment): Promise<Outcome> {
  flight.localAgent = agent.name;
  const work = new AssignedWork(flight.placed, command, agent, flight.begunAt);
  const watch = watchOf(context, flight, command);
  if (command.files === undefined) return agent.perform(work, watch);
  return loadFiles(command.files, flight.placed.run.tenant, context.host()).then((files) => {
    work.files = files;
    return agent.perform(work, watch);
  });
}

/** A watch whose reports are inputs of the run. Pieces of the answer are shown only if the step says so. */
export function watchOf(context: EffectContext, flight: Flight, { deliver }: Pick<Assignment, "deliver">): FlightWatch {
  const { run, command } = flight.placed;
  const { path, attempt, turn } = command;
  const report = (progress: Progress) => {
    flight.announce(context.courier);
    if (flight.mayReport(context.clock.monotonic())) context.courier.deliver(run, { kind: "progressed", path, attempt, turn, progress });
  };
  const show = (text: string) => {
    if (!flight.isStopped) context.host().stream(run, { kind: "chunk", path, attempt, text });
  };
  const wakeUps = () => context.registry.wakeUps;
  return new FlightWatch(flight, { report, show: deliver === "stream" ? show : showNothing, keep: keeperOf(context, flight), wakeUps });
}

function showNothing(): void {
  // The whole answer comes at the end.
}
