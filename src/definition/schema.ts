/**
 * JSON Schema 2020-12. Schemas come from definitions, never from agents' cards. They are bounded in
 * size, reach nothing outside themselves, and their regular expressions are linear in the text.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

import { present } from "../base/assert.ts";
import { canonicalJson, isJsonObject, type Json } from "../base/json.ts";
import { MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH, MAX_SENTENCES, MAX_SUBSCHEMAS } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { JsonSchema } from "./definition.ts";
import { compilePattern } from "./pattern.ts";
import { DIALECT, isPlainSchema } from "./plain-schema.ts";
import { type DocumentPath, problem, type Problem } from "./problem.ts";
import type { Validate } from "./program.ts";
import { schemaProblemOf, sentenceOf } from "./schema-sentence.ts";
import { subschemasOf } from "./subschemas.ts";

/** `first` stops at the first problem (data from outside); `all` finds them all (a person's input). */
export type SchemaMode = "first" | "all";

/** Knows the dialect, and compiles nothing else. Made for the first schema that needs it. */
let knowing: Ajv2020 | null = null;

/** Compiles a schema (requirements W095; limits: reliability.md 5.4). */
export function compileSchema(schema: JsonSchema, mode: SchemaMode = "first"): Result<Validate, Problem> {
  const refused = refusedPart(schema, [], 0, { count: 0 }) ?? tooManyBytes(schema);
  if (refused !== null) return err(refused);
  let check: ValidateFunction;
  try {
    const against = isPlainSchema(schema) ? null : notASchema(schema);
    if (against !== null) return err(against);
    // An instance keeps something of all that it compiles, for ever: so each schema has its own.
    check = createAjv(mode, { knowsDialect: false }).compile(schema);
  } catch (cause) {
    return err(unusable(cause));
  }
  return ok((value) => problemsOf(check, value));
}

function createAjv(mode: SchemaMode, { knowsDialect }: { readonly knowsDialect: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: knowsDialect,
    // It is checked before, so that what is wrong can be said with its place.
    validateSchema: false,
    allErrors: mode === "all",
    validateFormats: true,
    logger: false,
    code: { regExp: Object.assign(linearRegExp, { code: "linear" }) },
  });
  addFormats.default(ajv, { mode: "fast" });
  // The one of ajv compares each item with each other: 5,000 objects took 0.7 s.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (wanted: boolean, items: readonly Json[]) => !wanted || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: "must not hold the same item twice" },
  });
  return ajv;
}

/** What the dialect's own schema has against a schema; null when it is one. A regular expression in it is read when it is compiled. */
function notASchema(schema: JsonSchema): Problem | null {
  knowing ??= createAjv("first", { knowsDialect: true });
  if (knowing.validateSchema(schema) === true) return null;
  const { path, message } = schemaProblemOf(schema, present(knowing.errors, "A schema that is not valid has errors."));
  return problem({ code: "T1101", message: `The schema cannot be used: ${message}`, path });
}

/** What ajv needs of a regular expression. It tells one from another by `toString` alone. */
type AjvRegExp = { test(text: string): boolean; toString(): string };

function linearRegExp(pattern: string): AjvRegExp {
  const compiled = compilePattern(pattern, "ecma");
  if (!compiled.ok) throw new Error(compiled.error);
  const { test } = compiled.value;
  return { test, toString: () => pattern };
}

function problemsOf(check: ValidateFunction, value: Json): readonly string[] {
  try {
    if (check(value)) return [];
  } catch (cause) {
    return [
      cause instanceof RangeError ? "The value is nested too deeply to be checked." : `The value cannot be checked: ${String(cause)}.`,
    ];
  }
  const found = check.errors as readonly ErrorObject[];
  const sentences = [...new Set(found.map(sentenceOf))];
  if (sentences.length <= MAX_SENTENCES) return sentences;
  return [...sentences.slice(0, MAX_SENTENCES), `There are ${sentences.length - MAX_SENTENCES} more problems.`];
}

/** The first part of a schema that is over a limit, or reaches outside. */
function refusedPart(schema: Json, path: DocumentPath, depth: number, seen: { count: number }): Problem | null {
  seen.count += 1;
  if (seen.count > MAX_SUBSCHEMAS) return overLimit(`more than ${MAX_SUBSCHEMAS} schemas inside it`, []);
  if (depth > MAX_SCHEMA_DEPTH) return overLimit(`more than ${MAX_SCHEMA_DEPTH} levels`, path);
  if (!isJsonObject(schema)) return null;
  const outside =
    outsideReference(schema["$ref"], "$ref", path) ??
    outsideReference(schema["$dynamicRef"], "$dynamicRef", path) ??
    otherDialect(schema["$schema"], path);
  if (outside !== null) return outside;
  for (const inner of subschemasOf(schema)) {
    const refused = refusedPart(inner.schema, [...path, ...inner.path], depth + 1, seen);
    if (refused !== null) return refused;
  }
  return null;
}

function outsideReference(reference: Json | undefined, keyword: string, path: DocumentPath): Problem | null {
  if (typeof reference !== "string" || reference.startsWith("#")) return null;
  return problem({
    code: "T1101",
    message: `The schema refers to "${reference}", outside of itself.`,
    help: 'Copy that schema under "$defs" and refer to it as "#/$defs/name"; nothing is loaded from elsewhere.',
    path: [...path, keyword],
  });
}

function otherDialect(dialect: Json | undefined, path: DocumentPath): Problem | null {
  if (dialect === undefined || (typeof dialect === "string" && dialect.replace(/#$/, "") === DIALECT)) return null;
  return problem({
    code: "T1101",
    message: `The schema is written in ${JSON.stringify(dialect)}.`,
    help: `Schemas here are JSON Schema 2020-12: leave "$schema" out, or write ${DIALECT}.`,
    path: [...path, "$schema"],
  });
}

function tooManyBytes(schema: JsonSchema): Problem | null {
  const { length } = JSON.stringify(schema);
  return length <= MAX_SCHEMA_BYTES ? null : overLimit(`${length} characters, more than ${MAX_SCHEMA_BYTES}`, []);
}

function overLimit(what: string, path: DocumentPath): Problem {
  return problem({ code: "T1102", message: `The schema has ${what}.`, help: "Check only what the next step needs.", path });
}

function unusable(cause: unknown): Problem {
  const reason = String(cause)
    .replace(/^\w*Error: /, "")
    .replace(/\.$/, "");
  return problem({
    code: "T1101",
    message: `The schema cannot be used: ${reason}.`,
    help: "It must be a JSON Schema (2020-12). Its regular expressions are RE2: no look-around and no back-references.",
  });
}
