import { MAX_PUSH_FAILURES, MAX_PUSH_REFUSALS, PUSH_BACKOFF_MS, PUSH_MAX_BACKOFF_MS, PUSH_REFUSED_PAUSE_MS } from "../../base/limits.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import type { PushStanding } from "./push-row.ts";

/** What an attempt has come to. A reason repeats nothing of what the receiver said: it may be our own secrets. */
export type Verdict =
  | { readonly kind: "delivered" }
  /** Another attempt may do better. */
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number }
  /** The receiver does not want it, or may not be asked; that hardly changes by itself. */
  | { readonly kind: "refused"; readonly reason: string };

export function verdictOf({ status, host }: { readonly status: number; readonly host: string }): Verdict {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const reason = `${host} answered ${status}.`;
  return status >= 500 || status === 425 ? { kind: "failed", reason, retryAfterMs: 0 } : { kind: "refused", reason };
}

export function verdictOfError(error: unknown): Verdict {
  if (!(error instanceof EgressError)) return { kind: "failed", reason: "The notification could not be made.", retryAfterMs: 0 };
  // The body of the answer was dropped, so that the message holds the host and the status only.
  const { message, retryAfterMs = 0 } = error;
  const isFinal = error.kind === "denied" || error.kind === "protocol" || error.code === "T6001";
  return isFinal ? { kind: "refused", reason: message } : { kind: "failed", reason: message, retryAfterMs };
}

/** Where a config stands after a failure. `random` is in [0, 1): half of a pause is jitter. */
export function standingAfter(
  { failureCount: failures, refusalCount: refusals }: Extract<PushStanding, { kind: "open" }>,
  verdict: Exclude<Verdict, { kind: "delivered" }>,
  at: { readonly now: number; readonly random: number },
): PushStanding {
  const failureCount = failures + 1;
  const refusalCount = refusals + (verdict.kind === "refused" ? 1 : 0);
  if (failureCount >= MAX_PUSH_FAILURES || refusalCount >= MAX_PUSH_REFUSALS) {
    return { kind: "dead", at: at.now, reason: verdict.reason, failureCount };
  }
  const backoffMs = Math.min(PUSH_MAX_BACKOFF_MS, PUSH_BACKOFF_MS * 2 ** failures) * (0.5 + at.random / 2);
  const pauseMs = Math.max(backoffMs, verdict.kind === "failed" ? verdict.retryAfterMs : PUSH_REFUSED_PAUSE_MS);
  return { kind: "open", failureCount, refusalCount, retryAt: at.now + Math.ceil(pauseMs) };
}
