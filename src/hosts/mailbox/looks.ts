/**
 * Lists and counts of runs that let others go first. To find the three failed runs among a million, a store
 * looks at each of them, which takes a second; here it looks at some thousands at a time, and whatever has come
 * in meanwhile has its turn in between.
 *
 * A page that was gathered in several looks says so: a run that changed between two of them has moved to the
 * newest, and was not seen by a list that goes by the last change.
 */
import type { LookUp, Page, RunFilter, RunQuery, RunRecord } from "../../ports/host.ts";
import { compareRunPlaces, pageOf, runCursorOf, runPlaceOf } from "./page.ts";
import type { Store } from "./store.ts";

/** `rest` is over when others have had their turn. */
export async function listInLooks(store: () => Store, filter: RunFilter, rest: () => Promise<void>): Promise<Page<RunRecord>> {
  // One more than fits on the page tells that others follow.
  const wanted = { ...filter, limit: filter.limit + 1 };
  let { found, goOn } = store().list(wanted);
  let inSeveralLooks = false;
  while (goOn !== null && (goOn.kind === "byId" || found.length < wanted.limit)) {
    await rest();
    inSeveralLooks = true;
    const last = found[filter.limit];
    const from = last === undefined || goOn.kind !== "byId" ? goOn : { ...goOn, newerThan: runPlaceOf(last, filter) };
    const look = store().list(wanted, from);
    found = newestOf([...found, ...look.found], wanted);
    ({ goOn } = look);
  }
  const page = pageOf(found, filter.limit, (last) => runCursorOf(runPlaceOf(last, filter)));
  return inSeveralLooks ? { ...page, inSeveralLooks } : page;
}

function newestOf(records: readonly RunRecord[], filter: RunFilter): readonly RunRecord[] {
  return records.toSorted((left, right) => compareRunPlaces(runPlaceOf(right, filter), runPlaceOf(left, filter))).slice(0, filter.limit);
}

export async function countInLooks(store: () => Store, filter: RunQuery, rest: () => Promise<void>): Promise<number> {
  let look = store().count(filter);
  let { count } = look;
  while (look.goOn !== null) {
    await rest();
    look = store().count(filter, look.goOn);
    count += look.count;
  }
  return count;
}

/** Those of the first runs. One that is asked meanwhile may be missing; one that is settled meanwhile may be there. */
export async function questionsInLooks(
  store: () => Store,
  { tenant, limit }: Pick<RunFilter, "tenant" | "limit">,
  rest: () => Promise<void>,
): Promise<readonly LookUp[]> {
  let { found, goOn } = store().lookUps(tenant, "question", { limit });
  while (goOn !== null) {
    await rest();
    // When there are enough, others count only when their runs come before the last one's.
    const lastRun = found[limit - 1]?.run.id;
    const look = store().lookUps(tenant, "question", { limit, after: goOn, lastRun });
    found = [...found, ...look.found].toSorted(byRun).slice(0, limit);
    ({ goOn } = look);
  }
  return found;
}

function byRun(left: LookUp, right: LookUp): number {
  if (left.run.id !== right.run.id) return left.run.id < right.run.id ? -1 : 1;
  return left.key < right.key ? -1 : 1;
}
