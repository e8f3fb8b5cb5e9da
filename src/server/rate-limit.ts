import { MAX_RATED_CALLERS } from "../base/limits.ts";
import type { Clock } from "../ports/clock.ts";

/** How many requests a caller may make. */
export type Rate = { readonly perSecond: number; /** How many may come at once; a second's worth when absent. */ readonly burst?: number };

type Bucket = { tokens: number; at: number };

/** A bucket of tokens for each caller. */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** In the order of use, so that the quietest is forgotten first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, burst }: Rate, clock: Clock) {
    this.#perMs = perSecond / 1000;
    this.#burst = Math.max(1, burst ?? perSecond);
    this.#clock = clock;
  }

  /** Takes a token; the milliseconds until there is one when there is none. */
  take(caller: string): number {
    const now = this.#clock.monotonic();
    const bucket = this.#bucketOf(caller, now);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMs);
    bucket.at = now;
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#perMs;
    bucket.tokens -= 1;
    return 0;
  }

  #bucketOf(caller: string, now: number): Bucket {
    const bucket = this.#buckets.get(caller) ?? { tokens: this.#burst, at: now };
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    const [quietest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_RATED_CALLERS && quietest !== undefined) this.#buckets.delete(quietest);
    return bucket;
  }
}
