/** How two JSON values differ, and two definitions: as paths of their normal form. */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { MAX_DIFFERENCES } from "../base/limits.ts";
import type { Definition } from "./definition.ts";

/** A place where one has something that the other has not, or has otherwise. */
export type Difference = { readonly path: string } & (
  | { readonly kind: "added"; readonly after: Json }
  | { readonly kind: "removed"; readonly before: Json }
  | { readonly kind: "changed"; readonly before: Json; readonly after: Json }
);

export type Comparison = {
  readonly differences: readonly Difference[];
  /** False: there are more than were asked for. */
  readonly isWhole: boolean;
};

/**
 * What one has to change to make one definition the other. Where agents lead is left out, as it is of
 * the fingerprint: two definitions are the same when there is no difference.
 */
export function compareDefinitions(before: Definition, after: Definition, limit: number = MAX_DIFFERENCES): Comparison {
  const { agents: _, ...left } = before;
  const { agents: __, ...right } = after;
  return compareJson(left, right, limit);
}

/** The places where two JSON values differ, at most `limit` of them. */
export function compareJson(before: Json, after: Json, limit: number = MAX_DIFFERENCES): Comparison {
  const found: Difference[] = [];
  // One more than is wanted shows that there are more.
  compare(before, after, "", { found, limit: limit + 1 });
  return { differences: found.slice(0, limit), isWhole: found.length <= limit };
}

type Search = { readonly found: Difference[]; readonly limit: number };

function compare(before: Json, after: Json, path: string, search: Search): void {
  if (search.found.length >= search.limit) return;
  if (isJsonObject(before) && isJsonObject(after)) return compareObjects(before, after, path, search);
  if (isJsonArray(before) && isJsonArray(after)) return compareArrays(before, after, path, search);
  if (before !== after) search.found.push({ path, kind: "changed", before, after });
}

function compareObjects(before: JsonObject, after: JsonObject, path: string, search: Search): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = `${path}${/^[A-Za-z_]\w*$/.test(key) ? `${path === "" ? "" : "."}${key}` : `[${JSON.stringify(key)}]`}`;
    compareEntry(valueAt(before, key), valueAt(after, key), inner, search);
  }
}

function compareArrays(before: readonly Json[], after: readonly Json[], path: string, search: Search): void {
  for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
    compareEntry(before[index], after[index], `${path}[${index}]`, search);
  }
}

function compareEntry(before: Json | undefined, after: Json | undefined, path: string, search: Search): void {
  if (search.found.length >= search.limit) return;
  if (before === undefined && after !== undefined) search.found.push({ path, kind: "added", after });
  else if (before !== undefined && after === undefined) search.found.push({ path, kind: "removed", before });
  else if (before !== undefined && after !== undefined) compare(before, after, path, search);
}

function valueAt(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** `steps.write.timeoutMs: 600000 → 300000`. */
export function differenceText(difference: Difference): string {
  const { path } = difference;
  switch (difference.kind) {
    case "added":
      return `${path}: added ${shown(difference.after)}`;
    case "removed":
      return `${path}: removed ${shown(difference.before)}`;
    case "changed":
      return `${path}: ${shown(difference.before)} → ${shown(difference.after)}`;
  }
}

const SHOWN_LENGTH = 60;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH - 1)}…`;
}

/** `steps.write.timeoutMs: 600000 → 300000; output: added "…"; and more`. */
export function comparisonText({ differences, isWhole }: Comparison, count: number = differences.length): string {
  const texts = differences.slice(0, count).map(differenceText);
  const isMore = !isWhole || differences.length > count;
  return [...texts, ...(isMore ? ["and more"] : [])].join("; ");
}
