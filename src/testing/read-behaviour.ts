/** What scripted agents do, as it is written in a scenario file. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import {
  at,
  isAbsent,
  type Place,
  readBoolean,
  readNumber,
  readObject,
  readTexts,
  type Reader,
  report,
  reportForm,
} from "../authoring/file/reader.ts";
import { parseDuration } from "../base/duration.ts";
import { compileTemplate } from "../definition/expression/template.ts";
import { below } from "../definition/problem.ts";
import {
  ACT_NAMES,
  type Act,
  type ActName,
  type Behaviour,
  type Conditions,
  type FailSpec,
  type QuestionSpec,
  type ScriptedCall,
} from "./behaviour.ts";
import { scripted, type ScriptedAgent } from "./scripted.ts";

const CONDITIONS = ["when", "step", "capability", "times", "slow", "progress"] as const;
const ACT_KEYS = [...ACT_NAMES, "next"] as const;

/** An agent of a scenario: its script, or an object with the script and what else it is. */
export function readScriptedAgent(reader: Reader, name: string, place: Place): ScriptedAgent {
  if (!isJsonObject(place.value) || !Object.hasOwn(place.value, "script")) return scripted(name, readScript(reader, place));
  const object = readObject(reader, place, { known: ["script", "remote", "capabilities"] }) ?? {};
  const capabilities = readTexts(reader, at(object, place.path, "capabilities")).map(({ text }) => text);
  const remote = readBoolean(reader, at(object, place.path, "remote"), false);
  return scripted(name, readScript(reader, at(object, place.path, "script")), { capabilities, remote });
}

function readScript(reader: Reader, place: Place): readonly Behaviour[] {
  const { value, path } = place;
  if (!Array.isArray(value)) return readBehaviour(reader, place);
  if (value.length === 0) reportForm(reader, place, "a list with at least one behaviour");
  return value.flatMap((item: Json, index) => readBehaviour(reader, { value: item, path: [...path, index] }));
}

function readBehaviour(reader: Reader, place: Place): readonly Behaviour[] {
  const object = readObject(reader, place, { known: [...ACT_KEYS, ...CONDITIONS] });
  const act = object === null ? null : readAct(reader, object, place);
  return object === null || act === null ? [] : [{ ...readConditions(reader, object, place), ...act }];
}

function readConditions(reader: Reader, object: JsonObject, { path }: Place): Conditions {
  const place = (key: (typeof CONDITIONS)[number]): Place => at(object, path, key);
  const when = place("when").value;
  const [step] = readTexts(reader, place("step"));
  const [capability] = readTexts(reader, place("capability"));
  const times = isAbsent(place("times")) ? null : readNumber(reader, place("times"), { least: 1, most: 10_000, whole: true, standard: 1 });
  const slow = readSpanText(reader, place("slow"));
  const progress = [place("progress").value ?? []].flat().flatMap((item: Json) => (isJsonObject(item) ? [item] : []));
  return {
    ...(when === undefined ? {} : { when }),
    ...(step === undefined ? {} : { step: step.text }),
    ...(capability === undefined ? {} : { capability: capability.text }),
    ...(times === null ? {} : { times }),
    ...(slow === null ? {} : { slow }),
    ...(progress.length === 0 ? {} : { progress }),
  };
}

/** A duration as it is written, checked. */
export function readSpanText(reader: Reader, place: Place): string | null {
  if (isAbsent(place)) return null;
  const { value } = place;
  const parsed = typeof value === "string" ? parseDuration(value) : null;
  if (typeof value === "string" && parsed?.ok === true) return value;
  report(reader, {
    code: "T1015",
    message: parsed?.ok === false ? parsed.error : `"${String(place.path.at(-1))}" must be a duration with a unit.`,
    help: "Write for example 30s, 5m or 2h.",
    path: place.path,
  });
  return null;
}

function readAct(reader: Reader, object: JsonObject, { path }: Place): Act | null {
  const names = ACT_NAMES.filter((name) => Object.hasOwn(object, name));
  const [name, second] = names;
  // A misspelt key has been told, and is the mistake.
  if (name === undefined && Object.keys(object).some((key) => !isKey(key))) return null;
  if (name === undefined || second !== undefined) {
    const message = name === undefined ? "The agent is told nothing that it does." : `The agent can ${name} or ${second}, not both.`;
    report(reader, {
      code: "T1016",
      message,
      help: `Give exactly one of ${ACT_NAMES.join(", ")}.`,
      path: second === undefined ? path : [...path, second],
      at: "key",
    });
    return null;
  }
  return actOf(reader, name, at(object, path, name), at(object, path, "next"));
}

function isKey(key: string): boolean {
  return [...ACT_KEYS, ...CONDITIONS].some((known) => known === key);
}

function actOf(reader: Reader, name: ActName, place: Place, next: Place): Act | null {
  const value = place.value ?? null;
  switch (name) {
    case "answer":
      return { answer: readAnswer(reader, value, place) };
    case "duplicate":
      return { duplicate: value };
    case "lost":
      return { lost: value };
    case "wrong":
    case "hang":
    case "unreachable":
    case "unknown":
      if (!readBoolean(reader, place, true)) reportForm(reader, place, "true, or be left out");
      return { [name]: true } as Extract<Act, { hang: true }>;
    case "fail":
      return { fail: readFailure(reader, place) };
    case "reject":
      return { reject: readSentence(reader, place) };
    case "cancel":
      return { cancel: readSentence(reader, place) };
    case "ask":
      return { ask: readQuestion(reader, place), ...readNext(reader, next) };
    case "authRequired":
      return { authRequired: readQuestion(reader, place), ...readNext(reader, next) };
  }
}

function readNext(reader: Reader, place: Place): { readonly next?: Act } {
  if (isAbsent(place)) return {};
  const object = readObject(reader, place, { known: ACT_KEYS });
  const act = object === null ? null : readAct(reader, object, place);
  return act === null ? {} : { next: act };
}

/** A value; where it holds `${{ }}`, a function of the call. */
function readAnswer(reader: Reader, value: Json, { path }: Place): Extract<Act, { answer: unknown }>["answer"] {
  if (!JSON.stringify(value).includes("${{")) return value;
  const compiled = compileTemplate(value, { each: ["call"] });
  if (!compiled.ok) {
    for (const found of compiled.error) reader.problems.push(below(path, found));
    return null;
  }
  const { evaluate } = compiled.value;
  return ({ input, ...rest }: ScriptedCall) => {
    const call: JsonObject = { ...rest };
    const run = { id: "", started_at: "" };
    const result = evaluate({ input, steps: {}, context: null, run, item: { name: "call", value: call, index: 0 } });
    if (result.ok) return result.value;
    throw new Error(`The script's answer ${result.error.source} has no value: ${result.error.message}`);
  };
}

function readFailure(reader: Reader, place: Place): string | FailSpec {
  if (typeof place.value === "string") return place.value;
  const object = readObject(reader, place, { known: ["code", "message", "retryable", "retryAfter", "details"] }) ?? {};
  const text = (key: string) => readTexts(reader, at(object, place.path, key))[0]?.text;
  const code = text("code");
  const message = text("message");
  const retryAfter = readSpanText(reader, at(object, place.path, "retryAfter"));
  const { value: details } = at(object, place.path, "details");
  return {
    retryable: readBoolean(reader, at(object, place.path, "retryable"), true),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    ...(retryAfter === null ? {} : { retryAfter }),
    ...(details === undefined ? {} : { details }),
  };
}

function readQuestion(reader: Reader, place: Place): string | QuestionSpec {
  if (typeof place.value === "string") return place.value;
  const object = readObject(reader, place, { known: ["prompt", "schema", "data"] }) ?? {};
  const prompt = readSentence(reader, at(object, place.path, "prompt"));
  const { schema, data } = object;
  return { prompt, ...(isJsonObject(schema) ? { schema } : {}), ...(data === undefined ? {} : { data }) };
}

function readSentence(reader: Reader, place: Place): string {
  if (typeof place.value === "string") return place.value;
  reportForm(reader, place, "a text");
  return "";
}
