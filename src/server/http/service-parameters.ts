/** What comes beside the parameters of a request, in its headers (A2A 3.2.6, W3C Trace Context, Server-sent events). */
import { A2A_VERSION_HEADER, type AgentCard, HTTP_EXTENSION_HEADER } from "@a2a-js/sdk";
import { ExtensionSupportRequiredError, VersionNotSupportedError } from "@a2a-js/sdk/errors";

import { LEGACY_EXTENSION_HEADER, LEGACY_VERSION } from "../../a2a/legacy/legacy.ts";
import { placeOf } from "../../a2a/task/task-event.ts";
import { PROTOCOL_VERSION } from "../../a2a/wire/wire.ts";
import { MAX_TRACESTATE_CHARACTERS } from "../../base/limits.ts";

export type ServiceParameters = {
  /** `1.0`; `0.3` when the request names none (A2A 3.6.2). */
  readonly version: string;
  /** The extensions that the client names, in its order. */
  readonly extensions: readonly string[];
  readonly traceparent: string | null;
  /** What other systems have said of the trace; null without a trace. */
  readonly tracestate: string | null;
  /** The id of the last event that the client has, when it is one of ours. */
  readonly lastEventId: string | null;
};

export function readServiceParameters(headers: Headers, query: URLSearchParams): ServiceParameters {
  const version = onceOf(headers.get(A2A_VERSION_HEADER)) || query.get(A2A_VERSION_HEADER) || LEGACY_VERSION;
  const extensions = (headers.get(HTTP_EXTENSION_HEADER) ?? headers.get(LEGACY_EXTENSION_HEADER) ?? "").split(",").map((uri) => uri.trim());
  const lastEventId = headers.get("last-event-id") ?? "";
  const traceparent = parseTraceparent(headers.get("traceparent"));
  return {
    // Patch numbers are not considered (A2A 3.6).
    version: /^(\d+\.\d+)(?:\.\d+)?$/.exec(version)?.[1] ?? version,
    extensions: extensions.filter((uri) => uri !== ""),
    traceparent,
    tracestate: traceparent === null ? null : parseTracestate(headers.get("tracestate")),
    lastEventId: placeOf(lastEventId) === null ? null : lastEventId,
  };
}

/** A header that came several times is told as one, with commas; a value that is repeated says no more than once. */
function onceOf(header: string | null): string | null {
  const [first = "", ...others] = (header ?? "").split(",").map((value) => value.trim());
  return others.every((value) => value === first) ? first : header;
}

/** Throws `VersionNotSupportedError`. Another version is let in here, and told apart in the bindings. */
export function expectVersion({ version }: ServiceParameters): void {
  if (version === PROTOCOL_VERSION) return;
  throw new VersionNotSupportedError({
    message: `A2A version "${version.slice(0, 40)}" is not supported; this agent speaks ${PROTOCOL_VERSION}. Say so in the header ${A2A_VERSION_HEADER}.`,
    metadata: { supportedVersions: PROTOCOL_VERSION },
  });
}

/**
 * The extensions that are active in a request: those that the client names and the card declares.
 * Throws `ExtensionSupportRequiredError` when the card requires one that the client does not name (A2A 3.3.4).
 */
export function activateExtensions({ extensions }: ServiceParameters, card: AgentCard): readonly string[] {
  const declared = card.capabilities?.extensions ?? [];
  const missing = declared.find(({ required, uri }) => required && !extensions.includes(uri));
  if (missing === undefined) return extensions.filter((uri) => declared.some((extension) => extension.uri === uri));
  throw new ExtensionSupportRequiredError({
    message: `The agent requires the extension ${missing.uri}. Name it in the header ${HTTP_EXTENSION_HEADER} if you support it.`,
    metadata: { extension: missing.uri },
  });
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Strictly as W3C Trace Context says; of a newer version the part that this one knows. */
export function parseTraceparent(text: string | null): string | null {
  const [, version, trace = "", parent = "", flags, more] = TRACEPARENT.exec(text ?? "") ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(trace) || /^0+$/.test(parent)) return null;
  return `00-${trace}-${parent}-${flags}`;
}

/** It is handed on as it is, and not read; what is too long, or is no text of this header, is left behind (W3C Trace Context, 3.3). */
export function parseTracestate(text: string | null): string | null {
  const isText = text !== null && text.length <= MAX_TRACESTATE_CHARACTERS && /^[\t\x20-\x7e]*[\x21-\x7e][\t\x20-\x7e]*$/.test(text);
  return isText ? text : null;
}
