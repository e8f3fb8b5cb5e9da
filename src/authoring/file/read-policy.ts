import { MAX_ATTEMPTS, MAX_DURATION_MS } from "../../base/limits.ts";
import { DEFAULTS, type RetryPolicy } from "../../definition/definition.ts";
import { at, isAbsent, type Place, type Reader, readDuration, readNumber, readObject, readWord, reportForm } from "./reader.ts";

/** What a step gets when it says nothing: `defaults` of the file, else those of the product. */
export type Policies = { readonly timeoutMs: number; readonly retry: RetryPolicy };

export const STANDARD_POLICIES: Policies = { timeoutMs: DEFAULTS.attemptTimeoutMs, retry: DEFAULTS.retry };

/** `defaults: { timeout, retry }`. */
export function readDefaults(reader: Reader, place: Place): Policies {
  if (isAbsent(place)) return STANDARD_POLICIES;
  const object = readObject(reader, place, { known: ["timeout", "retry"] });
  return object === null
    ? STANDARD_POLICIES
    : readPolicies(reader, { timeout: at(object, place.path, "timeout"), retry: at(object, place.path, "retry") }, STANDARD_POLICIES);
}

/** `timeout` and `retry` of a step, or of the defaults. */
export function readPolicies(reader: Reader, places: { readonly timeout: Place; readonly retry: Place }, standard: Policies): Policies {
  return { timeoutMs: readDuration(reader, places.timeout, standard.timeoutMs), retry: readRetry(reader, places.retry, standard.retry) };
}

/** `retry: { attempts, initial, factor, max, jitter }`; what is left out comes from the defaults. */
function readRetry(reader: Reader, place: Place, standard: RetryPolicy): RetryPolicy {
  if (isAbsent(place)) return standard;
  if (typeof place.value === "number") {
    reportForm(reader, place, "an object", `Write { attempts: ${place.value} }.`);
    return standard;
  }
  const object = readObject(reader, place, { known: ["attempts", "initial", "factor", "max", "jitter"] });
  if (object === null) return standard;
  const { path } = place;
  const initialMs = readDuration(reader, at(object, path, "initial"), standard.initialMs);
  const standardMaxMs = Math.min(MAX_DURATION_MS, Math.max(initialMs, standard.maxMs));
  return {
    attempts: readNumber(reader, at(object, path, "attempts"), { least: 1, most: MAX_ATTEMPTS, whole: true, standard: standard.attempts }),
    initialMs,
    factor: readNumber(reader, at(object, path, "factor"), { least: 1, most: 100, whole: false, standard: standard.factor }),
    maxMs: readDuration(reader, at(object, path, "max"), standardMaxMs),
    jitter: readWord(reader, at(object, path, "jitter"), ["full", "none"], standard.jitter),
  };
}
