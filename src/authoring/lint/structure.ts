/** T1408, T1409 and T1411: what cannot happen, or hardly ends, whatever agents answer. */
import type { AgentBinding, Step, Target } from "../../definition/definition.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import { labelOf, type Linting } from "./linting.ts";

/** Iterations of a loop beyond which a warning asks whether they are meant. */
const MANY_ITERATIONS = 100;

/** T1408: a loop that may go on for very long. */
export function loopProblems({ steps }: Linting): readonly Problem[] {
  return steps.flatMap(({ step, kindPath }) => {
    if (step.kind !== "loop" || step.max <= MANY_ITERATIONS) return [];
    const message = `The loop may run ${step.max} times; more than ${MANY_ITERATIONS} is rarely meant.`;
    return [problem({ code: "T1408", severity: "warning", message, help: "Write a smaller `max`.", path: [...kindPath, "max"] })];
  });
}

/** T1409: a quorum that can never be reached, because too few different agents vote. */
export function quorumProblems(linting: Linting): readonly Problem[] {
  return linting.steps.flatMap((place) => {
    const { step } = place;
    if (step.succeed?.rule.kind !== "quorum") return [];
    const { count } = step.succeed.rule;
    const principals = principalsOf(step, votersOf(step), linting.definition.agents);
    if (principals === null || count <= principals) return [];
    return [
      problem({
        code: "T1409",
        severity: "warning",
        message: `A quorum of ${count} wants ${count} different agents, and "${labelOf(place)}" has only ${principals}: one agent has one vote.`,
        help: "Add another agent, or ask for fewer votes.",
        path: [...(step.kind === "parallel" ? place.kindPath : place.path), "succeed"],
      }),
    ];
  });
}

/** Who votes: a step for each branch, or for each item of a list that is written out; null when that is not known. */
function votersOf(step: Step): readonly Step[] | null {
  if (step.kind === "parallel") return Object.values(step.branches);
  const items = step.each?.items;
  return Array.isArray(items) ? items.map(() => step) : null;
}

/** How many different agents there can be; null when that is not known. */
function principalsOf(step: Step, voters: readonly Step[] | null, agents: Bindings): number | null {
  if (voters === null) return principalOf(step, agents) === null ? null : 1;
  const names = voters.map((voter) => principalOf(voter, agents));
  return names.filter((name) => name === null).length + new Set(names.filter((name) => name !== null)).size;
}

type Bindings = { readonly [name: string]: AgentBinding };

/** One agent under any name; null for whoever the registry finds, and for more than one agent. */
function principalOf(step: Step, agents: Bindings): string | null {
  if (step.kind !== "delegate" || step.target.kind !== "agent") return null;
  const { agent } = step.target;
  const binding = agents[agent];
  if (binding === undefined) return `name ${agent}`;
  switch (binding.kind) {
    case "card":
      return `card ${binding.url}`;
    case "module":
      return `module ${binding.specifier}`;
    case "local":
      return `local ${binding.name}`;
    case "capability":
      return null;
  }
}

/** T1411: agents that are declared and never used. With a capability anywhere, the registry may choose any of them. */
export function unusedAgentProblems({ definition, steps }: Linting): readonly Problem[] {
  const used = new Set<string>();
  for (const { step } of steps) {
    if (step.kind === "plan") return [];
    if (step.kind !== "delegate") continue;
    for (const target of [step.target, ...step.fallback]) {
      if (target.kind === "capability") return [];
      if (isAgent(target)) used.add(target.agent);
    }
  }
  return Object.entries(definition.agents).flatMap(([name, binding]) => {
    if (used.has(name) || binding.kind === "capability") return [];
    const help = "Take it out, or use it.";
    return [
      problem({
        code: "T1411",
        severity: "warning",
        message: `The agent "${name}" is never used.`,
        help,
        path: ["agents", name],
        at: "key",
      }),
    ];
  });
}

function isAgent(target: Target): target is Extract<Target, { kind: "agent" }> {
  return target.kind === "agent";
}
