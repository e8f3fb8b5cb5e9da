/**
 * An agent card as ProtoJSON: which fields it has, and what it means that one is not there
 * (A2A 5.7 and 8.4.1, `a2a.proto`).
 *
 * 1. A required field is always there, also when it is empty.
 * 2. A field that the protocol marks as optional is there exactly when somebody set it.
 * 3. Any other field is there only when it is not empty.
 * 4. What the protocol does not know stays as it is, so that a signature covers it.
 */
import { AgentCard } from "@a2a-js/sdk";

import { assert } from "../../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";

/**
 * The card as it is served, and as it is signed. The SDK's server writes its own in-memory form to the
 * wire instead, which other clients misread: `{"scheme":{"$case":…}}` for a security scheme.
 */
export function toWire(card: AgentCard): JsonObject {
  const wire = AgentCard.toJSON(card);
  assert(isJsonObject(wire), "A card is an object on the wire.");
  return normalCard(wire);
}

/** The one spelling of a card's fields, which equal cards share. */
export function normalCard(wire: JsonObject): JsonObject {
  return normalObject(wire, CARD);
}

type Kind = "text" | "flag" | "list" | "map" | "message";
type Field = { readonly kind: Kind; readonly presence: "required" | "optional" | "plain"; readonly of: Shape | null };
type Shape = { readonly [name: string]: Field };

function required(kind: Kind, of: Shape | null = null): Field {
  return { kind, presence: "required", of };
}

function optional(kind: Kind): Field {
  return { kind, presence: "optional", of: null };
}

function plain(kind: Kind, of: Shape | null = null): Field {
  return { kind, presence: "plain", of };
}

const text = required("text");
const maybeText = plain("text");
const texts = plain("list");
const maybeFlag = plain("flag");
const scopes = required("map");

const INTERFACE: Shape = { url: text, protocolBinding: text, tenant: maybeText, protocolVersion: text };
const EXTENSION: Shape = { uri: maybeText, description: maybeText, required: maybeFlag, params: plain("message") };
const REQUIREMENT: Shape = { schemes: plain("map", { list: texts }) };

const CAPABILITIES: Shape = {
  streaming: optional("flag"),
  pushNotifications: optional("flag"),
  extensions: plain("list", EXTENSION),
  extendedAgentCard: optional("flag"),
};

const SKILL: Shape = {
  id: text,
  name: text,
  description: text,
  tags: required("list"),
  examples: texts,
  inputModes: texts,
  outputModes: texts,
  securityRequirements: plain("list", REQUIREMENT),
};

const FLOWS: Shape = {
  authorizationCode: plain("message", {
    authorizationUrl: text,
    tokenUrl: text,
    refreshUrl: maybeText,
    scopes,
    pkceRequired: maybeFlag,
  }),
  clientCredentials: plain("message", { tokenUrl: text, refreshUrl: maybeText, scopes }),
  implicit: plain("message", { authorizationUrl: maybeText, refreshUrl: maybeText, scopes: plain("map") }),
  password: plain("message", { tokenUrl: maybeText, refreshUrl: maybeText, scopes: plain("map") }),
  deviceCode: plain("message", { deviceAuthorizationUrl: text, tokenUrl: text, refreshUrl: maybeText, scopes }),
};

const SCHEME: Shape = {
  apiKeySecurityScheme: plain("message", { description: maybeText, location: text, name: text }),
  httpAuthSecurityScheme: plain("message", { description: maybeText, scheme: text, bearerFormat: maybeText }),
  oauth2SecurityScheme: plain("message", {
    description: maybeText,
    flows: required("message", FLOWS),
    oauth2MetadataUrl: maybeText,
  }),
  openIdConnectSecurityScheme: plain("message", { description: maybeText, openIdConnectUrl: text }),
  mtlsSecurityScheme: plain("message", { description: maybeText }),
};

const CARD: Shape = {
  name: text,
  description: text,
  supportedInterfaces: required("list", INTERFACE),
  provider: plain("message", { url: text, organization: text }),
  version: text,
  documentationUrl: optional("text"),
  capabilities: required("message", CAPABILITIES),
  securitySchemes: plain("map", SCHEME),
  securityRequirements: plain("list", REQUIREMENT),
  defaultInputModes: required("list"),
  defaultOutputModes: required("list"),
  skills: required("list", SKILL),
  signatures: plain("list"),
  iconUrl: optional("text"),
};

function normalObject(value: JsonObject, shape: Shape): JsonObject {
  const entries: [string, Json][] = [];
  for (const [name, raw] of Object.entries(value)) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field === undefined) entries.push([name, raw]);
    else if (raw !== null) {
      const inner = normalValue(raw, field);
      if (field.presence !== "plain" || !isDefault(inner, field.kind)) entries.push([name, inner]);
    }
  }
  const has = new Set(entries.map(([name]) => name));
  for (const [name, field] of Object.entries(shape)) {
    if (field.presence === "required" && !has.has(name)) entries.push([name, emptyOf(field)]);
  }
  // Never by assignment: a field may be called `__proto__`.
  return Object.fromEntries(entries);
}

function normalValue(value: Json, { kind, of }: Field): Json {
  if (of === null) return value;
  if (kind === "list" && Array.isArray(value)) return value.map((item: Json) => (isJsonObject(item) ? normalObject(item, of) : item));
  if (!isJsonObject(value)) return value;
  if (kind !== "map") return normalObject(value, of);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, isJsonObject(item) ? normalObject(item, of) : item]));
}

/** A message that is set is never a default, whatever is in it. */
function isDefault(value: Json, kind: Kind): boolean {
  switch (kind) {
    case "text":
      return value === "";
    case "flag":
      return value === false;
    case "list":
      return Array.isArray(value) && value.length === 0;
    case "map":
      return isJsonObject(value) && Object.keys(value).length === 0;
    case "message":
      return false;
  }
}

function emptyOf({ kind, of }: Field): Json {
  switch (kind) {
    case "text":
      return "";
    case "flag":
      return false;
    case "list":
      return [];
    case "map":
      return {};
    case "message":
      return normalObject({}, of ?? {});
  }
}
