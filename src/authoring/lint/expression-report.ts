/** What is said about a part of an expression, with its place in the file. */
import type { Json } from "../../base/json.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import { WORDS } from "./fits.ts";
import type { Placed } from "./placed.ts";
import { fieldOf, type TypeName, typesOf } from "./schema-facts.ts";

/** An expression, and where its problems go. */
export type Reporting = { readonly placed: Placed; readonly found: Problem[] };

export type FieldPlace = { readonly key: string; readonly container: string; readonly start: number; readonly end: number };

/** The schema of a field, and what is wrong with reading it. */
export function field(shape: Json, { key, container, start, end }: FieldPlace, reporting: Reporting): Json {
  const found = fieldOf(shape, key);
  switch (found.kind) {
    case "found":
      return found.schema;
    case "none": {
      if (found.types.every((type) => type === "null")) return true;
      const message = `${shown(container)} is ${wordsOf(found.types)}, which has no fields.`;
      reportAt(reporting, { start, end }, { code: "T1404", message });
      return true;
    }
    case "absent": {
      const near = didYouMean(key, found.known);
      const otherwise = found.isCertain ? "Its schema allows no others." : `Add "${key}" to the schema, or guard it with has().`;
      const declared = found.known.slice(0, 20);
      const message = `${shown(container)} has no "${key}" in its schema.`;
      const severity = found.isCertain ? "error" : "warning";
      reportAt(reporting, { start, end }, { code: "T1404", severity, message, help: near ?? otherwise, declared });
      return true;
    }
  }
}

/** A part of the expression's source. */
export type Span = { readonly start: number; readonly end: number };

export function reportAt(
  { placed, found }: Reporting,
  { start, end }: Span,
  parts: Pick<Problem, "code" | "message"> & Partial<Problem>,
): void {
  found.push(problem({ ...parts, path: placed.path, span: { offset: placed.offset + start, length: Math.max(1, end - start) } }));
}

/** Reports an expression whose value is none of these types. */
export function expectTypes(shape: Json, wanted: readonly TypeName[], what: string, reporting: Reporting): void {
  const { placed } = reporting;
  expectPart({ shape, start: 0, end: placed.source.length }, wanted, what, reporting);
}

/** The same for a part of the expression. */
export function expectPart(part: Span & { readonly shape: Json }, wanted: readonly TypeName[], what: string, reporting: Reporting): void {
  const types = typesOf(part.shape);
  if (types === null || wanted.some((type) => types.has(type))) return;
  const text = reporting.placed.source.slice(part.start, part.end);
  const message = `${what} must be ${wordsOf(wanted)}, and ${shown(text)} is ${wordsOf(types)}.`;
  reportAt(reporting, part, { code: "T1405", message });
}

/** "a text or a number". */
export function wordsOf(types: Iterable<TypeName>): string {
  const words = [...types].map((type) => WORDS[type]);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** An expression that is not too long to be shown. */
export function shown(source: string): string {
  return source.length <= 60 ? source : `${source.slice(0, 57)}…`;
}
