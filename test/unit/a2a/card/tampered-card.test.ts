/** Nothing that a signature covers can be changed, and nothing that it does not cover has an effect. */
import { type AgentCard, generateAgentCardSignature } from "@a2a-js/sdk";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { withoutSignatures } from "../../../../src/a2a/card/canonical-card.ts";
import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import { signCard } from "../../../../src/a2a/card/sign-card.ts";
import { verifyCard } from "../../../../src/a2a/card/verify-card.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../../../src/base/json.ts";
import { newKey, writerCard } from "./cards.ts";

const KEY = newKey("EdDSA", "one");
const TRUSTED = { keys: [KEY.publicKey] };

type Path = readonly (string | number)[];

/** Every place in a value, its own root aside. */
function pathsIn(value: Json, path: Path = []): readonly Path[] {
  const inner = Array.isArray(value) ? value.entries() : isJsonObject(value) ? Object.entries(value) : [];
  return [...inner].flatMap(([key, item]: readonly [string | number, Json]) => [[...path, key], ...pathsIn(item, [...path, key])]);
}

type Change = { readonly kind: "set"; readonly to: Json } | { readonly kind: "remove" } | { readonly kind: "add"; readonly value: Json };

/** A copy of a value that is changed at one place. */
function changed(value: Json, path: Path, change: Change): Json {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (change.kind === "set") return change.to;
    if (change.kind === "remove") return value;
    if (Array.isArray(value)) return [...(value as readonly Json[]), change.value];
    return isJsonObject(value) ? { ...value, added: change.value } : change.value;
  }
  if (rest.length === 0 && change.kind === "remove") {
    if (Array.isArray(value)) return (value as readonly Json[]).filter((_, index) => index !== key);
    return Object.fromEntries(Object.entries(value as JsonObject).filter(([name]) => name !== key));
  }
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, index) => (index === key ? changed(item, rest, change) : item));
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, item]) => [name, name === key ? changed(item, rest, change) : item]),
  );
}

async function ours(): Promise<JsonObject> {
  const wire = toWire({
    ...writerCard(),
    provider: { url: "https://example.com", organization: "Example" },
    iconUrl: "https://example.com/i",
  });
  return { ...wire, signatures: [{ ...(await signCard(wire, KEY)) }] };
}

/** Signed by the SDK's signer, in a form that differs from the specification's. */
async function theirs(): Promise<JsonObject> {
  const wire: unknown = { ...toWire(writerCard()), description: "", securityRequirements: [{ schemes: { bearer: {} } }] };
  const card = await generateAgentCardSignature(KEY.privateKey, { alg: "EdDSA", kid: "one", typ: "JOSE" })(wire as AgentCard);
  return JSON.parse(JSON.stringify(card)) as JsonObject;
}

function other(value: Json): Json {
  if (typeof value === "string") return `${value}x`;
  if (typeof value === "number") return value + 1;
  return typeof value === "boolean" ? !value : "something else";
}

function valueAt(value: Json, path: Path): Json {
  return path.reduce<Json>((inner, key) => (inner as { readonly [key: string | number]: Json })[key] ?? null, value);
}

describe("a card that is signed", () => {
  test("in the specification's form breaks when any value anywhere in it is changed or taken away", async () => {
    const card = await ours();
    expect(await verifyCard(card, TRUSTED)).toMatchObject({ kind: "verified" });
    const paths = pathsIn(withoutSignatures(card));
    expect(paths.length).toBeGreaterThan(80);
    for (const path of paths) {
      const set = changed(card, path, { kind: "set", to: other(valueAt(card, path)) }) as JsonObject;
      expect(await verifyCard(set, TRUSTED), `changed ${path.join(".")}`).toMatchObject({ kind: "invalid" });
      const removed = changed(card, path, { kind: "remove" }) as JsonObject;
      expect(await verifyCard(removed, TRUSTED), `removed ${path.join(".")}`).toMatchObject({ kind: "invalid" });
    }
  });

  test.each([
    ["the specification's form", ours],
    ["the SDK's form", theirs],
  ])("in %s is used as it was signed, whatever is changed, added or taken away", async (_form, make) => {
    const card = await make();
    const whole = await verifyCard(card, TRUSTED);
    const believed = whole.kind === "verified" ? canonicalJson(whole.card) : "";
    expect(believed).not.toBe("");
    const anyChange: fc.Arbitrary<Change> = fc.oneof(
      fc.record({ kind: fc.constant("set" as const), to: fc.jsonValue() as fc.Arbitrary<Json> }),
      fc.constant<Change>({ kind: "remove" }),
      fc.record({ kind: fc.constant("add" as const), value: fc.jsonValue() as fc.Arbitrary<Json> }),
    );
    const anyPath = fc.constantFrom(...pathsIn(withoutSignatures(card)), [] as Path);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(anyPath, anyChange, async (path, change) => {
        const tampered = changed(card, path, change);
        fc.pre(isJsonObject(tampered));
        const found = await verifyCard({ ...tampered, signatures: card["signatures"] ?? [] }, TRUSTED);
        if (found.kind === "verified") expect(canonicalJson(found.card)).toBe(believed);
        else refused += 1;
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
