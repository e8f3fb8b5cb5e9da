/**
 * Talks to one agent through the official SDK's transports, over our own egress.
 *
 * It owns the agent's card and one connection per interface. It keeps nothing of any task: what must
 * survive a crash is in the send ledger of the runtime.
 *
 * 1. Secrets go only to hosts that the operator named, never to another one that a card names.
 * 2. Every request says its protocol version and what it belongs to (W3C trace context), and is answered
 *    at once or fails within its deadline.
 */
import { A2A_VERSION_HEADER, type AgentCard, type ListTasksResponse, type Message, type SendMessageRequest, type Task } from "@a2a-js/sdk";

import { TuttiError } from "../../base/errors.ts";
import { given } from "../../base/given.ts";
import { REQUEST_TIMEOUT_MS } from "../../base/limits.ts";
import { type Egress, EgressError, type Trust } from "../../runtime/egress/egress.ts";
import type { Webhook } from "../../ports/agents.ts";
import { silentLog, type Log } from "../../ports/log.ts";
import { CardSource } from "./card.ts";
import { CardCheck, type CardTrust } from "./check-card.ts";
import { type Interface, Interfaces, trustOf } from "./interfaces.ts";
import { PROTOCOL_VERSION } from "../wire/wire.ts";
import { type At, type Link, type LinkEvent, openLink } from "./links.ts";
import { untilAborted } from "./until-aborted.ts";

/** A bearer token, or how to get one; asked before every request, so that it may change. */
export type Secret = string | (() => string | Promise<string>);

export type ClientOptions = {
  readonly url: string;
  readonly egress: Egress;
  readonly secret?: Secret;
  readonly headers?: { readonly [name: string]: string };
  /** Further origins that are trusted like the agent's own: the card may lead there. */
  readonly origins?: readonly string[];
  /** How far the agent's card is believed. */
  readonly trust?: CardTrust;
  readonly log?: Log;
  readonly now?: () => number;
};

/** An agent's card, and the interface to use: or a sentence why there is none. */
export type Description = { readonly card: AgentCard; readonly chosen: Interface | string };

export class A2aClient {
  readonly #options: ClientOptions;
  readonly #cards: CardSource;
  readonly #trusts: ReturnType<typeof trustOf>;
  readonly #links = new Map<string, { readonly trust: Trust; readonly opening: Promise<Link> }>();
  readonly interfaces: Interfaces;

  constructor(options: ClientOptions) {
    this.#options = options;
    const now = options.now ?? Date.now;
    this.#trusts = trustOf(options.url, options.origins ?? []);
    this.interfaces = new Interfaces(options.url, this.#trusts, now);
    const fetch = options.egress.fetch({ trust: "operator" });
    this.#cards = new CardSource({
      url: options.url,
      fetch,
      check: new CardCheck({ url: options.url, trust: options.trust ?? {}, fetch, log: options.log ?? silentLog }),
      headers: () => this.#headers("operator", null),
      now,
    });
  }

  /** The card, and the interface to use: or a sentence why there is none. Throws what egress throws. */
  async describe(): Promise<Description> {
    return this.#chooseFrom(await this.#cards.read());
  }

  /** The same, while the card is fresh: before most messages nothing has to be waited for. */
  describeNow(): Description | null {
    const card = this.#cards.fresh;
    return card === null ? null : this.#chooseFrom(card);
  }

  #chooseFrom(card: AgentCard): Description {
    return { card, chosen: this.interfaces.choose(card) };
  }

  /** Whether the card, as last seen, promises streams. */
  get streams(): boolean {
    return this.#cards.last?.capabilities?.streaming === true;
  }

  /** Whether the card, as last seen, promises push notifications. */
  get pushes(): boolean {
    return this.#cards.last?.capabilities?.pushNotifications === true;
  }

  async createPushConfig(at: At, taskId: string, { id, url, token }: Webhook, signal: AbortSignal): Promise<void> {
    const { transport, options } = await this.#call(at, signal);
    // Some agents send the token, some the credentials; both are believed.
    const authentication = { scheme: "Bearer", credentials: token };
    await transport.createTaskPushNotificationConfig({ tenant: "", id, taskId, url, token, authentication }, options);
  }

  async send(at: At, request: SendMessageRequest, signal: AbortSignal): Promise<Message | Task> {
    const { transport, options } = await this.#call(at, signal);
    return transport.sendMessage(request, options);
  }

  async getTask(at: At, id: string, ask: { readonly historyLength: number }, signal: AbortSignal): Promise<Task> {
    const { transport, options } = await this.#call(at, signal);
    return ofTask(await transport.getTask({ tenant: "", id, historyLength: ask.historyLength }, options), id, at);
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
    return ofTask(await transport.cancelTask({ tenant: "", id, metadata: { reason } }, options), id, at);
  }

  /** The events of a task, after the one with the id `after` where the agent knows such ids. */
  async *subscribe(at: At, id: string, after: string | null, signal: AbortSignal): AsyncGenerator<LinkEvent, void, undefined> {
    const { link, options } = await this.#connect(at, signal);
    yield* link.subscribe({ id, after }, options);
  }

  async #call(at: At, signal: AbortSignal) {
    const { link, options } = await this.#connect(at, signal);
    return { transport: link.transport, options };
  }

  async #connect(at: At, signal: AbortSignal) {
    const key = `${at.binding} ${at.version ?? PROTOCOL_VERSION} ${at.tenant} ${at.url}`;
    let known = this.#links.get(key);
    if (known === undefined) {
      const trust = this.#trusts(at);
      known = { trust, opening: openLink(at, this.#options.egress, trust) };
      this.#links.set(key, known);
    }
    const { trust, opening } = known;
    return { link: await opening, options: { signal, serviceParameters: await this.#headers(trust, at, signal) } };
  }

  async #headers(trust: Trust, at: At | null, signal?: AbortSignal): Promise<{ [name: string]: string }> {
    const ours = {
      [A2A_VERSION_HEADER]: at?.version ?? PROTOCOL_VERSION,
      ...(at === null ? {} : given(at, "traceparent", "tracestate")),
    };
    if (trust === "network") return ours;
    const { headers, secret } = this.#options;
    const token = typeof secret === "function" ? await readSecret(secret, signal) : secret;
    return { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...ours };
  }
}

/** An answer about another task than the one that was asked for says nothing of either. */
function ofTask(task: Task, id: string, { url }: At): Task {
  if (task.id === id) return task;
  const about = task.id === "" ? "a task without an id" : `task ${task.id.slice(0, 200)}`;
  throw new EgressError("garbled", `${new URL(url).host} was asked for task ${id} and answered with ${about}.`, { code: "T3020" });
}

/**
 * Whatever goes wrong here, nothing was sent, and it goes wrong in time. The cause is kept, its words
 * are not: they may hold the secret.
 */
async function readSecret(secret: () => string | Promise<string>, signal?: AbortSignal): Promise<string> {
  try {
    const read = secret();
    if (typeof read === "string") return read;
    const late = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return await untilAborted(
      read,
      signal === undefined ? late : AbortSignal.any([late, signal]),
      "The agent's secret did not come in time.",
    );
  } catch (cause) {
    if (cause instanceof TuttiError || cause instanceof EgressError) throw cause;
    throw new EgressError("notSent", "The agent's secret cannot be read.", { code: "T3005", cause });
  }
}
