import { AgentCard, generateAgentCardSignature, verifyAgentCardSignature } from "@a2a-js/sdk";
import { base64url, FlattenedSign } from "jose";
import { describe, expect, test, vi } from "vitest";

import { canonicalCard, sdkCanonicalCard } from "../../../../src/a2a/card/canonical-card.ts";
import { normalCard, toWire } from "../../../../src/a2a/card/normal-card.ts";
import { signCard } from "../../../../src/a2a/card/sign-card.ts";
import type { SigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { verifyCard } from "../../../../src/a2a/card/verify-card.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { newKey, writerCard } from "./cards.ts";

const KEY = newKey("ES256", "one");
const OTHER = newKey("EdDSA", "two");

async function signed(wire: JsonObject, ...keys: readonly SigningKey[]): Promise<JsonObject> {
  const signatures = await Promise.all(keys.map((key) => signCard(wire, key)));
  return { ...wire, signatures: signatures.map((one) => ({ ...one })) };
}

/** A signature by hand, with any header, over any text. */
async function forged(header: JsonObject, text: string, key: Parameters<FlattenedSign["sign"]>[0]): Promise<JsonObject> {
  const jws = await new FlattenedSign(new TextEncoder().encode(text)).setProtectedHeader({ alg: "ES256", ...header }).sign(key);
  return { protected: jws.protected ?? "", signature: jws.signature };
}

describe("a signature", () => {
  test.each(["ES256", "EdDSA"] as const)("of %s is good, and what was signed is what is served", async (alg) => {
    const key = newKey(alg, "mine");
    const wire = await signed(toWire(writerCard()), key);
    const served = JSON.parse(JSON.stringify(wire)) as JsonObject;
    expect(await verifyCard(served, { keys: [key.publicKey] })).toEqual({
      kind: "verified",
      kid: "mine",
      form: "specification",
      card: normalCard(toWire(writerCard())),
    });
  });

  test("has the header that the specification asks for, and no payload", async () => {
    const signature = await signCard(toWire(writerCard()), KEY, { jku: "https://a.example/jwks.json" });
    expect(Object.keys(signature)).toEqual(["protected", "signature"]);
    expect(JSON.parse(Buffer.from(signature.protected, "base64url").toString())).toEqual({
      alg: "ES256",
      kid: "one",
      typ: "JOSE",
      jku: "https://a.example/jwks.json",
    });
  });

  test("of one known key among others is enough", async () => {
    const wire = await signed(toWire(writerCard()), newKey("ES256", "x"), newKey("EdDSA", "y"), OTHER);
    expect(await verifyCard(wire, { keys: [KEY.publicKey, OTHER.publicKey] })).toMatchObject({ kind: "verified", kid: "two" });
  });

  test("beyond the first eight is not looked at", async () => {
    const wire = await signed(toWire(writerCard()), ...new Array<SigningKey>(8).fill(newKey("EdDSA", "x")), KEY);
    expect(await verifyCard(wire, { keys: [KEY.publicKey] })).toMatchObject({ kind: "unsigned" });
  });
});

describe("a card is unsigned when", () => {
  const wire = toWire(writerCard());
  test.each<[string, JsonObject, string]>([
    ["it has no signature", wire, "no signature"],
    ["its list is empty", { ...wire, signatures: [] }, "no signature"],
    ["its signatures are something else", { ...wire, signatures: "yes" }, "no list"],
    ["a signature is no object", { ...wire, signatures: [7, null, []] }, "can be read"],
    ["a signature is garbage", { ...wire, signatures: [{ protected: "%%", signature: "x" }] }, "can be read"],
    ["a header is no JSON", { ...wire, signatures: [{ protected: base64url.encode("{"), signature: "x" }] }, "can be read"],
    ["a header names no key", { ...wire, signatures: [{ protected: base64url.encode('{"alg":"ES256"}'), signature: "x" }] }, "can be read"],
  ])("%s", async (_what, card, reason) => {
    expect(await verifyCard(card, { keys: [KEY.publicKey] })).toEqual({ kind: "unsigned", reason: expect.stringContaining(reason) });
  });

  test("only keys have signed it that nobody pinned", async () => {
    const found = await verifyCard(await signed(wire, OTHER), { keys: [KEY.publicKey] });
    expect(found).toEqual({ kind: "unsigned", reason: 'it is signed with the key "two", which is not pinned' });
  });

  test("the header demands what we do not understand", async () => {
    const header = base64url.encode(JSON.stringify({ alg: "ES256", kid: "one", crit: ["exp"], exp: 1 }));
    const found = await verifyCard({ ...wire, signatures: [{ protected: header, signature: "x" }] }, { keys: [KEY.publicKey] });
    expect(found).toMatchObject({ kind: "unsigned" });
  });
});

describe("a signature is not good when", () => {
  const wire = toWire(writerCard());

  test("the header says `none`", async () => {
    const header = base64url.encode(JSON.stringify({ alg: "none", kid: "one" }));
    const found = await verifyCard({ ...wire, signatures: [{ protected: header, signature: "" }] }, { keys: [KEY.publicKey] });
    expect(found).toMatchObject({ kind: "invalid", reason: expect.stringContaining("another algorithm") });
  });

  test("the public key was used as a shared secret", async () => {
    const secret = new TextEncoder().encode(JSON.stringify(KEY.publicKey));
    const entry = await forged({ alg: "HS256", kid: "one" }, canonicalCard(wire), secret);
    expect(await verifyCard({ ...wire, signatures: [entry] }, { keys: [KEY.publicKey] })).toMatchObject({ kind: "invalid" });
  });

  test("another key signed under the name of a pinned one", async () => {
    const entry = await forged({ kid: "one" }, canonicalCard(wire), newKey("ES256", "x").privateKey);
    expect(await verifyCard({ ...wire, signatures: [entry] }, { keys: [KEY.publicKey] })).toMatchObject({ kind: "invalid" });
  });

  test("it carries its algorithm and key in the part of the header that is not signed", async () => {
    const [entry] = (await signed(wire, KEY))["signatures"] as readonly JsonObject[];
    const header = { alg: "none", jwk: { ...OTHER.publicKey } };
    const found = await verifyCard({ ...wire, name: "other", signatures: [{ ...entry, header }] }, { keys: [KEY.publicKey] });
    expect(found).toMatchObject({ kind: "invalid" });
  });

  test("the signature is of another card", async () => {
    const { signatures } = await signed(toWire(writerCard({ streaming: false })), KEY);
    expect(await verifyCard({ ...wire, signatures: signatures ?? null }, { keys: [KEY.publicKey] })).toMatchObject({ kind: "invalid" });
  });
});

describe("the address of a key set in a signature", () => {
  const jku = "https://evil.example/jwks.json";
  const card = async (): Promise<JsonObject> => {
    const wire = toWire(writerCard());
    return { ...wire, signatures: [{ ...(await signCard(wire, OTHER, { jku })) }] };
  };

  test("is never followed unless the operator allows it", async () => {
    const asked: string[] = [];
    const keysAt = (url: string) => {
      asked.push(url);
      return Promise.resolve(null);
    };
    expect(await verifyCard(await card(), { keys: [KEY.publicKey], keysAt })).toMatchObject({ kind: "unsigned" });
    expect(await verifyCard(await card(), { keys: [KEY.publicKey] })).toMatchObject({ kind: "unsigned" });
    expect(asked).toEqual([jku]);
  });

  test("gives keys where the operator allows it, and never replaces a pinned one", async () => {
    const keysAt = () => Promise.resolve([OTHER.publicKey]);
    expect(await verifyCard(await card(), { keys: [], keysAt })).toMatchObject({ kind: "verified", kid: "two" });
    const pinned = { ...KEY.publicKey, kid: "two" };
    expect(await verifyCard(await card(), { keys: [pinned], keysAt })).toMatchObject({ kind: "invalid" });
  });

  test("that cannot be read now is an error, unless another signature is good", async () => {
    const keysAt = () => Promise.reject(new Error("away"));
    const away = await card();
    await expect(verifyCard(away, { keys: [], keysAt })).rejects.toThrow("away");
    const { signatures: good } = await signed(toWire(writerCard()), KEY);
    const both = { ...away, signatures: [...(away["signatures"] as readonly JsonObject[]), ...(good as readonly JsonObject[])] };
    expect(await verifyCard(both, { keys: [KEY.publicKey], keysAt })).toMatchObject({ kind: "verified", kid: "one" });
  });
});

describe("with the SDK", () => {
  const sdkHeader = { alg: "ES256", kid: "one", typ: "JOSE" };
  const sdkVerifies = (wire: JsonObject, key: SigningKey = KEY): Promise<void> => {
    const served: unknown = JSON.parse(JSON.stringify(wire));
    return verifyAgentCardSignature(() => Promise.resolve({ ...key.publicKey, alg: key.alg }))(served as AgentCard);
  };

  test.each(["ES256", "EdDSA"] as const)("its verifier accepts what we sign with %s", async (alg) => {
    const key = newKey(alg, "mine");
    await expect(sdkVerifies(await signed(toWire(writerCard()), key), key)).resolves.toBeUndefined();
  });

  test("its verifier refuses a card of ours with an empty value in a schema, since it signs without what is empty", async () => {
    const wire = toWire(writerCard());
    const { capabilities } = wire as { readonly capabilities: JsonObject };
    const empty = { ...wire, capabilities: { ...capabilities, extensions: [{ uri: "urn:x", params: { schema: { default: "" } } }] } };
    const card = await signed(empty, KEY);
    vi.spyOn(console, "debug").mockReturnValue();
    expect(await verifyCard(card, { keys: [KEY.publicKey] })).toMatchObject({ kind: "verified" });
    await expect(sdkVerifies(card)).rejects.toThrow("No valid signatures");
  });

  test("we accept what its signer signs, of a card as it is on the wire", async () => {
    const wire: unknown = toWire(writerCard());
    const card = await generateAgentCardSignature(KEY.privateKey, sdkHeader)(wire as AgentCard);
    const served = JSON.parse(JSON.stringify(card)) as JsonObject;
    expect(await verifyCard(served, { keys: [KEY.publicKey] })).toMatchObject({ kind: "verified", form: "specification" });
  });

  test("we accept a card with empty required fields in its form, and then use only what was signed", async () => {
    const wire = { ...toWire(writerCard()), description: "", skills: [], securityRequirements: [{ schemes: { bearer: {} } }] };
    const unknown: unknown = wire;
    const card = await generateAgentCardSignature(KEY.privateKey, sdkHeader)(unknown as AgentCard);
    const served = JSON.parse(JSON.stringify(card)) as JsonObject;
    const found = await verifyCard(served, { keys: [KEY.publicKey] });
    expect(found).toMatchObject({ kind: "verified", form: "sdk", card: JSON.parse(sdkCanonicalCard(wire)) });
    expect(found).not.toHaveProperty("card.securityRequirements");
  });

  test("we accept the card that its server serves from memory, without the security schemes that its signature does not cover", async () => {
    const card = await generateAgentCardSignature(KEY.privateKey, sdkHeader)(writerCard());
    const served = JSON.parse(JSON.stringify(card)) as JsonObject;
    expect(served).toHaveProperty("securitySchemes.bearer.scheme.$case");
    const found = await verifyCard(served, { keys: [KEY.publicKey] });
    expect(found).toMatchObject({ kind: "verified", form: "sdk" });
    expect(found).not.toHaveProperty("card.securitySchemes");
  });

  test("we refuse a card that it signed in memory once its security schemes are on the wire: they were never signed", async () => {
    const card = await generateAgentCardSignature(KEY.privateKey, sdkHeader)(writerCard());
    const served = AgentCard.toJSON(card) as JsonObject;
    expect(served).toHaveProperty("securitySchemes.bearer.httpAuthSecurityScheme");
    expect(await verifyCard(served, { keys: [KEY.publicKey] })).toMatchObject({ kind: "invalid" });
  });
});
