import { parseDuration } from "../base/duration.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, isAbsent, type Place, readObject, readText, type Reader, report, reportForm } from "../authoring/file/reader.ts";
import type { Definition } from "../definition/definition.ts";
import { didYouMean } from "../definition/did-you-mean.ts";
import { readSpanText } from "./read-behaviour.ts";
import { EVENT_NAMES, type EventName, type Expectations, type ScenarioAct, type ScenarioEvent } from "./scenario.ts";
import { actorsOf, isPathOf, stepNamesOf } from "./scenario-names.ts";

export type ReadingContext = { readonly definitions: readonly Definition[]; readonly lineOf: Expectations["lineOf"] };

/** What happens during a scenario, in the order in which it is written. */
export function readEvents(reader: Reader, place: Place, context: ReadingContext): readonly ScenarioEvent[] {
  if (isAbsent(place)) return [];
  if (!Array.isArray(place.value)) {
    reportForm(reader, place, "a list of events");
    return [];
  }
  return place.value.flatMap((value: Json, index) => readEvent(reader, { value, path: [...place.path, index] }, context));
}

function readEvent(reader: Reader, place: Place, context: ReadingContext): readonly ScenarioEvent[] {
  const known = ["at", "after", ...EVENT_NAMES];
  const object = readObject(reader, place, { known });
  // A misspelt key has been told, and is the mistake.
  if (object === null || Object.keys(object).some((key) => !known.includes(key))) return [];
  const path = readText(reader, at(object, place.path, "at"));
  if (path !== null) checkPath(reader, path, { path: [...place.path, "at"], value: path }, context);
  const after = readSpanText(reader, at(object, place.path, "after"));
  const afterMs = after === null ? 0 : durationMsOf(after);
  const [name, second] = EVENT_NAMES.filter((key) => Object.hasOwn(object, key));
  if (name === undefined || second !== undefined) {
    const message = name === undefined ? "The event says nothing that happens." : `An event is ${name} or ${second}, not both.`;
    report(reader, {
      code: "T1016",
      message,
      help: `Give exactly one of ${EVENT_NAMES.join(", ")}.`,
      path: second === undefined ? place.path : [...place.path, second],
      at: "key",
    });
    return [];
  }
  const act = readEventAct(reader, name, at(object, place.path, name));
  if (act.kind === "answer" && path === null)
    report(reader, {
      code: "T1012",
      message: "The event does not say whose question it answers.",
      help: "Name the step in `at`.",
      path: place.path,
    });
  return [{ at: path, afterMs, line: context.lineOf(place.path), act }];
}

function durationMsOf(text: string): number {
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.value : 0;
}

function readEventAct(reader: Reader, name: EventName, place: Place): ScenarioAct {
  const value = place.value ?? null;
  switch (name) {
    case "answer":
      return { kind: "answer", answer: value };
    case "approve":
    case "reject":
      return { kind: "answer", answer: { decision: name === "approve" ? "approved" : "rejected", ...formOf(reader, place) } };
    case "signal":
      return readSignal(reader, place);
    case "cancel":
      return { kind: "cancel", reason: typeof value === "string" ? value : "canceled by the scenario" };
    case "pause":
    case "resume":
    case "restart":
      return { kind: name };
  }
}

/** `true`, or what the form asks for. */
function formOf(reader: Reader, place: Place): { readonly form?: JsonObject } {
  if (place.value === true || isAbsent(place)) return {};
  if (isJsonObject(place.value)) return { form: place.value };
  reportForm(reader, place, "true, or an object that fits the form");
  return {};
}

function readSignal(reader: Reader, place: Place): ScenarioAct {
  if (typeof place.value === "string") return { kind: "signal", name: place.value, payload: null };
  const object = readObject(reader, place, { known: ["name", "payload"] }) ?? {};
  const name = readText(reader, at(object, place.path, "name"));
  if (name === null) report(reader, { code: "T1012", message: "The signal has no name.", path: place.path });
  return { kind: "signal", name: name ?? "", payload: object["payload"] ?? null };
}

/** Reports a name that no step of these workflows asks for. */
export function checkActor(reader: Reader, name: string, { path }: Place, { definitions }: Pick<ReadingContext, "definitions">): void {
  const known = definitions.flatMap(actorsOf);
  if (known.includes(name)) return;
  const message = `No step asks for an agent or a capability "${name}".`;
  report(reader, { code: "T2206", message, help: didYouMean(name, known), declared: known, path, at: "key" });
}

/** Reports a path that no run of these workflows can have. */
export function checkPath(
  reader: Reader,
  path: string,
  place: Place,
  { definitions }: Pick<ReadingContext, "definitions">,
  where: "key" | "value" = "value",
): void {
  if (definitions.some((definition) => isPathOf(definition, path))) return;
  const known = definitions.flatMap(stepNamesOf);
  const message = `The workflow has no step "${path}".`;
  report(reader, { code: "T2206", message, help: didYouMean(path, known), declared: known, path: place.path, at: where });
}
