/**
 * When branches or items together have succeeded (workflow-language.md, joins).
 *
 * 1. A join is decided once: by the first answer, or the deadline, after which its verdict is not open.
 * 2. `all` and `atLeast` wait for everyone. `first` and `quorum` are decided as soon as they can be.
 * 3. A join that can no longer be met is decided at once, not at the end (requirement X024).
 * 4. A principal has one vote, whatever number of names it has; of several the one that comes first
 *    in declared order counts (requirement W160).
 */
import { canonicalJson, type Json } from "../base/json.ts";
import type { Step, Succeed } from "../definition/definition.ts";
import { type Place, type Poll, pollOf } from "./poll.ts";
import type { Vote } from "./state.ts";

/** How far a join is. `over` counts also what was skipped, and `skipped` was never asked. */
export type Tally = {
  readonly total: number;
  readonly over: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly votes: readonly Vote[];
  /** The voters in declared order; items are their own order. */
  readonly order: Place | null;
};

export type Verdict =
  | { readonly kind: "open" }
  | { readonly kind: "met"; readonly agreed?: Json }
  /** `why` completes a sentence that begins with the step. */
  | { readonly kind: "impossible"; readonly why: string };

const OPEN: Verdict = { kind: "open" };
const MET: Verdict = { kind: "met" };

/** The verdict over a tally. `isLate`: the deadline has passed, so nobody else will come. */
export function verdictOf(rule: Succeed["rule"], tally: Tally, isLate: boolean): Verdict {
  const { total, over, succeeded, skipped } = tally;
  const left = isLate ? 0 : total - over;
  if (total === 0) return MET;
  switch (rule.kind) {
    case "all":
      if (isLate && over < total) return impossible(`${total - over} of ${total} had not answered in time`);
      return left === 0 ? MET : OPEN;
    case "atLeast":
      return needing(rule.count, { total, succeeded, left, waits: true });
    case "atLeastPercent":
      return needing(Math.ceil(((total - skipped) * rule.percent) / 100), { total, succeeded, left, waits: true });
    case "first":
      return needing(rule.count, { total, succeeded, left, waits: false });
    case "quorum":
      return quorumOf(rule.count, tally, left);
  }
}

type Count = { readonly total: number; readonly succeeded: number; readonly left: number; readonly waits: boolean };

function needing(count: number, { total, succeeded, left, waits }: Count): Verdict {
  if (succeeded + left < count) return impossible(`${succeeded} of ${total} succeeded, and ${count} must`);
  if (succeeded >= count && (left === 0 || !waits)) return MET;
  return OPEN;
}

function quorumOf(count: number, { votes, order, total }: Tally, left: number): Verdict {
  const place = order ?? Number;
  const { most, voters } = pollOf(votes, place);
  if (most >= count) return { kind: "met", agreed: agreedBy(count, { votes, voters, place }) };
  if (most + left >= count) return OPEN;
  const found = most === 1 ? "no two different agents agree" : `at most ${most} different agents agree`;
  return impossible(`${found} of ${total}, and ${count} must`);
}

/** The value that so many agree on, as the first of its voters in declared order wrote it. */
function agreedBy(
  count: number,
  { votes, voters, place }: Pick<Poll, "voters"> & { readonly votes: readonly Vote[]; readonly place: Place },
): Json {
  return votes
    .filter(({ value }) => (voters.get(canonicalJson(value)) ?? 0) >= count)
    .reduce((first, vote) => (place(vote.voter) < place(first.voter) ? vote : first)).value;
}

function impossible(why: string): Verdict {
  return { kind: "impossible", why };
}

/** When the items of an `each` have succeeded. A parallel step's own `succeed` is about its branches. */
export function joinOfItems(step: Step): Succeed {
  return step.kind === "parallel" ? EVERY : (step.succeed ?? EVERY);
}

const EVERY: Succeed = { rule: { kind: "all" } };

/** True when failures of the parts are for the join to judge, not failures of the whole at once. */
export function toleratesFailures({ rule }: Succeed): boolean {
  return rule.kind !== "all";
}
