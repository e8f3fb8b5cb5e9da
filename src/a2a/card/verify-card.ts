/**
 * Whether a card is signed by somebody whom the operator knows (A2A 8.4.3).
 *
 * 1. Keys come from the operator only. `kid` selects among them; a `jku` is followed only where the
 *    operator allows that very address.
 * 2. The key decides the algorithm, never the signature's header.
 * 3. What is believed is what was signed: a verified card is read again from the signed bytes, so
 *    that no change of what the signature does not cover has an effect.
 */
import { base64url, decodeProtectedHeader, flattenedVerify } from "jose";

import { canonicalJson, isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_CARD_SIGNATURES } from "../../base/limits.ts";
import { isLegacyCard } from "../legacy/legacy-card.ts";
import { canonicalCard, readCanonical, sdkCanonicalCard, withoutSignatures } from "./canonical-card.ts";
import { algorithmOf, type PublicKey } from "./signing-key.ts";

/** Whom we believe. */
export type CardKeys = {
  readonly keys: readonly PublicKey[];
  /** The keys at an address that the operator allows, else null. */
  readonly keysAt?: (jku: string) => Promise<readonly PublicKey[] | null>;
};

/** What is known of a card's origin. */
export type Verification =
  /** `card` is what was signed, without signatures; `form` is whose canonical form it was. */
  | { readonly kind: "verified"; readonly kid: string; readonly form: "specification" | "sdk"; readonly card: JsonObject }
  /** Nobody whom we know has signed it. */
  | { readonly kind: "unsigned"; readonly reason: string }
  /** It carries the name of a key that we know, and the signature is not good. */
  | { readonly kind: "invalid"; readonly reason: string };

/** Checks the signatures of a card as it is on the wire. One good signature is enough. Rejects only with what `keysAt` does. */
export async function verifyCard(wire: JsonObject, trusted: CardKeys): Promise<Verification> {
  const entries = wire["signatures"] ?? [];
  if (!Array.isArray(entries)) return { kind: "unsigned", reason: "its signatures are no list" };
  if (entries.length === 0) return { kind: "unsigned", reason: "it has no signature" };
  const forms = formsOf(wire);
  let best: Verification = { kind: "unsigned", reason: "it has no signature that can be read" };
  let failure: { readonly cause: unknown } | null = null;
  for (const entry of entries.slice(0, MAX_CARD_SIGNATURES)) {
    try {
      const found = await verifyEntry(entry, forms, trusted);
      if (found.kind === "verified") return found;
      if (best.kind !== "invalid") best = found;
    } catch (cause) {
      // Keys that cannot be read now say nothing of the card; another signature may.
      failure ??= { cause };
    }
  }
  if (failure !== null) throw failure.cause;
  return best;
}

type Form = { readonly form: "specification" | "sdk"; readonly text: string };

async function verifyEntry(entry: unknown, forms: readonly Form[], trusted: CardKeys): Promise<Verification> {
  const header = headerOf(entry);
  if (header === null) return { kind: "unsigned", reason: "it has no signature that can be read" };
  const key = await keyFor(header, trusted);
  const kid = JSON.stringify(header.kid.slice(0, 100));
  if (key === null) return { kind: "unsigned", reason: `it is signed with the key ${kid}, which is not pinned` };
  const alg = algorithmOf(key);
  if (alg === null || header.alg !== alg) {
    return { kind: "invalid", reason: `its signature of the key ${kid} claims another algorithm than the key is for` };
  }
  for (const { form, text } of forms) {
    const jws = { payload: base64url.encode(text), protected: header.protected, signature: header.signature };
    const isGood = await flattenedVerify(jws, { ...key, alg }, { algorithms: [alg] }).then(
      () => true,
      () => false,
    );
    const card = isGood ? readCanonical(text) : null;
    if (card !== null) return { kind: "verified", kid: header.kid, form, card };
  }
  return { kind: "invalid", reason: `its signature of the key ${kid} does not fit what it says` };
}

/** The specification's form is tried first: it covers everything. That of 0.3 is the card as it is. */
function formsOf(wire: JsonObject): readonly Form[] {
  const forms: Form[] = [];
  if (isLegacyCard(wire)) {
    const text = attempt(() => canonicalJson(withoutSignatures(wire)));
    return text === null ? [] : [{ form: "specification", text }];
  }
  for (const [form, canonical] of [
    ["specification", canonicalCard],
    ["sdk", sdkCanonicalCard],
  ] as const) {
    const text = attempt(() => canonical(wire));
    if (text !== null) forms.push({ form, text });
  }
  return forms;
}

type Header = {
  readonly alg: string;
  readonly kid: string;
  readonly jku: string | null;
  readonly protected: string;
  readonly signature: string;
};

/** Only the protected header counts; one that makes demands (`crit`) is not understood. */
function headerOf(entry: unknown): Header | null {
  if (!isJsonObject(entry)) return null;
  const { protected: guarded, signature } = entry;
  if (typeof guarded !== "string" || typeof signature !== "string") return null;
  const header = attempt(() => decodeProtectedHeader({ protected: guarded }));
  if (header === null || header.crit !== undefined) return null;
  const { alg, kid, jku } = header;
  if (typeof alg !== "string" || typeof kid !== "string") return null;
  return { alg, kid, jku: typeof jku === "string" ? jku : null, protected: guarded, signature };
}

async function keyFor({ kid, jku }: Header, { keys, keysAt }: CardKeys): Promise<PublicKey | null> {
  const pinned = keys.find((key) => key.kid === kid);
  if (pinned !== undefined || jku === null || keysAt === undefined) return pinned ?? null;
  const offered = await keysAt(jku);
  return offered?.find((key) => key.kid === kid) ?? null;
}

/** What cannot be read or spelled, such as half of a surrogate pair, was never signed. */
function attempt<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch {
    return null;
  }
}
