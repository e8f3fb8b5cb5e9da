/** Agents of which one works at a time and may hand over to another by name (requirements B011, X030). */
import { assert, present } from "../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { HandoffStep } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { frameOf, ownerOf, ROOT } from "./path.ts";
import { completeScope, pushInner } from "./scope.ts";
import type { RunState, ScopeState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** The agent whose turn it was has answered: it has finished, or names who goes on. */
export function turnIsOver(turn: Turn, step: StepProgram, path: Path, scope: ScopeState): void {
  const { step: handoff } = step;
  assert(handoff.kind === "handoff", `${path} is a handoff.`);
  const agent = present(scope.agent, "In a handoff it is someone's turn.");
  const output = present(scope.steps[agent], `${agent} has had its turn.`).output ?? null;
  const wanted = isJsonObject(output) ? output["handoff_to"] : undefined;
  if (typeof wanted !== "string") return completeScope(turn, step, path, output);
  const next = participant(handoff, wanted);
  if (next === null) {
    const known = Object.keys(handoff.agents).join(", ");
    const message = `"${agent}" handed over to "${wanted}", who does not take part in ${path}; there are ${known}.`;
    return failSubtask(turn, step, { path, attempt: 1, reason: "invalid", failure: { code: "T4118", message, retryable: false } });
  }
  if (scope.iteration >= handoff.max) {
    const message = `"${agent}" would hand over to "${next}", and the ${handoff.max} turns of ${path} are used up.`;
    const failure = { code: "T4119", message, retryable: false, details: { output } };
    return failSubtask(turn, step, { path, attempt: 1, reason: "exhausted", failure });
  }
  turn.record({ kind: "iterationStarted", path, iteration: scope.iteration + 1, agent: next });
  pushInner(turn, path);
}

/** Who is meant: by the name in the step, or by that of the agent. */
function participant({ agents }: HandoffStep, wanted: string): string | null {
  if (Object.hasOwn(agents, wanted)) return wanted;
  const byName = Object.entries(agents).find(([, { target }]) => target.kind === "agent" && target.agent === wanted);
  return byName?.[0] ?? null;
}

/**
 * What an agent of a handoff gets besides its input: who handed over, with what words, and what all have
 * said. It is put together for each message, and in no fact: there it would grow with the square of the turns.
 */
export function handoffInput(state: RunState, path: Path, input: Json): Json {
  const frame = frameOf(path);
  const scope = frame === ROOT ? undefined : state.scopes[ownerOf(frame)];
  if (scope?.kind !== "handoff" || scope.history.length === 0) return input;
  const last = present(scope.history.at(-1), "Someone has handed over.");
  assert(isJsonObject(last.output), "Who hands over says so in an object.");
  const message = last.output["message"] ?? null;
  const handoff: JsonObject = { from: last.agent, message, history: [...scope.history] };
  return isJsonObject(input) ? { ...input, handoff } : { ...(input === null ? {} : { input }), handoff };
}
