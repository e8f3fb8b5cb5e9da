import type { LocalAgent, Watch, Work } from "../ports/agents.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import { actOf, outcomeOf, usedUp } from "./acts.ts";
import { remoteStandIn } from "./remote-stand-in.ts";
import { Script } from "./script.ts";
import { capabilitiesOf, type ScriptedAgent } from "./scripted.ts";
import { takeTime, type Stage, type StandIn } from "./stage.ts";

/** Makes a script an agent: in this process, or as if behind A2A. */
export function standIn(scriptedAgent: ScriptedAgent, stage: Stage): StandIn {
  const script = new Script(scriptedAgent.behaviours);
  const agent = scriptedAgent.remote ? remoteStandIn(scriptedAgent, script, stage) : localStandIn(scriptedAgent, script, stage);
  return { agent, calls: () => script.calls };
}

function localStandIn(scriptedAgent: ScriptedAgent, script: Script, stage: Stage): LocalAgent {
  const { name } = scriptedAgent;
  return {
    kind: "local",
    name,
    description: "Does what the script of a test says.",
    version: "0.0.0",
    capabilities: capabilitiesOf(scriptedAgent),
    async perform(work: Work, watch: Watch): Promise<Outcome> {
      const behaviour = script.take(work, stage.elapsedMs());
      if (behaviour === null) return usedUp(name, work);
      if (work.exchanges.length === 0) await takeTime(behaviour, stage.clock, watch);
      const act = actOf(behaviour, work);
      const outcome = outcomeOf(act, name, work);
      if (outcome === null) return stopped(watch);
      if ("duplicate" in act) stage.sayAgain(work, name, outcome);
      return outcome;
    },
  };
}

/** Resolves when nobody wants the answer any more. */
async function stopped({ signal }: Watch): Promise<Outcome> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  return { kind: "canceled", failure: { code: "T4106", message: "The work was stopped.", retryable: false } };
}
