/** What an effect at a remote agent says to its run. */
import type { PostedInput } from "../../ports/host.ts";
import type { EffectId, RemoteTask } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { principalOf } from "../permits/principal.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";

/** What a remote agent came to; the effect is over with it. */
export async function answer(context: EffectContext, flight: Flight, agent: string, outcome: Outcome, task?: RemoteTask): Promise<void> {
  const { command } = flight.placed;
  const at = task ?? (command.kind === "send" ? command.intent : null);
  await context.courier.bring(flight.placed.run, {
    kind: "answered",
    agent,
    outcome,
    ...idOf(command),
    ...(task === undefined ? {} : { task }),
    // Only a result can be a vote.
    ...(at === null || outcome.kind !== "completed" ? {} : { principal: principalOf(at) }),
  });
}

/**
 * Records an input that the next effect of the same work follows upon. Where the disk has reported a
 * failure and has written it all the same, the next effect has taken this one's place: what was intended
 * is not offered again then, since more may have come of it meanwhile.
 */
export async function bringAndHandOn(context: EffectContext, flight: Flight, input: PostedInput): Promise<void> {
  const receipt = await context.courier.bring(flight.placed.run, input, () => !flight.isStopped);
  flight.isHandedOn = receipt?.applied === true;
}

export function idOf({ path, attempt, turn }: EffectId): EffectId {
  return { path, attempt, turn };
}

export function unknown(agent: string, why: string): Outcome {
  const message = `A message to agent "${agent}" left, and whether it arrived cannot be known: ${why}.`;
  return { kind: "unknown", failure: { code: "T4104", message, retryable: false } };
}

/** What is recorded is at an agent that this process does not have: another one must not do it again. */
export function outOfReach(agent: string): Outcome {
  const message = `Agent "${agent}", which may have the work, is not bound any more, so what became of it cannot be known.`;
  return { kind: "unknown", failure: { code: "T4104", message, retryable: false } };
}

export function canceledByUs(agent: string): Outcome {
  return { kind: "canceled", failure: { code: "T4106", message: `The task was canceled at agent "${agent}".`, retryable: false } };
}
