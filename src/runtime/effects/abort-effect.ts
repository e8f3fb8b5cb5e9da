/** Work at a remote agent that nobody waits for any more: the send ledger's invariant 5 (remote-effect.ts). */
import { failpoint } from "../../base/failpoint.ts";
import { CANCEL_PATIENCE_MS } from "../../base/limits.ts";
import type { Found, RemoteAgent } from "../../ports/agents.ts";
import { type Clock, pause } from "../../ports/clock.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { AssignedWork } from "../work.ts";
import type { EffectContext } from "./effects.ts";
import type { CommandOf, Flight } from "./flight.ts";
import { keeperOf } from "./keep-file.ts";
import { answer, canceledByUs, idOf, outOfReach, unknown } from "./remote-answer.ts";
import { findPatiently } from "./send-until-known.ts";

/** Cancels the task until the agent acknowledges it, or nobody is going to wait any longer. */
export async function abortRemotely(context: EffectContext, flight: Flight, command: CommandOf<"abort">, isUnsent: boolean): Promise<void> {
  failpoint("abort.begun");
  if (flight.isStopped) return;
  // What has become of it may never be known: then the agent is told by and by, and nobody waits for it.
  if (command.lost !== undefined) await context.orphans.remember(flight.placed, command.lost);
  if (isUnsent) return answer(context, flight, command.intent?.agent ?? "", canceledByUs(command.intent?.agent ?? ""));
  const agentName = command.task?.agent ?? command.intent?.agent ?? "";
  const agent = await context.registry.resolveByName(agentName, flight.placed);
  if (agent === null) return answer(context, flight, agentName, outOfReach(agentName));
  const found = await findIntended(context, flight, agent, command);
  if (flight.isStopped) return;
  if (found.kind === "unknowable") return answer(context, flight, agentName, unknown(agentName, found.message));
  if (found.kind === "none") return answer(context, flight, agentName, canceledByUs(agentName));
  const { task } = found;
  const outcome = await cancelUntilKnown(context, flight, agent, task);
  if (outcome !== null) await answer(context, flight, agentName, outcome, task);
}

async function findIntended(context: EffectContext, flight: Flight, agent: RemoteAgent, command: CommandOf<"abort">): Promise<Found> {
  const { intent, task } = command;
  if (task !== null) return { kind: "task", task };
  if (intent === null) return { kind: "none" };
  const assignment: Assignment = {
    ...idOf(command),
    target: { kind: "agent", agent: agent.name, skill: null },
    input: null,
    text: null,
    deadlineAt: 0,
    exchanges: [],
    task: null,
  };
  const work = new AssignedWork(flight.placed, assignment, agent, flight.begunAt);
  return findPatiently(context, flight, { agent, work, intent }, "briefly");
}

/** What a cancel came to; null when the agent said nothing in all that time: then it is told later (orphans.ts). */
export async function cancelUntilKnown(
  context: EffectContext,
  flight: Flight,
  agent: RemoteAgent,
  task: RemoteTask,
): Promise<Outcome | null> {
  const givenUpAt = context.clock.monotonic() + CANCEL_PATIENCE_MS;
  const reading = { usage: flight.placed.definition.usage, keep: keeperOf(context, flight) };
  let isRemembered = false;
  for (let delayMs = 100; !flight.isStopped && context.clock.monotonic() < givenUpAt; delayMs = Math.min(2_000, delayMs * 2)) {
    failpoint("cancel.leaving");
    const canceled = agent.cancel(task, "the orchestrator does not need the result any more", flight.signal, reading);
    if (!isRemembered && !(await settlesWithin(context.clock, canceled, SLOW_CANCEL_MS))) {
      await context.orphans.remember(flight.placed, task);
      isRemembered = true;
    }
    const result = await canceled;
    failpoint("cancel.answered");
    if (result.kind !== "unreachable") {
      if (isRemembered) await context.orphans.forget(flight.placed.run, task);
      return result.kind === "over" ? result.outcome : canceledByUs(agent.name);
    }
    if (!isRemembered) await context.orphans.remember(flight.placed, task);
    isRemembered = true;
    await pause(context.clock, delayMs);
  }
  return null;
}

/** An agent that takes longer may well say nothing at all, and the run does not wait for ever. */
const SLOW_CANCEL_MS = CANCEL_PATIENCE_MS / 5;

function settlesWithin(clock: Clock, work: Promise<unknown>, delayMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const cancel = clock.schedule(delayMs, () => late.resolve(false));
  const settled = work.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, late.promise]).finally(cancel);
}
