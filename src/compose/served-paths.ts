/** What is served where: the server itself with a skill for everything, and everything under a path of its own. */
import { cardOfAgent, cardOfServer, cardOfWorkflow, type CardPlace, skillOfWorkflow, skillsOfAgent } from "../a2a/card/make-card.ts";
import { AgentDesk } from "../a2a/server/agent-desk.ts";
import { servedAgent } from "../a2a/server/served-agent.ts";
import type { ServedThing } from "../a2a/server/served-thing.ts";
import { servedWorkflow } from "../a2a/server/served-workflow.ts";
import { isDirect } from "../agents/answers.ts";
import { TuttiError } from "../base/errors.ts";
import type { Definition } from "../definition/definition.ts";
import type { LocalAgent } from "../ports/agents.ts";
import type { Log } from "../ports/log.ts";
import type { GivenWorkflow } from "../runtime/workflows/versions.ts";
import type { ServedPath } from "./serving.ts";

/** What the card of the server says of it. */
export type ServerIdentity = { readonly name?: string; readonly description?: string; readonly version?: string };

/** A workflow with the sub-workflows that it brings along. */
export type WorkflowToServe = { readonly definition: Definition; readonly children: readonly GivenWorkflow[] };

/** Everything of one server. The workers must be registered for the tasks of agents to go on. */
export type ServedParts = {
  readonly desk: AgentDesk;
  readonly workers: readonly LocalAgent[];
  readonly paths: readonly ServedPath[];
};

type ToServe = {
  readonly identity: ServerIdentity;
  readonly agents: readonly LocalAgent[];
  readonly workflows: readonly WorkflowToServe[];
  readonly log: Log;
};

/** Throws T3012 when two have one name, or one skill. */
export function servedParts({ identity, agents, workflows, log }: ToServe): ServedParts {
  const desk = new AgentDesk();
  const served = agents.map((agent) => ({ agent, ...servedAgent({ agent, desk, log, isDirect }) }));
  const agentPaths = served.map(({ agent, thing }): ServedPath => {
    const path = `/agents/${agent.name}`;
    return { path, name: path, things: [thing], cardAt: (place) => cardOfAgent(agent, place) };
  });
  const workflowPaths = workflows.map(({ definition, children }): ServedPath => {
    const path = `/workflows/${definition.name}`;
    const things = [servedWorkflow(definition, children)];
    return { path, name: path, things, cardAt: (place) => cardOfWorkflow(definition, place) };
  });
  const own = [...workflowPaths, ...agentPaths];
  const things = own.flatMap((one) => one.things);
  expectUnique(things);
  const { name = "tutti", description = "Workflows and agents of this server.", version = "1.0.0" } = identity;
  const skills = [...workflows.map(({ definition }) => skillOfWorkflow(definition)), ...agents.flatMap(skillsOfAgent)];
  const cardAt = (place: CardPlace) => cardOfServer({ name, description, version, skills }, place);
  return { desk, workers: served.map(({ worker }) => worker), paths: [{ path: "", name: "server", things, cardAt }, ...own] };
}

/** A message chooses by a skill's name, so there is one of each. */
function expectUnique(things: readonly ServedThing[]): void {
  const seen = new Map<string, string>();
  for (const { skills, definition } of things) {
    for (const skill of skills) {
      const other = seen.get(skill);
      if (other !== undefined) {
        throw new TuttiError("T3012", `"${other}" and "${definition.name}" both have the skill "${skill}", and one server serves them.`, {
          help: "Rename one of them, or serve them by two servers.",
        });
      }
      seen.set(skill, definition.name);
    }
  }
}
