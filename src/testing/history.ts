/** What a history says to a test. Any history can be read, also one from a database. */
import type { Definition } from "../definition/definition.ts";
import { eachStep, longNameOf, type PlacedStep } from "../definition/walk.ts";
import type { Fact } from "../scheduler/index.ts";

/** A history, or something that has one: a `TestRun`, or facts read from any host. */
export type WithHistory = readonly Fact[] | { readonly history: readonly Fact[] };

export function factsOf(from: WithHistory): readonly Fact[] {
  return "history" in from ? from.history : from;
}

/** How often a subtask was given to an agent. Of an `each`, a loop or a branch, the attempts of all that is in it. */
export function attemptsOf(from: WithHistory, path: string): number {
  const assigned = factsOf(from).filter((fact) => fact.kind === "subtaskAssigned");
  const exact = assigned.filter((fact) => fact.path === path).length;
  return exact > 0 ? exact : assigned.filter((fact) => isWithin(fact.path, path)).length;
}

/** The subtasks and steps that began, in this order. */
export function orderOf(from: WithHistory): readonly string[] {
  const begun = factsOf(from).flatMap((fact) => beginningOf(fact) ?? []);
  return [...new Set(begun)];
}

/** Steps that were skipped. */
export function skippedOf(from: WithHistory): readonly string[] {
  return factsOf(from).flatMap((fact) => (fact.kind === "stepSkipped" ? [fact.step] : []));
}

/** From when to when a step was at work, as places in the history; null for an end that has not come. */
export function spanOf(from: WithHistory, path: string): { readonly begin: number; readonly end: number | null } | null {
  const facts = factsOf(from);
  const begin = facts.findIndex((fact) => {
    const place = beginningOf(fact);
    return place !== null && (place === path || isWithin(place, path));
  });
  if (begin === -1) return null;
  const end = facts.findLastIndex((fact) => {
    const place = endOf(fact);
    return place !== null && (place === path || isWithin(place, path));
  });
  return { begin, end: end === -1 ? null : end };
}

/** True for an item, an iteration or an inner step of a path. */
export function isWithin(path: string, outer: string): boolean {
  return path.startsWith(outer) && /^[[#/]/.test(path.slice(outer.length));
}

/** The step or subtask that begins with a fact; what is over at once begins with its end. */
export function beginningOf(fact: Fact): string | null {
  if (fact.kind === "subtaskAssigned") return fact.attempt === 1 ? fact.path : null;
  if (fact.kind === "stepExpanded") return fact.step;
  if (fact.kind === "scopeOpened") return fact.scope === "handler" ? null : fact.path;
  return fact.kind === "waitStarted" || fact.kind === "subtaskCompleted" ? fact.path : null;
}

function endOf(fact: Fact): string | null {
  if (fact.kind === "subtaskCompleted" || fact.kind === "subtaskFailed" || fact.kind === "subtaskCanceled") return fact.path;
  if (fact.kind === "approvalDecided") return fact.path;
  return fact.kind === "stepCompleted" ? fact.step : null;
}

/** Nodes and edges of a workflow, exactly. Inner steps stand under their holder: `draft/review`. */
export type Dag = { readonly nodes: readonly string[]; readonly edges: readonly (readonly [from: string, to: string])[] };

/** The steps of a workflow as a graph, inner steps under their long names, for `expectDag`. */
export function dagOf(definition: Pick<Definition, "steps">): Dag {
  const steps = eachStep(definition).filter(isNode);
  const edges = steps.flatMap((placed): readonly (readonly [string, string])[] => {
    const path = longNameOf(placed);
    const holder = placed.holder === null ? "" : `${longNameOf(placed.holder)}/`;
    return placed.step.needs.map((need) => [`${holder}${need}`, path]);
  });
  return { nodes: steps.map(longNameOf), edges };
}

/** Handlers, compensations and the parts of a plan stand in no graph. */
function isNode({ role, holder }: PlacedStep): boolean {
  return (role === "step" || role === "branch" || role === "agent") && (holder === null || isNode(holder));
}

/** A question that is open: an agent's, an approval, or one of the run itself. */
export type OpenAsk = {
  readonly id: string;
  readonly path: string;
  readonly kind: "question" | "approval" | "budget" | "compensation";
  readonly prompt: string;
  /** Of an approval. */
  readonly to: readonly string[];
};

/** The questions that nobody has answered yet, oldest first. */
export function openAsksOf(from: WithHistory): readonly OpenAsk[] {
  const open = new Map<string, OpenAsk>();
  for (const fact of factsOf(from)) {
    const asked = askOf(fact);
    if (asked !== null) open.set(asked.id, asked);
    for (const ask of open.values()) if (ask !== asked && isAnsweredBy(ask, fact)) open.delete(ask.id);
  }
  return [...open.values()];
}

/** The question that a fact asks. */
export function askOf(fact: Fact): OpenAsk | null {
  if (fact.kind === "questionAsked") return { id: fact.id, path: fact.path, kind: "question", prompt: fact.question.prompt, to: [] };
  if (fact.kind === "waitStarted" && fact.wait === "approval")
    return { id: fact.id, path: fact.path, kind: "approval", prompt: fact.question.prompt, to: fact.to };
  if (fact.kind === "budgetExceeded" && fact.question !== undefined)
    return { id: fact.question, path: fact.path, kind: "budget", prompt: `The budget of ${fact.limit} is used up.`, to: [] };
  if (fact.kind === "compensationFailed")
    return { id: fact.question, path: fact.path, kind: "compensation", prompt: fact.failure.message, to: [] };
  return null;
}

function isAnsweredBy(ask: OpenAsk, fact: Fact): boolean {
  if ("question" in fact && fact.question === ask.id) return true;
  if (fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled") return true;
  return (
    ask.kind !== "budget" &&
    (fact.kind === "subtaskCompleted" || fact.kind === "subtaskFailed" || fact.kind === "subtaskCanceled") &&
    fact.path === ask.path
  );
}
