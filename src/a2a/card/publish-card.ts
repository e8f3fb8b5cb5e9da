/**
 * A card as it is served: signed once, so that its bytes, its ETag and its date stay the same until
 * the card changes (A2A 8.6).
 *
 * It owns a cursor of the host for each card, `card/<name>`, with the signatures and since when they
 * are served: an ES256 signature is another one each time, and a restart must change nothing.
 *
 * 1. The same content and keys give the same bytes, also after a restart.
 * 2. A signature from the host is used only if it is good: keys may have been replaced meanwhile.
 */
import { createHash } from "node:crypto";

import { failpoint } from "../../base/failpoint.ts";
import { fingerprintOf } from "../../base/hash.ts";
import type { Tenant } from "../../base/ids.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { Host } from "../../ports/host.ts";
import { withoutSignatures } from "./canonical-card.ts";
import { type CardSignature, signCard } from "./sign-card.ts";
import type { SigningKey } from "./signing-key.ts";
import { verifyCard } from "./verify-card.ts";

/** Bytes to serve, and what caches must know of them. */
export type PublishedCard = {
  /** With its signatures. */
  readonly wire: JsonObject;
  readonly body: string;
  /** A strong validator: a hash of the body. */
  readonly etag: string;
  /** When this content was first served. In milliseconds. */
  readonly changedAt: number;
};

export type PublisherOptions = {
  readonly host: Pick<Host, "cursor" | "moveCursor">;
  readonly tenant: Tenant;
  /** Each signs; none leaves cards unsigned. */
  readonly keys: readonly SigningKey[];
  /** Where the public keys are served. */
  readonly jku?: string;
  readonly now: () => number;
};

export class CardPublisher {
  readonly #options: PublisherOptions;
  /** By name: the last content, and what became of it. There are as many names as served things. */
  readonly #published = new Map<string, { readonly content: string; readonly card: Promise<PublishedCard> }>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** The card under a name, as it is on the wire, ready to be served. Cheap when it has not changed. */
  publish(name: string, wire: JsonObject): Promise<PublishedCard> {
    const { keys, jku = null } = this.#options;
    const plain = withoutSignatures(wire);
    const content = fingerprintOf([plain, jku, keys.map(({ publicKey }) => ({ ...publicKey }))]);
    const known = this.#published.get(name);
    if (known?.content === content) return known.card;
    const card = this.#make(`card/${name}`, plain, content);
    this.#published.set(name, { content, card });
    // What failed is tried again by the next reader; the one who waits now hears of it.
    card.catch(() => this.#published.get(name)?.card === card && this.#published.delete(name));
    return card;
  }

  async #make(cursor: string, plain: JsonObject, content: string): Promise<PublishedCard> {
    const { host, tenant, now } = this.#options;
    const stored = readServed(await host.cursor(tenant, cursor));
    if (stored?.content === content && (await this.#areGood(plain, stored.signatures))) {
      return toPublished(plain, stored.signatures, stored.changedAt);
    }
    const signatures = await this.#sign(plain);
    const changedAt = now();
    failpoint("card.signed");
    await host.moveCursor(tenant, cursor, { content, changedAt, signatures: signatures.map((one) => ({ ...one })) });
    failpoint("card.kept");
    return toPublished(plain, signatures, changedAt);
  }

  #sign(plain: JsonObject): Promise<readonly CardSignature[]> {
    const { keys, jku } = this.#options;
    return Promise.all(keys.map((key) => signCard(plain, key, jku === undefined ? {} : { jku })));
  }

  async #areGood(plain: JsonObject, signatures: readonly CardSignature[]): Promise<boolean> {
    const { keys } = this.#options;
    if (signatures.length !== keys.length) return false;
    for (const [index, { publicKey }] of keys.entries()) {
      const wire = { ...plain, signatures: signatures.slice(index, index + 1).map((one) => ({ ...one })) };
      if ((await verifyCard(wire, { keys: [publicKey] })).kind !== "verified") return false;
    }
    return true;
  }
}

/** The headers of a card (A2A 8.6.1). A card that is not for everybody is private, and asked for again each time. */
export function cardHeaders(
  card: PublishedCard,
  options: { readonly maxAgeSeconds: number; readonly isPrivate?: boolean },
): { readonly [name: string]: string } {
  const { maxAgeSeconds, isPrivate = false } = options;
  return {
    "content-type": "application/json",
    "cache-control": isPrivate ? "private, no-cache" : `public, max-age=${maxAgeSeconds}`,
    etag: card.etag,
    "last-modified": new Date(card.changedAt).toUTCString(),
    ...(isPrivate ? { vary: "authorization" } : {}),
  };
}

/** True when the reader has it already, so that 304 is the answer. The tag counts before the date (RFC 9110, 13.2.2). */
export function isUnchanged(request: Headers, card: PublishedCard): boolean {
  const tags = request.get("if-none-match");
  if (tags !== null) return tags.split(",").some((tag) => ["*", card.etag].includes(tag.trim().replace(/^W\//, "")));
  const since = Date.parse(request.get("if-modified-since") ?? "");
  return since >= Math.floor(card.changedAt / 1000) * 1000;
}

function toPublished(plain: JsonObject, signatures: readonly CardSignature[], changedAt: number): PublishedCard {
  const wire = signatures.length === 0 ? plain : { ...plain, signatures: signatures.map((one) => ({ ...one })) };
  const body = canonicalJson(wire);
  return { wire, body, etag: `"${createHash("sha256").update(body).digest("base64url")}"`, changedAt };
}

type Served = { readonly content: string; readonly changedAt: number; readonly signatures: readonly CardSignature[] };

function readServed(position: Json | null): Served | null {
  if (!isJsonObject(position)) return null;
  const { content, changedAt, signatures } = position;
  if (typeof content !== "string" || typeof changedAt !== "number" || !Array.isArray(signatures)) return null;
  return { content, changedAt, signatures: signatures.filter(isSignature) };
}

function isSignature(value: unknown): value is CardSignature {
  return isJsonObject(value) && typeof value["protected"] === "string" && typeof value["signature"] === "string";
}
