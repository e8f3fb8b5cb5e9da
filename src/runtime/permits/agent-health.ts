/** What an agent's answers say of its health, for its breaker (breaker.ts). */
import type { RemoteAgent, Sent } from "../../ports/agents.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import type { EffectContext } from "../effects/effects.ts";
import { subjectOf } from "./principal.ts";

type Health = Pick<EffectContext, "breakers">;

/** An agent that failed too often is not asked for a while. An answer to its own question may always go there. */
export function leftAlone(context: Health, agent: RemoteAgent, command: Assignment): Outcome | null {
  const retryAfterMs = command.task === null ? context.breakers.admit(subjectOf(agent)) : null;
  if (retryAfterMs === null) return null;
  const message = `Agent "${agent.name}" failed several times in a row and is left alone; it can be asked again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
  return { kind: "failed", failure: { code: "AGENT_UNAVAILABLE", message, retryable: true, retryAfterMs } };
}

/** Failures that say that an agent is away or has no room. */
const UNAVAILABLE: ReadonlySet<string> = new Set(["NETWORK_ERROR", "AGENT_OVERLOADED"]);
/** Failures on our side of the wire, which say nothing of the agent. */
const OURS: ReadonlySet<string> = new Set(["T3003", "T3005", "T6001"]);

/** Whatever else an agent answers, it is there. */
export function noteOutcome({ breakers }: Health, agent: RemoteAgent, outcome: Outcome): void {
  if (outcome.kind === "unknown") return;
  if (outcome.kind !== "failed") return breakers.succeeded(subjectOf(agent));
  const { code, retryAfterMs } = outcome.failure;
  if (UNAVAILABLE.has(code)) breakers.failed(subjectOf(agent), retryAfterMs);
  else if (!OURS.has(code)) breakers.succeeded(subjectOf(agent));
}

export function noteSent(context: Health, agent: RemoteAgent, sent: Sent): void {
  switch (sent.kind) {
    case "ambiguous":
      return context.breakers.failed(subjectOf(agent));
    case "contextRefused":
      return context.breakers.succeeded(subjectOf(agent));
    case "task":
      return sent.over === null ? context.breakers.succeeded(subjectOf(agent)) : noteOutcome(context, agent, sent.over);
    case "answer":
    case "notSent":
      return noteOutcome(context, agent, sent.outcome);
  }
}
