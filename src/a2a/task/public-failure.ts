/**
 * A failure as its caller may see it. The words of an exception, a handler's (AGENT_ERROR) or one on the
 * way to an agent (T4115), belong in the log, since they may hold secrets (a2a.md 3.3, row 5). Failures
 * stand inside each other: each holder of a step repeats the words of what failed in it at the end of its
 * own sentence, and has the whole of it in its details. So those words are looked for at every depth.
 */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { asClause } from "../../base/text.ts";
import type { Failure } from "../../scheduler/outcome.ts";

const HIDDEN_CODES: ReadonlySet<string> = new Set(["AGENT_ERROR", "T4115"]);
const HIDDEN_WORDS = "The agent failed because of an error of its own.";
/** What may be said of an exception beside its code: where it was, and whether to try again. */
const KEPT_KEYS = new Set(["path", "attempt", "reason", "code", "retryable", "retryAfterMs"]);

/** The failure without the words of any exception. */
export function publicFailure(failure: Failure): Failure {
  const hidden = hiddenWords(toJson(failure));
  if (hidden.length === 0) return failure;
  const { details, ...rest } = failure;
  const shown = details === undefined ? undefined : cleaned(details, hidden);
  return {
    ...rest,
    message: cleanedMessage(failure.message, hidden),
    // Those of the exception itself are as secret as its words; those of a holder say where it was.
    ...(shown === undefined || (HIDDEN_CODES.has(failure.code) && !isFailure(shown)) ? {} : { details: shown }),
  };
}

/** The first failure behind this one, and the step in which it happened. */
export function causeOf(failure: Failure): { readonly failure: Failure; readonly path: string | null; readonly codes: readonly string[] } {
  let cause = failure;
  let path: string | null = null;
  const codes = [failure.code];
  for (let { details } = failure; isFailure(details); { details } = cause) {
    const { retryAfterMs } = details;
    cause = {
      code: details.code,
      message: details.message,
      retryable: details["retryable"] === true,
      ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
      ...(details["details"] === undefined ? {} : { details: details["details"] }),
    };
    path = typeof details["path"] === "string" ? details["path"] : path;
    codes.push(cause.code);
  }
  return { failure: cause, path, codes };
}

function isFailure(value: Json | undefined): value is JsonObject & { readonly code: string; readonly message: string } {
  return isJsonObject(value) && typeof value["code"] === "string" && typeof value["message"] === "string";
}

function toJson({ code, message, details }: Failure): JsonObject {
  return { code, message, ...(details === undefined ? {} : { details }) };
}

/** The messages of all exceptions, at any depth. */
function hiddenWords(value: Json): readonly string[] {
  if (isJsonArray(value)) return value.flatMap(hiddenWords);
  if (!isJsonObject(value)) return [];
  const own = isFailure(value) && HIDDEN_CODES.has(value.code) && value.message !== "" ? [asClause(value.message)] : [];
  return [...own, ...Object.values(value).flatMap(hiddenWords)];
}

function cleaned(value: Json, hidden: readonly string[]): Json {
  if (isJsonArray(value)) return value.map((item) => cleaned(item, hidden));
  if (!isJsonObject(value)) return value;
  const isHidden = isFailure(value) && HIDDEN_CODES.has(value.code);
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    if (key === "message" && typeof inner === "string") return [[key, cleanedMessage(inner, hidden)] as const];
    if (isHidden && !KEPT_KEYS.has(key) && !isFailure(inner)) return [];
    return [[key, cleaned(inner, hidden)] as const];
  });
  return Object.fromEntries(entries);
}

/** The sentence up to the exception's words; nothing of it, where they stand in the middle. */
function cleanedMessage(message: string, hidden: readonly string[]): string {
  const found = hidden.filter((words) => message.includes(words)).toSorted((left, right) => left.length - right.length);
  const [innermost] = found;
  if (innermost === undefined) return message;
  const clause = asClause(message);
  return clause.endsWith(innermost) ? clause.slice(0, -innermost.length) + HIDDEN_WORDS : HIDDEN_WORDS;
}
