/**
 * Whether an agent's card may be believed: who signed it, and whether it is still the one that the
 * operator pinned (A2A 8.4.3).
 *
 * It owns the card that was believed last, to tell what changed. It keeps nothing over a restart.
 *
 * 1. Nothing is done with a card before it is believed; each refresh is checked again.
 * 2. `require`: a card that is not signed with a key of the operator is refused. `prefer`: it is told,
 *    and used. Both refuse a card whose signature of such a key is not good.
 * 3. Of a signed card only what was signed is used.
 */
import { TuttiError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_CARD_BYTES } from "../../base/limits.ts";
import type { Log } from "../../ports/log.ts";
import { EgressError, type Fetch } from "../../runtime/egress/egress.ts";
import { cardPrint, driftOf } from "../card/card-drift.ts";
import { checkPublicKeys, isPublicKey, type PublicKey } from "../card/signing-key.ts";
import { toCurrentCard } from "../legacy/legacy-card.ts";
import { type Verification, verifyCard } from "../card/verify-card.ts";

/** Whose signature a card must, or should, have. */
export type CardSignaturePolicy = {
  readonly policy: "require" | "prefer" | "off";
  /** Public keys that were got from the agent's owner, not from the card. */
  readonly keys: readonly PublicKey[];
  /** Addresses of key sets (JWKS) that a signature may name as its `jku`, for owners who change their keys. */
  readonly keyUrls?: readonly string[];
};

/** How far an agent's card is believed. */
export type CardTrust = {
  readonly signature?: CardSignaturePolicy;
  /** The print of the only card that is accepted; any other is refused with T6005, which tells its print. */
  readonly pin?: string;
};

export class CardCheck {
  readonly #url: string;
  readonly #trust: CardTrust;
  readonly #fetch: Fetch;
  readonly #log: Log;
  #last: JsonObject | null = null;
  /** The print that was last told to be unsigned, or changed: each is told once. */
  #told = "";

  /** Throws T6003 when a key cannot be used. */
  constructor(options: { readonly url: string; readonly trust: CardTrust; readonly fetch: Fetch; readonly log: Log }) {
    this.#url = options.url;
    this.#trust = options.trust;
    this.#fetch = options.fetch;
    this.#log = options.log;
    const { signature } = options.trust;
    if (signature === undefined) return;
    checkPublicKeys(signature.keys);
    if (signature.policy !== "off" && signature.keys.length === 0 && (signature.keyUrls ?? []).length === 0) {
      throw new TuttiError("T6003", `The card of ${this.#url} is to be checked against no key at all.`, {
        help: "Give the agent's public key in `keys`.",
      });
    }
  }

  /** What of a card may be used, as a card of 1.0. Throws T6004 and T6005, and what egress throws when keys cannot be read. */
  async believe(wire: JsonObject): Promise<JsonObject> {
    const { card: told, doubt } = await this.#signed(wire);
    const card = toCurrentCard(told);
    const print = cardPrint(card);
    if (this.#told !== print) this.#tell(card, print, doubt);
    const { pin } = this.#trust;
    if (pin !== undefined && pin !== print) {
      throw new TuttiError("T6005", `The card of ${this.#url} has the print ${print}, and ${pin.slice(0, 64)} is pinned.`, {
        help: "Look at what changed; if it is right, pin the new print.",
      });
    }
    this.#last = card;
    return card;
  }

  /** The card as far as it is signed, and what is to be told of it. */
  async #signed(wire: JsonObject): Promise<{ readonly card: JsonObject; readonly doubt: string | null }> {
    const { signature } = this.#trust;
    if (signature === undefined || signature.policy === "off") return { card: wire, doubt: null };
    const found = await verifyCard(wire, { keys: signature.keys, keysAt: (jku) => this.#keysAt(jku) });
    if (found.kind === "verified") return { card: found.card, doubt: null };
    if (found.kind === "invalid" || signature.policy === "require") throw this.#refusal(found);
    return { card: wire, doubt: found.reason };
  }

  #refusal({ reason }: Exclude<Verification, { readonly kind: "verified" }>): TuttiError {
    return new TuttiError("T6004", `The card of ${this.#url} is not signed as it must be: ${reason}.`, {
      help: "Ask the agent's owner for its public key, another way than by the card.",
    });
  }

  #tell(card: JsonObject, print: string, doubt: string | null): void {
    this.#told = print;
    const agent = this.#url;
    if (doubt !== null) this.#log("warn", "agent_card_unsigned", { agent, print, reason: doubt });
    const changes = this.#last === null ? [] : driftOf(this.#last, card);
    if (changes.length > 0) this.#log("warn", "agent_card_changed", { agent, print, changes });
  }

  /** Only from where the operator says, and without credentials. */
  async #keysAt(jku: string): Promise<readonly PublicKey[] | null> {
    if (this.#trust.signature?.keyUrls?.includes(jku) !== true) return null;
    const answer = await this.#fetch(jku, { headers: { accept: "application/json" } });
    const text = answer.ok ? await answer.text() : "";
    const keys = text.length > MAX_CARD_BYTES ? null : keysIn(text);
    if (keys !== null) return keys;
    throw new EgressError("protocol", `The key set at ${jku} cannot be used; it answered ${answer.status}.`, { code: "T3003" });
  }
}

function keysIn(text: string): readonly PublicKey[] | null {
  try {
    const set: unknown = JSON.parse(text);
    const keys = isJsonObject(set) ? set["keys"] : undefined;
    return Array.isArray(keys) ? keys.filter(isPublicKey) : null;
  } catch {
    return null;
  }
}
