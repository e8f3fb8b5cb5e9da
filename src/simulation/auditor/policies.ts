/** How long work may take, how often it is tried, and with what pauses, as a file says it. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";

export type Retry = {
  readonly attempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** The pauses are spread from nothing to the whole of them. */
  readonly isSpread: boolean;
};

export type Policies = { readonly timeoutMs: number; readonly retry: Retry };

/** What a step gets that says nothing (design.md, Defaults). */
export const STANDARD: Policies = {
  timeoutMs: 600_000,
  retry: { attempts: 3, initialMs: 1_000, factor: 2, maxMs: 30_000, isSpread: true },
};

/** `timeout` and `retry` of a step, or of the defaults of a file. */
export function readPolicies(object: JsonObject, standard: Policies): Policies {
  return { timeoutMs: millisecondsOf(object["timeout"]) ?? standard.timeoutMs, retry: readRetry(object["retry"], standard.retry) };
}

function readRetry(retry: unknown, standard: Retry): Retry {
  if (!isJsonObject(retry)) return standard;
  const { attempts, initial, factor, max, jitter } = retry;
  const initialMs = millisecondsOf(initial) ?? standard.initialMs;
  return {
    attempts: typeof attempts === "number" ? attempts : standard.attempts,
    initialMs,
    factor: typeof factor === "number" ? factor : standard.factor,
    maxMs: millisecondsOf(max) ?? Math.max(initialMs, standard.maxMs),
    isSpread: jitter === undefined ? standard.isSpread : jitter !== "none",
  };
}

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A duration such as `1m30s`; null for anything else. */
export function millisecondsOf(text: unknown): number | null {
  if (typeof text !== "string") return null;
  const pieces = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (pieces.length === 0) return null;
  return Math.round(pieces.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (UNITS[unit] ?? 0), 0));
}

/** The longest pause after an attempt, when the agent asks for none. */
export function longestPauseMs(retry: Retry, attempt: number): number {
  return Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1));
}
