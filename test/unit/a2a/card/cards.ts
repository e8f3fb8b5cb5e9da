/** Cards and keys for the tests of cards. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";

import type { AgentCard } from "@a2a-js/sdk";

import { type CardPlace, cardOfAgent } from "../../../../src/a2a/card/make-card.ts";
import { readSigningKey, type SigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { defineAgent } from "../../../../src/agents/function-agent.ts";
import { loadText } from "../../../../src/authoring/file/load-file.ts";
import type { Definition } from "../../../../src/definition/definition.ts";
import type { LocalAgent } from "../../../../src/ports/agents.ts";

export const PLACE: CardPlace = {
  interfaces: [
    { url: "https://agents.example.com/a2a", binding: "JSONRPC", version: "1.0" },
    { url: "https://agents.example.com/rest", binding: "HTTP+JSON", version: "1.0", tenant: "blue" },
    { url: "grpcs://agents.example.com:443", binding: "GRPC", version: "1.0" },
    { url: "https://agents.example.com/a2a", binding: "JSONRPC", version: "0.3" },
  ],
  streaming: true,
  pushNotifications: false,
  extendedAgentCard: true,
  security: [
    { kind: "bearer", format: "JWT" },
    { kind: "apiKey", header: "x-api-key" },
  ],
};

export const WRITER: LocalAgent = {
  ...defineAgent({
    name: "writer",
    description: "Writes and checks texts. Ünïcödé 漢字 🎼",
    version: "2.1.0",
    capabilities: { write: { description: "Writes.", run: () => "text" }, check: { description: "Checks.", run: () => true } },
  }),
  capabilities: [
    {
      name: "write",
      description: "Writes.",
      tags: ["text"],
      inputSchema: { type: "object", required: ["topic"], properties: { topic: { type: "string", minLength: 1 } } },
      outputSchema: { type: "string" },
    },
    { name: "check", description: "", tags: [], inputSchema: null, outputSchema: null },
  ],
};

export function writerCard(place: Partial<CardPlace> = {}): AgentCard {
  return cardOfAgent(WRITER, { ...PLACE, ...place });
}

export function workflow(text: string): Definition {
  const read = loadText(text, "test.yaml");
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

export function pem(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

/** Reads any secret as one new key. */
export function newKeySecret(alg: "ES256" | "EdDSA"): () => string {
  const { privateKey } = alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  return () => pem(privateKey);
}

export function newKey(alg: "ES256" | "EdDSA", kid: string): SigningKey {
  return readSigningKey("CARD_KEY", newKeySecret(alg), { kid });
}
