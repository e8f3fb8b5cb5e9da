/**
 * What is still to be told of tasks. Each config has a feed of its own: the task as of some fact, made
 * of the run's history, and the events of that fact which are not delivered yet.
 *
 * 1. Feeds are a cache: at most `MAX_PUSH_VIEWS` stay between two readings, and any can be made anew.
 * 2. A reading tells one event, the first from a place on. Pieces of an answer that is being streamed
 *    are in no history, and so are never told.
 */
import { setImmediate } from "node:timers/promises";

import type { StreamResponse, Task } from "@a2a-js/sdk";

import { present } from "../../base/assert.ts";
import type { RunRef } from "../../base/ids.ts";
import { MAX_PUSH_VIEWS } from "../../base/limits.ts";
import type { HistoryEntry, Host } from "../../ports/host.ts";
import type { Fact } from "../../scheduler/index.ts";
import { placeOf, type TaskAt, type TaskEvent } from "../task/task-event.ts";
import { isTerminal } from "../wire/wire.ts";
import type { Place } from "./push-row.ts";

/** How a run's facts are told as a task. */
export type EventView = {
  apply(entry: HistoryEntry): readonly TaskEvent[];
  readonly at: TaskAt;
};

/** A new view of a run's task, before its first fact; null when there is no such run. */
export type ViewOf = (run: RunRef) => Promise<EventView | null>;

/** W3C Trace Context of the request that the task came from, as headers. */
type TraceHeaders = { readonly traceparent?: string; readonly tracestate?: string };

export type ToldEvent = {
  /** Unique in the task; the same whenever the same event is told. */
  readonly id: string;
  readonly event: StreamResponse;
  /** The task as far as it is known now: at the event, or after it. */
  readonly task: () => Task;
  readonly trace: TraceHeaders;
};

export type Reading =
  /** `next`: where the event behind this one is. */
  | { readonly kind: "event"; readonly told: ToldEvent; readonly next: Place }
  /** All is told up to that fact, and more will come. */
  | { readonly kind: "caughtUp"; readonly seq: number }
  | { readonly kind: "over" }
  | { readonly kind: "noRun" };

type Feed = {
  readonly view: EventView;
  /** The last fact that the view has seen. */
  seq: number;
  /** In order, those from the last asked place on. */
  pending: PlacedEvent[];
  trace: TraceHeaders;
};
type PlacedEvent = { readonly id: string; readonly place: Place; readonly event: StreamResponse };

const FACTS_PER_PAGE = 200;

export class PushFeeds {
  readonly #host: Host;
  readonly #viewOf: ViewOf;
  readonly #feeds = new Map<string, Feed>();

  constructor(host: Host, viewOf: ViewOf) {
    this.#host = host;
    this.#viewOf = viewOf;
  }

  /** The next event of a config, from a place on. The place never goes back for the same key. */
  async read(key: string, run: RunRef, from: Place): Promise<Reading> {
    const feed = await this.#open(key, run);
    if (feed === null) return { kind: "noRun" };
    for (;;) {
      feed.pending = feed.pending.filter(({ place }) => !isBefore(place, from));
      const [first, second] = feed.pending;
      if (first !== undefined)
        return { kind: "event", told: { ...first, task: () => feed.view.at.task, trace: feed.trace }, next: placeAfter(first, second) };
      if (!(await this.#advance(feed, run))) break;
    }
    if (feed.seq === 0) return { kind: "noRun" };
    return isTerminal(feed.view.at.task.status?.state) ? { kind: "over" } : { kind: "caughtUp", seq: feed.seq };
  }

  /** The task as of its last fact; null when there is no such run. */
  async readTask(run: RunRef): Promise<(TaskAt & { readonly trace: TraceHeaders }) | null> {
    const view = await this.#viewOf(run);
    if (view === null) return null;
    const feed: Feed = { view, seq: 0, pending: [], trace: {} };
    while (await this.#advance(feed, run)) feed.pending = [];
    return feed.seq === 0 ? null : { task: view.at.task, seq: feed.seq, trace: feed.trace };
  }

  forget(key: string): void {
    this.#feeds.delete(key);
  }

  async #open(key: string, run: RunRef): Promise<Feed | null> {
    const known = this.#feeds.get(key);
    const view = known === undefined ? await this.#viewOf(run) : known.view;
    if (view === null) return null;
    const feed = known ?? { view, seq: 0, pending: [], trace: {} };
    // To the end: the map's order is the order of last use.
    this.#feeds.delete(key);
    this.#feeds.set(key, feed);
    const [oldest] = this.#feeds.keys();
    if (this.#feeds.size > MAX_PUSH_VIEWS) this.#feeds.delete(present(oldest, "A map that is too large has a first key."));
    return feed;
  }

  /** Takes in the next facts; false when there are none. */
  async #advance(feed: Feed, run: RunRef): Promise<boolean> {
    const entries = await this.#host.history(run, feed.seq + 1, FACTS_PER_PAGE);
    for (const entry of entries) {
      for (const told of feed.view.apply(entry)) feed.pending.push(...placed(told));
      if (entry.fact.kind === "runStarted") feed.trace = headersOf(entry.fact);
      feed.seq = entry.seq;
    }
    // A long history must not keep everybody else waiting.
    if (entries.length === FACTS_PER_PAGE) await setImmediate();
    return entries.length > 0;
  }
}

function headersOf({ trace, tracestate }: Extract<Fact, { kind: "runStarted" }>): TraceHeaders {
  return { ...(trace === undefined ? {} : { traceparent: trace }), ...(tracestate === undefined ? {} : { tracestate }) };
}

function placed({ id, event }: TaskEvent): readonly PlacedEvent[] {
  const place = id === null ? null : placeOf(id);
  return id === null || place === null ? [] : [{ id, place, event }];
}

/** A fact whose last event is delivered need not be looked at again. */
function placeAfter({ place }: PlacedEvent, following: PlacedEvent | undefined): Place {
  return following?.place.seq === place.seq ? following.place : { seq: place.seq + 1, n: 0 };
}

function isBefore(left: Place, right: Place): boolean {
  return left.seq === right.seq ? left.n < right.n : left.seq < right.seq;
}
