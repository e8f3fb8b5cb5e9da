/**
 * From what an agent sent to the step's output (workflow-language.md, "What goes out and what comes
 * back"). The definition decides the shape, not the number of parts that an agent happens to send.
 */
import { isJsonArray, isSound, type Json } from "../base/json.ts";
import { MAX_OUTPUT_BYTES, MAX_REPLY_BYTES } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";
import { asClause } from "../base/text.ts";
import type { Scope, StepProgram, Validate } from "../definition/program.ts";
import { contextProblems, withoutDelta } from "./context.ts";
import type { ContextChange, SubtaskCompleted } from "./fact.ts";
import type { Failure, Reply } from "./outcome.ts";

export type Contents = Pick<SubtaskCompleted, "output" | "text" | "data" | "artifacts" | "usage">;

/** A reply that keeps its contract: what becomes of the subtask, and what it writes into the context. */
export type Accepted = { readonly contents: Contents; readonly changes: readonly ContextChange[] };

/** What an output is held against: the schema of its subtask, and what the rules of its step see. */
export type Terms = { readonly validate: Validate | null; readonly scope: () => Scope };

/** The output of a reply under the step's schema and rules, or why it breaks them. */
export function readOutput(step: StepProgram, whole: Reply, terms: Terms): Result<Accepted, Failure> {
  const { reply, changes } = withoutDelta(whole);
  const read = readContents(step, reply, terms);
  if (!read.ok) return read;
  const problems = changes.length === 0 ? [] : contextProblems(step.step.context?.write ?? [], changes);
  return problems.length === 0 ? ok({ contents: read.value, changes }) : err(broken(step, problems));
}

/** What breaks the contract of an output that no agent's reply has to be read for; null when nothing does. */
export function brokenContract(step: StepProgram, output: Json, { validate, scope }: Terms): Failure | null {
  const problems = validate?.(output) ?? [];
  if (problems.length > 0) return broken(step, problems);
  const rule = step.rules.length === 0 ? null : brokenRule(step, output, scope());
  return rule === null ? null : broken(step, [rule]);
}

function readContents(step: StepProgram, reply: Reply, { validate, scope }: Terms): Result<Contents, Failure> {
  const output = validate === null ? ok(plainOutput(reply)) : contractedOutput(validate, reply);
  if (!output.ok) return err(broken(step, output.error));
  const whole = contents(output.value, reply);
  const hasMore = whole.data !== undefined || whole.artifacts !== undefined || whole.usage !== undefined;
  if (isTooLarge(output.value, MAX_OUTPUT_BYTES) || (hasMore && isTooLarge(whole, MAX_REPLY_BYTES))) {
    const message = `The reply to step ${step.id} is too large: an output has at most ${MAX_OUTPUT_BYTES} bytes, and all of a reply ${MAX_REPLY_BYTES}; let the agent return a file or a URL.`;
    return err({ code: "T4112", message, retryable: false });
  }
  const rule = step.rules.length === 0 ? null : brokenRule(step, output.value, scope());
  if (rule !== null) return err(broken(step, [rule]));
  return ok(whole);
}

function plainOutput(reply: Reply): Json {
  const first = reply.data?.[0];
  return first === undefined ? (reply.text ?? null) : first;
}

function contractedOutput(validate: Validate, reply: Reply): Result<Json, readonly string[]> {
  const first = reply.data?.[0];
  if (first !== undefined) {
    const problems = validate(first);
    return problems.length === 0 ? ok(first) : err(problems);
  }
  const text = reply.text ?? "";
  const parsed = parseUnambiguous(text);
  if (parsed !== undefined && validate(parsed).length === 0) return ok(parsed);
  // A schema of a plain string is satisfied by the text itself.
  if (validate(text).length === 0) return ok(text);
  return err(parsed === undefined ? ["the text is not one JSON value"] : validate(parsed));
}

/** The one JSON value that a text is, with or without a code fence around it. */
function parseUnambiguous(text: string): Json | undefined {
  if (text.length > MAX_OUTPUT_BYTES) return undefined;
  try {
    const parsed = JSON.parse(withoutFence(text.trim())) as Json;
    return isSound(parsed) ? parsed : undefined;
  } catch {
    // Not JSON is an ordinary answer, not an error: the caller tries the text itself.
    return undefined;
  }
}

/** No regular expression: one agent's answer must not hold the process. */
function withoutFence(text: string): string {
  const firstLineEnd = text.indexOf("\n");
  const isFenced = text.startsWith("```") && text.endsWith("```") && firstLineEnd !== -1;
  return isFenced ? text.slice(firstLineEnd + 1, -3) : text;
}

function brokenRule(step: StepProgram, output: Json, scope: Scope): string | null {
  for (const rule of step.rules) {
    const holds = rule.evaluate({ ...scope, output });
    if (!holds.ok) return `the rule ${rule.source} has no value: ${holds.error.message}`;
    if (holds.value !== true) return `the rule ${rule.source} does not hold`;
  }
  return null;
}

function broken(step: StepProgram, problems: readonly string[]): Failure {
  const message = `Validation failed: the output of step ${step.id} breaks its contract: ${problems.slice(0, 5).map(asClause).join("; ")}.`;
  return { code: "T4102", message, retryable: false, details: problems.slice(0, 20) };
}

/** What expressions can read besides the output, left out where it only repeats it. */
function contents(output: Json, reply: Reply): Contents {
  const { text = "", data = [], artifacts, usage } = reply;
  const isImplied =
    typeof output === "string" ? text === output && data.length === 0 : text === "" && data.length === 1 && data[0] === output;
  // What most agents send, and it should pay nothing for the rest.
  if (isImplied && artifacts === undefined && usage === undefined) return { output };
  return {
    output,
    ...(isImplied ? {} : { text, data }),
    ...(artifacts === undefined || artifacts.length === 0 ? {} : { artifacts }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** A look at the size that stops as soon as the limit is passed. */
function isTooLarge(value: unknown, limit: number): boolean {
  return sizeWithin(value as Json, limit) < 0;
}

/** What is left of a budget of bytes after the value; negative when it was not enough. */
export function sizeWithin(value: Json, budget: number): number {
  if (typeof value === "string") return budget - value.length - 2;
  if (value === null || typeof value !== "object") return budget - 8;
  let left = budget - 2;
  if (isJsonArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index += 1) left = sizeWithin(value[index] as Json, left - 1);
    return left;
  }
  for (const key of Object.keys(value)) {
    left = sizeWithin(value[key] as Json, left - key.length - 4);
    if (left < 0) return left;
  }
  return left;
}
