import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import {
  at,
  isAbsent,
  type Place,
  readNumber,
  readObject,
  readTexts,
  readWord,
  type Reader,
  reportForm,
} from "../authoring/file/reader.ts";
import { durationOf } from "./acts.ts";
import type { Stage } from "./expectations.ts";
import { readSpanText } from "./read-behaviour.ts";
import { checkActor, checkPath, type ReadingContext } from "./read-events.ts";
import { EXPECT_KEYS, type Expectations, type ExpectKey, STATUSES } from "./scenario.ts";

/** What must become of a scenario. A run that is not said to end otherwise must complete. */
export function readExpectations(reader: Reader, place: Place, context: ReadingContext): Expectations {
  const object = isAbsent(place) ? {} : (readObject(reader, place, { known: EXPECT_KEYS }) ?? {});
  const own = (key: ExpectKey): Place => at(object, place.path, key);
  const within = readSpanText(reader, own("within"));
  const standard = isAbsent(own("failure")) ? (isAbsent(own("questions")) ? "completed" : "waiting") : "failed";
  return {
    status: readWord(reader, own("status"), STATUSES, standard),
    lineOf: (path) => context.lineOf([...place.path, ...path]),
    ...written("output", own("output").value),
    ...written("exactly", own("exactly").value),
    ...written("failure", own("failure").value),
    ...(isAbsent(own("attempts"))
      ? {}
      : { attempts: readCounts(reader, own("attempts"), (name, key) => checkPath(reader, name, key, context, "key")) }),
    ...(isAbsent(own("calls")) ? {} : { calls: readCounts(reader, own("calls"), (name, key) => checkActor(reader, name, key, context)) }),
    ...(isAbsent(own("order")) ? {} : { order: readOrder(reader, own("order"), context) }),
    ...(isAbsent(own("skipped")) ? {} : { skipped: readPaths(reader, own("skipped"), context) }),
    ...(isAbsent(own("questions")) ? {} : { questions: readPaths(reader, own("questions"), context) }),
    ...(isAbsent(own("facts")) ? {} : { facts: readFacts(reader, own("facts")) }),
    ...(within === null ? {} : { withinMs: durationOf(within) }),
  };
}

/** A value that may be null: absent only when it is not written. */
function written<Key extends string>(key: Key, value: Json | undefined): { readonly [Name in Key]?: Json } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]?: Json });
}

function readCounts(reader: Reader, place: Place, check: (name: string, place: Place) => void): { readonly [name: string]: number } {
  const object: JsonObject = readObject(reader, place, null) ?? {};
  const counts = Object.keys(object).map((name) => {
    const own = at(object, place.path, name);
    check(name, own);
    return [name, readNumber(reader, own, { least: 0, most: MOST, whole: true, standard: 0 })] as const;
  });
  return Object.fromEntries(counts);
}

const MOST = 1_000_000;

function readPaths(reader: Reader, place: Place, context: ReadingContext): readonly string[] {
  // A list of none is an expectation: that there is none.
  return readTexts(reader, place).map(({ text, path }) => {
    checkPath(reader, text, { value: text, path }, context);
    return text;
  });
}

function readOrder(reader: Reader, place: Place, context: ReadingContext): readonly Stage[] {
  if (!Array.isArray(place.value)) {
    reportForm(reader, place, "a list of steps");
    return [];
  }
  return place.value.map((value: Json, index) => {
    const paths = readPaths(reader, { value, path: [...place.path, index] }, context);
    return typeof value === "string" ? value : paths;
  });
}

function readFacts(reader: Reader, place: Place): readonly Json[] {
  const { value } = place;
  if (value !== undefined && isJsonArray(value) && value.every(isJsonObject)) return value;
  reportForm(reader, place, "a list of objects, each held by a fact of the history");
  return [];
}
