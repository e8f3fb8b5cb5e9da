/** When items or branches together have succeeded (workflow-language.md, joins), told from what became of them. */
import { isJsonObject } from "../../base/json.ts";
import { wordIn } from "./facts.ts";

export type Join =
  | { readonly kind: "all" }
  /** Waits for everyone. */
  | { readonly kind: "atLeast"; readonly count: number }
  | { readonly kind: "atLeastPercent"; readonly percent: number }
  /** Is met by the last of so many. */
  | { readonly kind: "first"; readonly count: number }
  | { readonly kind: "quorum"; readonly count: number };

/** What became of the parts so far. `votes` are in declared order. */
export type Tally = {
  readonly total: number;
  readonly over: number;
  readonly succeeded: number;
  readonly skipped: number;
  readonly votes: readonly { readonly on: string; readonly principal: string }[];
};

export function readJoin(succeed: unknown): Join {
  if (succeed === "any") return { kind: "first", count: 1 };
  if (!isJsonObject(succeed)) return { kind: "all" };
  const { atLeast, first, quorum, any } = succeed;
  if (typeof atLeast === "string") return { kind: "atLeastPercent", percent: Number.parseFloat(atLeast) };
  if (typeof atLeast === "number") return { kind: "atLeast", count: atLeast };
  if (typeof first === "number") return { kind: "first", count: first };
  if (typeof quorum === "number") return { kind: "quorum", count: quorum };
  return any === true ? { kind: "first", count: 1 } : { kind: "all" };
}

/** Why the join is not met; null when it is. `isLate`: its time is up, so that it waits for nobody. */
export function whyNotMet(join: Join, tally: Tally, isLate: boolean): string | null {
  const { total, over, succeeded } = tally;
  if (total === 0) return null;
  const missing = join.kind !== "all" && isLate ? 0 : total - over;
  switch (join.kind) {
    case "all":
      return missing === 0 ? null : `${missing} of ${total} are not over`;
    case "atLeast":
    case "atLeastPercent": {
      if (missing > 0) return `${missing} of ${total} are not over`;
      return succeeded >= wantedBy(join, tally) ? null : `${succeeded} of ${total} succeeded, not ${wantedBy(join, tally)}`;
    }
    case "first":
      return succeeded === join.count ? null : `${succeeded} of ${total} succeeded, not ${join.count}`;
    case "quorum":
      return mostVotes(tally) >= join.count ? null : `${mostVotes(tally)} different principals agree, not ${join.count}`;
  }
}

/** Whether the join can still be met by those that are left. */
export function canBeMet(join: Join, tally: Tally, isLate: boolean): boolean {
  const left = isLate ? 0 : tally.total - tally.over;
  if (join.kind === "all") return left === tally.total - tally.over;
  if (join.kind === "quorum") return mostVotes(tally) + left >= join.count;
  return tally.succeeded + left >= wantedBy(join, tally);
}

function wantedBy(join: Exclude<Join, { kind: "all" | "quorum" }>, { total, skipped }: Tally): number {
  return join.kind === "atLeastPercent" ? Math.ceil(((total - skipped) * join.percent) / 100) : join.count;
}

/** A principal has one vote: the first in declared order. */
function mostVotes({ votes }: Tally): number {
  const heard = new Set<string>();
  const counts = new Map<string, number>();
  for (const { on, principal } of votes) {
    if (heard.has(principal)) continue;
    heard.add(principal);
    counts.set(on, (counts.get(on) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** A vote as it stands in a fact; null where there is none. */
export function voteIn(vote: unknown): Tally["votes"][number] | null {
  if (!isJsonObject(vote)) return null;
  return { on: canonical(vote["on"]), principal: wordIn(vote, "principal") };
}

/** JSON in which the order of keys does not count. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1))) : inner,
    ) ?? "null"
  );
}
