import { MAX_ORIGINS } from "../../base/limits.ts";
import type { Agent } from "../../ports/agents.ts";

const THIS_MACHINE: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

/** Spellings that were read already: every message would read one anew. */
const placeByUrl = new Map<string, string>();

/**
 * Who is behind an agent: two names of one principal have one vote (requirement W160). A remote agent
 * is the interface that its card names, however the address is spelled.
 */
export function principalOf({ url, tenant }: { readonly url: string; readonly tenant: string }): string {
  let place = placeByUrl.get(url);
  if (place === undefined) {
    place = placeOf(url);
    if (placeByUrl.size >= MAX_ORIGINS) placeByUrl.clear();
    placeByUrl.set(url, place);
  }
  return tenant === "" ? place : `${place}#${tenant}`;
}

function placeOf(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (THIS_MACHINE.has(url.hostname)) url.hostname = "localhost";
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}${url.search}`;
}

/** An agent of this process is its own principal. */
export function localPrincipal(name: string): string {
  return `local:${name}`;
}

/** What an agent's own limit and breaker are kept under: the same however many names lead to it. */
export function subjectOf(agent: Agent): string {
  return agent.kind === "local" ? localPrincipal(agent.name) : principalOf({ url: agent.url, tenant: "" });
}
