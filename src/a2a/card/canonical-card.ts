/** The bytes of a card that are signed: the one way that the specification says, and the one of the SDKs. */
import { type AgentCard, canonicalizeAgentCard } from "@a2a-js/sdk";

import { canonicalJson, isJsonObject, type JsonObject } from "../../base/json.ts";
import { normalCard } from "./normal-card.ts";

/** RFC 8785 over the card without its signatures, every required field in it (A2A 8.4.1). */
export function canonicalCard(wire: JsonObject): string {
  return canonicalJson(withoutSignatures(normalCard(wire)));
}

/**
 * What the official SDKs sign: they leave out whatever is empty at any depth, required or not, and
 * all fields that they do not know (a2a-js issues 627 and 663).
 */
export function sdkCanonicalCard(wire: JsonObject): string {
  // Its type says that it takes a decoded card; it decodes what it gets, and needs the wire's form.
  const given: unknown = wire;
  return canonicalizeAgentCard(given as AgentCard);
}

export function withoutSignatures(wire: JsonObject): JsonObject {
  const { signatures: _, ...rest } = wire;
  return rest;
}

/** Reads a canonical text again: exactly what was signed, and nothing else. */
export function readCanonical(text: string): JsonObject | null {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : null;
}
