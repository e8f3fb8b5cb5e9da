/** Cards of A2A 0.3: read as cards of 1.0, and told beside them. */
import { AgentCard } from "@a2a-js/sdk";
import { isLegacyAgentCard, parseLegacyAgentCard } from "@a2a-js/sdk/compat/v0_3/client";
import { exportJWK, exportPKCS8, FlattenedSign, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";

import { sdkCanonicalCard } from "../../../../src/a2a/card/canonical-card.ts";
import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import { signCard } from "../../../../src/a2a/card/sign-card.ts";
import { readSigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { verifyCard } from "../../../../src/a2a/card/verify-card.ts";
import { isLegacyCard, toCurrentCard, toLegacyCard, toSharedCard } from "../../../../src/a2a/legacy/legacy-card.ts";
import { canonicalJson, type JsonObject } from "../../../../src/base/json.ts";

/** After the sample of the 0.3 specification (5.6). */
const LEGACY: JsonObject = {
  protocolVersion: "0.3.0",
  name: "GeoSpatial Route Planner Agent",
  description: "Provides advanced route planning.",
  url: "https://georoute.example.com/a2a/v1",
  preferredTransport: "JSONRPC",
  additionalInterfaces: [
    { url: "https://georoute.example.com/a2a/v1", transport: "JSONRPC" },
    { url: "https://georoute.example.com/a2a/grpc", transport: "GRPC" },
    { url: "https://georoute.example.com/a2a/json", transport: "HTTP+JSON" },
  ],
  provider: { organization: "Example Geo Services Inc.", url: "https://www.examplegeoservices.com" },
  version: "1.2.0",
  documentationUrl: "https://docs.example.com",
  capabilities: { streaming: true, pushNotifications: true },
  securitySchemes: {
    google: { type: "openIdConnect", openIdConnectUrl: "https://accounts.example.com/.well-known/openid-configuration" },
    key: { type: "apiKey", in: "header", name: "x-key" },
    bearer: { type: "http", scheme: "Bearer", bearerFormat: "JWT" },
  },
  security: [{ google: ["openid", "profile"] }],
  defaultInputModes: ["application/json"],
  defaultOutputModes: ["application/json"],
  skills: [{ id: "route", name: "Route", description: "Plans.", tags: ["maps"], security: [{ key: [] }] }],
  supportsAuthenticatedExtendedCard: true,
};

describe("a card of 0.3", () => {
  test("is read as a card of 1.0, with each interface once and the preferred one first", () => {
    const current = toCurrentCard(LEGACY);
    expect(current["supportedInterfaces"]).toEqual([
      { url: "https://georoute.example.com/a2a/v1", protocolBinding: "JSONRPC", protocolVersion: "0.3" },
      { url: "https://georoute.example.com/a2a/grpc", protocolBinding: "GRPC", protocolVersion: "0.3" },
      { url: "https://georoute.example.com/a2a/json", protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
    ]);
    expect(toWire(AgentCard.fromJSON(current))).toMatchObject({
      name: "GeoSpatial Route Planner Agent",
      capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true },
      securitySchemes: {
        google: { openIdConnectSecurityScheme: { openIdConnectUrl: "https://accounts.example.com/.well-known/openid-configuration" } },
        key: { apiKeySecurityScheme: { location: "header", name: "x-key" } },
        bearer: { httpAuthSecurityScheme: { scheme: "Bearer", bearerFormat: "JWT" } },
      },
      securityRequirements: [{ schemes: { google: { list: ["openid", "profile"] } } }],
      skills: [{ id: "route", securityRequirements: [{ schemes: { key: {} } }] }],
    });
  });

  test.each([
    [{ protocolVersion: undefined, preferredTransport: undefined, additionalInterfaces: undefined }, ["JSONRPC 0.3"]],
    [{ protocolVersion: "0.2.6", additionalInterfaces: [] }, ["JSONRPC 0.2"]],
    [{ additionalInterfaces: [1, { url: 2 }, { transport: "GRPC" }] }, ["JSONRPC 0.3"]],
  ])("with %j offers %j", (more, offered) => {
    const { supportedInterfaces } = AgentCard.fromJSON(toCurrentCard({ ...LEGACY, ...more } as JsonObject));
    expect(supportedInterfaces.map(({ protocolBinding, protocolVersion }) => `${protocolBinding} ${protocolVersion}`)).toEqual(offered);
  });

  test("is believed when it is signed as it is, and what is believed says where the agent is", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const signed = await new FlattenedSign(new TextEncoder().encode(canonicalJson(LEGACY)))
      .setProtectedHeader({ alg: "ES256", kid: "k1", typ: "JOSE" })
      .sign(privateKey);
    const { protected: header = "", signature } = signed;
    const keys = [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" }] as unknown as Parameters<typeof verifyCard>[1]["keys"];
    const wire = { ...LEGACY, signatures: [{ protected: header, signature }] };
    expect(await verifyCard(wire, { keys })).toMatchObject({ kind: "verified", card: { url: LEGACY["url"] as string } });
    expect(await verifyCard({ ...wire, url: "https://evil.example" }, { keys })).toMatchObject({ kind: "invalid" });
  });
});

describe("a card for readers of both versions", () => {
  const CURRENT: JsonObject = {
    name: "planner",
    description: "Plans.",
    supportedInterfaces: [
      { url: "https://a.example", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
      { url: "https://a.example", protocolBinding: "JSONRPC", protocolVersion: "0.3" },
      { url: "https://a.example", protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
    ],
    version: "1.0.0",
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true },
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
    securityRequirements: [{ schemes: { bearer: { list: ["caller"] } } }],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [
      {
        id: "plan",
        name: "plan",
        description: "Plans.",
        tags: ["x"],
        securityRequirements: [{ schemes: { bearer: { list: ["caller"] } } }],
      },
    ],
  };

  test("says everything that either needs", () => {
    const shared = toSharedCard(CURRENT);
    expect(shared).toMatchObject(CURRENT);
    expect(shared).toMatchObject({
      protocolVersion: "0.3.0",
      url: "https://a.example",
      preferredTransport: "JSONRPC",
      additionalInterfaces: [
        { url: "https://a.example", transport: "JSONRPC" },
        { url: "https://a.example", transport: "HTTP+JSON" },
      ],
      supportsAuthenticatedExtendedCard: true,
      securitySchemes: { bearer: { type: "http", scheme: "Bearer" } },
      security: [{ bearer: ["caller"] }],
      skills: [{ id: "plan", security: [{ bearer: ["caller"] }] }],
    });
    expect(isLegacyCard(shared)).toBe(false);
    expect(AgentCard.fromJSON(shared)).toEqual(AgentCard.fromJSON(CURRENT));
  });

  test("is a good card for the official SDK of 0.3, and so is the form without 1.0's fields", () => {
    const { supportedInterfaces: _, ...rest } = toSharedCard(CURRENT);
    for (const wire of [rest, toLegacyCard(CURRENT, "schema")]) {
      expect(isLegacyAgentCard(wire)).toBe(true);
      expect(parseLegacyAgentCard(wire)).toMatchObject({
        supportedInterfaces: [{ url: "https://a.example", protocolBinding: "JSONRPC", protocolVersion: "0.3.0" }, {}, {}],
        capabilities: { extendedAgentCard: true },
        securitySchemes: { bearer: { scheme: { $case: "httpAuthSecurityScheme" } } },
      });
    }
    expect(toLegacyCard(CURRENT, "proto")).toMatchObject({
      securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
      security: [{ schemes: { bearer: { list: ["caller"] } } }],
    });
  });

  test("keeps a signature good that was made of the card of 1.0", async () => {
    const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
    const pem = await exportPKCS8(privateKey);
    const key = readSigningKey("KEY", () => pem);
    const signed = { ...CURRENT, signatures: [{ ...(await signCard(CURRENT, key, {})) }] };
    expect(sdkCanonicalCard(toSharedCard(signed))).toBe(sdkCanonicalCard(signed));
    expect(await verifyCard(toSharedCard(signed), { keys: [key.publicKey] })).toMatchObject({ kind: "verified" });
  });

  test("is the card of 1.0 when there is nothing for 0.3", () => {
    const only = { ...CURRENT, supportedInterfaces: [{ url: "https://a.example", protocolBinding: "JSONRPC", protocolVersion: "1.0" }] };
    expect(toSharedCard(only)).toBe(only);
    expect(toLegacyCard(only, "schema")).toBeNull();
  });
});
