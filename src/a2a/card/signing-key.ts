/** Keys that sign: read from a secret, and published by their public half only. */
import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

import { TuttiError } from "../../base/errors.ts";
import { canonicalJson, isJsonObject, type JsonObject } from "../../base/json.ts";

/** The algorithms that we sign with and believe. Never `none`, nothing symmetric. */
export type KeyAlgorithm = "ES256" | "EdDSA";

/** A public JSON Web Key (RFC 7517) that checks signatures. */
export type PublicKey = {
  readonly kid: string;
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  /** On curves that need it. */
  readonly y?: string;
};

/** A private key, and what others may know of it. */
export type SigningKey = {
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
};

/**
 * Reads a private key, as PEM or as a JSON Web Key, from the secret of that name. Its id is `kid`, else
 * the key's own, else its thumbprint (RFC 7638). Throws T6003, which never tells what is in the secret.
 */
export function readSigningKey(
  secret: string,
  readSecret: (name: string) => string | undefined,
  options: { readonly kid?: string } = {},
): SigningKey {
  const text = readSecret(secret);
  if (text === undefined || text.trim() === "") throw unusable(`The secret ${secret}, which should hold a signing key, is not set.`);
  const { privateKey, ownKid } = privateKeyOf(text.trim(), secret);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
  const alg = algorithmOf({ kty, crv });
  if (alg === null || kty === undefined || crv === undefined || x === undefined) {
    throw unusable(`The signing key in the secret ${secret} is neither of the curve P-256 nor Ed25519.`);
  }
  const core = { kty, crv, x, ...(y === undefined ? {} : { y }) };
  const kid = options.kid ?? ownKid ?? createHash("sha256").update(canonicalJson(core)).digest("base64url");
  return { kid, alg, privateKey, publicKey: { kid, ...core } };
}

/** What `/.well-known/jwks.json` serves (RFC 7517): the public halves only. */
export function jwks(keys: readonly SigningKey[]): JsonObject {
  return { keys: keys.map(({ alg, publicKey }) => ({ ...publicKey, alg, use: "sig" })) };
}

/** The one algorithm that a key is for: what a signature's header claims never decides it. */
export function algorithmOf({ kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): KeyAlgorithm | null {
  if (kty === "EC" && crv === "P-256") return "ES256";
  return kty === "OKP" && crv === "Ed25519" ? "EdDSA" : null;
}

/** Keys that check: each is public, has an id of its own, and is for an algorithm that we believe. Throws T6003. */
export function checkPublicKeys(keys: readonly PublicKey[]): void {
  const kids = new Set<string>();
  for (const [index, key] of keys.entries()) {
    const name = typeof key.kid === "string" && key.kid !== "" ? `"${key.kid}"` : `number ${index + 1}`;
    if (name.startsWith("number")) throw unusable(`The pinned key ${name} has no \`kid\`.`);
    if (kids.has(key.kid)) throw unusable(`Two pinned keys have the \`kid\` ${name}.`);
    kids.add(key.kid);
    if ("d" in key || "k" in key) throw unusable(`The pinned key ${name} holds a private key; pin its public half.`);
    if (!isPublicKey(key)) throw unusable(`The pinned key ${name} is neither of the curve P-256 nor Ed25519.`);
  }
}

/** True for a value that can be used as a public key. */
export function isPublicKey(value: unknown): value is PublicKey {
  if (!isJsonObject(value) || algorithmOf(value) === null || typeof value["kid"] !== "string") return false;
  const { kty, crv, x, y } = value;
  try {
    createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

function privateKeyOf(text: string, secret: string): { readonly privateKey: KeyObject; readonly ownKid: string | null } {
  try {
    if (!text.startsWith("{")) return { privateKey: createPrivateKey(text), ownKid: null };
    const jwk: unknown = JSON.parse(text);
    const kid = isJsonObject(jwk) ? jwk["kid"] : undefined;
    return { privateKey: createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" }), ownKid: typeof kid === "string" ? kid : null };
  } catch {
    // The cause is left out: a parser's message may quote the key.
    throw unusable(`The secret ${secret} holds no private key as PEM or as a JSON Web Key.`);
  }
}

function unusable(sentence: string): TuttiError {
  return new TuttiError("T6003", sentence, { help: "Use a key of the curve P-256 or Ed25519, as PEM or as a JSON Web Key." });
}
