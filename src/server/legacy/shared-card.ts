import { hash } from "node:crypto";

import type { PublishedCard } from "../../a2a/card/publish-card.ts";
import { LEGACY_VERSION } from "../../a2a/legacy/legacy.ts";
import { toSharedCard } from "../../a2a/legacy/legacy-card.ts";
import { canonicalJson } from "../../base/json.ts";
import { readServiceParameters } from "../http/service-parameters.ts";

/** Where clients look for a card that are older than 0.3. */
export const LEGACY_CARD_PATH = ".well-known/agent.json";

const SHARED = new WeakMap<PublishedCard, PublishedCard>();

/**
 * The card for one who names no version, or 0.3: that of 1.0 with the fields of 0.3 beside it, because many
 * clients of either version name none. Its signatures are those of the card of 1.0, which covers what
 * 1.0 knows; clients of 1.0 who name their version get that card alone.
 */
export function sharedCard(card: PublishedCard, request: Headers): PublishedCard {
  if (readServiceParameters(request, new URLSearchParams()).version !== LEGACY_VERSION) return card;
  const known = SHARED.get(card);
  if (known !== undefined) return known;
  const wire = toSharedCard(card.wire);
  const body = canonicalJson(wire);
  const shared = wire === card.wire ? card : { ...card, wire, body, etag: `"${hash("sha256", body, "base64url")}"` };
  SHARED.set(card, shared);
  return shared;
}
