/** `succeed`: when items or branches together have succeeded. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_ITEMS } from "../../base/limits.ts";
import type { Succeed } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import {
  at,
  isAbsent,
  type Place,
  present,
  type Reader,
  readNumber,
  readObject,
  readScalar,
  readSpan,
  readText,
  report,
  reportForm,
} from "../file/reader.ts";
import { listed, reportMissing } from "./keys.ts";

const RULES = ["all", "any", "atLeast", "first", "quorum"] as const;
const FORMS = "all, any, { atLeast: 2 }, { first: 2 } or { quorum: 2, on: result.verdict }";
const ALL: Succeed = { rule: { kind: "all" } };

/** Absent means: all. Whether so many can be reached is left to the check. */
export function readSucceed(reader: Reader, place: Place): Succeed {
  if (isAbsent(place) || place.value === "all") return ALL;
  if (place.value === "any") return { rule: { kind: "first", count: 1 } };
  if (!isJsonObject(place.value)) {
    reportForm(reader, place, FORMS);
    return ALL;
  }
  const object = place.value;
  readObject(reader, place, { known: [...RULES, "on", "within"] });
  const { path } = place;
  const rule = readRule(reader, object, path);
  return { rule, ...present({ withinMs: readSpan(reader, at(object, path, "within")) }) };
}

function readRule(reader: Reader, object: JsonObject, path: DocumentPath): Succeed["rule"] {
  const [name, ...others] = RULES.filter((key) => Object.hasOwn(object, key));
  if (name === undefined) {
    reportMissing(reader, path, "`succeed` does not say how many.", `Write ${FORMS}.`);
    return ALL.rule;
  }
  if (others.length > 0) {
    const message = `\`succeed\` has ${listed([name, ...others])} at once.`;
    report(reader, { code: "T1011", message, help: "Keep one of them.", path: [...path, others[0] as string], at: "key" });
    return ALL.rule;
  }
  if (name !== "quorum" && Object.hasOwn(object, "on")) {
    report(reader, {
      code: "T1012",
      message: "`on` means nothing without `quorum`.",
      help: "Write { quorum: 2, on: … }, or take it out.",
      path: [...path, "on"],
      at: "key",
    });
  }
  const place = at(object, path, name);
  switch (name) {
    case "all":
    case "any":
      if (place.value !== true) reportForm(reader, place, "true");
      return name === "all" ? ALL.rule : { kind: "first", count: 1 };
    case "atLeast":
      return typeof place.value === "string" ? readPercent(reader, place) : { kind: "atLeast", count: readCount(reader, place) };
    case "first":
      return { kind: "first", count: readCount(reader, place) };
    case "quorum":
      return { kind: "quorum", count: readCount(reader, place), on: readVote(reader, object, path) };
  }
}

function readPercent(reader: Reader, place: Place): Succeed["rule"] {
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(readScalar(place))?.[1]);
  if (percent > 0 && percent <= 100) return { kind: "atLeastPercent", percent };
  reportForm(reader, place, 'a whole number, or a percentage from 1% to 100% such as "75%"');
  return ALL.rule;
}

function readCount(reader: Reader, place: Place): number {
  return readNumber(reader, place, { least: 1, most: MAX_ITEMS, whole: true, standard: 1 });
}

function readVote(reader: Reader, object: JsonObject, path: DocumentPath): string {
  const on = readText(reader, at(object, path, "on"));
  if (on === null && isAbsent(at(object, path, "on")))
    reportMissing(reader, path, "`quorum` does not say on what value.", "Add for example on: result.verdict, or on: result for the whole.");
  return on ?? "result";
}
