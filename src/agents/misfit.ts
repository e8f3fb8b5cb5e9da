/**
 * Helpers as handlers in untyped JavaScript call them. What a helper was given becomes facts, and is told
 * to callers for as long as the run is kept: so a thing where a text belongs is found here, before it is
 * recorded.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Outcome } from "../scheduler/outcome.ts";

/** The helpers that make answers. */
export type HelperName = "result" | "handOver" | "message" | "ask" | "askAuth" | "refuse" | "fail";

/** How a helper was called, as far as what came of it does not say. */
export type HelperCall = { readonly helper: HelperName; readonly options?: unknown; readonly contextUpdate?: unknown };

/** What a value must be, in words, and whether it is. */
type Rule = { readonly words: string; readonly holds: (value: Json | undefined) => boolean };

/** A key of what the helper made, what that is called where the helper is called, and its rule. */
type Field = readonly [key: string, name: string, rule: Rule];

const TEXT: Rule = { words: "a text", holds: (value) => typeof value === "string" };
const FLAG: Rule = { words: "true or false", holds: (value) => typeof value === "boolean" };
const DURATION: Rule = { words: "a number of milliseconds", holds: (value) => typeof value === "number" && value >= 0 };
const OBJECT: Rule = { words: "an object", holds: isJsonObject };
const LIST: Rule = { words: "a list", holds: Array.isArray };
const BYTES: Rule = { words: "a text in base64", holds: (value) => typeof value === "string" || typeof value === "number" };

const HELPERS: { readonly [Name in HelperName]: { readonly usage: string; readonly fields: readonly Field[] } } = {
  result: {
    usage: "result(value, { text, artifacts, usage, contextUpdate })",
    fields: [
      ["text", "text", optional(TEXT)],
      ["usage", "usage", optional(OBJECT)],
      ["artifacts", "artifacts", optional(LIST)],
    ],
  },
  handOver: { usage: "handOver(to, { message })", fields: [["handoff_to", "to", TEXT]] },
  message: { usage: "message(text)", fields: [["text", "text", TEXT]] },
  ask: {
    usage: "ask(prompt, { schema, data })",
    fields: [
      ["prompt", "prompt", TEXT],
      ["schema", "schema", optional(OBJECT)],
    ],
  },
  askAuth: { usage: "askAuth(prompt, { data })", fields: [["prompt", "prompt", TEXT]] },
  refuse: { usage: "refuse(reason)", fields: [["message", "reason", TEXT]] },
  fail: {
    usage: "fail(code, sentence, { retryable, retryAfterMs, details })",
    fields: [
      ["code", "code", TEXT],
      ["message", "sentence", TEXT],
      ["retryable", "retryable", FLAG],
      ["retryAfterMs", "retryAfterMs", optional(DURATION)],
    ],
  },
};

const ARTIFACT: readonly Field[] = [
  ["name", "name", TEXT],
  ["mediaType", "mediaType", TEXT],
  ["text", "text", optional(TEXT)],
  ["url", "url", optional(TEXT)],
  ["bytes", "bytes", optional(BYTES)],
  ["payload", "payload", optional(TEXT)],
  ["metadata", "metadata", optional(OBJECT)],
];

/** Why what a helper made cannot be taken, in a sentence; null when it can. The outcome is plain JSON. */
export function misfitOf({ helper, options, contextUpdate }: HelperCall, outcome: Outcome): string | null {
  const { usage, fields } = HELPERS[helper];
  const wrong =
    problemOf("its options are", (options ?? {}) as Json, OBJECT) ??
    problemOf("its `contextUpdate` is", (contextUpdate ?? {}) as Json, OBJECT) ??
    firstProblem(subjectOf(helper, outcome), fields, "") ??
    (outcome.kind === "completed" ? artifactProblem(outcome.reply.artifacts ?? []) : null);
  return wrong === null ? null : `The handler answered with \`${helper}\`, and ${wrong}. It is called as \`${usage}\`.`;
}

/** What a helper's arguments have become. */
function subjectOf(helper: HelperName, outcome: Outcome): JsonObject {
  switch (outcome.kind) {
    case "completed":
      return (helper === "handOver" ? outcome.reply.data?.[0] : outcome.reply) as JsonObject;
    case "inputRequired":
    case "authRequired":
      return outcome.question;
    case "failed":
    case "rejected":
    case "canceled":
    case "unknown":
      return outcome.failure;
  }
}

function artifactProblem(artifacts: readonly unknown[]): string | null {
  for (const [index, artifact] of artifacts.entries()) {
    const name = `artifacts[${index}]`;
    const wrong = problemOf(`its \`${name}\` is`, artifact as Json, OBJECT) ?? firstProblem(artifact as JsonObject, ARTIFACT, `${name}.`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function firstProblem(subject: JsonObject, fields: readonly Field[], prefix: string): string | null {
  for (const [key, name, rule] of fields) {
    const wrong = problemOf(`its \`${prefix}${name}\` is`, subject[key], rule);
    if (wrong !== null) return wrong;
  }
  return null;
}

function problemOf(what: string, value: Json | undefined, { words, holds }: Rule): string | null {
  return holds(value) ? null : `${what} ${nameOf(value)}, where ${words} belongs`;
}

function optional({ words, holds }: Rule): Rule {
  return { words, holds: (value) => value === undefined || holds(value) };
}

function nameOf(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return "a text";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
