/**
 * Everything that must hold before a definition can run, found all at once. Paths are those of the
 * file format, so that a file can show the line.
 */
import { TuttiError } from "../base/errors.ts";
import { CyclicDependencyError } from "../base/named-errors.ts";
import { MAX_STEPS } from "../base/limits.ts";
import { canonicalJson, type Json } from "../base/json.ts";
import { compileRunOutput } from "./compile-output.ts";
import { type CompiledStep, compileStep, partsOf } from "./compile-step.ts";
import type { Definition, JsonSchema, Step, StepId, Target } from "./definition.ts";
import { didYouMean } from "./did-you-mean.ts";
import { ROOT_NAMES } from "./expression/names.ts";
import { isForbiddenName } from "./expression/value.ts";
import { orderOf } from "./graph.ts";
import { below, type DocumentPath, problem, type Problem } from "./problem.ts";
import { compileSchema } from "./schema.ts";

const STEP_ID = /^[a-z][a-z0-9_]{0,63}$/;
const AS_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Words that CEL keeps for itself (CEL specification, Syntax). */
const RESERVED: ReadonlySet<string> = new Set([
  "as",
  "break",
  "const",
  "continue",
  "else",
  "false",
  "for",
  "function",
  "if",
  "import",
  "in",
  "let",
  "loop",
  "namespace",
  "null",
  "package",
  "return",
  "true",
  "var",
  "void",
  "while",
]);

/** The problems of a definition; empty when it can run. */
export function checkDefinition(definition: Definition): readonly Problem[] {
  const ids = Object.keys(definition.steps);
  if (ids.length === 0)
    return [problem({ code: "T1012", message: "The workflow has no steps.", help: "Give it at least one step.", path: ["steps"] })];
  if (ids.length > MAX_STEPS) {
    return [
      problem({
        code: "T1017",
        message: `The workflow has ${ids.length} steps; the limit is ${MAX_STEPS}.`,
        help: "Use `each` for repeated work, or split the workflow.",
        path: ["steps"],
        at: "key",
      }),
    ];
  }
  const idSet = new Set(ids);
  const checkSchema = schemaChecker();
  return [
    ...checkSchema(definition.input, ["input"]),
    ...ids.flatMap((id) => [
      ...stepProblems(id, definition, idSet),
      ...checkSchema((definition.steps[id] as Step).output, ["steps", id, "output"]),
    ]),
    ...outputProblems(definition),
    ...circleProblems(definition),
  ];
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

/** Agents that steps name and nobody has declared. `known` are those from outside of the definition. */
export function checkAgents(definition: Definition, known: readonly string[] = []): readonly Problem[] {
  const declared = [...Object.keys(definition.agents), ...known];
  return Object.entries(definition.steps).flatMap(([id, step]) => {
    const targets: readonly (readonly [Target, DocumentPath])[] = [
      [step.target, ["steps", id, "agent"]],
      ...step.fallback.map((target, index) => [target, ["steps", id, "fallback", index]] as const),
    ];
    return targets.flatMap(([target, path]) => {
      if (target.kind === "capability" || declared.includes(target.agent)) return [];
      return [
        problem({
          code: "T1302",
          message: `unknown agent "${target.agent}".`,
          help: didYouMean(target.agent, declared) ?? `Declare it under "agents", or write "capability: ${target.agent}".`,
          path,
          declared,
        }),
      ];
    });
  });
}

function stepProblems(id: StepId, definition: Definition, ids: ReadonlySet<StepId>): readonly Problem[] {
  const step = definition.steps[id] as Step;
  const { compiled, problems } = compileStep(id, step, ids);
  return [...problems, ...wiringProblems(id, step, { definition, compiled })];
}

/** What is wrong with a step's name and its place in the graph. */
export function wiringProblems(
  id: StepId,
  step: Step,
  { definition, compiled }: { readonly definition: Definition; readonly compiled: CompiledStep },
): readonly Problem[] {
  const unknown = step.needs.filter((need) => !Object.hasOwn(definition.steps, need));
  const reads = new Set(partsOf(compiled).flatMap((part) => part.reads));
  const unneeded = [...reads].filter((read) => !step.needs.includes(read));
  return [
    ...nameProblems(id, step),
    ...unknown.map((need) => unknownStep(need, { declared: Object.keys(definition.steps), path: ["steps", id, "needs"] })),
    ...unneeded.map((read) =>
      problem({
        code: "T1012",
        message: `Step "${id}" reads "${read}" and does not wait for it.`,
        help: `Add "${read}" to its needs.`,
        path: ["steps", id, "needs"],
      }),
    ),
  ];
}

/** Whether a word can be the id of a step. */
export function isStepId(id: string): boolean {
  return STEP_ID.test(id) && !RESERVED.has(id) && !isForbiddenName(id);
}

function nameProblems(id: StepId, step: Step): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isStepId(id)) {
    problems.push(
      problem({
        code: "T1014",
        message: `"${id}" cannot be the id of a step.`,
        help: "Use lower-case letters, digits and underscores, beginning with a letter, and no word that CEL keeps for itself.",
        path: ["steps", id],
        at: "key",
      }),
    );
  }
  const as = step.each?.as;
  if (as !== undefined && (!AS_NAME.test(as) || RESERVED.has(as) || (ROOT_NAMES as readonly string[]).includes(as))) {
    problems.push(
      problem({
        code: "T1014",
        message: `"${as}" cannot be the name of an item.`,
        help: "It is taken, or not a plain name; write another after `as`.",
        path: ["steps", id, "as"],
      }),
    );
  }
  return problems;
}

/** A step that is needed and does not exist. */
export function unknownStep(id: StepId, place: Pick<Problem, "path" | "declared">): Problem {
  return problem({ code: "T1301", message: `unknown step "${id}".`, help: didYouMean(id, place.declared), ...place });
}

type SchemaChecker = (schema: JsonSchema | null, path: DocumentPath) => readonly Problem[];

/** Checks schemas; equal ones, which generated definitions have by the hundred, only once. */
function schemaChecker(): SchemaChecker {
  const foundByText = new Map<string, Problem | null>();
  return (schema, path) => {
    if (schema === null) return [];
    const text = canonicalJson(schema);
    let found = foundByText.get(text);
    if (found === undefined) {
      const compiled = compileSchema(schema);
      found = compiled.ok ? null : compiled.error;
      foundByText.set(text, found);
    }
    return found === null ? [] : [below(path, found)];
  };
}

function outputProblems(definition: Definition): readonly Problem[] {
  const output = compileRunOutput(definition);
  return output.ok ? [] : output.error;
}

function circleProblems(definition: Definition): readonly Problem[] {
  const order = orderOf(definition.steps);
  if (order.ok) return [];
  const [first] = order.error;
  return [
    problem({
      code: "T1303",
      message: `Steps wait for each other in a circle: ${order.error.join(" → ")}.`,
      help: "A step waits for what it needs and for what its expressions read; take one of these away.",
      path: ["steps", first as string],
      at: "key",
    }),
  ];
}
