/** Whether every value of one JSON Schema is accepted by another: schema-to-schema compatibility. */
import { canonicalJson, type Json } from "../../base/json.ts";
import { MAX_SCHEMA_DEPTH } from "../../base/limits.ts";
import { compileSchema } from "../../definition/schema.ts";
import { inlineSchema } from "./inline-schema.ts";
import { constantsOf, fieldOf, groupsOf, itemsOf, partsOf, propertiesOf, requiredOf, type TypeName, typesOf } from "./schema-facts.ts";

/** One reason why values of the source may not be accepted by the target. */
export type Misfit = {
  /** Where in the value: keys; `[]` for the items of a list. */
  readonly path: readonly string[];
  /** Completes "the value …". */
  readonly reason: string;
  /** True: no value of the source fits. False: some do not. */
  readonly isCertain: boolean;
};

/**
 * The reasons why a value that satisfies `source` may break `target`; empty when none is known.
 * What a schema does not say is no reason: it only reports what both schemas speak about.
 */
export function fits(source: Json, target: Json): readonly Misfit[] {
  return compare(inlineSchema(source), inlineSchema(target), 0);
}

function compare(source: Json, target: Json, depth: number): readonly Misfit[] {
  if (target === true || source === true || source === false || depth > MAX_SCHEMA_DEPTH) return [];
  if (target === false) return [misfit("is not allowed", true)];
  const constants = constantsOf(source);
  if (constants !== null) return constantMisfits(constants, target);
  const alternatives = partsOf(source).flatMap(groupsOf);
  if (alternatives.length > 0 && typesOf(source) !== null) {
    const [group = []] = alternatives;
    // An alternative without a type of its own only adds a condition; the schema around it speaks.
    if (group.every((part) => typesOf(part) !== null)) return everyAlternative(group.map((part) => compare(part, target, depth + 1)));
  }
  const typeMisfit = compareTypes(typesOf(source), typesOf(target));
  if (typeMisfit?.isCertain === true) return [typeMisfit];
  const inner = partsOf(target).flatMap((part) => [
    ...groupsOf(part).flatMap((group) => someAlternative(group.map((option) => compare(source, option, depth + 1)))),
    ...boundMisfits(source, part),
  ]);
  return dedupe([
    ...(typeMisfit === null ? [] : [typeMisfit]),
    ...fractionMisfit(source, target),
    ...inner,
    ...fieldMisfits(source, target, depth),
    ...itemMisfits(source, target, depth),
  ]);
}

function misfit(reason: string, isCertain: boolean, path: readonly string[] = []): Misfit {
  return { path, reason, isCertain };
}

function under(key: string, found: Misfit, isCertain = found.isCertain): Misfit {
  return { ...found, path: [key, ...found.path], isCertain };
}

/** Values that are written out are simply tried. */
function constantMisfits(values: readonly Json[], target: Json): readonly Misfit[] {
  const compiled = compileSchema(target as Parameters<typeof compileSchema>[0]);
  if (!compiled.ok) return [];
  const broken = values.flatMap((value) => {
    const [first] = compiled.value(value);
    return first === undefined ? [] : [{ value, first }];
  });
  const [first] = broken;
  if (first === undefined) return [];
  const shown = JSON.stringify(first.value);
  const what = shown.length <= 40 ? shown : "a value";
  return [misfit(`can be ${what}, which is refused: ${first.first}`, broken.length === values.length)];
}

function compareTypes(source: ReadonlySet<TypeName> | null, target: ReadonlySet<TypeName> | null): Misfit | null {
  if (source === null || target === null) return null;
  const wrong = [...source].filter((type) => !target.has(type));
  if (wrong.length === 0) return null;
  const wanted = listOf([...target]);
  if (wrong.length === source.size) return misfit(`is ${listOf([...source])}, and ${wanted} is wanted`, true);
  return misfit(`may be ${listOf(wrong)}, and ${wanted} is wanted`, false);
}

/** A number where a whole number is wanted. */
function fractionMisfit(source: Json, target: Json): readonly Misfit[] {
  const isNumber = typesOf(source)?.has("number") === true && !isWhole(source);
  return isNumber && isWhole(target) ? [misfit("may have a fraction, and a whole number is wanted", false)] : [];
}

function isWhole(schema: Json): boolean {
  return partsOf(schema).some(({ type }) => type === "integer");
}

/** All alternatives of a source must fit. */
function everyAlternative(results: readonly (readonly Misfit[])[]): readonly Misfit[] {
  const isCertain = results.every((found) => found.some((one) => one.isCertain));
  return dedupe(results.flat().map((found) => (isCertain ? found : { ...found, isCertain: false })));
}

/** One alternative of a target is enough. */
function someAlternative(results: readonly (readonly Misfit[])[]): readonly Misfit[] {
  if (!results.every((found) => found.some((one) => one.isCertain))) return [];
  return [...(results.find((found) => found.length > 0) ?? [])].filter((one) => one.isCertain).slice(0, 1);
}

function fieldMisfits(source: Json, target: Json, depth: number): readonly Misfit[] {
  if (typesOf(source)?.has("object") === false || typesOf(target)?.has("object") === false) return [];
  const promised = requiredOf(source);
  const given = propertiesOf(source);
  const missing = [...requiredOf(target)].flatMap((key) => {
    if (promised.has(key)) return [];
    const field = fieldOf(source, key);
    if (field.kind === "found" && !given.has(key)) return [];
    if (field.kind === "absent" && field.isCertain) return [misfit("is missing", true, [key])];
    return field.kind === "none" ? [] : [misfit("may be missing", false, [key])];
  });
  const wrong = [...given].flatMap(([key, schema]) => {
    const field = fieldOf(target, key);
    const isPromised = promised.has(key);
    if (field.kind === "absent") return field.isCertain ? [misfit("is not known to it", isPromised, [key])] : [];
    if (field.kind === "none") return [];
    return compare(schema, field.schema, depth + 1).map((found) => under(key, found, found.isCertain && isPromised));
  });
  return [...missing, ...wrong];
}

function itemMisfits(source: Json, target: Json, depth: number): readonly Misfit[] {
  if (typesOf(source)?.has("array") === false || typesOf(target)?.has("array") === false) return [];
  // An empty list always fits.
  return compare(itemsOf(source), itemsOf(target), depth + 1).map((found) => under("[]", found, false));
}

const LOWEST = [
  ["minimum", "maximum", "number"],
  ["minLength", "maxLength", "string"],
  ["minItems", "maxItems", "array"],
] as const;

/** Bounds that leave nothing in common. */
function boundMisfits(source: Json, target: Json): readonly Misfit[] {
  return LOWEST.flatMap(([least, most, type]) => {
    const only = typesOf(source);
    if (only?.size !== 1 || !only.has(type)) return [];
    const [low, high] = [boundOf(source, least), boundOf(source, most)];
    const [wantedLow, wantedHigh] = [boundOf(target, least), boundOf(target, most)];
    if (high !== null && wantedLow !== null && high < wantedLow)
      return [misfit(`has a ${most} of ${high}, and a ${least} of ${wantedLow} is wanted`, true)];
    if (low !== null && wantedHigh !== null && low > wantedHigh)
      return [misfit(`has a ${least} of ${low}, and a ${most} of ${wantedHigh} is wanted`, true)];
    return [];
  });
}

function boundOf(schema: Json, keyword: string): number | null {
  const bounds = partsOf(schema).flatMap((part) => (typeof part[keyword] === "number" ? [part[keyword]] : []));
  if (bounds.length === 0) return null;
  return keyword.startsWith("min") ? Math.max(...bounds) : Math.min(...bounds);
}

function listOf(types: readonly TypeName[]): string {
  const words = types.map((type) => WORDS[type]);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** How a person says a type. */
export const WORDS: { readonly [Type in TypeName]: string } = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  string: "a text",
  array: "a list",
  object: "an object",
};

function dedupe(found: readonly Misfit[]): readonly Misfit[] {
  return [...new Map(found.map((one) => [canonicalJson([one.path, one.reason]), one])).values()];
}
