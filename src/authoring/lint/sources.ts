/** Every expression of a step as it is written, without what it means. */
import type { Step, Template } from "../../definition/definition.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import { expressionsIn, type Placed, placedExpression } from "./placed.ts";

/** Each expression of a step itself; those of steps inside of it are theirs. */
export function expressionsOf({ step, path }: Pick<PlacedStep, "step" | "path">): readonly Placed[] {
  const bare = [step.if, ...step.rules, ...bareOfKind(step)].flatMap((source) => (source === null ? [] : [placedExpression(source, path)]));
  const templates = [step.each?.items ?? null, ...templatesOfKind(step)].flatMap((template) => expressionsIn(template, path));
  return [...bare, ...templates];
}

function bareOfKind(step: Step): readonly string[] {
  const vote = step.succeed?.rule.kind === "quorum" ? [step.succeed.rule.on] : [];
  if (step.kind === "loop") return [...vote, step.until.source];
  if (step.kind === "aggregate") return [...vote, ...[step.key, step.by, step.value].filter((source) => source !== undefined)];
  return vote;
}

function templatesOfKind(step: Step): readonly Template[] {
  switch (step.kind) {
    case "delegate":
      return [step.text, step.with, step.files ?? null].filter((template) => template !== null);
    case "approval":
      return [step.title, step.show].filter((template) => template !== null);
    case "aggregate":
      return [step.from];
    case "wait":
      return step.wait.kind === "signal" ? [] : [step.wait.value];
    case "set":
      return [step.values];
    case "parallel":
    case "group":
    case "loop":
    case "handoff":
    case "plan":
      return [];
  }
}
