import { type AgentCard, canonicalizeAgentCard } from "@a2a-js/sdk";
import { describe, expect, test } from "vitest";

import { canonicalCard, sdkCanonicalCard } from "../../../../src/a2a/card/canonical-card.ts";
import { normalCard, toWire } from "../../../../src/a2a/card/normal-card.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { writerCard } from "./cards.ts";

/** The fragment of the specification (8.4.1), and what it prints for it. */
const FRAGMENT: JsonObject = {
  name: "Example Agent",
  description: "",
  capabilities: { streaming: false, pushNotifications: false, extensions: [] },
  skills: [],
};
const PRINTED = '{"capabilities":{"pushNotifications":false,"streaming":false},"description":"","name":"Example Agent","skills":[]}';

describe("the canonical form", () => {
  test("of the specification's own example has the fields that it prints, and the other required ones", () => {
    const { supportedInterfaces, version, defaultInputModes, defaultOutputModes, ...printed } = JSON.parse(
      canonicalCard(FRAGMENT),
    ) as JsonObject;
    expect(JSON.stringify(printed)).toBe(PRINTED);
    expect([supportedInterfaces, version, defaultInputModes, defaultOutputModes]).toEqual([[], "", [], []]);
  });

  test("of the SDK leaves out what is required and empty, against the specification", () => {
    expect(sdkCanonicalCard(FRAGMENT)).toBe('{"capabilities":{"pushNotifications":false,"streaming":false},"name":"Example Agent"}');
  });

  test("of the cards that we make is the same in both ways", () => {
    const wire = toWire(writerCard());
    expect(canonicalCard(wire)).toBe(sdkCanonicalCard(wire));
  });

  test("is the same for a card that was written by another hand", () => {
    const wire = toWire(writerCard());
    const turned = Object.fromEntries(Object.entries(wire).toReversed());
    const spelledOut = { ...turned, iconUrl: null, signatures: [{ protected: "a", signature: "b" }], provider: null };
    expect(canonicalCard(spelledOut)).toBe(canonicalCard(wire));
  });

  test("orders names by UTF-16 units and keeps letters of every alphabet as they are", () => {
    const schemes = { "\u{1F3BC}": {}, "\uE000": {}, ä: {}, a: {} };
    expect(canonicalCard({ securitySchemes: schemes })).toContain('"securitySchemes":{"a":{},"ä":{},"\u{1F3BC}":{},"\uE000":{}}');
  });

  test("keeps what the protocol does not know, so that a signature covers it", () => {
    expect(canonicalCard({ name: "a", later: { x: 1 } })).toContain('"later":{"x":1}');
    expect(canonicalCard(JSON.parse('{"__proto__":{"x":1}}') as JsonObject)).toContain('"__proto__":{"x":1}');
  });
});

describe("the wire form", () => {
  test("of a security scheme is that of ProtoJSON, where the SDK serves its own memory (row 12)", () => {
    const card = writerCard();
    expect(JSON.parse(JSON.stringify(card)) as unknown).toMatchObject({
      securitySchemes: { bearer: { scheme: { $case: expect.anything() } } },
    });
    expect(toWire(card)).toMatchObject({ securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } } });
  });

  test("is covered by the signature, where the SDK drops security schemes from its in-memory form (row 13)", () => {
    const card = writerCard();
    expect(canonicalizeAgentCard(card)).not.toContain("securitySchemes");
    expect(canonicalCard(toWire(card))).toContain("httpAuthSecurityScheme");
  });

  test("has required fields though they are empty, and no other that is", () => {
    const card: AgentCard = {
      ...writerCard(),
      description: "",
      skills: [],
      securitySchemes: {},
      securityRequirements: [],
      capabilities: undefined,
    };
    const wire = toWire(card);
    expect(wire).toMatchObject({ description: "", skills: [], capabilities: {} });
    expect(Object.keys(wire)).not.toEqual(expect.arrayContaining(["securitySchemes"]));
  });

  test("has the scopes of a flow, which are required, and a requirement without scopes", () => {
    const value = { tokenUrl: "https://a/t", refreshUrl: "", scopes: {} };
    const flows = { flow: { $case: "clientCredentials" as const, value } };
    const scheme = { $case: "oauth2SecurityScheme" as const, value: { description: "", flows, oauth2MetadataUrl: "" } };
    const wire = toWire({
      ...writerCard(),
      securitySchemes: { login: { scheme } },
      securityRequirements: [{ schemes: { login: { list: [] } } }],
    });
    expect(wire).toMatchObject({
      securitySchemes: { login: { oauth2SecurityScheme: { flows: { clientCredentials: { tokenUrl: "https://a/t", scopes: {} } } } } },
      securityRequirements: [{ schemes: { login: {} } }],
    });
  });

  test("is its own normal form, and odd values stay as they came", () => {
    const wire = toWire(writerCard());
    expect(normalCard(wire)).toEqual(wire);
    expect(normalCard({ skills: "none", capabilities: [], securitySchemes: 7, supportedInterfaces: [null, 1] })).toMatchObject({
      skills: "none",
      capabilities: [],
      securitySchemes: 7,
      supportedInterfaces: [null, 1],
    });
  });
});
