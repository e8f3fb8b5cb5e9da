import type { JsonObject } from "../../base/json.ts";
import type { Template, WaitStep } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { isSignalName } from "../../definition/signal-name.ts";
import { at, isAbsent, type Place, type Reader, readSpan, readText, report } from "../file/reader.ts";
import { isWholeExpression, readCommon, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import { listed, readInside, reportMissing } from "./keys.ts";
import type { StepKind } from "./kind.ts";

const WAYS = ["for", "until", "signal"] as const;
const INSIDE = [...WAYS, "timeout"] as const;

/** `wait:`: a duration, an instant, or a signal. */
export const waitKind: StepKind = {
  keys: ["wait"],
  besides: [],
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const ofOutcome = [readInvalidHandler(reader, object, surroundings), readDisagreeHandler(reader, object, surroundings)];
    const wait = readWait(reader, at(object, surroundings.path, "wait"));
    return wait === null ? null : { kind: "wait", wait, ...common, ...handlersOf(handlers, ...ofOutcome) };
  },
};

function readWait(reader: Reader, place: Place): WaitStep["wait"] | null {
  const { value, path } = place;
  if (isWholeExpression(value)) {
    const message = "`wait` does not say what the expression gives.";
    report(reader, {
      code: "T1012",
      message,
      help: `Write { for: ${value} } for a duration, or { until: ${value} } for an instant.`,
      path,
    });
    return null;
  }
  if (typeof value === "string" || typeof value === "number") return { kind: "duration", value: readDurationTemplate(reader, place) };
  const object = readInside(reader, place, waitKind);
  return object === null ? null : readWay(reader, object, path);
}

function readWay(reader: Reader, object: JsonObject, path: DocumentPath): WaitStep["wait"] | null {
  const [way, ...others] = WAYS.filter((key) => Object.hasOwn(object, key));
  if (way === undefined || others.length > 0) {
    const message = way === undefined ? "`wait` does not say for what." : `\`wait\` has ${listed([way, ...others])} at once.`;
    reportMissing(reader, path, message, "Give it exactly one of `for`, `until` and `signal`.");
    return null;
  }
  const timeout = at(object, path, "timeout");
  if (way !== "signal" && !isAbsent(timeout)) {
    const message = "`timeout` bounds the wait for a signal; other waits end by themselves.";
    report(reader, { code: "T1012", message, help: "Take it out.", path: timeout.path, at: "key" });
  }
  const place = at(object, path, way);
  switch (way) {
    case "for":
      return { kind: "duration", value: readDurationTemplate(reader, place) };
    case "until":
      return {
        kind: "instant",
        value: readTime(reader, place, { code: "T1011", form: "an instant", help: "Write for example 2026-12-01T09:00:00Z." }),
      };
    case "signal":
      return { kind: "signal", name: readSignal(reader, place), timeoutMs: readSpan(reader, timeout) };
  }
}

type Wanted = { readonly code: "T1011" | "T1015"; readonly form: string; readonly help: string };

/** Kept as it was written, since an expression may stand in its place; the check reads it. */
function readTime(reader: Reader, place: Place, wanted: Wanted): Template {
  if (typeof place.value === "string") return place.value;
  const message = `"${String(place.path.at(-1))}" must be ${wanted.form}.`;
  report(reader, { code: wanted.code, message, help: wanted.help, path: place.path });
  return "0s";
}

function readDurationTemplate(reader: Reader, place: Place): Template {
  const { value } = place;
  const help = typeof value === "number" ? `Write ${value}s, ${value}m or ${value}h.` : "Write for example 30s, 5m or 2h.";
  return readTime(reader, place, { code: "T1015", form: "a duration with a unit", help });
}

function readSignal(reader: Reader, place: Place): string {
  const name = readText(reader, place);
  if (name !== null && isSignalName(name)) return name;
  if (name !== null || isAbsent(place)) {
    const message = `"${name ?? ""}" cannot be the name of a signal.`;
    report(reader, {
      code: "T1014",
      message,
      help: 'Use letters, digits, ".", ":", "_" and "-", beginning with a letter.',
      path: place.path,
    });
  }
  return "signal";
}
