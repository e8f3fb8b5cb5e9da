import { err, ok, type Result } from "./result.ts";
import type { Json } from "./json.ts";

/** A date, a time and a zone: an instant that means the same everywhere. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Reads an instant in ISO 8601, as milliseconds since 1970, UTC. The zone must be there. */
export function parseInstant(value: Json): Result<number, string> {
  const at = typeof value === "string" && INSTANT.test(value) ? new Date(value).getTime() : Number.NaN;
  if (Number.isFinite(at)) return ok(at);
  return err(`${shortened(value)} is not an instant; write a date, a time and a zone, such as 2026-12-01T09:00:00Z.`);
}

/** A value as a sentence shows it. */
function shortened(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
