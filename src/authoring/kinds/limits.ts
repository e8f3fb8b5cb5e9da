/** `limit`, `budget` and `usage`: how much work may be done, and where its use is found. */
import { MAX_ATTEMPTS, MAX_EFFECTS } from "../../base/limits.ts";
import type { Budget, StepLimit, UsageKeys } from "../../definition/definition.ts";
import { isForbiddenName } from "../../definition/expression/value.ts";
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
  readWord,
  report,
  reportForm,
} from "../file/reader.ts";
import { reportMissing } from "./keys.ts";

const STEP_KEYS = ["tokens", "cost"] as const;
const RUN_KEYS = ["attempts", "subtasks", "time", "depth", "hops", "onExceeded"] as const;
const MANY = Number.MAX_SAFE_INTEGER;
const SECONDS = { s: 1, m: 60, h: 3_600 } as const;

/** `limit: 4`, or `{ concurrency, rate }`: across all runs of the process. */
export function readLimit(reader: Reader, place: Place): StepLimit | null {
  if (isAbsent(place)) return null;
  const concurrency = (inner: Place): number | null => readCount(reader, inner, { least: 1, most: MAX_EFFECTS });
  if (typeof place.value === "number") return present({ concurrency: concurrency(place) });
  const object = readObject(reader, place, { known: ["concurrency", "rate"] });
  if (object === null) return null;
  const limit = present({
    concurrency: concurrency(at(object, place.path, "concurrency")),
    perSecond: readRate(reader, at(object, place.path, "rate")),
  });
  if (Object.keys(object).length === 0) reportMissing(reader, place.path, "`limit` limits nothing.", "Write limit: 4, or { rate: 10/s }.");
  return limit;
}

/** `10/s`, `30/m`, `100/h`. */
function readRate(reader: Reader, place: Place): number | null {
  if (isAbsent(place)) return null;
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*\/\s*([smh])$/.exec(readScalar(place)) ?? [];
  if (Number(count) > 0) return Number(count) / SECONDS[unit as keyof typeof SECONDS];
  reportForm(reader, place, "a rate such as 10/s, 30/m or 100/h", typeof place.value === "number" ? `Write ${place.value}/s.` : null);
  return null;
}

/** The budget of the whole run. */
export function readBudget(reader: Reader, place: Place): Budget | null {
  if (isAbsent(place)) return null;
  const object = readObject(reader, place, { known: [...STEP_KEYS, ...RUN_KEYS] });
  if (object === null) return null;
  const count = (key: string, range: Range): number | null => readCount(reader, at(object, place.path, key), range);
  const limits = present({
    attempts: count("attempts", { least: 1, most: MANY }),
    subtasks: count("subtasks", { least: 1, most: MANY }),
    wallMs: readSpan(reader, at(object, place.path, "time")),
    tokens: count("tokens", { least: 1, most: MANY }),
    cost: readCost(reader, at(object, place.path, "cost")),
    depth: count("depth", { least: 0, most: MAX_ATTEMPTS }),
    hops: count("hops", { least: 0, most: MAX_ATTEMPTS }),
  });
  if (Object.keys(object).every((key) => key === "onExceeded")) {
    reportMissing(reader, place.path, "`budget` limits nothing.", "Write for example { attempts: 100, time: 1h }.");
    return null;
  }
  return { ...limits, onExceeded: readWord(reader, at(object, place.path, "onExceeded"), ["fail", "ask"], "fail") };
}

/** The budget of one step: what its agents may use. */
export function readStepBudget(reader: Reader, place: Place): Pick<Budget, "tokens" | "cost"> | null {
  if (isAbsent(place)) return null;
  const object = readObject(reader, place, { known: [...STEP_KEYS, ...RUN_KEYS] });
  if (object === null) return null;
  for (const key of RUN_KEYS.filter((candidate) => Object.hasOwn(object, candidate))) {
    const message = `\`${key}\` is a budget of the run; a step has ${STEP_KEYS.join(" and ")}.`;
    report(reader, { code: "T1011", message, help: "Set it under `budget` beside `steps`.", path: [...place.path, key], at: "key" });
  }
  if (Object.keys(object).length === 0)
    reportMissing(reader, place.path, "`budget` limits nothing.", "Write { tokens: 20000 }, or { cost: 0.5 }.");
  return present({
    tokens: readCount(reader, at(object, place.path, "tokens"), { least: 1, most: MANY }),
    cost: readCost(reader, at(object, place.path, "cost")),
  });
}

/** `usage`: where in an agent's metadata its use is found. */
export function readUsage(reader: Reader, place: Place): UsageKeys | null {
  if (isAbsent(place)) return null;
  const object = readObject(reader, place, { known: ["tokens", "cost", "model"] });
  if (object === null) return null;
  const key = (name: string): string | null => readMetadataPath(reader, at(object, place.path, name));
  return present({ tokens: key("tokens"), cost: key("cost"), model: key("model") });
}

function readMetadataPath(reader: Reader, place: Place): string | null {
  const path = readText(reader, place);
  if (path === null || (path !== "" && path.split(".").every((part) => part !== "" && !isForbiddenName(part)))) return path;
  report(reader, {
    code: "T1014",
    message: `"${path}" cannot be a path in an agent's metadata.`,
    help: "Write names joined by dots, such as usage.total_tokens.",
    path: place.path,
  });
  return null;
}

type Range = { readonly least: number; readonly most: number };

function readCount(reader: Reader, place: Place, range: Range): number | null {
  return isAbsent(place) ? null : readNumber(reader, place, { ...range, whole: true, standard: Math.max(1, range.least) });
}

function readCost(reader: Reader, place: Place): number | null {
  if (isAbsent(place)) return null;
  if (typeof place.value === "number" && place.value > 0) return place.value;
  reportForm(reader, place, "a number above 0");
  return null;
}
