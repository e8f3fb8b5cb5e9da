import type { ErrorCode } from "../../base/codes.ts";

/** What a failed request means for the one who made it. */
export type EgressFailure =
  /** No byte left: it is safe to send again. */
  | "notSent"
  /** The other side has no room now, and did not take the request. */
  | "refused"
  /** The other side does not accept our credentials. */
  | "denied"
  /** The request may have been taken; nobody here can know. */
  | "ambiguous"
  /** The other side answered, did nothing, and its answer is of no use: a redirect, a card without a name. */
  | "protocol"
  /** The other side has taken the request, and its answer cannot be read: it is too large, or not what it says it is. */
  | "garbled";

/** A request that failed, and whether it can have been taken (`kind`). */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly kind: EgressFailure;
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(kind: EgressFailure, sentence: string, more: { code?: ErrorCode; retryAfterMs?: number; cause?: unknown } = {}) {
    super(sentence, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.code = more.code ?? (kind === "notSent" || kind === "refused" || kind === "ambiguous" ? "T3001" : "T3002");
    this.retryAfterMs = more.retryAfterMs;
  }
}
