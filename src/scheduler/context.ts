/** What steps and agents write into the run context, and who may (requirements W.i, X026). */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { MAX_CONTEXT_CHANGES, MAX_RUN_CONTEXT_BYTES, MAX_RUN_CONTEXT_WRITES } from "../base/limits.ts";
import { isContextPath } from "../definition/context-path.ts";
import { isForbiddenName } from "../definition/expression/value.ts";
import { lostPaths, writesWith } from "./context-writes.ts";
import { sizeWithin } from "./contract.ts";
import type { ContextChange } from "./fact.ts";
import type { Path } from "./input.ts";
import type { Failure, Reply } from "./outcome.ts";
import { frameOf, indexOf, ownerOf, ROOT } from "./path.ts";
import type { Turn } from "./turn.ts";

/** Records what a subtask writes; where a later step has written already, that stays. */
export function changeContext(turn: Turn, path: Path, changes: readonly ContextChange[]): void {
  if (changes.length === 0) return;
  const rank = rankOf(turn, path);
  const lost = lostPaths(turn.state.writes, rank, changes);
  turn.record({ kind: "contextChanged", path, rank, changes, ...(lost.length === 0 ? {} : { lost }) });
}

/** Why the run's context cannot hold what a subtask writes besides the rest; null when it can. */
export function contextProblem(turn: Turn, path: Path, changes: readonly ContextChange[]): Failure | null {
  if (changes.length === 0) return null;
  const writes = writesWith(turn.state, rankOf(turn, path), changes);
  let left = MAX_RUN_CONTEXT_BYTES;
  for (const write of writes) if (left >= 0) left = sizeWithin(write.value, left - write.path.length);
  if (left >= 0 && writes.length <= MAX_RUN_CONTEXT_WRITES) return null;
  const message = `The run context is full: with what ${path} writes it would have more than ${MAX_RUN_CONTEXT_BYTES} bytes or ${MAX_RUN_CONTEXT_WRITES} paths.`;
  return { code: "T4112", message, retryable: false };
}

/** The place of a subtask in the order of the definition: step, item, iteration, and so on inward. */
function rankOf(turn: Turn, path: Path): readonly number[] {
  const frame = frameOf(path);
  const own = [turn.stepAt(path).index, indexOf(path) ?? 0];
  if (frame === ROOT) return own;
  const owner = ownerOf(frame);
  const iteration = frame === owner ? 0 : Number(frame.slice(owner.length + 1));
  return [...rankOf(turn, owner), iteration, ...own];
}

/** A data part `{ result, context_update }` is a result with a delta; its keys are paths with dots. */
export function withoutDelta(reply: Reply): { readonly reply: Reply; readonly changes: readonly ContextChange[] } {
  const { data = NO_DATA } = reply;
  const first = data[0];
  if (!isJsonObject(first) || first["context_update"] === undefined || !isDelta(first)) return { reply, changes: NO_CHANGES };
  const changes = Object.entries(first["context_update"] as JsonObject).map(([path, value]): ContextChange => ({ path, value }));
  return { reply: { ...reply, data: [first["result"] as Json, ...data.slice(1)] }, changes };
}

const NO_DATA: readonly Json[] = [];
const NO_CHANGES: readonly ContextChange[] = [];

function isDelta(part: JsonObject): boolean {
  return Object.keys(part).length === 2 && Object.hasOwn(part, "result") && isJsonObject(part["context_update"]);
}

/** Why an agent may not write this, as sentences; empty when it may. */
export function contextProblems(allowed: readonly string[], changes: readonly ContextChange[]): readonly string[] {
  if (changes.length > MAX_CONTEXT_CHANGES) return [`context_update has ${changes.length} paths; the limit is ${MAX_CONTEXT_CHANGES}`];
  return changes.flatMap(({ path, value }) => {
    if (!isContextPath(path) || hasForbiddenKey(value)) return [`context_update may not write ${JSON.stringify(path.slice(0, 80))}`];
    if (allowed.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) return [];
    const may = allowed.length === 0 ? "the step declares none" : `the step declares ${allowed.join(", ")}`;
    return [`context_update writes "${path}", and under context.write ${may}`];
  });
}

/** Keys that would reach an object's prototype in code that merges carelessly, ours or a reader's. */
function hasForbiddenKey(value: Json): boolean {
  if (Array.isArray(value)) return (value as readonly Json[]).some(hasForbiddenKey);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => isForbiddenName(key) || hasForbiddenKey(inner));
}
