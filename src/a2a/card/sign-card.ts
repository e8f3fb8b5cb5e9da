import { FlattenedSign } from "jose";

import { assert } from "../../base/assert.ts";
import type { JsonObject } from "../../base/json.ts";
import { canonicalCard } from "./canonical-card.ts";
import type { SigningKey } from "./signing-key.ts";

/** An entry of a card's `signatures` (A2A 4.4.7). */
export type CardSignature = { readonly protected: string; readonly signature: string };

/**
 * Signs a card as it is on the wire: a JWS over its canonical form, with the payload detached
 * (A2A 8.4.2). `jku` is where the public keys are; readers need not believe it.
 */
export async function signCard(wire: JsonObject, key: SigningKey, options: { readonly jku?: string } = {}): Promise<CardSignature> {
  const jws = await new FlattenedSign(new TextEncoder().encode(canonicalCard(wire)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JOSE", ...options })
    .sign(key.privateKey);
  assert(jws.protected !== undefined, "A signature that was made with a protected header has one.");
  return { protected: jws.protected, signature: jws.signature };
}
