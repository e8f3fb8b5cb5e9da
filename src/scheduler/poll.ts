/**
 * The votes of a quorum, counted. Each vote is looked at once, when it has come: a poll belongs to the
 * list of votes in the state, is derived from it, and never a part of the state.
 *
 * 1. A principal has one vote, the one that comes first in declared order (requirement W160); so a vote
 *    that comes later can take the place of one that was counted.
 * 2. `voters` counts for each value; `sizes` how many values have so many voters, so that the most is
 *    known without a search, also when a vote is taken back.
 */
import { canonicalJson } from "../base/json.ts";
import type { Vote } from "./state.ts";

/** A voter's place in declared order. */
export type Place = (voter: string) => number;

/** How many principals agree at most, and how many on each value, by its canonical text. */
export type Poll = { readonly most: number; readonly voters: ReadonlyMap<string, number> };

type Ballots = {
  counted: number;
  readonly byPrincipal: Map<string, { readonly place: number; readonly key: string }>;
  readonly voters: Map<string, number>;
  readonly sizes: number[];
  most: number;
};

const ballotsByVotes = new WeakMap<readonly Vote[], Ballots>();

export function pollOf(votes: readonly Vote[], place: Place): Poll {
  const ballots = ballotsByVotes.get(votes) ?? { counted: 0, byPrincipal: new Map(), voters: new Map(), sizes: [], most: 0 };
  ballotsByVotes.set(votes, ballots);
  for (const vote of votes.slice(ballots.counted)) count(ballots, vote, place);
  return ballots;
}

function count(ballots: Ballots, { voter, principal, value }: Vote, placeOf: Place): void {
  ballots.counted += 1;
  const place = placeOf(voter);
  const before = ballots.byPrincipal.get(principal);
  if (before !== undefined && before.place <= place) return;
  if (before !== undefined) addVoters(ballots, before.key, -1);
  const key = canonicalJson(value);
  ballots.byPrincipal.set(principal, { place, key });
  addVoters(ballots, key, 1);
}

function addVoters(ballots: Ballots, key: string, change: 1 | -1): void {
  const { voters, sizes, most } = ballots;
  const before = voters.get(key) ?? 0;
  const after = before + change;
  voters.set(key, after);
  sizes[before] = (sizes[before] ?? 0) - 1;
  sizes[after] = (sizes[after] ?? 0) + 1;
  // A vote that is taken back may have been the one that made its value the first.
  if (after > most || (before === most && sizes[before] === 0)) ballots.most = after;
}
