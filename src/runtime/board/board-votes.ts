/** The votes of a quorum so far, by value: each principal has one. */
import { canonicalJson, type Json } from "../../base/json.ts";
import { MAX_VOTES_SHOWN } from "../../base/limits.ts";

export class Tally {
  readonly #votersByValue = new Map<string, Set<string>>();
  #count = 0;

  add(value: Json, principal: string): void {
    this.#count += 1;
    if (this.#count > MAX_VOTES_SHOWN) return;
    const text = canonicalJson(value);
    const voters = this.#votersByValue.get(text) ?? new Set();
    voters.add(principal);
    this.#votersByValue.set(text, voters);
  }

  get count(): number {
    return this.#count;
  }

  /** Values as canonical JSON with their number of voters, most first. */
  results(): readonly { readonly value: string; readonly voters: number }[] {
    return [...this.#votersByValue]
      .map(([value, voters]) => ({ value, voters: voters.size }))
      .toSorted((left, right) => right.voters - left.voters);
  }
}
