/**
 * The one door to the network: every request that leaves this process is made here.
 *
 * It owns the connections, one pool per origin, trust level and lane, and it says of every failure
 * whether the request can have reached the other side. It does not retry: callers know what may be
 * sent twice.
 *
 * 1. Redirects are never followed, and credentials in an address are refused.
 * 2. `notSent` is only said when no byte of the request was written.
 * 3. Nothing waits for ever: connecting, a whole reply, and the beginning of a stream have deadlines.
 * 4. A reply is at most `MAX_RESPONSE_BYTES`; a stream is read no faster than it is consumed.
 * 5. An address that came from the network leads only to public hosts, and only over https.
 */
import { REQUEST_TIMEOUT_MS } from "../../base/limits.ts";
import type { ConnectionPools } from "./connection-pools.ts";
import { EgressError } from "./egress-error.ts";
import { type Grpc, GrpcConnections } from "./egress-grpc.ts";
import { Exchange } from "./egress-exchange.ts";
import type { Trust } from "./trust.ts";

export { EgressError } from "./egress-error.ts";
export type { Grpc } from "./egress-grpc.ts";
export type { Trust } from "./trust.ts";

/** What `fetch` is to a caller; the A2A SDK takes it as its `fetchImpl`. */
export type Fetch = typeof globalThis.fetch;

export type FetchOptions = {
  readonly trust: Trust;
  /** Until a whole reply is here, or a stream has begun. In milliseconds. */
  readonly timeoutMs?: number;
  /** True: only the status and the headers of a reply matter; its body is empty, whatever was sent. */
  readonly dropsBody?: boolean;
};

export type EgressOptions = {
  /** Connections per origin for requests and replies. */
  readonly connectionCount?: number;
  /** Connections per origin for streams: another lane, so that streams never starve requests. */
  readonly streamCount?: number;
  /** For addresses from the network: allows private hosts and plain http. For tests and closed networks. */
  readonly allowPrivate?: boolean;
};

/** The process's way out. Make one per process, or per tenant: connections are never shared between two. */
export class Egress {
  /** Opened by the first request. */
  #pools: Promise<ConnectionPools> | null = null;
  readonly #grpc = new GrpcConnections();
  readonly #options: EgressOptions;

  constructor(options: EgressOptions = {}) {
    this.#options = options;
  }

  /** A `fetch` at a trust level. It takes texts and bytes as bodies, and understands `signal`. */
  fetch(options: FetchOptions): Fetch {
    const trust = this.#trust(options.trust);
    const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    return async (input, init) => {
      const url = checkedUrl(input, trust);
      const headers = plainHeaders(init?.headers);
      const streams = (headers["accept"] ?? headers["Accept"]) === "text/event-stream";
      const body = plainBody(init?.body);
      const exchange = new Exchange(url, { timeoutMs, signal: init?.signal ?? null, streams, dropsBody: options.dropsBody === true });
      const pools = await (this.#pools ??= this.#openPools());
      return exchange.start(pools.at({ origin: url.origin, trust, streams }), {
        path: url.pathname + url.search,
        method: init?.method ?? "GET",
        headers,
        body,
      });
    };
  }

  /** Calls over gRPC at a trust level. */
  grpc({ trust }: { readonly trust: Trust }): Grpc {
    return this.#grpc.at(this.#trust(trust));
  }

  #trust(trust: Trust): Trust {
    return trust === "network" && this.#options.allowPrivate === true ? "operator" : trust;
  }

  /** Most processes ask nothing of the network, and what does takes longer to load than they take. */
  async #openPools(): Promise<ConnectionPools> {
    try {
      const loaded = await import("./connection-pools.ts");
      return new loaded.ConnectionPools(this.#options);
    } catch (cause) {
      // Too many open files, perhaps: the next request tries again.
      this.#pools = null;
      throw new EgressError("notSent", `The way to the network cannot be loaded: ${String(cause)}.`, { cause });
    }
  }

  /** Ends every connection at once; requests under way fail. */
  async close(): Promise<void> {
    this.#grpc.close();
    const pools = this.#pools;
    this.#pools = null;
    await (await pools)?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function checkedUrl(input: string | URL | Request, trust: Trust): URL {
  const text = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
  const url = URL.parse(text);
  if (url === null) throw new EgressError("notSent", `"${text}" is not an address.`, { code: "T3003" });
  const allowed = trust === "network" ? url.protocol === "https:" : url.protocol === "https:" || url.protocol === "http:";
  if (!allowed) {
    throw new EgressError(
      "notSent",
      `${url.origin} is not asked: addresses ${trust === "network" ? "from the network" : "of agents"} must use https${trust === "network" ? "" : " or http"}.`,
      { code: "T6001" },
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new EgressError("notSent", `The address of ${url.host} holds credentials; use a token instead.`, { code: "T6001" });
  }
  return url;
}

type PlainHeaders = { [name: string]: string };

function plainHeaders(headers: RequestInit["headers"]): PlainHeaders {
  if (headers === undefined) return {};
  // Whoever names `Headers` makes Node load an HTTP client of its own.
  return Symbol.iterator in headers ? Object.fromEntries(headers as Iterable<[string, string]>) : (headers as PlainHeaders);
}

function plainBody(body: RequestInit["body"]): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new EgressError("notSent", "A request body must be text or bytes.", { code: "T9001" });
}
