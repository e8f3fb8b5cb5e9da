import { present } from "../base/assert.ts";
import type { DelegateStep, Step } from "../definition/definition.ts";
import type { Program } from "../definition/program.ts";
import type { Assignment, Delegation } from "./command.ts";
import { partsAt } from "./context-writes.ts";
import { handoffInput } from "./handoff.ts";
import type { Path } from "./input.ts";
import { frameOf, isItem, ownerOf, ROOT } from "./path.ts";
import { listOf, stepAt } from "./place.ts";
import { flightOf, type Flight, type RunState } from "./state.ts";

/** What an assignment is made from: a turn is one, and so is a run that has just been recovered. */
export type Source = { readonly program: Program; readonly state: RunState };

type Extras = Pick<Assignment, "files" | "conversation" | "repair" | "limit" | "ttlMs" | "deliver" | "context" | "workflow">;

/** The command that tells an agent its work. */
export function delegationOf(source: Source, path: Path, step: Step = stepAt(source.program, source.state, path).step): Delegation {
  const { state } = source;
  const flight = flightOf(state, path);
  const delegation: { -readonly [Key in keyof Delegation]: Delegation[Key] } = {
    kind: "delegate",
    path,
    attempt: flight.attempt,
    turn: flight.turn,
    target: flight.target,
    input: handoffInput(state, path, flight.input),
    text: flight.text,
    deadlineAt: flight.deadlineAt,
    exchanges: flight.exchanges ?? [],
    task: flight.task,
  };
  // Added, and not spread: most work has none of these, and should pay nothing for them.
  if (step.kind === "delegate" && hasExtras(step, flight)) Object.assign(delegation, extrasOf(state, step, flight));
  if (isItem(path)) delegation.batch = itemCountOf(state, path);
  if (frameOf(path) !== ROOT) Object.assign(delegation, plannedOf(source, path));
  return delegation;
}

/** A list is open as long as any of its items is wanted; the others are not assigned to anyone. */
function itemCountOf(state: RunState, path: Path): number {
  return present(listOf(state, path), `${path} is an item.`).items.length;
}

function plannedOf({ program, state }: Source, path: Path): Pick<Assignment, "planned"> {
  const subtasks = state.scopes[ownerOf(frameOf(path))]?.subtasks ?? null;
  if (subtasks === null) return {};
  const { index, step } = stepAt(program, state, path);
  return { planned: { step: index + 1, of: subtasks.length, needs: step.needs } };
}

function hasExtras(step: DelegateStep, { files, conversation, repair, target }: Flight): boolean {
  const ofStep = step.limit ?? step.ttlMs ?? step.deliver ?? step.context;
  return ofStep !== undefined || (files ?? conversation ?? repair) !== undefined || target.kind === "workflow";
}

function extrasOf(state: RunState, { limit, ttlMs, deliver, context }: DelegateStep, flight: Flight): Extras {
  const { files, conversation, repair } = flight;
  return {
    ...(files === undefined ? {} : { files }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(repair === undefined ? {} : { repair }),
    ...(limit === undefined ? {} : { limit }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(deliver === undefined ? {} : { deliver }),
    ...(context === undefined || context.read.length === 0 ? {} : { context: partsAt(state.context, context.read) }),
    ...workflowOf(state, flight),
  };
}

/**
 * The version of a sub-workflow was fixed when the run started. It ends by the run's own end, and what
 * undoes a step by the end of undoing. The time of the attempt is for the run above to keep, which
 * cancels what is late: a pause moves that time, and the run below would not hear of it.
 */
function workflowOf(state: RunState, { target }: Flight): Pick<Assignment, "workflow"> {
  const version = target.kind === "workflow" ? state.workflows[`${target.name}@${target.range}`] : undefined;
  if (version === undefined) return {};
  return { workflow: { ...version, depth: state.depth + 1, endBy: (state.compensating ?? state).deadlineAt } };
}
