/**
 * W3C trace context of the work that leaves this process (requirement X035).
 *
 * Nothing of it is drawn: the trace is the one that the run was asked for in, else it follows from the
 * run, and the span follows from the key of the effect. So a request made again after a crash, or by
 * another process, belongs to the same span.
 */
import { hash } from "node:crypto";

import type { PlacedCommand } from "../../ports/host.ts";
import type { EffectId } from "../../scheduler/input.ts";
import { keyOfEffect } from "./effect-keys.ts";

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const SAMPLED = "01";

/** W3C Trace Context of a piece of work, as it is recorded and sent. */
type TraceContext = { readonly traceparent: string; readonly tracestate?: string };

export function traceOf(placed: Pick<PlacedCommand, "run" | "trace" | "tracestate">, effect: EffectId): TraceContext {
  const { tracestate } = placed;
  return { traceparent: traceparentOf(placed, effect), ...(tracestate === undefined ? {} : { tracestate }) };
}

/** The `traceparent` of every request about a piece of work. */
function traceparentOf({ run, trace }: Pick<PlacedCommand, "run" | "trace">, effect: EffectId): string {
  const [, traceId, flags] = TRACEPARENT.exec(trace ?? "") ?? [];
  const digits = hash("sha256", keyOfEffect(run, effect)).slice(0, SPAN_DIGITS);
  return `00-${traceId ?? hash("sha256", `${run.tenant}/${run.id}`).slice(0, TRACE_DIGITS)}-${digits}-${flags ?? SAMPLED}`;
}
