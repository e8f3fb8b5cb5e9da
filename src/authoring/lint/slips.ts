/** T1414 and T1415: what is valid as it is written, and says something else than its writer most likely meant. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { JsonSchema, Template } from "../../definition/definition.ts";
import { didYouMean, nearest } from "../../definition/did-you-mean.ts";
import { type DocumentPath, problem, type Problem } from "../../definition/problem.ts";
import { type SourceName, sourcesOf } from "../../definition/step-sources.ts";
import { subschemasOf } from "../../definition/subschemas.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import type { Linting } from "./linting.ts";

/** The keywords of JSON Schema 2020-12, and the older spellings that validators still know. */
const KEYWORDS: ReadonlySet<string> = new Set(
  [
    "$schema $id $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment $defs definitions",
    "type enum const title description default examples deprecated readOnly writeOnly",
    "properties required additionalProperties patternProperties propertyNames minProperties maxProperties",
    "dependentRequired dependentSchemas dependencies unevaluatedProperties",
    "items prefixItems contains minContains maxContains minItems maxItems uniqueItems unevaluatedItems additionalItems",
    "minLength maxLength pattern format formatMinimum formatMaximum formatExclusiveMinimum formatExclusiveMaximum",
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
    "allOf anyOf oneOf not if then else contentEncoding contentMediaType contentSchema",
  ].flatMap((line) => line.split(" ")),
);

/**
 * T1414: words of a schema that JSON Schema does not know, and so ignores. Words of one's own are
 * allowed there; only what resembles a keyword, or stands where there is no keyword at all, is told.
 */
export function schemaWordProblems({ definition, steps }: Linting): readonly Problem[] {
  const seen = new Set<JsonSchema>();
  const found: Problem[] = [];
  const look = (schema: JsonSchema | null | undefined, path: DocumentPath): void => {
    // Agents that share the work of a step share its contract.
    if (schema === null || schema === undefined || seen.has(schema)) return;
    seen.add(schema);
    found.push(...wordsIn(schema, path));
  };
  look(definition.input, ["input"]);
  for (const { step, path, kindPath } of steps) {
    look(step.output, [...path, "output"]);
    if (step.kind === "approval") look(step.form, [...kindPath, "form"]);
  }
  return found;
}

function wordsIn(schema: Json, path: DocumentPath): readonly Problem[] {
  if (!isJsonObject(schema)) return [];
  const inner = subschemasOf(schema).flatMap((each) => wordsIn(each.schema, [...path, ...each.path]));
  return [...ownWords(schema, path), ...inner];
}

function ownWords(schema: JsonObject, path: DocumentPath): readonly Problem[] {
  const unknown = Object.keys(schema).filter((word) => !KEYWORDS.has(word) && !word.startsWith("x-"));
  const [first] = unknown;
  if (first !== undefined && unknown.length === Object.keys(schema).length && nearest(first, KEYWORDS) === null) {
    const message = `The schema checks nothing: "${first}" is no word of JSON Schema.`;
    return [said(message, `Write { type: object, properties: { ${first}: … } }.`, [...path, first])];
  }
  const misspelt = unknown.flatMap((word) => {
    const help = didYouMean(word, KEYWORDS);
    return help === null ? [] : [said(`"${word}" is no word of JSON Schema, so it checks nothing.`, help, [...path, word])];
  });
  return [...misspelt, ...strangersIn(schema, path)];
}

/** Names under `required` that are no property, and nearly are. */
function strangersIn({ required, properties }: JsonObject, path: DocumentPath): readonly Problem[] {
  if (!Array.isArray(required) || !isJsonObject(properties)) return [];
  const names = Object.keys(properties);
  return required.flatMap((name: Json, index) => {
    if (typeof name !== "string" || Object.hasOwn(properties, name)) return [];
    const help = didYouMean(name, names);
    const place = [...path, "required", index];
    return help === null ? [] : [said(`"${name}" is required, and none of the properties is called so.`, help, place, "value")];
  });
}

function said(message: string, help: string, path: DocumentPath, at: "key" | "value" = "key"): Problem {
  return problem({ code: "T1414", severity: "warning", message, help, path, at });
}

/** A whole text that reads a name of the language. */
const BARE =
  /^(?:steps\.[a-z][a-z0-9_]*\.[a-z]|input\.[A-Za-z_]|context\.[A-Za-z_]|iter\.(?:prev|number)|run\.(?:id|started_at))[\w.?[\]"]*$/;
/** Two braces without the sign before them, as other languages have it. */
const BRACES = /(?<!\$)\{\{([^{}]*)\}\}/;
const NAME = /^(?:steps|input|context|iter|run)\./;

/** T1415: texts that would be expressions, if they stood in `${{ }}`. */
export function bareTextProblems({ definition, steps }: Linting): readonly Problem[] {
  const seen = new Set<Template>();
  const inSteps = steps.flatMap((place) => {
    return templatesOf(place).flatMap(({ template, path }) => {
      // Agents that share the work of a step share what they are given.
      if (typeof template === "object" && seen.has(template)) return [];
      seen.add(template);
      return textsIn(template, path);
    });
  });
  return [...inSteps, ...textsIn(definition.output, ["output"])];
}

function textsIn(template: Template, path: DocumentPath): readonly Problem[] {
  if (typeof template === "string") return bareText(template, path);
  if (Array.isArray(template)) return template.flatMap((item: Template, index) => textsIn(item, [...path, index]));
  return isJsonObject(template) ? Object.entries(template).flatMap(([key, inner]) => textsIn(inner, [...path, key])) : [];
}

function bareText(text: string, path: DocumentPath): readonly Problem[] {
  const source = BARE.test(text) ? text : (BRACES.exec(text)?.[1]?.trim() ?? "");
  if (!NAME.test(source)) return [];
  const message = `This is a text, and no expression: "${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}".`;
  return [problem({ code: "T1415", severity: "warning", message, help: `Write \${{ ${source} }} for the value.`, path })];
}

const SHOWN = 60;

/** Where a text is most likely a text; times and lists of items are checked elsewhere. */
const TEXTS: ReadonlySet<SourceName> = new Set<SourceName>(["text", "with", "title", "show", "from", "values"]);

function templatesOf(place: PlacedStep): readonly { readonly template: Template; readonly path: DocumentPath }[] {
  return sourcesOf(place.step, place).flatMap((source) => (source.kind === "template" && TEXTS.has(source.name) ? [source] : []));
}
