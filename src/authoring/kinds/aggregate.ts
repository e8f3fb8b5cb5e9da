import { isJsonObject, type JsonObject } from "../../base/json.ts";
import {
  AGGREGATE_STRATEGIES,
  type AggregateStep,
  type AggregateStrategy,
  type DelegateStep,
  type Template,
} from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, present, type Reader, readText, readWord, report, reportForm } from "../file/reader.ts";
import { type Common, readCommon, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import { listed, readInside, reportMissing, WORK_KEYS } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { readTarget } from "./target.ts";
import { readWork, repairsOf } from "./work.ts";

const INSIDE = ["from", "strategy", "key", "by", "value", "agent", "capability", "skill"] as const;
const WITH_KEY: readonly AggregateStrategy[] = ["dict", "merge", "majority"];
const WITH_BY: readonly AggregateStrategy[] = ["best", "sum", "average", "min", "max"];

/** `aggregate:`: combines results, by a strategy, an expression, or an agent (requirements W.j). */
export const aggregateKind: StepKind = {
  keys: ["aggregate"],
  besides: WORK_KEYS,
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const place = at(object, surroundings.path, "aggregate");
    const inner = readInside(reader, place, aggregateKind);
    if (inner === null) return null;
    const read = Object.hasOwn(inner, "agent") || Object.hasOwn(inner, "capability") ? readAgent : readStrategy;
    const ofJoin = readDisagreeHandler(reader, object, surroundings);
    const step = read(reader, { object, inner, path: place.path, common }, surroundings);
    return { ...step, ...handlersOf(handlers, ofJoin, step.handlers ?? {}) };
  },
};

type Parts = { readonly object: JsonObject; readonly inner: JsonObject; readonly path: DocumentPath; readonly common: Common };

function readFrom(reader: Reader, { inner, path }: Parts): Template {
  const from = at(inner, path, "from");
  if (isAbsent(from)) reportMissing(reader, path, "`aggregate` does not say what it combines.", 'Add from: "${{ steps.x.output }}".');
  return from.value ?? null;
}

/** An agent that combines is a delegate step; it gets the results under `results`. */
function readAgent(reader: Reader, parts: Parts, surroundings: StepSurroundings): DelegateStep {
  const { object, inner, path, common } = parts;
  for (const key of ["strategy", "key", "by", "value"].filter((candidate) => Object.hasOwn(inner, candidate))) {
    const message = `\`${key}\` means nothing where an agent combines.`;
    report(reader, { code: "T1011", message, help: "Take it out, or take the agent out.", path: [...path, key], at: "key" });
  }
  if (Object.hasOwn(inner, "agent") && Object.hasOwn(inner, "capability"))
    report(reader, {
      code: "T1016",
      message: "`aggregate` has `agent` and `capability`.",
      help: "Keep one of them.",
      path: [...path, "capability"],
      at: "key",
    });
  for (const key of ["agent", "capability", "skill"]) reader.moves.push({ from: [...surroundings.path, key], to: [...path, key] });
  reader.moves.push({ from: [...surroundings.path, "with", "results"], to: [...path, "from"] });
  const { work, handlers } = readWork(reader, object, { surroundings, repairs: repairsOf(common) });
  const results = readFrom(reader, parts);
  if (work.with !== null && !isJsonObject(work.with))
    reportForm(reader, at(object, surroundings.path, "with"), "an object, to which the results are added");
  const parameters = isJsonObject(work.with) ? work.with : {};
  return {
    kind: "delegate",
    target: readTarget(reader, inner, path),
    ...common,
    ...work,
    with: { results, ...parameters },
    ...handlersOf(handlers),
  };
}

function readStrategy(reader: Reader, parts: Parts, surroundings: StepSurroundings): AggregateStep {
  const { object, inner, path, common } = parts;
  for (const key of WORK_KEYS.filter((candidate) => Object.hasOwn(object, candidate))) {
    const message = `\`${key}\` fits \`aggregate\` only where an agent combines.`;
    report(reader, {
      code: "T1011",
      message,
      help: "Take it out, or add `agent` or `capability` inside `aggregate`.",
      path: [...surroundings.path, key],
      at: "key",
    });
  }
  const place = (key: (typeof INSIDE)[number]): Place => at(inner, path, key);
  const hasValue = !isAbsent(place("value"));
  const isSaid = hasValue || !isAbsent(place("strategy"));
  if (!isSaid)
    reportMissing(
      reader,
      path,
      "`aggregate` does not say how.",
      `Add strategy: one of ${AGGREGATE_STRATEGIES.join(", ")}; or \`value\`, or \`agent\`.`,
    );
  const strategy = readWord(reader, place("strategy"), AGGREGATE_STRATEGIES, hasValue ? "expression" : "list");
  if (isSaid) reportMisfits(reader, { strategy, place });
  return {
    kind: "aggregate",
    from: readFrom(reader, parts),
    strategy,
    ...present({ key: readText(reader, place("key")), by: readText(reader, place("by")), value: readText(reader, place("value")) }),
    ...common,
    ...handlersOf(readInvalidHandler(reader, object, surroundings)),
  };
}

type Strategy = { readonly strategy: AggregateStrategy; readonly place: (key: "key" | "by" | "value" | "strategy") => Place };

/** Keys that the strategy does not use, and one that it cannot do without. */
function reportMisfits(reader: Reader, { strategy, place }: Strategy): void {
  const users = { key: WITH_KEY, by: WITH_BY, value: ["expression"] as readonly AggregateStrategy[] };
  for (const key of ["key", "by", "value"] as const) {
    if (isAbsent(place(key)) || users[key].includes(strategy)) continue;
    const message = `\`${key}\` means nothing with the strategy ${strategy}; it belongs to ${listed(users[key])}.`;
    report(reader, { code: "T1012", message, help: "Take it out, or choose another strategy.", path: place(key).path, at: "key" });
  }
  if (strategy === "expression" && isAbsent(place("value")))
    reportMissing(reader, place("strategy").path, "The strategy expression has no `value`.", "Add for example value: size(items).");
}
