import type { Json } from "./json.ts";
import { MAX_DURATION_MS } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|[smhdw])/g;

/** Reads a duration such as `500ms`, `30s`, `1m30s`, `2d`; the result is in milliseconds. */
export function parseDuration(text: string): Result<number, string> {
  if (!WHOLE.test(text)) {
    return err(`"${text}" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 2h or 1d.`);
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PIECE)) {
    totalMs += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return ok(Math.round(totalMs));
}

/** Reads a duration that an expression gave: a text such as `5m`, or milliseconds. */
export function durationOf(value: Json): Result<number, string> {
  const read = typeof value === "number" ? ok(Math.round(value)) : parseDuration(typeof value === "string" ? value : JSON.stringify(value));
  if (!read.ok || (read.value >= 0 && read.value <= MAX_DURATION_MS)) return read;
  return err(`A duration is from 0 to ${formatDuration(MAX_DURATION_MS)}, and this one is ${JSON.stringify(value)}.`);
}

/** Writes a duration in milliseconds the way a person says it: `1m 30s`, `250ms`, `2d 3h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)}ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 1 : 0)}s`;
  const pieces: string[] = [];
  let restMs = Math.round(durationMs / 1000) * 1000;
  for (const unit of ["d", "h", "m", "s"] as const) {
    const count = Math.floor(restMs / UNIT_MS[unit]);
    restMs -= count * UNIT_MS[unit];
    if (count > 0) pieces.push(`${count}${unit}`);
  }
  return pieces.slice(0, 2).join(" ");
}
