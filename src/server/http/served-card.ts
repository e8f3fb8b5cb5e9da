import { hash } from "node:crypto";

import { A2A_VERSION_HEADER, type AgentCard } from "@a2a-js/sdk";

import { toWire } from "../../a2a/card/normal-card.ts";
import { cardHeaders, isUnchanged, type PublishedCard } from "../../a2a/card/publish-card.ts";
import type { TaskHandler } from "../../a2a/server/handler.ts";
import { canonicalJson } from "../../base/json.ts";
import { CARD_FRESH_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";

/**
 * A card as it is served (A2A 8.6): as it was published, or else as this process has written it, with a
 * strong ETag of its content, and the instant since when it has served it.
 */
export class ServedCard {
  readonly #handler: TaskHandler;
  readonly #publish: () => Promise<PublishedCard>;
  #written: { readonly card: AgentCard; readonly published: PublishedCard } | null = null;

  constructor(handler: TaskHandler, clock: Clock, publish?: () => Promise<PublishedCard>) {
    this.#handler = handler;
    this.#publish = publish ?? (async () => this.#write(await this.#handler.card(), clock));
  }

  current(): Promise<AgentCard> {
    return this.#handler.card();
  }

  /** Answers a request for the card, with 304 when the client has it. `tell`: what another version of A2A makes of it. */
  async answer(request: Headers, tell?: (card: PublishedCard, request: Headers) => PublishedCard): Promise<Response> {
    const published = await this.#publish();
    const card = tell?.(published, request) ?? published;
    const headers = { ...cardHeaders(card, { maxAgeSeconds: CARD_FRESH_MS / 1000 }), vary: A2A_VERSION_HEADER };
    return isUnchanged(request, card) ? new Response(null, { status: 304, headers }) : new Response(card.body, { headers });
  }

  #write(card: AgentCard, clock: Clock): PublishedCard {
    if (this.#written?.card === card) return this.#written.published;
    const wire = toWire(card);
    const body = canonicalJson(wire);
    const etag = `"${hash("sha256", body, "base64url")}"`;
    const last = this.#written?.published;
    // The same words again are the same card.
    const published = last?.etag === etag ? last : { wire, body, etag, changedAt: clock.now() };
    this.#written = { card, published };
    return published;
  }
}
