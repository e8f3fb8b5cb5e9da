/** What every step may carry, whatever its kind. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { DEFAULT_EACH_CONCURRENCY, MAX_ITEMS } from "../../base/limits.ts";
import { unknownStep } from "../../definition/check.ts";
import type { DelegateStep, Each, Handlers, JsonSchema, StepCommon, Succeed, Template } from "../../definition/definition.ts";
import {
  at,
  isAbsent,
  type Place,
  present,
  type Reader,
  readBoolean,
  readNumber,
  readSpan,
  readText,
  readTexts,
  report,
  reportForm,
} from "../file/reader.ts";
import { readContext } from "./context.ts";
import { readHandlers, readLoneStep } from "./handlers.ts";
import type { StepSurroundings, Visible } from "./kind.ts";
import { readSucceed } from "./succeed.ts";

/** What every step has; a step of its own that says nothing about it. */
export const BARE = { needs: [], if: null, each: null, output: null, rules: [], critical: true } as const satisfies StepCommon;

export type Common = Omit<StepCommon, "handlers">;

/** The common keys of a step. Handlers are apart, because a kind may have more of them. */
export function readCommon(
  reader: Reader,
  object: JsonObject,
  surroundings: StepSurroundings,
): { readonly common: Common; readonly handlers: Handlers } {
  const place = (key: string): Place => at(object, surroundings.path, key);
  const each = readEach(reader, { each: place("each"), as: place("as"), concurrency: place("concurrency") });
  const common: Common = {
    needs: readNeeds(reader, place("needs"), surroundings.visible),
    if: readCondition(reader, place("if")),
    each,
    output: readSchema(reader, place("output")),
    rules: readTexts(reader, place("rules")).map(({ text }) => text),
    critical: readBoolean(reader, place("critical"), true),
    ...present({
      succeed: readEachSucceed(reader, place("succeed"), each),
      deadlineMs: readSpan(reader, place("deadline")),
      compensate: readCompensate(reader, place("compensate"), surroundings),
      context: readContext(reader, place("context")),
    }),
  };
  const handlers = readHandlers(
    reader,
    [
      ["onError", place("onError")],
      ["onTimeout", place("onTimeout")],
    ],
    surroundings,
  );
  return { common, handlers };
}

/** `onInvalid` of a step whose work goes to no agent, so that nobody could repair its output. */
export function readInvalidHandler(reader: Reader, object: JsonObject, surroundings: StepSurroundings): Handlers {
  const place = at(object, surroundings.path, "onInvalid");
  if (isJsonObject(place.value) && Object.hasOwn(place.value, "repair")) {
    const message = "`repair` fits only a step whose output comes from one agent.";
    report(reader, { code: "T1011", message, help: "Write a nested step, or `fail`.", path: [...place.path, "repair"], at: "key" });
    return {};
  }
  return readHandlers(reader, [["onInvalid", place]], surroundings);
}

/** `onDisagree` of a step with `each`: it says what happens when `succeed` cannot be reached. */
export function readDisagreeHandler(reader: Reader, object: JsonObject, surroundings: StepSurroundings): Handlers {
  const place = at(object, surroundings.path, "onDisagree");
  if (isAbsent(place)) return {};
  if (isAbsent(at(object, surroundings.path, "succeed"))) {
    report(reader, {
      code: "T1012",
      message: "`onDisagree` means nothing without `succeed`.",
      help: "Add for example succeed: { quorum: 2, on: result.verdict }, or take it out.",
      path: place.path,
      at: "key",
    });
  }
  return readHandlers(reader, [["onDisagree", place]], surroundings);
}

function readNeeds(reader: Reader, place: Place, visible: Visible): readonly string[] {
  const needs = readTexts(reader, place).flatMap(({ text, path }) => {
    if (visible.ids.has(text) && visible.areBranches) {
      const message = `A branch cannot wait for another branch: "${text}" runs at the same time.`;
      report(reader, {
        code: "T1304",
        message,
        help: "Put both into one branch with `steps: { … }`, or make them steps beside each other.",
        path,
      });
      return [];
    }
    if (isVisible(text, visible)) return [text];
    reader.problems.push(unknownStep(text, { path, declared: allVisible(visible) }));
    return [];
  });
  return [...new Set(needs)].toSorted();
}

function isVisible(id: string, visible: Visible): boolean {
  return visible.ids.has(id) || (visible.outer !== null && isVisible(id, visible.outer));
}

function allVisible({ ids, areBranches, outer }: Visible): readonly string[] {
  return [...(areBranches ? [] : ids), ...(outer === null ? [] : allVisible(outer))];
}

/** A bare expression, true or false. */
export function readCondition(reader: Reader, place: Place): string | null {
  if (typeof place.value === "boolean") return String(place.value);
  return readText(reader, place);
}

/** `each`, with `as` and `concurrency`, which mean nothing without it. */
function readEach(
  reader: Reader,
  { each, as, concurrency }: { readonly each: Place; readonly as: Place; readonly concurrency: Place },
): Each | null {
  if (isAbsent(each)) {
    for (const alone of [as, concurrency].filter((place) => !isAbsent(place))) reportWithoutEach(reader, alone);
    return null;
  }
  const { value } = each;
  if (!isWholeExpression(value) && !Array.isArray(value)) reportForm(reader, each, "a list, or one expression in ${{ }} that gives a list");
  return {
    items: value as Template,
    as: readText(reader, as) ?? "item",
    concurrency: readNumber(reader, concurrency, { least: 1, most: MAX_ITEMS, whole: true, standard: DEFAULT_EACH_CONCURRENCY }),
  };
}

function reportWithoutEach(reader: Reader, { path }: Place): void {
  report(reader, {
    code: "T1012",
    message: `\`${String(path.at(-1))}\` means nothing without \`each\`.`,
    help: "Add `each: ${{ … }}` with a list, or take it out.",
    path,
    at: "key",
  });
}

/** True for a text that is one `${{ }}`, or the short form of a context reference. */
export function isWholeExpression(value: unknown): value is string {
  return typeof value === "string" && /^\s*(?:\$\{\{[\s\S]*\}\}|\$context\..+)\s*$/.test(value);
}

/** `all` is what an `each` does anyway. */
function readEachSucceed(reader: Reader, place: Place, each: Each | null): Succeed | null {
  if (isAbsent(place)) return null;
  if (each === null) reportWithoutEach(reader, place);
  const succeed = readSucceed(reader, place);
  return succeed.rule.kind === "all" && succeed.withinMs === undefined ? null : succeed;
}

/** A JSON Schema: an object, or true and false. */
export function readSchema(reader: Reader, place: Place): JsonSchema | null {
  if (isAbsent(place)) return null;
  if (typeof place.value === "boolean" || isJsonObject(place.value)) return place.value;
  reportForm(reader, place, "a JSON Schema");
  return null;
}

/** Of a compensation the outcome alone counts, and one that fails becomes a question to people. */
const NOT_IN_COMPENSATE = ["compensate", "critical", "deadline", "output", "rules"] as const;

/** `compensate`: work that undoes this step's. */
function readCompensate(reader: Reader, place: Place, surroundings: StepSurroundings): DelegateStep | null {
  if (isAbsent(place)) return null;
  const { value, path } = place;
  const refuse = (key: string): void => {
    const message = `A compensation has no \`${key}\`: its result is not read, and if it fails, people are asked.`;
    report(reader, { code: "T1011", message, help: "Take it out.", path: [...path, key], at: "key" });
  };
  if (isJsonObject(value)) for (const key of NOT_IN_COMPENSATE.filter((candidate) => Object.hasOwn(value, candidate))) refuse(key);
  const step = readLoneStep(reader, place, surroundings);
  if (step === null) return null;
  if (step.kind === "delegate") {
    for (const name of Object.keys(step.handlers ?? {})) refuse(name);
    return step;
  }
  const message = "A compensation is work for one agent.";
  report(reader, { code: "T1011", message, help: "Give it `agent`, `capability`, `workflow` or `emit`.", path, at: "key" });
  return null;
}
