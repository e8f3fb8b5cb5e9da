/**
 * Workflows of the builder, as runs take them: a definition, and the agents and sub-workflows that were
 * given to it as objects. A definition names them only; this process has them at hand.
 */
import type { AgentObject } from "../../authoring/builder/agent-types.ts";
import type { Buildable } from "../../authoring/builder/block-types.ts";
import type { Definition } from "../../definition/definition.ts";
import type { Agent, RemoteAgent } from "../../ports/agents.ts";
import type { Registry } from "../registry/registry.ts";
import type { GivenWorkflow } from "./versions.ts";

/** A definition, or what the builder makes (requirements B009–B012). */
export type RunnableWorkflow = Definition | Buildable;

/** The definition of a workflow, its agents made known and its sub-workflows at hand. Throws T1… when it is not valid. */
export function takeWorkflow(
  workflow: RunnableWorkflow,
  registry: Registry,
): { readonly definition: Definition; readonly children: readonly GivenWorkflow[] } {
  if (!isBuildable(workflow)) return { definition: workflow, children: [] };
  for (const [name, agent] of workflow.agentObjects) if (isAgent(agent)) registry.lend(name, agent);
  const children = workflow.children.flatMap((child) => {
    const taken = takeWorkflow(child, registry);
    return [{ definition: taken.definition }, ...taken.children];
  });
  return { definition: workflow.build(), children };
}

function isBuildable(workflow: RunnableWorkflow): workflow is Buildable {
  return "build" in workflow;
}

/** Authoring knows agents by their names alone. */
function isAgent(agent: AgentObject): agent is Agent {
  return agent.kind === "local" ? "perform" in agent : "send" in agent;
}

/** The same agent under the name that a workflow has for it: so histories name it as the workflow does. */
export function renamed(agent: RemoteAgent, name: string): RemoteAgent {
  return {
    kind: "remote",
    name,
    url: agent.url,
    ...(agent.limit === undefined ? {} : { limit: agent.limit }),
    describe: (signal) => agent.describe(signal),
    send: (work, intent, signal) => agent.send(work, intent, signal),
    find: (work, intent, signal) => agent.find(work, intent, signal),
    attend: (task, watch) => agent.attend(task, watch),
    cancel: (...asked) => agent.cancel(...asked),
  };
}
