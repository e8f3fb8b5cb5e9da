/** What can be the name of a step: of one that is written, and of one that an agent plans in a run. */
import { isForbiddenName } from "./expression/value.ts";

const STEP_ID = /^[a-z][a-z0-9_]{0,63}$/;

/** Words that CEL keeps for itself (CEL specification, Syntax). */
export const RESERVED: ReadonlySet<string> = new Set([
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

/** Whether a word can be the id of a step. In a run's paths, `compensate` is what undoes the step before it. */
export function isStepId(id: string): boolean {
  return STEP_ID.test(id) && !RESERVED.has(id) && !isForbiddenName(id) && id !== "compensate";
}

/** What to write in place of a word that cannot be the id of a step. */
export function helpForStepId(id: string): string {
  if (STEP_ID.test(id)) {
    const what = RESERVED.has(id) ? "a word that CEL keeps for itself" : "a name of the language";
    return `It is ${what}; write for example ${id}_step.`;
  }
  const fit = id.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  const otherwise = "Use lower-case letters, digits and underscores, beginning with a letter.";
  return isStepId(fit) ? `Write "${fit}": lower-case letters, digits and underscores, beginning with a letter.` : otherwise;
}
