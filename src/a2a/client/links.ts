/**
 * The ways of speaking to an agent: one table from binding and version to what makes a connection. A
 * new binding is a new line here and in no other place.
 *
 * The requests over HTTP are the SDK's own transports. The streams are read here, because the SDK's
 * reader drops the ids by which a stream is taken up again. gRPC is in a file of its own.
 */
import { type StreamResponse, StreamResponse as StreamResponseCodec } from "@a2a-js/sdk";
import {
  JsonRpcTransportFactory,
  type RequestOptions,
  RestTransportFactory,
  TenantTransportDecorator,
  type Transport,
} from "@a2a-js/sdk/client";

import { isJsonObject } from "../../base/json.ts";
import { type Egress, EgressError, type Fetch, type Trust } from "../../runtime/egress/egress.ts";
import { hasGrpc } from "../../runtime/egress/load-grpc.ts";
import { PROTOCOL_VERSION } from "../wire/wire.ts";
import { checkedFetch, parseAnswer } from "./checked-fetch.ts";
import { readEvents } from "./event-source.ts";
import { openGrpc } from "./grpc-link.ts";
import { openLegacyGrpc } from "./legacy-grpc-link.ts";
import { legacyJsonRpcFetch, legacyRestFetch } from "./legacy-fetch.ts";
import { NO_CARD } from "./no-card.ts";

/** Which interface a call goes to: the one that was chosen when the work was sent. No card is needed for it. */
export type At = {
  readonly url: string;
  readonly binding: string;
  readonly tenant: string;
  /** The version of the protocol that is spoken there; absent: 1.0. */
  readonly version?: string;
  /** W3C `traceparent` of what the call belongs to. */
  readonly traceparent?: string;
  /** W3C `tracestate` that goes with it. */
  readonly tracestate?: string;
};

/** An event of a task's stream. By its id the stream can be taken up again; null when it has none. */
export type LinkEvent = { readonly id: string | null; readonly event: StreamResponse };

/** A connection to one interface. */
export type Link = {
  readonly transport: Requests;
  /** Follows a task; the events after the one with the id `after`, where the agent knows such ids. */
  subscribe(
    ask: { readonly id: string; readonly after: string | null },
    options: RequestOptions,
  ): AsyncGenerator<LinkEvent, void, undefined>;
};

/** The requests that are made of an agent. */
export type Requests = Pick<Transport, "sendMessage" | "getTask" | "listTasks" | "cancelTask" | "createTaskPushNotificationConfig">;

type OpenLink = (at: At, egress: Egress, trust: Trust) => Promise<Link>;

const LINKS: { readonly [spoken: string]: OpenLink } = {
  "JSONRPC 1": (at, egress, trust) => openJsonRpc(at, egress.fetch({ trust })),
  "HTTP+JSON 1": (at, egress, trust) => openRest(at, egress.fetch({ trust })),
  "GRPC 1": (at, egress, trust) => openGrpc(at, egress.grpc({ trust })),
  // 0.3 knows no tenants.
  "JSONRPC 0.3": (at, egress, trust) => openJsonRpc({ ...at, tenant: "" }, legacyJsonRpcFetch(egress.fetch({ trust }))),
  "HTTP+JSON 0.3": (at, egress, trust) => openRest({ ...at, tenant: "" }, legacyRestFetch(at.url, egress.fetch({ trust }))),
  "GRPC 0.3": (at, egress, trust) => openLegacyGrpc(at, egress.grpc({ trust })),
};

/** Whether there is a way to speak this binding in this version. */
export function isSpoken(binding: string, version: string): boolean {
  return Object.hasOwn(LINKS, keyOf(binding, version)) && (binding !== "GRPC" || hasGrpc());
}

/** The bindings and versions that are spoken, for people. */
export function spokenLinks(): string {
  const spoken = Object.keys(LINKS).filter((link) => hasGrpc() || !link.startsWith("GRPC"));
  return `${spoken.join(".x, ")}.x${hasGrpc() ? "" : " (and GRPC with @grpc/grpc-js and @bufbuild/protobuf installed)"}`;
}

export function openLink(at: At, egress: Egress, trust: Trust): Promise<Link> {
  const open = LINKS[keyOf(at.binding, at.version ?? PROTOCOL_VERSION)];
  if (open !== undefined) return open(at, egress, trust);
  const what = `${at.binding} in version ${at.version ?? PROTOCOL_VERSION}`;
  return Promise.reject(new EgressError("notSent", `${at.url} speaks ${what}, and Tutti does not.`, { code: "T3003" }));
}

/** A minor version adds to the protocol and changes nothing in it (A2A 3.6). */
function keyOf(binding: string, version: string): string {
  const [major = "", minor = ""] = version.split(".");
  return `${binding} ${major === "0" ? `0.${minor}` : major}`;
}

async function openJsonRpc({ url, tenant }: At, fetch: Fetch): Promise<Link> {
  const transport = await new JsonRpcTransportFactory({ fetchImpl: checkedFetch(fetch) }).create(url, NO_CARD);
  return {
    transport: atTenant(transport, tenant),
    async *subscribe({ id, after }, options) {
      const params = { ...(tenant === "" ? {} : { tenant }), id };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SubscribeToTask", params });
      const answer = await fetch(url, { method: "POST", body, ...asStream(after, options) });
      yield* eventsOf(answer, url, (value) => (isJsonObject(value) ? value["result"] : undefined));
    },
  };
}

async function openRest({ url, tenant }: At, fetch: Fetch): Promise<Link> {
  const transport = await new RestTransportFactory({ fetchImpl: checkedFetch(fetch) }).create(url, NO_CARD);
  const base = url.replace(/\/+$/, "") + (tenant === "" ? "" : `/${encodeURIComponent(tenant)}`);
  return {
    transport: atTenant(transport, tenant),
    async *subscribe({ id, after }, options) {
      const place = `${base}/tasks/${encodeURIComponent(id)}:subscribe`;
      let answer = await fetch(place, { method: "POST", ...asStream(after, options) });
      // The specification's text says POST, and its protocol buffers say GET.
      if (answer.status === 405) answer = await fetch(place, { method: "GET", ...asStream(after, options) });
      yield* eventsOf(answer, url, (value) => value);
    },
  };
}

function atTenant(transport: Transport, tenant: string): Transport {
  return tenant === "" ? transport : new TenantTransportDecorator(transport, tenant);
}

function asStream(after: string | null, { signal, serviceParameters }: RequestOptions): RequestInit {
  const headers = {
    ...serviceParameters,
    "content-type": "application/json",
    accept: "text/event-stream",
    ...(after === null ? {} : { "last-event-id": after }),
  };
  return { headers, ...(signal === undefined ? {} : { signal }) };
}

async function* eventsOf(answer: Response, url: string, resultOf: (value: unknown) => unknown): AsyncGenerator<LinkEvent, void, undefined> {
  const { host } = new URL(url);
  const isStream = answer.ok && answer.body !== null && answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!isStream || answer.body === null) throw new EgressError("protocol", `${host} answered ${answer.status}, and no stream.`);
  for await (const { id, type, data } of readEvents(answer.body)) {
    const result = type === "error" ? undefined : resultOf(parseAnswer(data, url));
    if (!isJsonObject(result)) throw new EgressError("garbled", `The stream of ${host} says that something is wrong.`);
    yield { id, event: StreamResponseCodec.fromJSON(result) };
  }
}
