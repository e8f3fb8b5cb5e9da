/** What can be said of an agent without giving it work: its card, and what a workflow should know of it. */
import type { AgentCard } from "@a2a-js/sdk";

import { A2aClient } from "../a2a/client/client.ts";
import type { Interface } from "../a2a/client/interfaces.ts";
import { DEDUPE_EXTENSION } from "../a2a/wire/wire.ts";
import { Egress } from "../runtime/egress/egress.ts";
import { sentenceOf } from "./report-error.ts";
import { clean } from "./text.ts";

export type Finding = { readonly severity: "error" | "warning" | "note"; readonly message: string };

export type AgentCheck = {
  readonly url: string;
  readonly reachable: boolean;
  readonly name: string | null;
  readonly version: string | null;
  /** `JSONRPC 1.0`: how Tutti would talk to it. */
  readonly protocol: string | null;
  readonly skills: readonly { readonly id: string; readonly description: string }[];
  readonly findings: readonly Finding[];
};

/** Reads an agent's card and judges it. Never throws. */
export async function checkAgent(url: string, secret: string | null): Promise<AgentCheck> {
  const client = new A2aClient({ url, egress: new Egress(), ...(secret === null ? {} : { secret }) });
  try {
    const { card, chosen } = await client.describe();
    const speaks = typeof chosen === "string" ? null : chosen;
    return {
      url,
      reachable: true,
      name: clean(card.name),
      version: clean(card.version),
      protocol: speaks === null ? null : `${speaks.binding} ${speaks.protocolVersion}`,
      skills: card.skills.map(({ id, description }) => ({ id: clean(id), description: clean(description) })),
      findings: [
        ...(typeof chosen === "string" ? [{ severity: "error", message: chosen } as const] : interfaceFindings(url, chosen)),
        ...cardFindings(card, secret),
      ],
    };
  } catch (error) {
    return {
      url,
      reachable: false,
      name: null,
      version: null,
      protocol: null,
      skills: [],
      findings: [{ severity: "error", message: sentenceOf(error) }],
    };
  }
}

function interfaceFindings(url: string, chosen: Interface): readonly Finding[] {
  const { protocol, hostname } = new URL(chosen.url);
  const findings: Finding[] = [];
  if (chosen.trust === "network")
    findings.push({
      severity: "warning",
      message: `The card leads to another host, ${hostname}, than ${new URL(url).hostname}: no secret is sent there, and private addresses are refused.`,
    });
  if (protocol === "http:" && !/^(?:localhost|127\.|\[::1\])/.test(hostname))
    findings.push({ severity: "warning", message: `Messages go to ${hostname} without encryption.` });
  return findings;
}

function cardFindings(card: AgentCard, secret: string | null): readonly Finding[] {
  const findings: Finding[] = [];
  if (card.skills.length === 0) findings.push({ severity: "warning", message: "The card lists no skills, so no capability leads here." });
  const ids = card.skills.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) findings.push({ severity: "warning", message: `The card lists skill "${clean(twice)}" twice.` });
  if (card.securityRequirements.length > 0 && secret === null)
    findings.push({ severity: "warning", message: "The agent wants credentials; give the binding an `auth: { secret: NAME }`." });
  if (card.capabilities?.streaming !== true) findings.push({ severity: "note", message: "It does not stream, so its tasks are polled." });
  if (card.capabilities?.extensions.some(({ uri }) => uri === DEDUPE_EXTENSION) !== true) {
    findings.push({
      severity: "note",
      message:
        "It does not promise to ignore repeated messages: after a doubtful send its tasks are searched before anything is sent again.",
    });
  }
  return findings;
}
