import { compileStep } from "../definition/compile-step.ts";
import { checkAgents } from "../definition/check.ts";
import type { Definition, DelegateStep, StepId } from "../definition/definition.ts";
import { problem, type Problem } from "../definition/problem.ts";
import { readDocument } from "./document.ts";
import { type LoadOptions, readWorkflowText } from "./load-file.ts";
import { type FileProblem, inOrder } from "./problem.ts";
import { readDefinition } from "./read-definition.ts";
import { secretProblems } from "./secrets.ts";
import { worstCaseProblems } from "./worst-case.ts";

/**
 * Everything that can be said about a workflow without running it: the loader's errors, and besides
 * them what would only go wrong later (workflow-language.md, The linter). Errors come first.
 */
export function lintText(text: string, file: string, options: LoadOptions = {}): readonly FileProblem[] {
  const document = readDocument(text, file);
  if (!document.ok) return [document.error];
  const { value, place } = document.value;
  const { definition, problems } = readDefinition(value, options.agents);
  const deeper = definition === null ? [] : definitionProblems(definition, options);
  return inOrder([...problems, ...deeper, ...secretProblems(value)].map(place));
}

/** Lints a file. Throws a `TuttiError` T1001 when there is no file to read. */
export async function lintFile(path: string, options: LoadOptions = {}): Promise<readonly FileProblem[]> {
  return lintText(await readWorkflowText(path), path, options);
}

/** What is wrong, or risky, with a definition that could run. */
export function definitionProblems(definition: Definition, options: LoadOptions = {}): readonly Problem[] {
  return [...checkAgents(definition, options.agents), ...worstCaseProblems(definition), ...injectionProblems(definition)];
}

/** Texts of agents that become instructions for other agents (OWASP Agentic 2026, ASI01). */
function injectionProblems(definition: Definition): readonly Problem[] {
  return Object.entries(definition.steps).flatMap(([id, step]) => {
    const sources = textSources(id, step);
    if (sources.length === 0) return [];
    return [
      problem({
        code: "T1402",
        severity: "warning",
        message: `What ${sources.join(" and ")} answered becomes an instruction for "${id}".`,
        help: "An answer can hold instructions of its own: give it under `with`, as data, and write the instruction yourself.",
        path: ["steps", id, "text"],
      }),
    ];
  });
}

/** The steps whose answers reach a step's `text`, by itself or as the item of an `each`. */
function textSources(id: StepId, step: DelegateStep): readonly string[] {
  const { compiled } = compileStep(id, step);
  const direct = compiled.text?.reads ?? [];
  const as = step.each?.as;
  const usesItem = as !== undefined && typeof step.text === "string" && new RegExp(`\\$\\{\\{[^}]*\\b${as}\\b`).test(step.text);
  const items = usesItem ? (compiled.items?.reads ?? []) : [];
  return [...new Set([...direct, ...items])].map((source) => `"${source}"`);
}
