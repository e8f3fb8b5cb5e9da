import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { DEFAULT_EACH_CONCURRENCY, MAX_ATTEMPTS, MAX_ITEMS } from "../../base/limits.ts";
import { unknownStep } from "../../definition/check.ts";
import type { DelegateStep, Each, JsonSchema, Target, Template } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { readPolicies } from "../read-policy.ts";
import {
  at,
  isAbsent,
  type Place,
  type Reader,
  readBoolean,
  readNumber,
  readObject,
  readText,
  readTexts,
  readWord,
  report,
  reportForm,
} from "../reader.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";

/** Keys that every step may carry, and this version executes. */
const KNOWN = [
  "agent",
  "capability",
  "skill",
  "needs",
  "if",
  "each",
  "as",
  "concurrency",
  "text",
  "with",
  "output",
  "rules",
  "timeout",
  "retry",
  "fallback",
  "critical",
  "onUnknown",
] as const;

/** Keys of the language that come later. */
const LATER = [
  "files",
  "deadline",
  "idle",
  "ttl",
  "compensate",
  "conversation",
  "deliver",
  "context",
  "permissions",
  "limit",
  "budget",
  "succeed",
  "onInputRequired",
  "onAuthRequired",
  "onRejected",
  "onInvalid",
  "onError",
  "onDisagree",
  "onTimeout",
] as const;

/** `agent:` or `capability:`: work for one agent (requirements W048). */
export const delegateKind: StepKind = {
  keys: ["agent", "capability"],
  read(reader, object, surroundings) {
    const { path, policies } = surroundings;
    const place = (key: (typeof KNOWN)[number]): Place => at(object, path, key);
    readObject(reader, { value: object, path }, { known: KNOWN, later: LATER });
    return {
      kind: "delegate",
      target: readTarget(reader, object, path),
      needs: readNeeds(reader, place("needs"), surroundings.steps),
      if: readCondition(reader, place("if")),
      each: readEach(reader, { each: place("each"), as: place("as"), concurrency: place("concurrency") }),
      text: readTemplateText(reader, place("text")),
      with: readWith(reader, place("with")),
      output: readSchema(reader, place("output")),
      rules: readTexts(reader, place("rules")).map(({ text }) => text),
      ...readPolicies(reader, { timeout: place("timeout"), retry: place("retry") }, policies),
      fallback: readFallback(reader, place("fallback"), surroundings),
      critical: readBoolean(reader, place("critical"), true),
      onUnknown: readWord(reader, place("onUnknown"), ["fail", "resend"], "fail"),
    } satisfies DelegateStep;
  },
};

/** `agent` with its `skill`, or `capability`. */
function readTarget(reader: Reader, object: JsonObject, path: DocumentPath): Target {
  const skill = at(object, path, "skill");
  if (Object.hasOwn(object, "agent"))
    return { kind: "agent", agent: readName(reader, at(object, path, "agent")), skill: readText(reader, skill) };
  if (!isAbsent(skill)) {
    report(reader, {
      code: "T1011",
      message: "`skill` belongs to `agent`; a capability is a skill already.",
      help: "Take it out, or name the agent.",
      path: skill.path,
      at: "key",
    });
  }
  return { kind: "capability", capability: readName(reader, at(object, path, "capability")) };
}

function readName(reader: Reader, place: Place): string {
  if (typeof place.value === "string" && place.value.trim() !== "" && place.value.length <= 128) return place.value;
  reportForm(reader, place, "a name");
  return "";
}

function readNeeds(reader: Reader, place: Place, steps: ReadonlySet<string>): readonly string[] {
  const needs = readTexts(reader, place).flatMap(({ text, path }) => {
    if (steps.has(text)) return [text];
    reader.problems.push(unknownStep(text, { path, declared: [...steps] }));
    return [];
  });
  return [...new Set(needs)].toSorted();
}

function readCondition(reader: Reader, place: Place): string | null {
  if (typeof place.value === "boolean") return String(place.value);
  return readText(reader, place);
}

/** `each`, with `as` and `concurrency`, which mean nothing without it. */
function readEach(
  reader: Reader,
  { each, as, concurrency }: { readonly each: Place; readonly as: Place; readonly concurrency: Place },
): Each | null {
  if (isAbsent(each)) {
    for (const alone of [as, concurrency].filter((place) => !isAbsent(place))) {
      report(reader, {
        code: "T1012",
        message: `\`${String(alone.path.at(-1))}\` means nothing without \`each\`.`,
        help: "Add `each: ${{ … }}` with a list, or take it out.",
        path: alone.path,
        at: "key",
      });
    }
    return null;
  }
  const { value } = each;
  const isExpression = typeof value === "string" && /^\s*(?:\$\{\{[\s\S]*\}\}|\$context\..+)\s*$/.test(value);
  if (!isExpression && !Array.isArray(value)) reportForm(reader, each, "a list, or one expression in ${{ }} that gives a list");
  return {
    items: value as Template,
    as: readText(reader, as) ?? "item",
    concurrency: readNumber(reader, concurrency, { least: 1, most: MAX_ITEMS, whole: true, standard: DEFAULT_EACH_CONCURRENCY }),
  };
}

function readTemplateText(reader: Reader, place: Place): Template | null {
  const { value } = place;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return readText(reader, place);
}

/** `with`: an object of parameters, or one expression that gives it. */
function readWith(reader: Reader, place: Place): Template | null {
  const { value } = place;
  if (isAbsent(place)) return null;
  if (isJsonObject(value)) return value;
  if (typeof value === "string" && /\$\{\{|^\$context\./.test(value)) return value;
  reportForm(reader, place, "an object of parameters");
  return null;
}

/** A JSON Schema: an object, or true and false. */
export function readSchema(reader: Reader, place: Place): JsonSchema | null {
  if (isAbsent(place)) return null;
  if (typeof place.value === "boolean" || isJsonObject(place.value)) return place.value;
  reportForm(reader, place, "a JSON Schema");
  return null;
}

/** `fallback`: a word is an agent when one of that name is declared, else a capability. */
function readFallback(reader: Reader, place: Place, surroundings: StepSurroundings): readonly Target[] {
  if (isAbsent(place)) return [];
  const values: readonly Json[] = Array.isArray(place.value) ? place.value : [place.value as Json];
  if (values.length >= MAX_ATTEMPTS)
    report(reader, { code: "T1017", message: `A step has at most ${MAX_ATTEMPTS - 1} fallbacks.`, path: place.path, at: "key" });
  return values.flatMap((value, index) => {
    const path = Array.isArray(place.value) ? [...place.path, index] : place.path;
    if (typeof value === "string" && value !== "") return [fallbackNamed(value, surroundings.agents)];
    const object = isJsonObject(value) ? readObject(reader, { value, path }, { known: ["agent", "capability", "skill"] }) : null;
    if (object !== null && Object.hasOwn(object, "agent") !== Object.hasOwn(object, "capability"))
      return [readTarget(reader, object, path)];
    reportForm(reader, { value, path }, "a capability, the name of an agent, or an object with one of `agent` and `capability`");
    return [];
  });
}

function fallbackNamed(name: string, agents: ReadonlySet<string>): Target {
  return agents.has(name) ? { kind: "agent", agent: name, skill: null } : { kind: "capability", capability: name };
}
