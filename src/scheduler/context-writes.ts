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
  const earlier = state.writes;
  const writes = writesWith(state, rank, changes);
  // The usual case: nothing was replaced, and nobody later has written, so the rest stays as it is.
  const isAppended = writes.length === earlier.length + changes.length && writes[earlier.length - 1] === earlier.at(-1);
  state.context = isAppended ? withValues(state.context, changes) : withValues({}, writes);
  state.writes = writes;
}

type Written = Pick<RunState, "writes" | "context">;

/** The writes with those of one more writer: the same list in whatever order the writers come, without what later ones replace. */
export function writesWith({ writes, context }: Written, rank: readonly number[], changes: readonly ContextChange[]): ContextWrite[] {
  const place = placeOf(writes, rank);
  const replaced = new Set(changes.map(({ path }) => path));
  // A path without a value has been written by nobody who is still in the list.
  const isNew = place === writes.length && changes.every(({ path }) => valueAt(context, path) === undefined);
  const before = isNew ? writes : writes.slice(0, place).filter((write) => !isCovered(replaced, write.path));
  const after = writes.slice(place);
  const later = new Set(after.map(({ path }) => path));
  const added: ContextWrite[] = [];
  for (const { path, value } of changes.toReversed()) {
    if (!isCovered(later, path)) added.push({ rank, path, value });
    later.add(path);
  }
  return [...before, ...added.toReversed(), ...after];
}

/** The paths of a writer that a later step has written already; they are kept out of sight. */
export function lostPaths(writes: readonly ContextWrite[], rank: readonly number[], changes: readonly ContextChange[]): readonly string[] {
  const later = new Set(writes.slice(placeOf(writes, rank)).map(({ path }) => path));
  return changes.map(({ path }) => path).filter((path) => isCovered(later, path));
}

/** Where a writer's writes belong: after all that are not later. */
function placeOf(writes: readonly ContextWrite[], rank: readonly number[]): number {
  let place = writes.length;
  while (place > 0 && compareRanks((writes[place - 1] as ContextWrite).rank, rank) > 0) place -= 1;
  return place;
}

/** True when one of these paths is this one or above it: writing that one replaces all of this. */
function isCovered(paths: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end !== -1; end = path.lastIndexOf(".", end - 1)) if (paths.has(path.slice(0, end))) return true;
  return false;
}

type Mutable = { [key: string]: Json };

/** A copy with values at paths; each object on the way is copied once, and what is not an object becomes one. */
export function withValues(object: JsonObject, changes: readonly ContextChange[]): JsonObject {
  const root: Mutable = { ...object };
  const own = new Set<Json>([root]);
  for (const { path, value } of changes) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let inner = root;
    for (const key of keys) inner = ownObject(own, inner, key);
    inner[last] = value;
  }
  return root;
}

/** The object at a key of an object that is ours: ours too from now on, whoever else may hold what was there. */
function ownObject(own: Set<Json>, object: Mutable, key: string): Mutable {
  const found = Object.hasOwn(object, key) ? object[key] : undefined;
  if (found !== undefined && own.has(found)) return found as Mutable;
  const copy: Mutable = isJsonObject(found) ? { ...found } : {};
  own.add(copy);
  object[key] = copy;
  return copy;
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
  const found = paths.flatMap((path) => {
    const value = valueAt(context, path);
    return value === undefined ? [] : [{ path, value }];
  });
  return withValues({}, found);
}

/** Compares number by number; a prefix comes first. */
export function compareRanks(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = (one[index] as number) - (other[index] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
