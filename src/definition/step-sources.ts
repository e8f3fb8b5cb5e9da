/**
 * The expressions and templates of one step, as they are written: which there are, where each stands
 * in the file format, and how far in. Whoever looks at all of them does it through here.
 */
import type { Expression, Step, Template } from "./definition.ts";
import type { DocumentPath } from "./problem.ts";
import type { PartName } from "./program.ts";
import type { StepPlace } from "./walk.ts";

/** What a value is for: what any step may have, and the parts of a kind. */
export type SourceName = "condition" | "items" | "text" | "with" | "rule" | PartName;

/** Where a value stands: outside of the step's `each`, at one item of it, or among the steps that it holds. */
export type Level = "around" | "item" | "inside";

export type StepSource = { readonly name: SourceName; readonly path: DocumentPath; readonly level: Level } & (
  | { readonly kind: "expression"; readonly source: Expression }
  | { readonly kind: "template"; readonly template: Template }
);

/** Every expression and template of a step itself; those of steps inside of it are theirs. */
export function sourcesOf(step: Step, place: StepPlace): readonly StepSource[] {
  const { path } = place;
  const found: StepSource[] = [];
  if (step.if !== null) found.push(expression("condition", step.if, [...path, "if"], "around"));
  if (step.each !== null) found.push(template("items", step.each.items, [...path, "each"], "around"));
  if (step.succeed?.rule.kind === "quorum") {
    // Items are compared after all of them, so their votes see none; each item of a parallel step has its own branches.
    const [above, level] = step.kind === "parallel" ? ([place.kindPath, "item"] as const) : ([path, "around"] as const);
    found.push(expression("vote", step.succeed.rule.on, [...above, "succeed", "on"], level));
  }
  addOfKind(step, place, found);
  for (const [index, rule] of step.rules.entries()) found.push(expression("rule", rule, [...path, "rules", index]));
  return found;
}

function addOfKind(step: Step, { path, kindPath }: StepPlace, found: StepSource[]): void {
  switch (step.kind) {
    case "delegate":
      if (step.text !== null) found.push(template("text", step.text, [...path, "text"]));
      // The payload of an event is its `with`.
      if (step.with !== null)
        found.push(template("with", step.with, step.target.kind === "sink" ? [...path, "emit", "data"] : [...path, "with"]));
      if (step.files !== undefined) found.push(template("files", step.files, [...path, "files"]));
      break;
    case "loop":
      found.push(expression("until", step.until.source, [...kindPath, step.until.kind === "condition" ? "until" : "score"], "inside"));
      break;
    case "approval":
      found.push(template("title", step.title, [...kindPath, "title"]));
      if (step.show !== null) found.push(template("show", step.show, [...kindPath, "show"]));
      break;
    case "aggregate":
      found.push(template("from", step.from, [...kindPath, "from"]));
      for (const name of ["key", "by", "value"] as const) {
        const source = step[name];
        if (source !== undefined) found.push(expression(name, source, [...kindPath, name]));
      }
      break;
    case "wait":
      if (step.wait.kind !== "signal")
        found.push(template("wait", step.wait.value, [...path, "wait", step.wait.kind === "duration" ? "for" : "until"]));
      break;
    case "set":
      found.push(template("values", step.values, [...path, "set"]));
      break;
    case "parallel":
    case "group":
    case "handoff":
    case "plan":
      break;
  }
}

function expression(name: SourceName, source: Expression, path: DocumentPath, level: Level = "item"): StepSource {
  return { kind: "expression", name, source, path, level };
}

function template(name: SourceName, value: Template, path: DocumentPath, level: Level = "item"): StepSource {
  return { kind: "template", name, template: value, path, level };
}
