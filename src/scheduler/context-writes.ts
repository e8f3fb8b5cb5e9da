/**
 * The run context as the sum of what was written (requirements W095, X026).
 *
 * 1. Writes are ordered by the place of their writers in the definition, not by their arrival: so the
 *    context after several branches have written does not depend on who was first.
 * 2. A write replaces what earlier writers put at its path and below.
 * 3. Names that would reach an object's prototype never get here (see `contextProblems`).
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { ContextChange } from "./fact.ts";
import type { ContextWrite, RunState } from "./state.ts";

/** Adds writes of one writer. */
export function writeContext(state: RunState, rank: readonly number[], changes: readonly ContextChange[]): void {
  for (const { path, value } of changes) {
    const isLast = addWrite(state.writes, { rank, path, value });
    state.context = isLast ? withValue(state.context, path.split("."), value) : contextOf(state.writes);
  }
}

/** The paths of a writer that a later step has written already; they are kept out of sight. */
export function lostPaths(writes: readonly ContextWrite[], rank: readonly number[], changes: readonly ContextChange[]): readonly string[] {
  const later = writes.filter((write) => compareRanks(write.rank, rank) > 0);
  return changes.map(({ path }) => path).filter((path) => later.some((write) => covers(write.path, path)));
}

/** Puts a write in its place, and drops what it replaces; true when nothing comes after it. */
function addWrite(writes: ContextWrite[], added: ContextWrite): boolean {
  let place = writes.length;
  while (place > 0 && compareRanks((writes[place - 1] as ContextWrite).rank, added.rank) > 0) place -= 1;
  const isLast = place === writes.length;
  const before = writes.slice(0, place).filter((write) => !covers(added.path, write.path));
  writes.splice(0, place, ...before, added);
  return isLast;
}

function contextOf(writes: readonly ContextWrite[]): JsonObject {
  return writes.reduce<JsonObject>((context, { path, value }) => withValue(context, path.split("."), value), {});
}

/** True when writing the first path replaces all of the second. */
function covers(path: string, other: string): boolean {
  return other === path || other.startsWith(`${path}.`);
}

/** The object with a value at a path; what is not an object on the way becomes one. */
function withValue(object: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return object;
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: rest.length === 0 ? value : withValue(isJsonObject(inner) ? inner : {}, rest, value) };
}

/** The value at a path; undefined where there is none. */
export function valueAt(object: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path.split(".")) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The parts of the context at these paths, each in its place (least privilege, requirement W155). */
export function partsAt(context: JsonObject, paths: readonly string[]): JsonObject {
  return paths.reduce<JsonObject>((parts, path) => {
    const value = valueAt(context, path);
    return value === undefined ? parts : withValue(parts, path.split("."), value);
  }, {});
}

/** Compares number by number; a prefix comes first. */
function compareRanks(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = (one[index] as number) - (other[index] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
