import type { JsonObject } from "../../base/json.ts";
import { MAX_ITERATIONS } from "../../base/limits.ts";
import { DEFAULTS, type Handlers, type LoopStep } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, type Reader, readNumber, readText, readWord, report } from "../file/reader.ts";
import { readCommon, readCondition, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf, readHandlers } from "./handlers.ts";
import { readInside, reportMissing } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { readInnerSteps } from "./nested.ts";

const INSIDE = ["max", "until", "score", "threshold", "onExhausted", "steps"] as const;

/** `loop:`: inner steps again and again until a condition holds (requirements W051). */
export const loopKind: StepKind = {
  keys: ["loop"],
  besides: ["onExhausted"],
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const ofOutcome = [readInvalidHandler(reader, object, surroundings), readDisagreeHandler(reader, object, surroundings)];
    const inner = readInside(reader, at(object, surroundings.path, "loop"), loopKind);
    if (inner === null) return null;
    const path = [...surroundings.path, "loop"];
    const until = readUntil(reader, inner, path);
    const onExhausted = readExhausted(reader, inner, { path, until });
    const exhausted = readExhaustedHandler(reader, object, { surroundings, onExhausted });
    const steps = readLoopSteps(reader, inner, { ...surroundings, path });
    if (steps === null) return null;
    const max = readNumber(reader, at(inner, path, "max"), { least: 1, most: MAX_ITERATIONS, whole: true, standard: DEFAULTS.loop.max });
    return { kind: "loop", steps, max, until, onExhausted, ...common, ...handlersOf(handlers, ...ofOutcome, exhausted) };
  },
};

function readLoopSteps(reader: Reader, inner: JsonObject, surroundings: StepSurroundings): LoopStep["steps"] | null {
  const place = at(inner, surroundings.path, "steps");
  if (!isAbsent(place)) return readInnerSteps(reader, place, { surroundings: { ...surroundings, isInLoop: true } });
  reportMissing(reader, surroundings.path, "The loop has no steps.", "Give it `steps: { … }` inside `loop`.");
  return null;
}

/** Exactly one of `until` and `score`. */
function readUntil(reader: Reader, inner: JsonObject, path: DocumentPath): LoopStep["until"] {
  const [until, score, threshold] = [at(inner, path, "until"), at(inner, path, "score"), at(inner, path, "threshold")];
  if (isAbsent(until) && isAbsent(score))
    reportMissing(
      reader,
      path,
      "The loop does not say when it is done.",
      "Add `until` with a condition, or `score` with an expression that gives a number.",
    );
  if (!isAbsent(until) && !isAbsent(score))
    report(reader, { code: "T1011", message: "The loop has `until` and `score`.", help: "Keep one of them.", path: score.path, at: "key" });
  if (!isAbsent(threshold) && isAbsent(score)) {
    const message = "`threshold` means nothing without `score`.";
    report(reader, { code: "T1012", message, help: "Add `score`, or take it out.", path: threshold.path, at: "key" });
  }
  if (isAbsent(score)) return { kind: "condition", source: readCondition(reader, until) ?? "true" };
  const most = Number.MAX_VALUE;
  const number = readNumber(reader, threshold, { least: -most, most, whole: false, standard: DEFAULTS.loop.threshold });
  return { kind: "score", source: readText(reader, score) ?? "0", threshold: number };
}

type Exhausted = { readonly path: DocumentPath; readonly until: LoopStep["until"] };

/** Inside the loop stands only a word; a handler stands beside it. */
function readExhausted(reader: Reader, inner: JsonObject, { path, until }: Exhausted): LoopStep["onExhausted"] {
  const place = at(inner, path, "onExhausted");
  if (typeof place.value === "object" && place.value !== null) {
    const message = "Inside `loop`, `onExhausted` is one of fail, best and last.";
    report(reader, { code: "T1011", message, help: "Set a nested step beside `loop`, as a key of the step.", path: place.path, at: "key" });
    return "fail";
  }
  const word = readWord(reader, place, ["fail", "best", "last"], "fail");
  if (word === "best" && until.kind === "condition")
    report(reader, {
      code: "T1012",
      message: "`onExhausted: best` needs a `score`: without one, no draft is better than another.",
      help: "Write `score` in place of `until`, or `last`.",
      path: place.path,
    });
  return word;
}

type Beside = { readonly surroundings: StepSurroundings; readonly onExhausted: LoopStep["onExhausted"] };

function readExhaustedHandler(reader: Reader, object: JsonObject, { surroundings, onExhausted }: Beside): Handlers {
  const place: Place = at(object, surroundings.path, "onExhausted");
  if (place.value === "best" || place.value === "last") {
    report(reader, {
      code: "T1011",
      message: `\`onExhausted: ${place.value}\` belongs inside \`loop\`.`,
      help: `Write loop: { onExhausted: ${place.value}, … }.`,
      path: place.path,
      at: "key",
    });
    return {};
  }
  if (!isAbsent(place) && onExhausted !== "fail") {
    const message = `With \`onExhausted: ${onExhausted}\` the loop never fails so, and the handler never runs.`;
    report(reader, { code: "T1012", message, help: "Keep one of them.", path: place.path, at: "key" });
  }
  return readHandlers(reader, [["onExhausted", place]], surroundings);
}
