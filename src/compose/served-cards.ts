/**
 * The cards of what is served (A2A 8): each is made once, when the server knows its address, and signed
 * once. Whoever asks before waits for that.
 *
 * 1. A card stays the same object, and its bytes the same over a restart (publish-card.ts).
 * 2. An extended card is made for a caller who has said who they are. It never stands in the place of a
 *    public one.
 */
import type { AgentCard } from "@a2a-js/sdk";

import { type CardSkill, extendedCard } from "../a2a/card/make-card.ts";
import { toWire } from "../a2a/card/normal-card.ts";
import { CardPublisher, type PublishedCard } from "../a2a/card/publish-card.ts";
import { signCard } from "../a2a/card/sign-card.ts";
import { jwks, readSigningKey, type SigningKey } from "../a2a/card/signing-key.ts";
import type { PushSigner } from "../a2a/push/push-request.ts";
import type { Caller } from "../a2a/server/handler.ts";
import type { ReadSecret } from "../agents/agent-factory.ts";
import { present } from "../base/assert.ts";
import { TuttiError } from "../base/errors.ts";
import { fingerprintOf } from "../base/hash.ts";
import { MAX_EXTENDED_CARDS } from "../base/limits.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { A2aServer, PublicDocument } from "../server/a2a-server.ts";
import { type Authentication, isRequired } from "../server/authentication.ts";

/** A key that signs: the name of the secret that holds it, as PEM or as a JSON Web Key. */
export type SigningSecret = { readonly secret: string; readonly kid?: string };

/** What the extended card of the server says beside its public one. A skill of the same id takes the place of the public one. */
export type ExtendedCard = {
  readonly description?: string;
  readonly skills?: readonly (Pick<CardSkill, "id" | "name" | "description"> & Partial<Omit<CardSkill, "takesFiles">>)[];
};

/** How a server shows who it is. */
export type CardOptions = {
  /** Each key signs every card, and the first every push notification; to change keys, name the old and the new one for a while. */
  readonly signing?: readonly SigningSecret[];
  /** Where secrets come from; the environment by default. */
  readonly readSecret?: ReadSecret;
  /** What callers may know whom the server knows (A2A 3.1.11); null: nothing more than everybody. It needs `auth`. */
  readonly extendedCard?: (caller: Caller) => ExtendedCard | null;
};

export type Address = Pick<A2aServer, "url" | "grpcUrl">;
type CardsParts = CardOptions & {
  readonly orchestrator: Orchestrator;
  readonly auth?: Authentication;
  readonly clock?: Clock;
};

/** Where the public keys are (RFC 7517). */
const JWKS_PATH = "/.well-known/jwks.json";

export class ServedCards {
  readonly #parts: CardsParts;
  readonly #address = Promise.withResolvers<Address>();
  readonly #publisher: Promise<CardPublisher>;
  #url: string | undefined;
  readonly #extended = new Map<string, Promise<AgentCard>>();
  readonly keys: readonly SigningKey[];

  /** Throws T6003 when a key cannot be used, T6006 when there is an extended card and nobody to show it to. */
  constructor(parts: CardsParts) {
    this.#parts = parts;
    const { signing = [], readSecret = (name) => process.env[name], auth = {}, clock = systemClock } = parts;
    if (parts.extendedCard !== undefined && !isRequired(auth)) throw extendedForNobody();
    this.keys = signing.map(({ secret, ...options }) => readSigningKey(secret, readSecret, options));
    const { host, tenant } = parts.orchestrator;
    this.#publisher = this.#address.promise.then(
      ({ url }) => new CardPublisher({ host, tenant, keys: this.keys, ...this.#jku(url), now: () => clock.now() }),
    );
  }

  /** What everyone may read beside the cards. */
  get documents(): readonly PublicDocument[] {
    return this.keys.length === 0 ? [] : [{ path: JWKS_PATH, read: () => Promise.resolve(jwks(this.keys)) }];
  }

  /** Who signs push notifications: the first key, in the name of the server's address. */
  get signer(): PushSigner | null {
    const [key] = this.keys;
    const issuer = (): string => present(this.#url, "Nothing is pushed before the server is up.");
    return key === undefined
      ? null
      : {
          key,
          get issuer() {
            return issuer();
          },
        };
  }

  /** From now on it is known where the server is. */
  place(address: Address): void {
    this.#url = address.url;
    this.#address.resolve(address);
  }

  /** The card of one path. `make` is called once. */
  servedAs(name: string, make: (address: Address) => AgentCard): ServedCardSource {
    let made: Promise<AgentCard> | null = null;
    const card = (): Promise<AgentCard> => (made ??= this.#address.promise.then(make));
    const published = async (): Promise<PublishedCard> => (await this.#publisher).publish(name, toWire(await card()));
    return { card, published, extended: async (caller) => this.#extend(await card(), caller) };
  }

  #extend(card: AgentCard, caller: Caller): Promise<AgentCard> | null {
    const more = this.#parts.extendedCard?.(caller) ?? null;
    if (more === null) return null;
    const extended = extendedCard(card, { ...more, skills: (more.skills ?? []).map((skill) => ({ ...PLAIN_SKILL, ...skill })) });
    const key = fingerprintOf(toWire(extended));
    const known = this.#extended.get(key);
    if (known !== undefined) return known;
    const signed = this.#signed(extended);
    this.#extended.set(key, signed);
    if (this.#extended.size > MAX_EXTENDED_CARDS)
      this.#extended.delete(present([...this.#extended.keys()][0], "A map that is too large has a first key."));
    return signed;
  }

  async #signed(card: AgentCard): Promise<AgentCard> {
    const wire = toWire(card);
    const jku = this.#jku((await this.#address.promise).url);
    const signatures = await Promise.all(this.keys.map((key) => signCard(wire, key, jku)));
    return { ...card, signatures: signatures.map((one) => ({ ...one, header: undefined })) };
  }

  #jku(url: string): { readonly jku?: string } {
    return this.keys.length === 0 ? {} : { jku: `${url}${JWKS_PATH}` };
  }
}

/** The cards of one path. */
export type ServedCardSource = {
  readonly card: () => Promise<AgentCard>;
  readonly published: () => Promise<PublishedCard>;
  /** Null when there is none for this caller. */
  readonly extended: (caller: Caller) => Promise<AgentCard | null>;
};

const PLAIN_SKILL = { tags: [], examples: [], inputSchema: null, outputSchema: null };

function extendedForNobody(): TuttiError {
  return new TuttiError("T6006", "There is an extended card, and the server knows none of its callers.", {
    help: "Give the server `auth`, or leave `extendedCard` out: it is for callers who have said who they are.",
  });
}
