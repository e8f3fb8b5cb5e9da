/**
 * Agent cards: reading one, and keeping it as long as HTTP allows (RFC 9111).
 *
 * 1. A card that is still fresh is not asked for again; a stale one is revalidated by its ETag or date.
 * 2. Readers at the same time share one request.
 * 3. A card is used only when it is believed (`CardCheck`), and it is checked again at each refresh.
 * 4. A card that is refused replaces none: tasks that exist are looked after by the last good one.
 */
import { AGENT_CARD_PATH, AgentCard } from "@a2a-js/sdk";

import { canonicalJson, isJsonObject, type JsonObject } from "../../base/json.ts";
import { CARD_FRESH_MS, CARD_MAX_FRESH_MS, MAX_CARD_BYTES } from "../../base/limits.ts";
import { EgressError, type Fetch } from "../../runtime/egress/egress.ts";
import { isLegacyCard } from "../legacy/legacy-card.ts";
import { isShallow } from "../wire/wire.ts";
import type { CardCheck } from "./check-card.ts";

type Cached = {
  /** As it came. */
  readonly wire: JsonObject;
  /** What of it is believed. */
  readonly card: AgentCard;
  /** Headers that ask whether it is still the same. */
  readonly validator: { readonly [name: string]: string };
  readonly freshUntil: number;
};

/** The card of one agent, fetched when needed. Throws `EgressError`, T6004 and T6005. */
export class CardSource {
  readonly #urls: readonly string[];
  readonly #fetch: Fetch;
  readonly #headers: () => Promise<{ readonly [name: string]: string }>;
  readonly #check: CardCheck;
  readonly #now: () => number;
  #cached: Cached | null = null;
  #pending: Promise<AgentCard> | null = null;

  constructor(options: {
    readonly url: string;
    readonly fetch: Fetch;
    readonly headers: () => Promise<{ readonly [name: string]: string }>;
    readonly check: CardCheck;
    readonly now: () => number;
  }) {
    this.#urls = cardUrls(options.url);
    this.#fetch = options.fetch;
    this.#headers = options.headers;
    this.#check = options.check;
    this.#now = options.now;
  }

  /** The card as last seen, fresh or not: enough to look after a task that exists. */
  get last(): AgentCard | null {
    return this.#cached?.card ?? null;
  }

  /** The card while nobody need be asked for it. */
  get fresh(): AgentCard | null {
    return this.#cached !== null && this.#now() < this.#cached.freshUntil ? this.#cached.card : null;
  }

  async read(): Promise<AgentCard> {
    const { fresh } = this;
    if (fresh !== null) return fresh;
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #load(): Promise<AgentCard> {
    const asked = this.#cached;
    let answer: Response | null = null;
    for (const url of this.#urls) {
      answer = await this.#fetch(url, { headers: { ...(await this.#headers()), ...asked?.validator, accept: "application/json" } });
      if (answer.status !== 404) break;
    }
    const isSame = answer?.status === 304 && asked !== null;
    if (answer === null || (!answer.ok && !isSame)) throw unusable(this.#urls, `it answered ${answer?.status ?? 0}`);
    const wire = isSame ? asked.wire : parseCard(await answer.text(), this.#urls);
    const card = decode(await this.#check.believe(wire), this.#urls);
    const validator = isSame ? asked.validator : validatorOf(answer);
    this.#cached = { wire, card, validator, freshUntil: this.#now() + freshnessOf(answer, this.#now()) };
    return card;
  }
}

/** Both, where there are both: the one who answers takes the better one (RFC 9110, 13.2.2). */
function validatorOf(answer: Response): { readonly [name: string]: string } {
  const etag = answer.headers.get("etag");
  const date = answer.headers.get("last-modified");
  return { ...(etag === null ? {} : { "if-none-match": etag }), ...(date === null ? {} : { "if-modified-since": date }) };
}

/** An agent's address is its card's own, or the place whose well-known path has it (A2A 8.2). */
function cardUrls(url: string): readonly string[] {
  if (!URL.canParse(url)) return [url];
  const base = new URL(url);
  if (base.pathname.endsWith(".json")) return [base.href];
  const below = `${base.origin}${base.pathname.replace(/\/+$/, "")}/${AGENT_CARD_PATH}`;
  const root = `${base.origin}/${AGENT_CARD_PATH}`;
  return below === root ? [root] : [below, root];
}

function freshnessOf({ headers }: Response, now: number): number {
  const control = headers.get("cache-control") ?? "";
  if (/\bno-(?:store|cache)\b/i.test(control)) return 0;
  const maxAge = /\bmax-age="?(\d+)/i.exec(control)?.[1];
  const age = (Number(headers.get("age") ?? 0) || 0) * 1000;
  const lifetime = maxAge === undefined ? untilExpiry(headers, now) : Number(maxAge) * 1000;
  return Math.min(CARD_MAX_FRESH_MS, Math.max(0, (lifetime ?? CARD_FRESH_MS + age) - age));
}

/** `Expires` by the agent's own clock, where it tells it; a date that cannot be read is over (RFC 9111, 5.3). */
function untilExpiry(headers: Headers, now: number): number | null {
  const expires = headers.get("expires");
  if (expires === null) return null;
  const date = Date.parse(headers.get("date") ?? "");
  return (Date.parse(expires) || 0) - (Number.isNaN(date) ? now : date);
}

/** The SDK's decoder takes anything for a card; so what we rely on is checked here. */
function parseCard(text: string, urls: readonly string[]): JsonObject {
  if (text.length > MAX_CARD_BYTES) throw unusable(urls, `it is larger than ${MAX_CARD_BYTES} bytes`);
  let wire: unknown;
  try {
    wire = JSON.parse(text);
  } catch (cause) {
    throw unusable(urls, "it is not JSON", cause);
  }
  if (!isJsonObject(wire) || !isShallow(wire)) throw unusable(urls, "it is not a JSON object");
  if (typeof wire["name"] !== "string" || wire["name"] === "") throw unusable(urls, "it has no name");
  if (!isLegacyCard(wire) && !Array.isArray(wire["supportedInterfaces"] ?? wire["supported_interfaces"])) {
    throw unusable(urls, "it lists no interfaces (supportedInterfaces) and has no url, so it is a card of neither A2A 1.0 nor 0.3");
  }
  try {
    canonicalJson(wire);
  } catch (cause) {
    throw unusable(urls, "it has a number that is too large, or a text with half of a character", cause);
  }
  return wire;
}

function decode(wire: JsonObject, urls: readonly string[]): AgentCard {
  try {
    return AgentCard.fromJSON(wire);
  } catch (cause) {
    throw unusable(urls, "its parts are not what A2A says", cause);
  }
}

function unusable(urls: readonly string[], why: string, cause?: unknown): EgressError {
  return new EgressError("protocol", `The agent card at ${urls[0] ?? ""} cannot be used: ${why}.`, { code: "T3003", cause });
}
