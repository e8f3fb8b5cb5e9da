/** The list of an `each`: which items are at work, and when the list is over. */
import { present } from "../base/assert.ts";
import { isJsonArray, type Json } from "../base/json.ts";
import { MAX_ITEMS } from "../base/limits.ts";
import type { Evaluate, StepProgram } from "../definition/program.ts";
import { beginSubtask } from "./begin.ts";
import { leftBehind } from "./complete.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { joinOfItems, type Tally, verdictOf } from "./join.ts";
import { stepIsOver } from "./over.ts";
import { frameOf, itemPath } from "./path.ts";
import { openFrame, frameAt } from "./place.ts";
import { stopForExpression } from "./ready.ts";
import type { ListState } from "./state.ts";
import { stopItems } from "./stop.ts";
import type { Turn } from "./turn.ts";

export function beginList(turn: Turn, step: StepProgram, path: Path, evaluate: Evaluate): void {
  const items = evaluate(turn.scopeIn(frameOf(path)));
  if (!items.ok) return stopForExpression(turn, step, path, items.error);
  if (!isJsonArray(items.value) || items.value.length > MAX_ITEMS) {
    const what = isJsonArray(items.value) ? `has ${items.value.length} items; the limit is ${MAX_ITEMS}` : "is not a list";
    const failure = { code: "T4111", message: `The value of "each" in step ${path} ${what}.`, retryable: false };
    return failSubtask(turn, step, { path, attempt: 0, reason: "expression", failure });
  }
  const { withinMs } = joinOfItems(step.step);
  turn.record({
    kind: "stepExpanded",
    step: path,
    items: items.value,
    ...(withinMs === undefined ? {} : { deadlineAt: turn.at + withinMs }),
  });
  advanceList(turn, step, path);
}

/** Assigns as many items as the step's concurrency allows, and ends the step when its join is decided. */
export function advanceList(turn: Turn, step: StepProgram, path: Path): void {
  // A handler stands in for the list as a whole: nothing more comes of its items.
  if (turn.state.scopes[path] !== undefined) return;
  const list = present(listAt(turn, step, path), `The list of step ${path} is open.`);
  if (list.next < list.items.length && !turn.isHeld) {
    // What ends at once, such as an item that fails before it begins, comes back here.
    if (!turn.advance(path, () => assignItems(turn, step, path, list))) return;
    // What the items led to may have closed the list.
    if (listAt(turn, step, path) !== list) return;
  }
  if (turn.state.ending === null) decideList(turn, step, path, { list, isLate: false });
}

function listAt(turn: Turn, step: StepProgram, path: Path): ListState | undefined {
  return frameAt(turn.state, frameOf(path))?.lists[step.id];
}

function assignItems(turn: Turn, step: StepProgram, path: Path, list: ListState): void {
  const { concurrency, as } = present(step.step.each, `Step ${step.id} has items.`);
  const { rule } = joinOfItems(step.step);
  while (list.next < list.items.length && list.inFlight < concurrency && !turn.isHeld) {
    if (listAt(turn, step, path) !== list) return;
    if (rule.kind !== "all" && verdictOf(rule, tallyOf(list), false).kind !== "open") return;
    const index = list.next;
    // A `set` before it may have changed the context that this item sees.
    const item = { name: as, value: list.items[index] as Json, index };
    beginSubtask(turn, step, itemPath(path, index), { ...turn.scopeIn(frameOf(path)), item });
  }
}

/** The deadline of the list: it is decided with what is there. */
export function listIsLate(turn: Turn, path: Path): void {
  const step = turn.stepAt(path);
  decideList(turn, step, path, { list: present(openFrame(turn.state, frameOf(path)).lists[step.id], `${path} is a list.`), isLate: true });
}

function decideList(
  turn: Turn,
  step: StepProgram,
  path: Path,
  { list, isLate }: { readonly list: ListState; readonly isLate: boolean },
): void {
  const { rule } = joinOfItems(step.step);
  // The usual case, and it comes with every item: no tally is needed to see that some are missing.
  if (rule.kind === "all" && !isLate && list.over < list.items.length) return;
  const verdict = verdictOf(rule, tallyOf(list), isLate);
  if (verdict.kind === "open") return;
  if (list.inFlight > 0) stopItems(turn, path, list);
  if (verdict.kind === "met") return completeList(turn, step, path, { output: list.output, agreed: verdict.agreed });
  const failure = { code: "T4116", message: `Step ${path} did not succeed: ${verdict.why}.`, retryable: false, details: list.errors };
  failSubtask(turn, step, { path, attempt: 0, reason: isLate ? "timedOut" : "disagreed", failure });
}

/** The list is over. It may be a branch itself, and has a vote there. */
function completeList(
  turn: Turn,
  step: StepProgram,
  path: Path,
  { output, agreed }: { readonly output: Json; readonly agreed: Json | undefined },
): void {
  const left = leftBehind(turn, step, { path, attempt: 1, agent: "", contents: { output } });
  if (!left.ok) return failSubtask(turn, step, { path, attempt: 1, reason: "expression", failure: left.error });
  turn.record({ kind: "stepCompleted", step: path, ...(agreed === undefined ? {} : { agreed }), ...left.value });
  stepIsOver(turn, step, path);
}

function tallyOf({ items, over, succeeded, votes }: ListState): Tally {
  return { total: items.length, over, succeeded, skipped: 0, votes, order: null };
}
