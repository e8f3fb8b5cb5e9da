/**
 * Ways to runs that have something in common, by their ids: an index leads to them, and to no others. None has
 * them in the order of a list; but where a run stands among ids never changes, so that all of them can be looked
 * at bit by bit, and each is met once.
 */
import type { DatabaseSync } from "node:sqlite";

import { RUNS_PER_LOOK } from "../../base/limits.ts";
import type { RunQuery } from "../../ports/host.ts";
import type { RunStatus } from "../../scheduler/index.ts";

export type Parameter = string | number;

/** Where runs come from, and what is true of those that are wanted. */
export type Selection = { readonly from: string; readonly texts: string[]; readonly parameters: Parameter[] };

export type Way = Selection & {
  readonly id: string;
  /** The same runs, in as many ranges of an index as they lie in; in each they are sorted by `id`. */
  readonly parts: readonly Selection[];
  /** However many they are: of all runs they are likely to be few. */
  readonly isRare: boolean;
};

const OVER: ReadonlySet<RunStatus> = new Set(["completed", "failed", "canceled"]);

/** Runs of each part that one look goes through: their rows lie far apart, and so each takes longer to read. */
const RUNS_PER_PART = RUNS_PER_LOOK / 4;

/** The ways to all runs that a filter takes, and to others. SQLite does not know what is rare, and would go by any. */
export function waysOf({ tenant, parent, labels = {}, status = [] }: RunQuery): readonly Way[] {
  if (parent !== undefined) return [wayBelow(tenant, parent)];
  const areOpen = status.length > 0 && !status.some((each) => OVER.has(each));
  const byLabel = Object.entries(labels).map(([name, value]) => wayOfLabel([tenant, name, value]));
  return areOpen ? [wayToOpen(tenant), ...byLabel] : byLabel;
}

function wayBelow(tenant: string, parent: string): Way {
  const below = { from: "run indexed by run_by_parent", texts: ["run.tenant = ? and run.parent = ?"], parameters: [tenant, parent] };
  return { ...below, id: "run.run", parts: [below], isRare: true };
}

function wayOfLabel(parameters: [tenant: string, name: string, value: string]): Way {
  const texts = ["rare.tenant = ? and rare.name = ? and rare.value = ?"];
  const from = "label as rare cross join run on run.tenant = rare.tenant and run.run = rare.run";
  return { from, texts, parameters, id: "rare.run", parts: [{ from: "label as rare", texts, parameters }], isRare: false };
}

/** Those that owe commands lie apart from those that owe none; and a run may go from here to there at any time. */
function wayToOpen(tenant: string): Way {
  const from = "run indexed by run_by_end";
  const lie = (owes: string): Selection => ({
    from,
    texts: [`run.ended_at is null and run.owes ${owes} and run.tenant = ?`],
    parameters: [tenant],
  });
  return { ...lie("in (0, 1)"), id: "run.run", parts: [lie("= 0"), lie("= 1")], isRare: true };
}

/** The way with the fewest runs; null when each has as many as `enough`, beyond which nobody counts. */
export function shortestOf(database: DatabaseSync, ways: readonly Way[], enough: number): number | null {
  const counts = ways.map(({ parts }) => parts.reduce((sum, part) => sum + countUpTo(database, part, enough), 0));
  const least = Math.min(...counts);
  return least < enough ? counts.indexOf(least) : null;
}

function countUpTo(database: DatabaseSync, { from, texts, parameters }: Selection, enough: number): number {
  const some = `select count(*) as count from (select 1 from ${from} where ${texts.join(" and ")} limit ?)`;
  return Number(database.prepare(some).get(...parameters, enough)?.["count"]);
}

/** The id down to which a look goes that begins before another one; null when it goes to the first. */
export function endOfLookById(database: DatabaseSync, { id, parts }: Way, before: string): string | null {
  const ends = parts.flatMap(({ from, texts, parameters }) => {
    const text = `select ${id} as id from ${from} where ${texts.join(" and ")} and ${id} < ? order by ${id} desc limit 1 offset ?`;
    const row = database.prepare(text).get(...parameters, before, RUNS_PER_PART - 1);
    return row === undefined ? [] : [String(row["id"])];
  });
  return ends.toSorted().at(-1) ?? null;
}
