import { Pool } from "undici";

import { MAX_EFFECTS_PER_ORIGIN, MAX_ORIGINS, MAX_STREAMS_PER_ORIGIN } from "../../base/limits.ts";
import { connectorFor } from "./egress-connector.ts";
import type { EgressOptions } from "./egress.ts";
import type { Trust } from "./trust.ts";

/** Which connections a request may use. */
type Lane = { readonly origin: string; readonly trust: Trust; readonly streams: boolean };

/** The connections of one egress: a pool per origin, trust level and lane, and no more than `MAX_ORIGINS` of them. */
export class ConnectionPools {
  /** In the order of last use. */
  readonly #pools = new Map<string, Pool>();
  readonly #options: EgressOptions;

  constructor(options: EgressOptions) {
    this.#options = options;
  }

  at(lane: Lane): Pool {
    const key = `${lane.streams ? "s" : "r"} ${lane.trust} ${lane.origin}`;
    const known = this.#pools.get(key);
    if (known !== undefined) {
      // To the end: the map's order is the order of last use.
      this.#pools.delete(key);
      this.#pools.set(key, known);
      return known;
    }
    if (this.#pools.size >= MAX_ORIGINS) this.#dropOldest();
    const pool = this.#open(lane);
    this.#pools.set(key, pool);
    return pool;
  }

  /** Ends every connection at once; requests under way fail. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #open({ origin, trust, streams }: Lane): Pool {
    return new Pool(origin, {
      connections: streams
        ? (this.#options.streamCount ?? MAX_STREAMS_PER_ORIGIN)
        : (this.#options.connectionCount ?? MAX_EFFECTS_PER_ORIGIN),
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectorFor(trust),
    });
  }

  /** Closing waits for requests under way, so nothing is cut off. */
  #dropOldest(): void {
    const [key, pool] = this.#pools.entries().next().value ?? [];
    if (key === undefined || pool === undefined) return;
    this.#pools.delete(key);
    pool.close().catch(() => pool.destroy());
  }
}
