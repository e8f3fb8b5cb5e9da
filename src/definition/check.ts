/**
 * Everything that must hold before a definition can run, found all at once. Paths are those of the
 * file format, so that a file can show the line.
 */
import type { Json } from "../base/json.ts";
import { TuttiError } from "../base/errors.ts";
import { MAX_PROBLEMS } from "../base/limits.ts";
import { CyclicDependencyError } from "../base/named-errors.ts";
import { circleProblems, nameProblems, needsProblems, type NodeInPlace, nodesInPlace, sizeProblems } from "./check-graph.ts";
import { kindProblems } from "./check-kinds.ts";
import { compileRunOutput } from "./compile-output.ts";
import { compileSteps } from "./compile-step.ts";
import type { Definition, JsonSchema, StepId, Target } from "./definition.ts";
import { didYouMean } from "./did-you-mean.ts";
import { unknownStep as missingStep } from "./expression/step-names.ts";
import { below, type DocumentPath, problem, type Problem } from "./problem.ts";
import { compileSchema } from "./schema.ts";
import { eachStep } from "./walk.ts";

/** The problems of a definition; empty when it can run. At most MAX_PROBLEMS are told. */
export function checkDefinition(definition: Definition): readonly Problem[] {
  return problemsOf(definition, schemaChecker());
}

/** The same without a look at the schemas, which costs more than all the rest. */
export function structureProblems(definition: Definition): readonly Problem[] {
  return problemsOf(definition, () => []);
}

function problemsOf(definition: Definition, checkSchema: SchemaChecker): readonly Problem[] {
  const workflow = compileSteps(definition);
  if (workflow === null || workflow.ids.size === 0) return sizeProblems(definition);
  const problems = [...checkSchema(definition.input, ["input"])];
  for (const found of nodesInPlace(workflow)) {
    if (problems.length >= MAX_PROBLEMS) break;
    problems.push(...stepProblems(found, definition), ...schemaProblems(found, checkSchema));
    if (found.node.block !== null) problems.push(...circleProblems(found.node.block));
  }
  const output = compileRunOutput(definition, workflow.names);
  problems.push(...(output.ok ? [] : output.error), ...circleProblems(workflow));
  return problems.slice(0, MAX_PROBLEMS);
}

function stepProblems(found: NodeInPlace, definition: Definition): readonly Problem[] {
  const { node } = found;
  return [...node.problems, ...nameProblems(found), ...needsProblems(found), ...kindProblems(node.step, node, definition)];
}

/** The problems as one error; the first gives the code (errors.md has a section for each). */
export function definitionError(name: string, problems: readonly Problem[]): TuttiError {
  const [first] = problems as readonly [Problem, ...Problem[]];
  const place = first.path.length === 0 ? "" : ` at ${first.path.join(".")}`;
  const more =
    problems.length === 1 ? "" : ` There ${problems.length === 2 ? "is 1 more problem" : `are ${problems.length - 1} more problems`}.`;
  const sentence = `The definition of "${name}" is wrong${place}: ${first.message}${more}`;
  const details = { ...(first.help === null ? {} : { help: first.help }), details: problems.map((found): Json => ({ ...found })) };
  return first.code === "T1303" ? new CyclicDependencyError(sentence, details) : new TuttiError(first.code, sentence, details);
}

/** Agents that steps name, at any depth, and nobody has declared. `known` are those from outside of the definition. */
export function checkAgents(definition: Definition, known: readonly string[] = []): readonly Problem[] {
  const declared = [...Object.keys(definition.agents), ...known];
  const names = new Set(declared);
  const problems: Problem[] = [];
  for (const { step, path, kindPath } of eachStep(definition)) {
    if (step.kind !== "delegate") continue;
    const targets: readonly (readonly [Target, DocumentPath])[] = [
      [step.target, [...kindPath, "agent"]],
      ...step.fallback.map((target, index) => [target, [...path, "fallback", index]] as const),
    ];
    for (const [target, place] of targets) {
      if (target.kind !== "agent" || names.has(target.agent) || problems.length >= MAX_PROBLEMS) continue;
      const help = didYouMean(target.agent, declared) ?? `Declare it under "agents", or write "capability: ${target.agent}".`;
      problems.push(problem({ code: "T1302", message: `unknown agent "${target.agent}".`, help, path: place, declared }));
    }
  }
  return problems;
}

/** A step that is needed and does not exist. */
export function unknownStep(id: StepId, { path, declared }: Pick<Problem, "path" | "declared">): Problem {
  return problem({ ...missingStep(id, declared), path });
}

type SchemaChecker = (schema: JsonSchema | null, path: DocumentPath) => readonly Problem[];

function schemaProblems({ node: { step, path, kindPath } }: NodeInPlace, checkSchema: SchemaChecker): readonly Problem[] {
  const form = step.kind === "approval" ? step.form : null;
  return [...checkSchema(step.output, [...path, "output"]), ...checkSchema(form, [...kindPath, "form"])];
}

/** Checks schemas; equal ones, which generated definitions have by the hundred, only once. */
function schemaChecker(): SchemaChecker {
  const foundByText = new Map<string, Problem | null>();
  return (schema, path) => {
    if (schema === null) return [];
    const text = JSON.stringify(schema);
    let found = foundByText.get(text);
    if (found === undefined) {
      const compiled = compileSchema(schema);
      found = compiled.ok ? null : compiled.error;
      foundByText.set(text, found);
    }
    return found === null ? [] : [below(path, found)];
  };
}
