import { generateKeyPairSync } from "node:crypto";

import { calculateJwkThumbprint } from "jose";
import { describe, expect, test } from "vitest";

import { checkPublicKeys, jwks, type PublicKey, readSigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { newKey, pem } from "./cards.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

function failureOf(text: string | undefined): unknown {
  try {
    return readSigningKey("CARD_KEY", () => text);
  } catch (error) {
    return error;
  }
}

describe("a signing key", () => {
  test.each([
    ["PEM of PKCS #8", pem(privateKey)],
    ["PEM of SEC 1", privateKey.export({ format: "pem", type: "sec1" }).toString()],
    ["a JSON Web Key", JSON.stringify(privateKey.export({ format: "jwk" }))],
  ])("is read from %s, and is the same", async (_what, text) => {
    const key = readSigningKey("CARD_KEY", () => text);
    const { kid, ...core } = key.publicKey;
    expect(key.alg).toBe("ES256");
    expect([key.kid, kid]).toEqual(new Array(2).fill(await calculateJwkThumbprint(core)));
  });

  test("has the id that the operator gives, else its own", () => {
    const text = JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "own" });
    expect(readSigningKey("CARD_KEY", () => text).kid).toBe("own");
    expect(readSigningKey("CARD_KEY", () => text, { kid: "given" }).kid).toBe("given");
  });

  test("publishes its public half, and nothing of the private one", () => {
    const keys = [newKey("ES256", "one"), newKey("EdDSA", "two")];
    expect(jwks(keys)).toEqual({
      keys: [
        { kid: "one", kty: "EC", crv: "P-256", alg: "ES256", use: "sig", x: expect.any(String), y: expect.any(String) },
        { kid: "two", kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", x: expect.any(String) },
      ],
    });
  });

  test.each([
    ["nothing", undefined],
    ["an empty text", " "],
    ["a text", "hunter2-is-my-password"],
    ["JSON of something else", '{"k":"hunter2"}'],
    ["half a PEM", `${pem(privateKey).slice(0, 60)}hunter2`],
    ["a public key", JSON.stringify(newKey("EdDSA", "a").publicKey)],
    ["an RSA key", pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)],
    ["another curve", pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)],
  ])("that is %s is refused by the name of its secret, never by its words", (_what, text) => {
    const failure = failureOf(text);
    expect(failure).toMatchObject({ code: "T6003", message: expect.stringContaining("CARD_KEY") });
    expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).cause])).not.toContain("hunter2");
  });
});

describe("pinned keys", () => {
  const good = newKey("ES256", "good").publicKey;
  test.each<[string, readonly object[], string]>([
    ["has no id", [{ ...good, kid: "" }], "number 1"],
    ["has the id of another", [good, good], "Two pinned keys"],
    ["is private", [{ ...good, d: "x" }], "private"],
    ["is symmetric", [{ kid: "a", kty: "oct", k: "c2VjcmV0" }], "private"],
    ["is of another curve", [{ ...good, crv: "P-384" }], "neither"],
    ["is no point of its curve", [{ ...good, x: "AAAA" }], "neither"],
  ])("are refused when one %s", (_what, keys, sentence) => {
    expect(() => checkPublicKeys(keys as readonly PublicKey[])).toThrow(
      expect.objectContaining({ code: "T6003", message: expect.stringContaining(sentence) }),
    );
  });
});
