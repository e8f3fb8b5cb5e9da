/** What a step does, in a few words: for pictures and lists of a workflow. */
import { formatDuration } from "../../base/duration.ts";
import type { Step, Succeed, Target, Template, WaitStep } from "../../definition/definition.ts";
import { nameOfTarget } from "../../definition/target.ts";
import { innerBlockOf, innerStepsOf } from "../../definition/walk.ts";

/** Who does the work, with the skill if one is asked for: `writer: draft`. */
export function describeTarget(target: Target): string {
  const skill = target.kind === "agent" && target.skill !== null ? `: ${target.skill}` : "";
  return `${nameOfTarget(target)}${skill}`;
}

/** The kind of a step and what is most important of it. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "delegate":
      return `${targetWord(step.target)} ${describeTarget(step.target)}`;
    case "parallel":
      return `parallel: ${succeedWords(step.succeed)}`;
    case "group":
      return "steps";
    case "loop":
      return `loop, at most ${step.max} times`;
    case "handoff":
      return `handoff from ${step.start}, at most ${step.max} turns`;
    case "plan":
      return `plan of at most ${step.maxSubtasks} subtasks`;
    case "approval":
      return `approval by ${step.to.join(", ")}`;
    case "aggregate":
      return `aggregate: ${step.strategy}`;
    case "wait":
      return waitWords(step);
    case "set":
      return `set ${Object.keys(step.values).join(", ")}`;
  }
}

/** When several results together are a success. */
export function succeedWords({ rule, withinMs }: Succeed): string {
  const within = withinMs === undefined ? "" : ` within ${formatDuration(withinMs)}`;
  switch (rule.kind) {
    case "all":
      return `all${within}`;
    case "atLeast":
      return `at least ${rule.count}${within}`;
    case "atLeastPercent":
      return `at least ${rule.percent}%${within}`;
    case "first":
      return `the first ${rule.count === 1 ? "one" : rule.count}${within}`;
    case "quorum":
      return `quorum of ${rule.count} on ${rule.on}${within}`;
  }
}

/** The steps inside of a step that are drawn: those of its block, and a planner with its approval. */
export function shownInside(step: Step): readonly { readonly id: string; readonly step: Step }[] {
  const block = Object.entries(innerBlockOf(step)?.steps ?? {}).map(([id, inner]) => ({ id, step: inner }));
  const planned = innerStepsOf(step).filter(({ name }) => name === "makePlan" || name === "approvePlan");
  return [...block, ...planned.map(({ name, step: inner }) => ({ id: name === "makePlan" ? "planner" : "approve", step: inner }))];
}

/** The steps that stand in for a step, or undo it. */
export function handlersOfStep(step: Step): readonly { readonly name: string; readonly step: Step }[] {
  return innerStepsOf(step).filter(({ name }) => name !== "makePlan" && name !== "approvePlan");
}

function targetWord(target: Target): string {
  return target.kind === "sink" ? "emit" : target.kind;
}

function waitWords({ wait }: WaitStep): string {
  switch (wait.kind) {
    case "duration":
      return `wait ${shownTime(wait.value)}`;
    case "instant":
      return `wait until ${shownTime(wait.value)}`;
    case "signal":
      return `wait for the signal ${wait.name}`;
  }
}

function shownTime(value: Template): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
