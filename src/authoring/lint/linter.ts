import { MAX_PROBLEMS } from "../../base/limits.ts";
import { checkAgents } from "../../definition/check.ts";
import type { Definition } from "../../definition/definition.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import { readDocument } from "../file/document.ts";
import { doubleWriteProblems, unwrittenProblems } from "./context-paths.ts";
import { expressionProblems } from "./expressions.ts";
import { feedProblems } from "./feeds.ts";
import { injectionProblems } from "./injection.ts";
import { type Linting, lintingOf } from "./linting.ts";
import { bareTextProblems, schemaWordProblems } from "./slips.ts";
import { loopProblems, quorumProblems, unusedAgentProblems } from "./structure.ts";
import { unreachableProblems } from "./unreachable.ts";
import { type LoadOptions, readWorkflowText } from "../file/load-file.ts";
import { type FileProblem, inOrder } from "../file/problem.ts";
import { readDefinition } from "../file/read-definition.ts";
import { secretProblems } from "./secrets.ts";
import { worstCaseProblems } from "./worst-case.ts";

export type LintOptions = LoadOptions & {
  /** Workflows that steps may run: what they are given is checked against the schemas of their inputs. */
  readonly workflows?: readonly Definition[];
  /** Whether there is a file behind what an agent's `module` names; without it, nothing is said of files. */
  readonly hasModule?: (specifier: string) => boolean;
};

/** Rules over all steps, inner ones included. */
const RULES: readonly ((linting: Linting) => readonly Problem[])[] = [
  worstCaseProblems,
  expressionProblems,
  feedProblems,
  quorumProblems,
  unreachableProblems,
  loopProblems,
  injectionProblems,
  unwrittenProblems,
  doubleWriteProblems,
  unusedAgentProblems,
  schemaWordProblems,
  bareTextProblems,
];

/**
 * Everything that can be said about a workflow without running it: the loader's errors, and besides
 * them what would only go wrong later (workflow-language.md, The linter). Errors come first.
 */
export function lintText(text: string, file: string, options: LintOptions = {}): readonly FileProblem[] {
  return readToLint(text, file, options).lint(options.workflows);
}

/** Lints a file. Throws a `TuttiError` T1001 when there is no file to read. */
export async function lintFile(path: string, options: LintOptions = {}): Promise<readonly FileProblem[]> {
  return lintText(await readWorkflowText(path), path, options);
}

/** A workflow that has been read, before its rules are looked at: which workflows it runs is known by now. */
export type ReadToLint = {
  readonly definition: Definition | null;
  readonly lint: (workflows?: readonly Definition[]) => readonly FileProblem[];
};

/** The first half of `lintText`, for who must look for the workflows that this one runs: reading is most of the work. */
export function readToLint(text: string, file: string, options: Omit<LintOptions, "workflows"> = {}): ReadToLint {
  const document = readDocument(text, file);
  if (!document.ok) return { definition: null, lint: () => [document.error] };
  const { value, place } = document.value;
  const { definition, problems, asWritten } = readDefinition(value, options.agents);
  const lint = (workflows: readonly Definition[] = []): readonly FileProblem[] => {
    const deeper = definition === null ? [] : asWritten(definitionProblems(definition, { ...options, workflows }));
    return inOrder([...problems, ...deeper, ...secretProblems(value)].map(place));
  };
  return { definition, lint };
}

/** What is wrong, or risky, with a definition that could run. */
export function definitionProblems(definition: Definition, options: LintOptions = {}): readonly Problem[] {
  const linting = lintingOf(definition, options.workflows);
  const found = RULES.flatMap((rule) => rule(linting));
  const missing = moduleProblems(definition, options);
  return mostUrgent([...checkAgents(definition, options.agents), ...found, ...missing]);
}

/** T1416: agents whose file is not there. Those that are bound from outside need none. */
function moduleProblems({ agents }: Definition, { agents: outside = [], hasModule }: LintOptions): readonly Problem[] {
  return Object.entries(agents).flatMap(([name, binding]) => {
    if (binding.kind !== "module" || outside.includes(name) || hasModule?.(binding.specifier) !== false) return [];
    const message = `The file of agent "${name}" is not there.`;
    const help = "The path counts from the folder of this file.";
    return [problem({ code: "T1416", severity: "warning", message, help, path: ["agents", name, "module"] })];
  });
}

/** Errors before warnings; a person repairs the first of them and asks again. */
function mostUrgent(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  const errors = problems.filter(({ severity }) => severity === "error");
  return [...errors, ...problems.filter(({ severity }) => severity === "warning")].slice(0, MAX_PROBLEMS);
}
