import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { DelegateStep, Target, Template } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, type Reader, readObject, readScalar, readText, report, reportForm } from "../file/reader.ts";
import { readCommon, readDisagreeHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import { readInside, reportMissing } from "./keys.ts";
import type { StepKind } from "./kind.ts";
import { readWork, repairsOf } from "./work.ts";

const INSIDE = ["event", "to", "data"] as const;
const EVENT = /^[A-Za-z][A-Za-z0-9_.:/-]{0,127}$/;

/** `emit:`: an event to the log or to a webhook, as durable as a result (design.md, fact 9). */
export const emitKind: StepKind = {
  keys: ["emit"],
  besides: ["timeout", "retry", "limit", "onUnknown", "onRejected"],
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const { work, handlers: ofWork } = readWork(reader, object, { surroundings, repairs: repairsOf(common) });
    const ofJoin = readDisagreeHandler(reader, object, surroundings);
    const emit = readEmit(reader, at(object, surroundings.path, "emit"));
    if (emit === null) return null;
    const { target, data } = emit;
    return { kind: "delegate", target, ...common, ...work, with: data, ...handlersOf(handlers, ofWork, ofJoin) } satisfies DelegateStep;
  },
};

type Emit = { readonly target: Target; readonly data: Template | null };

function readEmit(reader: Reader, place: Place): Emit | null {
  const { value, path } = place;
  if (typeof value === "string") return { target: { kind: "sink", sink: "log", event: readEvent(reader, place) }, data: null };
  const object = readInside(reader, place, emitKind);
  if (object === null) return null;
  const event = at(object, path, "event");
  if (isAbsent(event)) reportMissing(reader, path, "The event has no name.", "Add for example event: brief_published.");
  const name = isAbsent(event) ? "event" : readEvent(reader, event);
  return { target: readSink(reader, at(object, path, "to"), name), data: at(object, path, "data").value ?? null };
}

function readEvent(reader: Reader, place: Place): string {
  const name = readText(reader, place);
  if (name === null || EVENT.test(name)) return name ?? "event";
  const message = `"${name}" cannot be the name of an event.`;
  report(reader, {
    code: "T1014",
    message,
    help: 'Use letters, digits, ".", ":", "/", "_" and "-", beginning with a letter.',
    path: place.path,
  });
  return "event";
}

/** `log`, an address, or `{ webhook: address }`. */
function readSink(reader: Reader, place: Place, event: string): Target {
  if (isAbsent(place) || place.value === "log") return { kind: "sink", sink: "log", event };
  const webhook = isJsonObject(place.value) ? webhookOf(reader, place.value, place.path) : place;
  const address = readScalar(webhook);
  const url = URL.parse(address);
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:"))
    return { kind: "sink", sink: "webhook", event, url: address };
  reportForm(reader, webhook, "`log`, or the address of a webhook", helpForAddress(address));
  return { kind: "sink", sink: "log", event };
}

function helpForAddress(address: string): string {
  if (address.includes("${{")) return "It is known before the run, so no expression can stand here; write a URL that begins with https://.";
  const isBroker = /^(?:nats|amqps?|kafka|rediss?|mqtts?):/.test(address);
  return isBroker ? "Brokers are not supported by this version yet." : "Write a URL that begins with https://.";
}

function webhookOf(reader: Reader, object: JsonObject, path: DocumentPath): Place {
  readObject(reader, { value: object, path }, { known: ["webhook"] });
  return at(object, path, "webhook");
}
