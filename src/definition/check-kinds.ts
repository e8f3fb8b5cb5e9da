/** What must hold for the kinds of step, besides their expressions: counts, names, paths and times. */
import { durationOf, formatDuration } from "../base/duration.ts";
import { parseInstant } from "../base/instant.ts";
import { isJsonArray, type Json } from "../base/json.ts";
import { MIN_REMINDER_MS } from "../base/limits.ts";
import { contextPathHelp } from "./context-path.ts";
import type { ApprovalStep, DelegateStep, Definition, HandoffStep, ParallelStep, SetStep, Step, Succeed, WaitStep } from "./definition.ts";
import { HANDLER_NAMES } from "./definition.ts";
import { splitTemplate } from "./expression/split-template.ts";
import { unknownStep } from "./expression/step-names.ts";
import { type DocumentPath, problem, type Problem } from "./problem.ts";
import { innerBlockOf, innerStepsOf, type StepPlace } from "./walk.ts";

/** What is wrong with a step by itself. */
export function kindProblems(step: Step, place: StepPlace, definition: Pick<Definition, "agents">): readonly Problem[] {
  return [...joinProblems(step, place, definition), ...contextProblems(step, place), ...ownProblems(step, place)];
}

function ownProblems(step: Step, place: StepPlace): readonly Problem[] {
  const block = innerBlockOf(step);
  if (block !== null && Object.keys(block.steps).length === 0) {
    return [empty("A step that holds steps has none.", "Give it at least one.", [...place.path, ...block.keys])];
  }
  switch (step.kind) {
    case "handoff":
      return startProblems(step, place);
    case "plan":
      if (step.capabilities.length > 0) return [];
      return [empty("The plan may ask for nothing.", "List under `allow` what its subtasks may ask for.", [...place.kindPath, "allow"])];
    case "wait":
      return waitProblems(step, place);
    case "set":
      return setProblems(step, place);
    case "approval":
      return reminderProblems(step, place);
    case "delegate":
    case "parallel":
    case "group":
    case "loop":
    case "aggregate":
      return [];
  }
}

/** Reminders go to people, and each is a fact of the history. */
function reminderProblems({ remindMs }: ApprovalStep, { kindPath }: StepPlace): readonly Problem[] {
  if (remindMs === null || remindMs >= MIN_REMINDER_MS) return [];
  const message = `Reminders every ${formatDuration(remindMs)} are too many.`;
  const help = `The shortest time between two is ${formatDuration(MIN_REMINDER_MS)}.`;
  return [problem({ code: "T1011", message, help, path: [...kindPath, "remind"] })];
}

function empty(message: string, help: string, path: DocumentPath): Problem {
  return problem({ code: "T1012", message, help, path });
}

function startProblems(step: HandoffStep, { kindPath }: StepPlace): readonly Problem[] {
  if (Object.hasOwn(step.agents, step.start)) return [];
  const { help, declared } = unknownStep(step.start, Object.keys(step.agents));
  const message = `"${step.start}" cannot begin: it is none of the agents that hand over to each other.`;
  return [problem({ code: "T1301", message, help, declared, path: [...kindPath, "start"] })];
}

/** A join whose count no result can reach (workflow-language.md, The linter). */
function joinProblems(step: Step, place: StepPlace, { agents }: Pick<Definition, "agents">): readonly Problem[] {
  if (step.succeed === undefined) return [];
  const path = [...(step.kind === "parallel" ? place.kindPath : place.path), "succeed"];
  const wrong = countProblem(step.succeed, path);
  if (wrong !== null) return [wrong];
  const wanted = countOf(step.succeed);
  const there = step.kind === "parallel" ? Object.keys(step.branches).length : itemCount(step.each?.items ?? null);
  const what = step.kind === "parallel" ? "branches" : "items";
  if (there !== null && there > 0 && wanted > there) {
    return [neverReached(`It wants ${wanted} results, and there are only ${there} ${what}.`, `Ask for at most ${there}.`, path)];
  }
  if (step.kind !== "parallel" || step.succeed.rule.kind !== "quorum") return [];
  const voters = voterCount(step, agents);
  if (wanted <= voters) return [];
  const message = `It wants ${wanted} agents that agree, and has only ${voters} different one${voters === 1 ? "" : "s"}.`;
  return [neverReached(message, "An agent has one vote, in however many branches it stands.", path)];
}

function countProblem({ rule }: Succeed, path: DocumentPath): Problem | null {
  if (rule.kind === "all") return null;
  if (rule.kind === "atLeastPercent") {
    if (rule.percent > 0 && rule.percent <= 100) return null;
    const message = `A join wants ${rule.percent} % of the results.`;
    return problem({ code: "T1305", message, help: "Ask for more than 0 % and at most 100 %.", path });
  }
  if (Number.isInteger(rule.count) && rule.count > 0) return null;
  return problem({ code: "T1305", message: `A join wants ${rule.count} results.`, help: "Ask for one result or more.", path });
}

/** How many results a join wants at least, as far as that does not depend on a run. */
function countOf({ rule }: Succeed): number {
  return rule.kind === "all" || rule.kind === "atLeastPercent" ? 0 : rule.count;
}

function neverReached(message: string, help: string, path: DocumentPath): Problem {
  return problem({ code: "T1305", message, help, path });
}

/** How many items a list has that stands in the definition itself; null for one that is computed. */
function itemCount(items: Json): number | null {
  return isJsonArray(items) ? items.length : null;
}

/** Branches that surely ask the same agent count once (requirement W160: no quorum by one agent with two names). */
function voterCount(step: ParallelStep, agents: Definition["agents"]): number {
  const voters = new Set<string>();
  for (const [id, branch] of Object.entries(step.branches)) {
    const agent = onlyAgentOf(branch, agents);
    voters.add(agent === null ? `branch ${id}` : `agent ${agent}`);
  }
  return voters.size;
}

/** The one agent whose work the result of a step surely is; null when it may be another's, or that of several. */
function onlyAgentOf(step: Step, agents: Definition["agents"]): string | null {
  if (step.each !== null) return null;
  const standIns = innerStepsOf(step).flatMap((inner) => (STAND_INS.has(inner.name) ? [inner.step] : []));
  const work = [...Object.values(innerBlockOf(step)?.steps ?? {}), ...standIns];
  const found = new Set(step.kind === "delegate" ? [targetOf(step, agents)] : []);
  // What may be left out leaves a step in which nobody was at work.
  for (const inner of work) found.add(inner.if === null && inner.critical ? onlyAgentOf(inner, agents) : null);
  const [only = null] = found;
  return found.size === 1 ? only : null;
}

/** Handlers whose output takes the place of the step's own. */
const STAND_INS: ReadonlySet<string> = new Set(HANDLER_NAMES.filter((name) => name !== "onInputRequired" && name !== "onAuthRequired"));

function targetOf({ target, fallback }: DelegateStep, agents: Definition["agents"]): string | null {
  if (target.kind !== "agent" || fallback.length > 0) return null;
  const binding = agents[target.agent];
  return binding === undefined || binding.kind === "capability" ? null : target.agent;
}

function contextProblems({ context }: Step, { path }: StepPlace): readonly Problem[] {
  if (context === undefined) return [];
  return (["read", "write"] as const).flatMap((key) =>
    context[key].flatMap((contextPath, index) => pathProblems(contextPath, [...path, "context", key, index], "value")),
  );
}

function setProblems({ values }: SetStep, { path }: StepPlace): readonly Problem[] {
  const paths = Object.keys(values);
  if (paths.length === 0) return [empty("It writes nothing.", "Write a path and its value.", [...path, "set"])];
  const wrong = paths.flatMap((contextPath) => pathProblems(contextPath, [...path, "set", contextPath], "key"));
  // With a dot at its end, a path sorts directly before those that begin with it.
  const sorted = paths.map((contextPath) => `${contextPath}.`).toSorted();
  const inside = sorted.filter((contextPath, index) => index > 0 && contextPath.startsWith(sorted[index - 1] as string));
  return [...wrong, ...inside.map((contextPath) => overlapping(contextPath.slice(0, -1), path))];
}

function overlapping(contextPath: string, path: DocumentPath): Problem {
  return problem({
    code: "T1014",
    message: `"${contextPath}" is a part of another path that is written here.`,
    help: "Write the whole value under one of them: what stands in an object has no order.",
    path: [...path, "set", contextPath],
    at: "key",
  });
}

function pathProblems(contextPath: string, path: DocumentPath, at: Problem["at"]): readonly Problem[] {
  const help = contextPathHelp(contextPath);
  if (help === null) return [];
  return [problem({ code: "T1014", message: `"${contextPath}" cannot be a path in the run's context.`, help, path, at })];
}

/** Times that stand in the definition itself; one that is computed is known only in a run. */
function waitProblems({ wait }: WaitStep, { path }: StepPlace): readonly Problem[] {
  if (wait.kind === "signal") {
    return wait.name === "" ? [empty("The signal has no name.", "Write its name after `signal`.", [...path, "wait", "signal"])] : [];
  }
  if (isComputed(wait.value)) return [];
  const isDuration = wait.kind === "duration";
  const read = isDuration ? durationOf(wait.value) : parseInstant(wait.value);
  if (read.ok) return [];
  const [code, key] = isDuration ? (["T1015", "for"] as const) : (["T1011", "until"] as const);
  return [problem({ code, message: read.error, path: [...path, "wait", key] })];
}

/** Whether a value holds an expression, or a mistake in one. */
function isComputed(value: Json): boolean {
  const split = typeof value === "string" ? splitTemplate(value) : null;
  return split !== null && (!split.ok || split.value.some((part) => part.kind === "expression"));
}
