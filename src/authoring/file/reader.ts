/**
 * Small readers that turn what a file holds into domain values. Each reports what is wrong and goes
 * on with a stand-in, so that one pass finds every mistake.
 */
import { parseDuration } from "../../base/duration.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_DURATION_MS } from "../../base/limits.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { type DocumentPath, problem, type Problem } from "../../definition/problem.ts";
import type { Move } from "./as-written.ts";

/** One reading of one document: collects its problems. */
export type Reader = {
  readonly problems: Problem[];
  /** Where the normal form has something elsewhere than the file. */
  readonly moves: Move[];
  /** False when a step could not be read at all, so that others would only seem wrong. */
  isWhole: boolean;
};

/** A value and where it stands. */
export type Place = { readonly value: Json | undefined; readonly path: DocumentPath };

export function at(object: JsonObject, path: DocumentPath, key: string): Place {
  return { value: Object.hasOwn(object, key) ? object[key] : undefined, path: [...path, key] };
}

export function report(reader: Reader, parts: Parameters<typeof problem>[0]): void {
  reader.problems.push(problem(parts));
}

/** True for what is not written, or written as null (a key with nothing behind it). */
export function isAbsent({ value }: Place): boolean {
  return value === undefined || value === null;
}

/** Reports a value of the wrong form. `wanted` completes "must be …". */
export function reportForm(reader: Reader, { value, path }: Place, wanted: string, help: string | null = null): void {
  const name = String(path.at(-1) ?? "The file");
  const message = `${typeof path.at(-1) === "number" ? "This" : `"${name}"`} must be ${wanted}, not ${formOf(value)}.`;
  report(reader, { code: "T1011", message: path.length === 0 ? `The file must be ${wanted}, not ${formOf(value)}.` : message, help, path });
}

function formOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const shown = JSON.stringify(value);
  return shown.length <= 40 ? shown : `a ${typeof value}`;
}

export function readText(reader: Reader, place: Place): string | null {
  if (isAbsent(place)) return null;
  if (typeof place.value === "string") return place.value;
  reportForm(reader, place, "a text");
  return null;
}

/** A text as it is written; the empty text for anything else. */
export function readScalar({ value }: Place): string {
  return typeof value === "string" ? value : "";
}

export function readBoolean(reader: Reader, place: Place, standard: boolean): boolean {
  if (isAbsent(place)) return standard;
  if (typeof place.value === "boolean") return place.value;
  reportForm(reader, place, "true or false");
  return standard;
}

type NumberRange = { readonly least: number; readonly most: number; readonly whole: boolean; readonly standard: number };

export function readNumber(reader: Reader, place: Place, { least, most, whole, standard }: NumberRange): number {
  if (isAbsent(place)) return standard;
  const { value } = place;
  if (typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  reportForm(reader, place, `a ${whole ? "whole " : ""}number from ${least} to ${most}`);
  return standard;
}

export function readWord<Word extends string>(reader: Reader, place: Place, words: readonly Word[], standard: Word): Word {
  if (isAbsent(place)) return standard;
  const found = words.find((word) => word === place.value);
  if (found !== undefined) return found;
  const help = typeof place.value === "string" ? didYouMean(place.value, words) : null;
  reportForm(reader, place, `one of ${words.join(", ")}`, help);
  return standard;
}

/** A duration in milliseconds. */
export function readDuration(reader: Reader, place: Place, standardMs: number): number {
  if (isAbsent(place)) return standardMs;
  const { value, path } = place;
  if (typeof value !== "string") {
    report(reader, {
      code: "T1015",
      message: `"${String(path.at(-1))}" must be a duration with a unit, not ${formOf(value)}.`,
      help: typeof value === "number" ? `Write ${value}s, ${value}m or ${value}h.` : "Write for example 30s, 5m or 2h.",
      path,
    });
    return standardMs;
  }
  const parsed = parseDuration(value);
  if (!parsed.ok) report(reader, { code: "T1015", message: parsed.error, path });
  else if (parsed.value > MAX_DURATION_MS)
    report(reader, { code: "T1015", message: `${value} is longer than ten years, the longest timer.`, path });
  else if (parsed.value === 0 && path.at(-1) === "timeout")
    report(reader, {
      code: "T1015",
      message: "A timeout of nothing would end the work at once.",
      help: "Leave it out for the default.",
      path,
    });
  else return parsed.value;
  return standardMs;
}

/** A duration of more than nothing; null when it is not written. */
export function readSpan(reader: Reader, place: Place): number | null {
  if (isAbsent(place)) return null;
  const durationMs = readDuration(reader, place, 1);
  if (durationMs > 0) return durationMs;
  const message = `"${String(place.path.at(-1))}" is a duration of nothing.`;
  report(reader, { code: "T1015", message, help: "Leave it out, or write for example 30s.", path: place.path });
  return null;
}

/** The parts that are there: an unused part of a definition is absent, never null. */
export function present<Parts extends object>(parts: Parts): { [Key in keyof Parts]?: Exclude<Parts[Key], null> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null)) as {
    [Key in keyof Parts]?: Exclude<Parts[Key], null>;
  };
}

/** A list of texts; a single text is a list of one. */
export function readTexts(reader: Reader, place: Place): readonly { readonly text: string; readonly path: DocumentPath }[] {
  if (isAbsent(place)) return [];
  if (typeof place.value === "string") return [{ text: place.value, path: place.path }];
  if (!Array.isArray(place.value)) {
    reportForm(reader, place, "a text or a list of texts");
    return [];
  }
  return place.value.flatMap((value: Json, index) => {
    const path = [...place.path, index];
    if (typeof value === "string") return [{ text: value, path }];
    reportForm(reader, { value, path }, "a text");
    return [];
  });
}

/** The keys that an object may have: known ones, and those of later versions of the language. */
export type Keys = { readonly known: readonly string[]; readonly later?: readonly string[] };

/** An object with only known keys; null (and a problem) for anything else. */
export function readObject(reader: Reader, place: Place, keys: Keys | null): JsonObject | null {
  const { value, path } = place;
  if (!isJsonObject(value)) {
    reportForm(reader, place, "an object");
    return null;
  }
  if (keys !== null) for (const key of Object.keys(value)) checkKey(reader, [...path, key], keys);
  return value;
}

function checkKey(reader: Reader, path: DocumentPath, { known, later = [] }: Keys): void {
  const key = String(path.at(-1));
  if (known.includes(key)) return;
  if (later.includes(key)) report(reader, notYet(key, path));
  else
    report(reader, {
      code: "T1010",
      message: `unknown key "${key}".`,
      help: didYouMean(key, [...known, ...later]),
      declared: known,
      path,
      at: "key",
    });
}

/** A part of the language that this version does not execute. */
export function notYet(key: string, path: DocumentPath): Problem {
  return problem({
    code: "T1013",
    message: `\`${key}\` is not supported by this version yet.`,
    help: "Take it out, or use a newer version of tutti.",
    path,
    at: "key",
  });
}
