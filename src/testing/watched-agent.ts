import type { LocalAgent } from "../ports/agents.ts";
import type { CallRecord } from "./behaviour.ts";
import type { Busy } from "./busy.ts";
import type { Stage, StandIn } from "./stage.ts";

/** A real agent, with an eye on when it is at work and on what it is asked. */
export function watched(agent: LocalAgent, busy: Busy, stage: Stage, earlier: readonly CallRecord[]): StandIn {
  const calls = [...earlier];
  const { kind, name, description, version, capabilities } = agent;
  const made: LocalAgent = {
    kind,
    name,
    description,
    version,
    capabilities,
    perform(work, watch) {
      const { capability, input, text, assignment } = work;
      const { subtask_id: path, attempt } = assignment;
      if (work.exchanges.length === 0) calls.push({ path, attempt, capability, input, text, atMs: stage.elapsedMs() });
      return busy.during(name, agent.perform(work, watch), watch.signal);
    },
  };
  return { agent: made, calls: () => calls };
}
