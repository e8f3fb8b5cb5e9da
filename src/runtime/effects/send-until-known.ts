/**
 * A message of which it is found out what became of it: the send ledger's invariant 3
 * (remote-effect.ts).
 */
import { failpoint } from "../../base/failpoint.ts";
import { RECONCILE_MS } from "../../base/limits.ts";
import type { Found, RemoteAgent, Sent, Work } from "../../ports/agents.ts";
import { pause } from "../../ports/clock.ts";
import type { Intent } from "../../scheduler/input.ts";
import { noteSent } from "../permits/agent-health.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";
import { unknown } from "./remote-answer.ts";

const SENDS_PER_INTENT = 3;
const LONGEST_PAUSE_MS = 2_000;

/** A message, and who is to get it. */
export type Message = { readonly agent: RemoteAgent; readonly work: Work; readonly intent: Intent };

/**
 * What is known of an earlier send of a message: what it came to; that it did not arrive; or that it
 * may have, and the agent would ignore a second one.
 */
export async function whatBecame(
  context: EffectContext,
  flight: Flight,
  message: Message,
): Promise<Sent | "absent" | "doubtful" | "stopped"> {
  const { agent } = message;
  const described = await agent.describe(flight.signal);
  if (described.ok && described.identity.dedupes) return "doubtful";
  return look(context, flight, message);
}

async function look(context: EffectContext, flight: Flight, message: Message): Promise<Sent | "absent" | "stopped"> {
  const found = await findPatiently(context, flight, message, "untilItAnswers");
  if (flight.isStopped) return "stopped";
  if (found.kind === "task") return { kind: "task", task: found.task, over: null };
  if (!flight.isGoingOn) return "stopped";
  return found.kind === "none" ? "absent" : { kind: "answer", outcome: unknown(message.agent.name, found.message) };
}

/**
 * "None" counts only after the time in which a request that was cut off may still be taken up. An
 * agent that is away can be asked when it is back: the attempt's own timeout ends that wait.
 */
export async function findPatiently(
  context: EffectContext,
  flight: Flight,
  { agent, work, intent }: Message,
  patience: "briefly" | "untilItAnswers",
): Promise<Found> {
  const conclusiveAt = context.clock.monotonic() + (context.reconcileMs ?? RECONCILE_MS);
  for (let delayMs = 100; ; delayMs = Math.min(1_000, delayMs * 2)) {
    // When it was asked counts: an answer that is long on its way says nothing of what has come meanwhile.
    const isConclusive = context.clock.monotonic() >= conclusiveAt;
    const found = await agent.find(work, intent, flight.signal);
    if (found.kind === "task" || !flight.isGoingOn) return found;
    const isAway = found.kind === "unknowable" && found.isAway === true;
    if (isConclusive && !(isAway && patience === "untilItAnswers")) return found;
    await pause(context.clock, delayMs);
  }
}

/**
 * Sends until it is known what came of it. `doubtful`: an earlier send may have arrived. An agent that
 * is away gets the answer to its question when it is back: another attempt would begin the work anew,
 * and leave the task that asks.
 */
export async function sendUntilKnown(
  context: EffectContext,
  flight: Flight,
  message: Message,
  earlier: "absent" | "doubtful" | "stopped",
): Promise<Sent | "stopped"> {
  const { agent, work, intent } = message;
  let standing = earlier;
  let ambiguousCount = 0;
  for (let delayMs = 100; standing !== "stopped" && flight.isGoingOn; delayMs = Math.min(LONGEST_PAUSE_MS, delayMs * 2)) {
    flight.mayHaveLeft = true;
    failpoint("send.leaving");
    const sent = await agent.send(work, intent, flight.signal);
    failpoint("send.answered");
    if (!flight.isStopped) noteSent(context, agent, sent);
    let pauseMs = delayMs;
    if (sent.kind === "notSent") {
      const { outcome } = sent;
      const isAway = outcome.kind === "failed" && outcome.failure.retryable;
      // That this one did not arrive says nothing of the one before it.
      if (!isAway && standing === "doubtful") return notSentBut(await look(context, flight, message), sent);
      if (!isAway || (standing === "absent" && work.task === null)) return ambiguousCount > 0 ? { kind: "notSent", outcome } : sent;
      pauseMs = Math.max(delayMs, outcome.failure.retryAfterMs ?? 0);
    } else {
      if (sent.kind !== "ambiguous") return sent;
      if (flight.isStopped) return "stopped";
      const became = await whatBecame(context, flight, message);
      if (typeof became === "object") return became;
      standing = became;
      ambiguousCount += 1;
      if (ambiguousCount === SENDS_PER_INTENT) return { kind: "answer", outcome: unknown(agent.name, sent.message) };
    }
    await pauseWhileWanted(context, flight, pauseMs);
  }
  return "stopped";
}

/** What an earlier send came to; when it did not arrive either, what this one did. */
function notSentBut(earlierOne: Awaited<ReturnType<typeof look>>, sent: Sent): Sent | "stopped" {
  return earlierOne === "absent" ? sent : earlierOne;
}

/** An agent may ask for a long pause; nobody who wants to stop waits for it. */
async function pauseWhileWanted({ clock }: EffectContext, flight: Flight, delayMs: number): Promise<void> {
  for (let leftMs = delayMs; leftMs > 0 && flight.isGoingOn; leftMs -= LONGEST_PAUSE_MS) {
    await pause(clock, Math.min(LONGEST_PAUSE_MS, leftMs));
  }
}
