/** From a path to what the definition and the state have there. */
import { present } from "../base/assert.ts";
import type { StepId } from "../definition/definition.ts";
import type { Block, InnerName, Program, StepProgram } from "../definition/program.ts";
import type { Path } from "./input.ts";
import { frameIn, frameOf, indexOf, ownerOf, ROOT, stepOf } from "./path.ts";
import { plannedBlock } from "./planned-block.ts";
import type { Frame, ListState, RunState, ScopeState } from "./state.ts";

/** The step that a path executes. */
export function stepAt(program: Program, state: RunState, path: Path): StepProgram {
  return present(findStep(program, state, path), `The definition has a step for ${path}.`);
}

/** The same; undefined for a planned subtask whose plan is over. */
export function findStep(program: Program, state: RunState, path: Path): StepProgram | undefined {
  const frame = frameOf(path);
  const id = stepOf(path);
  if (frame === ROOT) return program.stepById.get(id);
  const owner = ownerOf(frame);
  const holder = findStep(program, state, owner);
  if (holder === undefined) return undefined;
  return blockOf(holder, state.scopes[owner])?.stepById.get(id) ?? holder.inner[id as InnerName];
}

/** The steps inside a step: written, or planned by an agent. */
export function blockOf(holder: StepProgram, scope: ScopeState | undefined): Block | null {
  if (holder.block !== null) return holder.block;
  return scope === undefined || scope.subtasks === null ? null : plannedBlock(holder, scope.subtasks);
}

/** The steps at work in a frame; undefined when that frame is over. */
export function frameAt(state: RunState, frame: Path): Frame | undefined {
  if (frame === ROOT) return state;
  const owner = ownerOf(frame);
  const scope = state.scopes[owner];
  return scope !== undefined && frameIn(owner, scope.iteration) === frame ? scope : undefined;
}

/** A frame that is known to be at work. */
export function openFrame(state: RunState, frame: Path): Frame {
  return present(frameAt(state, frame), `The steps of "${frame}" are at work.`);
}

/** The list of a step that is known to have one at work. */
export function listIn(frame: Frame, id: StepId): ListState {
  return present(frame.lists[id], `Step ${id} has an open list.`);
}

/** The list that an item belongs to; null for a path without an index. */
export function listOf(state: RunState, path: Path): ListState | null {
  return indexOf(path) === null ? null : listIn(openFrame(state, frameOf(path)), stepOf(path));
}

/** A scope that is known to be open. */
export function scopeStateOf(state: RunState, path: Path): ScopeState {
  return present(state.scopes[path], `${path} has inner steps at work.`);
}

/** The steps of a scope that may begin by themselves, once what they need is over. */
export function startable(holder: StepProgram, scope: ScopeState): readonly StepProgram[] {
  switch (scope.kind) {
    case "handler": {
      const name = present(scope.handled, "A handler knows what it handles.").handler;
      return [present(holder.inner[name], `Step ${holder.id} has the handler ${name}.`)];
    }
    case "handoff": {
      const agent = present(scope.agent, "In a handoff it is someone's turn.");
      return [present(holder.block?.stepById.get(agent), `Step ${holder.id} has the agent ${agent}.`)];
    }
    case "plan":
      return scope.subtasks === null ? [planningStep(holder, scope)] : plannedBlock(holder, scope.subtasks).steps;
    case "parallel":
    case "group":
    case "loop":
      return present(holder.block, `Step ${holder.id} has inner steps.`).steps;
  }
}

/** Before there are subtasks: the planner, and then whoever approves of the plan. */
function planningStep({ id, inner: { makePlan, approvePlan } }: StepProgram, { steps }: ScopeState): StepProgram {
  const isPlanned = steps["makePlan"] !== undefined;
  return isPlanned && approvePlan !== undefined ? approvePlan : present(makePlan, `Step ${id} has a planner.`);
}
