/**
 * ListTasks (A2A 3.1.4): the caller's tasks, the last changed first, page by page.
 *
 * A task that changes moves to the front, where a reader of later pages has been already (A2A issue
 * 1263). So the pages have two parts:
 *
 * 1. All tasks by their last change. What does not change meanwhile is there once.
 * 2. Then the tasks that were there when the first page was asked for and have changed since, by when
 *    they were created, which never changes. So none is missed, some are told again as they are now,
 *    and there is an end, however much goes on.
 */
import type { ListTasksRequest, ListTasksResponse, Task } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import { BugError } from "../../base/assert.ts";
import { TuttiError } from "../../base/errors.ts";
import { parseInstant } from "../../base/instant.ts";
import { MAX_PAGE_BYTES, MAX_TASKS_PER_PAGE } from "../../base/limits.ts";
import type { RunFilter, RunRecord } from "../../ports/host.ts";
import { CALLER_LABEL, CONTEXT_LABEL } from "../../runtime/task-labels.ts";
import { checkHistoryLength, withHistory } from "./check-message.ts";
import type { Caller } from "./handler.ts";
import { decodePlace, encodePlace, type Place } from "./page-token.ts";
import type { FoundTask, Tasks } from "./tasks.ts";
import { matchState, type StateMatch } from "./state-filter.ts";

/** What is listed: the filter that an index answers, and what is left to be looked at. */
type Query = { readonly filter: Omit<RunFilter, "limit" | "cursor" | "order">; readonly match: StateMatch; readonly caller: Caller };

const DEFAULT_PAGE_SIZE = 50;

export async function listTasks(tasks: Tasks, params: ListTasksRequest, caller: Caller): Promise<ListTasksResponse> {
  const pageSize = params.pageSize ?? DEFAULT_PAGE_SIZE;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_TASKS_PER_PAGE)
    throw new RequestMalformedError(`pageSize must be 1 to ${MAX_TASKS_PER_PAGE}.`);
  checkHistoryLength(params.historyLength);
  const query = queryOf(tasks, params, caller);
  if (query === null) return { tasks: [], nextPageToken: "", pageSize, totalSize: 0 };
  const { told, next } = await tellPage(tasks, query, params, pageSize);
  return { tasks: told, nextPageToken: next === null ? "" : encodePlace(next), pageSize, totalSize: await countTasks(tasks, query) };
}

type Told = { readonly told: Task[]; readonly next: Place | null };

/** A page as large as was asked for, or as what can be told at once; one task can. */
async function tellPage(tasks: Tasks, query: Query, params: ListTasksRequest, pageSize: number): Promise<Told> {
  const from = params.pageToken === "" ? null : decodePlace(params.pageToken);
  for (let size = pageSize; ;) {
    const { found, next } = await fill(tasks, query, from, size);
    const told: Task[] = [];
    let [left, lookedAt] = [MAX_PAGE_BYTES, 0];
    for (const one of found) {
      const task = await tellTask(tasks, one, params);
      if (task !== null) left = bytesLeft(task, left);
      if (left < 0 && told.length > 0) break;
      if (task !== null) told.push(task);
      lookedAt += 1;
    }
    if (lookedAt === found.length) return { told, next };
    size = lookedAt;
  }
}

/** Null for a task that cannot be told: it must not hide the others, and its own caller hears of it by GetTask. */
async function tellTask(tasks: Tasks, found: FoundTask, params: ListTasksRequest): Promise<Task | null> {
  try {
    return shown((await tasks.follow(found)).at.task, params);
  } catch (error) {
    if (!isOfOneTask(error)) throw error;
    tasks.log("error", "task_not_listed", { workflow_id: found.run.id, error: error.stack ?? error.message });
    return null;
  }
}

/** A history that cannot be read or told. A database that fails, or is closed, would make an empty list of all of them. */
function isOfOneTask(error: unknown): error is Error {
  if (error instanceof TuttiError) return !error.retryable;
  return [BugError, TypeError, RangeError, SyntaxError].some((kind) => error instanceof kind);
}

function shown(task: Task, { historyLength, includeArtifacts = false }: ListTasksRequest): Task {
  const kept = withHistory(task, historyLength);
  return includeArtifacts ? kept : { ...kept, artifacts: [] };
}

/** What is left of a budget after a value, in about the bytes of its JSON; negative when it was not enough. */
function bytesLeft(value: unknown, budget: number): number {
  if (typeof value === "string") return budget - value.length - 2;
  if (typeof value !== "object" || value === null) return budget - 8;
  if (ArrayBuffer.isView(value)) return budget - Math.ceil((value.byteLength * 4) / 3);
  let left = budget - 2;
  for (const [key, inner] of Object.entries(value)) {
    left = bytesLeft(inner, left - key.length - 4);
    if (left < 0) return left;
  }
  return left;
}

function queryOf(tasks: Tasks, params: ListTasksRequest, caller: Caller): Query | null {
  const { contextId, status, statusTimestampAfter } = params;
  const since = statusTimestampAfter === undefined ? undefined : instantOf(statusTimestampAfter);
  const match = matchState(status);
  if (match === null) return null;
  const filter = {
    tenant: caller.tenant,
    labels: { [CALLER_LABEL]: caller.name, ...(contextId === "" ? {} : { [CONTEXT_LABEL]: contextId }) },
    workflow: tasks.workflows,
    ...(since === undefined ? {} : { updatedSince: since }),
    ...match.filter,
  };
  return { filter, match, caller };
}

function instantOf(text: string): number {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.value;
  throw new RequestMalformedError(`statusTimestampAfter: ${parsed.error}`);
}

type Filled = { readonly found: readonly FoundTask[]; readonly next: Place | null };

async function fill(tasks: Tasks, query: Query, from: Place | null, pageSize: number): Promise<Filled> {
  const found: FoundTask[] = [];
  let place = from ?? (await beginning(tasks, query));
  let isWhole = from === null;
  for (;;) {
    const page = await tasks.host.list(filterAt(query, place, pageSize - found.length));
    for (const record of page.items) found.push(...keep(tasks, query, place, record));
    isWhole &&= page.nextCursor === null && page.inSeveralLooks !== true;
    // One look at everything has missed nothing.
    const next = isWhole ? null : placeAfter(place, page.nextCursor);
    if (next === null) return { found, next };
    if (found.length >= pageSize) return { found, next: isSurelyMore(query, next) || (await hasAny(tasks, query, next)) ? next : null };
    isWhole = false;
    place = next;
  }
}

/** The first page. Clocks of machines go back; the instants of a host's changes do not. */
async function beginning(tasks: Tasks, { filter: { tenant, labels = {} } }: Query): Promise<Place> {
  // Of whatever state: the newest of all is found at once, and is no older than that of the state.
  const [newest] = (await tasks.host.list({ tenant, labels, limit: 1, order: "updated" })).items;
  return { part: "all", since: Math.max(tasks.clock.now(), newest?.updatedAt ?? 0), cursor: null };
}

/** Behind a page of what an index has filtered there is more; what else there is must be looked for. */
function isSurelyMore({ match }: Query, { part, cursor }: Place): boolean {
  return match.isExact && (part === "all" || cursor !== null);
}

function filterAt({ filter }: Query, { part, since, cursor }: Place, limit: number): RunFilter {
  const at = cursor === null ? { limit } : { limit, cursor };
  if (part === "all") return { ...filter, ...at, order: "updated" };
  return { ...filter, ...at, order: "created", updatedSince: Math.max(since, filter.updatedSince ?? 0) };
}

function placeAfter(place: Place, cursor: string | null): Place | null {
  if (cursor !== null) return { ...place, cursor };
  return place.part === "all" ? { part: "changed", since: place.since, cursor: null } : null;
}

function keep(tasks: Tasks, { match, caller }: Query, place: Place, record: RunRecord): readonly FoundTask[] {
  if (place.part === "changed" && record.createdAt > place.since) return [];
  const found = match.isMatch(record) ? tasks.asTask(record, caller) : null;
  return found === null ? [] : [found];
}

/** Whether anything is left from a place on. */
async function hasAny(tasks: Tasks, query: Query, from: Place): Promise<boolean> {
  for (let place: Place | null = from; place !== null;) {
    const page: Awaited<ReturnType<Tasks["host"]["list"]>> = await tasks.host.list(filterAt(query, place, MAX_TASKS_PER_PAGE));
    for (const record of page.items) if (keep(tasks, query, place, record).length > 0) return true;
    place = placeAfter(place, page.nextCursor);
  }
  return false;
}

/** All that the filters take. An index counts them, but for states that it does not tell apart. */
async function countTasks(tasks: Tasks, query: Query): Promise<number> {
  if (query.match.isExact) return tasks.host.count(query.filter);
  let count = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Tasks["host"]["list"]>> = await tasks.host.list({
      ...query.filter,
      limit: COUNTED_AT_ONCE,
      ...(cursor === null ? {} : { cursor }),
    });
    count += page.items.filter((record) => query.match.isMatch(record)).length;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return count;
}

const COUNTED_AT_ONCE = 1_000;
