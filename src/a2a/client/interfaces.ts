/**
 * The interfaces of an agent, in the order in which its card wants them used (A2A 8.3), and which of
 * them is not there now.
 *
 * 1. The first interface that we speak and that is not resting is chosen; if all rest, the first. Those of
 *    an older version come after all others.
 * 2. One that could not be reached, or turned out not to speak A2A, rests for a while.
 * 3. This is memory only. What a message was sent to is in the send ledger, and stays there.
 */
import type { AgentCard, AgentInterface } from "@a2a-js/sdk";

import { INTERFACE_REST_MS } from "../../base/limits.ts";
import type { Trust } from "../../runtime/egress/egress.ts";
import { PROTOCOL_VERSION } from "../wire/wire.ts";
import { grpcUrl, isThisMachine } from "./grpc-address.ts";
import { type At, isSpoken, spokenLinks } from "./links.ts";

/** A way to talk to an agent. */
export type Interface = {
  readonly url: string;
  readonly binding: string;
  readonly protocolVersion: string;
  /** What every request there must name; empty for most agents. */
  readonly tenant: string;
  /** `network` when the card leads to another host than the operator named: no secrets go there. */
  readonly trust: Trust;
};

/** Whose word an interface's address is. */
export type Trusts = (at: Pick<At, "url" | "binding">) => Trust;

export class Interfaces {
  readonly #operatorUrl: string;
  readonly #trusts: Trusts;
  readonly #now: () => number;
  readonly #restUntil = new Map<string, number>();
  #known: { readonly card: AgentCard; readonly usable: readonly Interface[] } | null = null;

  constructor(operatorUrl: string, trusts: Trusts, now: () => number) {
    this.#operatorUrl = operatorUrl;
    this.#trusts = trusts;
    this.#now = now;
  }

  /** The interface to use, or a sentence why there is none. */
  choose(card: AgentCard): Interface | string {
    const usable = this.#usable(card);
    return usable.find((one) => !this.#rests(one)) ?? usable[0] ?? refusal(card);
  }

  /** Passes an interface over for a while; the one that is chosen instead, or null when there is no other. */
  insteadOf(at: At): Interface | null {
    this.#restUntil.set(keyOf(at), this.#now() + INTERFACE_REST_MS);
    return this.#known?.usable.find((one) => !this.#rests(one)) ?? null;
  }

  /** It answered, so it does not rest. */
  isThere(at: At): void {
    this.#restUntil.delete(keyOf(at));
  }

  #rests(one: Interface): boolean {
    return this.#now() < (this.#restUntil.get(keyOf(one)) ?? 0);
  }

  #usable(card: AgentCard): readonly Interface[] {
    if (this.#known?.card === card) return this.#known.usable;
    const spoken = card.supportedInterfaces.flatMap((offered) => this.#asInterface(offered));
    const usable = spoken.toSorted((left, right) => Number(isOlder(left)) - Number(isOlder(right)));
    const keys = new Set(usable.map(keyOf));
    for (const key of this.#restUntil.keys()) if (!keys.has(key)) this.#restUntil.delete(key);
    this.#known = { card, usable };
    return usable;
  }

  #asInterface({ url: offered, protocolBinding: binding, protocolVersion, tenant }: AgentInterface): readonly Interface[] {
    const url = binding === "GRPC" ? grpcUrl(offered, this.#operatorUrl) : offered;
    if (url === null || !isSpoken(binding, protocolVersion) || !URL.canParse(url)) return [];
    return [{ url, binding, protocolVersion, tenant, trust: this.#trusts({ url, binding }) }];
  }
}

/** The version as it is recorded with a message, and named in each request: only when it is not the usual one. */
export function versionOf({ protocolVersion }: { readonly protocolVersion: string }): { readonly version?: string } {
  const [major = "", minor = ""] = protocolVersion.split(".");
  return major === PROTOCOL_VERSION.split(".")[0] ? {} : { version: `${major}.${minor}` };
}

function isOlder(one: Interface): boolean {
  return versionOf(one).version !== undefined;
}

function keyOf(one: At | Interface): string {
  const { version = PROTOCOL_VERSION } = "protocolVersion" in one ? versionOf(one) : one;
  return `${one.binding} ${version} ${one.tenant} ${one.url}`;
}

function refusal({ name, supportedInterfaces }: AgentCard): string {
  const offers = supportedInterfaces.map((offered) => `${offered.protocolBinding} ${offered.protocolVersion || "(no version)"}`);
  return `Agent "${name}" offers ${offers.length === 0 ? "no interface" : offers.join(", ")}; Tutti speaks ${spokenLinks()} of A2A.`;
}

/**
 * Says whom an interface's address comes from: the operator, when it is on the host that they named
 * (or on one in `origins`), and else the network. All names of this machine count as one host. gRPC has
 * a port of its own, so that there the host alone counts; and TLS, unless the operator speaks without.
 */
export function trustOf(operatorUrl: string, origins: readonly string[]): Trusts {
  const trusted = [operatorUrl, ...origins];
  const keys = new Set([...trusted.map(originKey), ...trusted.flatMap((url) => [hostKey(url), hostKey(url.replace(/^http:/, "https:"))])]);
  return ({ url, binding }) => (keys.has(binding === "GRPC" ? hostKey(url) : originKey(url)) ? "operator" : "network");
}

function originKey(url: string): string {
  return URL.canParse(url) ? `${hostKey(url)}:${new URL(url).port}` : url;
}

function hostKey(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${isThisMachine(hostname) ? "localhost" : hostname}`;
}
