/**
 * Agent cards: reading one, keeping it as long as HTTP allows (RFC 9111), and choosing an interface.
 *
 * 1. A card that is still fresh is not asked for again; a stale one is revalidated by its ETag.
 * 2. Readers at the same time share one request.
 * 3. The first interface of the card that we speak is chosen, in the card's order (A2A 8.3).
 */
import { AGENT_CARD_PATH, AgentCard } from "@a2a-js/sdk";

import { isJsonObject } from "../../base/json.ts";
import { CARD_FRESH_MS, CARD_MAX_FRESH_MS } from "../../base/limits.ts";
import { EgressError, type Fetch, type Trust } from "../../runtime/egress/egress.ts";
import { isShallow } from "../wire/wire.ts";

/** A way to talk to an agent. */
export type Interface = {
  readonly url: string;
  readonly binding: "JSONRPC" | "HTTP+JSON";
  readonly protocolVersion: string;
  /** What every request there must name; empty for most agents. */
  readonly tenant: string;
  /** `network` when the card leads to another host than the operator named: no secrets go there. */
  readonly trust: Trust;
};

type Cached = { readonly card: AgentCard; readonly etag: string | null; readonly freshUntil: number };

/** The card of one agent, fetched when needed. Throws `EgressError`. */
export class CardSource {
  readonly #urls: readonly string[];
  readonly #fetch: Fetch;
  readonly #headers: () => Promise<{ readonly [name: string]: string }>;
  readonly #now: () => number;
  #cached: Cached | null = null;
  #pending: Promise<AgentCard> | null = null;

  constructor(options: {
    readonly url: string;
    readonly fetch: Fetch;
    readonly headers: () => Promise<{ readonly [name: string]: string }>;
    readonly now: () => number;
  }) {
    this.#urls = cardUrls(options.url);
    this.#fetch = options.fetch;
    this.#headers = options.headers;
    this.#now = options.now;
  }

  /** The card as last seen, fresh or not: enough to look after a task that exists. */
  get last(): AgentCard | null {
    return this.#cached?.card ?? null;
  }

  read(): Promise<AgentCard> {
    if (this.#cached !== null && this.#now() < this.#cached.freshUntil) return Promise.resolve(this.#cached.card);
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #load(): Promise<AgentCard> {
    let answer: Response | null = null;
    for (const url of this.#urls) {
      answer = await this.#fetch(url, { headers: { ...(await this.#headers()), ...this.#validator(), accept: "application/json" } });
      if (answer.status !== 404) break;
    }
    if (answer?.status === 304 && this.#cached !== null) {
      this.#cached = { ...this.#cached, freshUntil: this.#now() + freshnessOf(answer) };
      return this.#cached.card;
    }
    if (answer === null || !answer.ok) throw unusable(this.#urls, `it answered ${answer?.status ?? 0}`);
    const card = parseCard(await answer.text(), this.#urls);
    this.#cached = { card, etag: answer.headers.get("etag"), freshUntil: this.#now() + freshnessOf(answer) };
    return card;
  }

  #validator(): { readonly [name: string]: string } {
    return this.#cached?.etag == null ? {} : { "if-none-match": this.#cached.etag };
  }
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

function freshnessOf(answer: Response): number {
  const control = answer.headers.get("cache-control") ?? "";
  if (/\bno-(?:store|cache)\b/i.test(control)) return 0;
  const maxAge = /\bmax-age=(\d+)/i.exec(control)?.[1];
  if (maxAge === undefined) return CARD_FRESH_MS;
  const age = Number(answer.headers.get("age") ?? 0) || 0;
  return Math.min(CARD_MAX_FRESH_MS, Math.max(0, (Number(maxAge) - age) * 1000));
}

/** The SDK's decoder takes anything for a card; so what we rely on is checked here. */
function parseCard(text: string, urls: readonly string[]): AgentCard {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw unusable(urls, "it is not JSON", cause);
  }
  if (!isJsonObject(raw) || !isShallow(raw)) throw unusable(urls, "it is not a JSON object");
  if (typeof raw["name"] !== "string" || raw["name"] === "") throw unusable(urls, "it has no name");
  if (!Array.isArray(raw["supportedInterfaces"] ?? raw["supported_interfaces"])) {
    throw unusable(urls, "it lists no interfaces (supportedInterfaces), so it is not an A2A 1.0 card");
  }
  return AgentCard.fromJSON(raw);
}

function unusable(urls: readonly string[], why: string, cause?: unknown): EgressError {
  return new EgressError("protocol", `The agent card at ${urls[0] ?? ""} cannot be used: ${why}.`, { code: "T3003", cause });
}

/** The first interface that we speak, or the reason why there is none. */
export function chooseInterface(card: AgentCard, trusts: (url: string) => Trust): Interface | string {
  for (const offered of card.supportedInterfaces) {
    const found = asInterface(offered, trusts);
    if (found !== null) return found;
  }
  const offers = card.supportedInterfaces.map((offered) => `${offered.protocolBinding} ${offered.protocolVersion || "(no version)"}`);
  return `Agent "${card.name}" offers ${offers.length === 0 ? "no interface" : offers.join(", ")}; Tutti speaks JSONRPC and HTTP+JSON of A2A 1.0.`;
}

function asInterface(offered: AgentCard["supportedInterfaces"][number], trusts: (url: string) => Trust): Interface | null {
  const binding = offered.protocolBinding;
  if ((binding !== "JSONRPC" && binding !== "HTTP+JSON") || !/^1(\.|$)/.test(offered.protocolVersion) || !URL.canParse(offered.url))
    return null;
  return { url: offered.url, binding, protocolVersion: offered.protocolVersion, tenant: offered.tenant, trust: trusts(offered.url) };
}

/**
 * Says whom an interface's address comes from: the operator, when it is on the host that they named
 * (or on one in `origins`), and else the network. All names of this machine count as one host.
 */
export function trustOf(operatorUrl: string, origins: readonly string[]): (url: string) => Trust {
  const trusted = new Set([operatorUrl, ...origins].map(originKey));
  return (url) => (trusted.has(originKey(url)) ? "operator" : "network");
}

const THIS_MACHINE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

function originKey(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, hostname, port } = new URL(url);
  return `${protocol}//${THIS_MACHINE.has(hostname) ? "localhost" : hostname}:${port}`;
}
