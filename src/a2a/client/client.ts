/**
 * Talks to one agent through the official SDK's transports, over our own egress.
 *
 * It owns the agent's card and one transport per interface. It keeps nothing of any task: what must
 * survive a crash is in the send ledger of the runtime.
 *
 * 1. Secrets go only to hosts that the operator named, never to another one that a card names.
 * 2. Every request says its protocol version and is answered at once or fails within its deadline.
 */
import {
  A2A_VERSION_HEADER,
  type AgentCard,
  type ListTasksResponse,
  type Message,
  type SendMessageRequest,
  type StreamResponse,
  type Task,
} from "@a2a-js/sdk";
import { JsonRpcTransportFactory, RestTransportFactory, TenantTransportDecorator, type Transport } from "@a2a-js/sdk/client";

import { TuttiError } from "../../base/errors.ts";
import { type Egress, EgressError, type Fetch, type Trust } from "../../runtime/egress/egress.ts";
import { CardSource, chooseInterface, type Interface, trustOf } from "./card.ts";
import { PROTOCOL_VERSION } from "../wire/wire.ts";

/** A bearer token, or how to get one; asked before every request, so that it may change. */
export type Secret = string | (() => string | Promise<string>);

export type ClientOptions = {
  readonly url: string;
  readonly egress: Egress;
  readonly secret?: Secret;
  readonly headers?: { readonly [name: string]: string };
  /** Further origins that are trusted like the agent's own: the card may lead there. */
  readonly origins?: readonly string[];
  readonly now?: () => number;
};

/** Which interface a call goes to: the one that was chosen when the work was sent. No card is needed for it. */
export type At = { readonly url: string; readonly binding: string; readonly tenant: string };

export class A2aClient {
  readonly #options: ClientOptions;
  readonly #cards: CardSource;
  readonly #trusts: ReturnType<typeof trustOf>;
  readonly #transports = new Map<string, Promise<Transport>>();
  #interface: { readonly card: AgentCard; readonly chosen: Interface | string } | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#trusts = trustOf(options.url, options.origins ?? []);
    this.#cards = new CardSource({
      url: options.url,
      fetch: options.egress.fetch({ trust: "operator" }),
      headers: () => this.#headers("operator"),
      now: options.now ?? Date.now,
    });
  }

  /** The card, and the interface to use: or a sentence why there is none. Throws what egress throws. */
  async describe(): Promise<{ readonly card: AgentCard; readonly chosen: Interface | string }> {
    const card = await this.#cards.read();
    if (this.#interface?.card !== card) this.#interface = { card, chosen: chooseInterface(card, this.#trusts) };
    return this.#interface;
  }

  /** Whether the card, as last seen, promises streams. */
  get streams(): boolean {
    return this.#cards.last?.capabilities?.streaming === true;
  }

  async send(at: At, request: SendMessageRequest, signal: AbortSignal): Promise<Message | Task> {
    const { transport, options } = await this.#call(at, signal);
    return transport.sendMessage(request, options);
  }

  async getTask(at: At, id: string, ask: { readonly historyLength: number }, signal: AbortSignal): Promise<Task> {
    const { transport, options } = await this.#call(at, signal);
    return transport.getTask({ tenant: "", id, historyLength: ask.historyLength }, options);
  }

  async listTasks(
    at: At,
    ask: { readonly contextId: string; readonly pageToken: string; readonly historyLength: number },
    signal: AbortSignal,
  ): Promise<ListTasksResponse> {
    const { transport, options } = await this.#call(at, signal);
    return transport.listTasks(
      { tenant: "", status: 0, pageSize: 100, includeArtifacts: false, statusTimestampAfter: undefined, ...ask },
      options,
    );
  }

  async cancelTask(at: At, id: string, reason: string, signal: AbortSignal): Promise<Task> {
    const { transport, options } = await this.#call(at, signal);
    return transport.cancelTask({ tenant: "", id, metadata: { reason } }, options);
  }

  async *subscribe(at: At, id: string, signal: AbortSignal): AsyncGenerator<StreamResponse, void, undefined> {
    const { transport, options } = await this.#call(at, signal);
    yield* transport.resubscribeTask({ tenant: "", id }, options);
  }

  async #call(at: At, signal: AbortSignal) {
    const trust = this.#trusts(at.url);
    const key = `${at.binding} ${at.tenant} ${at.url}`;
    let opening = this.#transports.get(key);
    if (opening === undefined) {
      opening = openTransport(at, this.#options.egress.fetch({ trust }));
      this.#transports.set(key, opening);
    }
    return { transport: await opening, options: { signal, serviceParameters: await this.#headers(trust) } };
  }

  async #headers(trust: Trust): Promise<{ [name: string]: string }> {
    if (trust === "network") return { [A2A_VERSION_HEADER]: PROTOCOL_VERSION };
    const { headers, secret } = this.#options;
    const token = typeof secret === "function" ? await readSecret(secret) : secret;
    return { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), [A2A_VERSION_HEADER]: PROTOCOL_VERSION };
  }
}

/** Whatever goes wrong here, nothing was sent. The cause is kept, its words are not: they may hold the secret. */
async function readSecret(secret: () => string | Promise<string>): Promise<string> {
  try {
    return await secret();
  } catch (cause) {
    if (cause instanceof TuttiError) throw cause;
    throw new EgressError("notSent", "The agent's secret cannot be read.", { code: "T3005", cause });
  }
}

async function openTransport({ url, binding, tenant }: At, fetchImpl: Fetch): Promise<Transport> {
  const factory = binding === "HTTP+JSON" ? new RestTransportFactory({ fetchImpl }) : new JsonRpcTransportFactory({ fetchImpl });
  const transport = await factory.create(url, NO_CARD);
  return tenant === "" ? transport : new TenantTransportDecorator(transport, tenant);
}

/** The factories read the card only to speak older versions of the protocol. */
const NO_CARD: AgentCard = {
  name: "",
  description: "",
  supportedInterfaces: [],
  provider: undefined,
  version: "",
  capabilities: undefined,
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
  signatures: [],
};
