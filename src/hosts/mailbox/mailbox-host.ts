import { hash as digestOf } from "node:crypto";

import { TuttiError } from "../../base/errors.ts";
import type { RunRef, Tenant } from "../../base/ids.ts";
import { canonicalJson, type Json } from "../../base/json.ts";
import { SNAPSHOT_TAIL_BYTES } from "../../base/limits.ts";
import type { Definition } from "../../definition/definition.ts";
import { systemClock, type Clock } from "../../ports/clock.ts";
import type {
  Cursor,
  DefineOptions,
  DefinitionFilter,
  DefinitionRecord,
  HistoryEntry,
  Host,
  LookUp,
  LookUpKind,
  Page,
  Performer,
  PostedInput,
  PostReceipt,
  RunFilter,
  RunQuery,
  RunRecord,
  StartReceipt,
  StartRequest,
  StreamedChunk,
} from "../../ports/host.ts";
import { silentLog, type Log } from "../../ports/log.ts";
import { endOf, isEnd, type RunEnd, type RunState } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import { decodeFact, payloadOf } from "./codec.ts";
import { closedError } from "./closed-error.ts";
import { Definitions } from "./definitions.ts";
import { countInLooks, listInLooks, questionsInLooks } from "./looks.ts";
import { Mailbox } from "./mailbox.ts";
import { newRecord } from "./new-record.ts";
import { loadResident, newResident, type Envelope, type Resident } from "./resident.ts";
import { keyOf, type Batch, type Store } from "./store.ts";

export type MailboxHostOptions = {
  readonly performer: Performer;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly defer?: (callback: () => void) => void;
  /** A snapshot is made after so many bytes of facts: fewer than usual, where histories are short. */
  readonly snapshotTailBytes?: number;
};

const FACTS_PER_PAGE = 1_000;

/** A host on a mailbox and a store: see ports/host.ts for its laws. */
export class MailboxHost implements Host {
  readonly #openStore: Store;
  readonly mailbox: Mailbox;
  readonly #definitions: Definitions;
  readonly rest: () => Promise<void>;
  #justRead: { readonly key: string; readonly state: RunState } | null = null;
  readonly #defer: (callback: () => void) => void;

  constructor(store: Store, options: MailboxHostOptions) {
    this.#openStore = store;
    const { performer, clock = systemClock, log = silentLog, defer = setImmediate, snapshotTailBytes = SNAPSHOT_TAIL_BYTES } = options;
    this.mailbox = new Mailbox({ store, clock, performer, log, defer, snapshotTailBytes });
    this.#defer = defer;
    this.rest = () => new Promise((resolve) => defer(resolve));
    this.#definitions = new Definitions({
      store: () => this.#store,
      programs: this.mailbox.programs,
      now: () => this.mailbox.now(),
      ride: (add) => this.#ride(add),
    });
  }

  get #store(): Store {
    if (this.mailbox.isClosed) throw closedError();
    return this.#openStore;
  }

  /** Takes up what an earlier process left; call it once, when agents can be bound. */
  recover(): void {
    this.mailbox.recover();
  }

  define(tenant: Tenant, definition: Definition, options?: DefineOptions): Promise<string> {
    return this.#definitions.define(tenant, definition, options);
  }

  async definitions(tenant: Tenant, filter: DefinitionFilter): Promise<Page<DefinitionRecord>> {
    return this.#store.definitions(tenant, filter);
  }

  async countVersions(tenant: Tenant, name: string): Promise<number> {
    return this.#store.countVersions(tenant, name);
  }

  async definition(tenant: Tenant, fingerprint: string): Promise<Definition | null> {
    return this.#store.definition(tenant, fingerprint);
  }

  async start(request: StartRequest, { isFresh } = { isFresh: false }): Promise<StartReceipt> {
    const { run, ...rest } = request;
    const inputHash = hashOf({ workflow: rest.workflow, input: rest.input });
    const inMemory = this.mailbox.residents.get(run);
    const known = inMemory === undefined && !isFresh ? this.#store.find(run) : null;
    if (known !== null && known.inputHash !== inputHash) throw taken(run, known.record.workflow, rest.workflow);
    if (known !== null && known.record.endedAt !== null) return { created: false, record: known.record };
    // What is neither in memory nor in the store is looked for no more.
    const present = inMemory ?? (known === null ? null : this.mailbox.residents.load(run));
    if (present !== null && present.inputHash !== inputHash) throw taken(run, present.program.definition.name, rest.workflow);
    const resident =
      present ?? this.mailbox.residents.adopt(newResident(run, this.mailbox.programs.get(run.tenant, rest.fingerprint), inputHash));
    // An existing run gets the input too: its receipt comes only after the start that made it is durable.
    const { applied } = await this.#offer(resident, { kind: "start", run: run.id, tenant: run.tenant, ...rest });
    // A run that only began needs no look into the store; one that has got further in this turn does.
    const startedAt = applied && resident.status === "running" ? resident.state?.startedAt : undefined;
    const record = startedAt === undefined ? this.#store.find(run)?.record : startedRecord(request, startedAt);
    if (record === undefined) throw unknownRun(run);
    return { created: applied, record };
  }

  post(run: RunRef, input: PostedInput): Promise<PostReceipt> {
    const resident = this.mailbox.residents.get(run);
    return resident === undefined ? this.#postToStored(run, input) : this.#offer(resident, input);
  }

  async #postToStored(run: RunRef, input: PostedInput): Promise<PostReceipt> {
    const stored = this.#store.find(run);
    if (stored === null) throw unknownRun(run);
    if (stored.record.endedAt !== null) return { applied: false };
    return this.#offer(this.mailbox.residents.load(run) ?? raise(unknownRun(run)), input);
  }

  #offer(resident: Resident, input: Envelope["input"]): Promise<PostReceipt> {
    return new Promise<PostReceipt>((settle, refuse) => this.mailbox.offer(resident, { input, settle, refuse }));
  }

  async get(run: RunRef): Promise<RunRecord | null> {
    return this.#store.find(run)?.record ?? null;
  }

  inspect(run: RunRef): Promise<RunState | null> {
    return this.peek(run, (state) => state);
  }

  async peek<Seen>(run: RunRef, look: (state: RunState) => Seen): Promise<Seen | null> {
    const state = this.mailbox.residents.get(run)?.state ?? this.#read(run);
    // It goes on changing, or others look at it, too; what was seen stays as it is.
    return state === null ? null : structuredClone(look(state));
  }

  /** The state of a run that is not in memory. Who looks at it in the same turn, as for each of many answers, shares the reading. */
  #read(run: RunRef): RunState | null {
    const key = keyOf(run);
    if (this.#justRead?.key === key && this.#justRead.state.seq === this.#store.lastFact(run)?.seq) return this.#justRead.state;
    const stored = this.#store.find(run);
    const state = stored === null ? null : loadResident(this.#store, this.mailbox.programs, stored).state;
    if (state === null) return null;
    if (this.#justRead === null) this.#defer(() => (this.#justRead = null));
    this.#justRead = { key, state };
    return state;
  }

  async end(run: RunRef): Promise<RunEnd | null> {
    const row = this.#store.lastFact(run);
    if (row === null) return null;
    const fact = decodeFact(row, (hash) => this.#store.payload(run.tenant, hash));
    return isEnd(fact) ? endOf(fact) : null;
  }

  async list(filter: RunFilter): Promise<Page<RunRecord>> {
    return listInLooks(() => this.#store, filter, this.rest);
  }

  async count(filter: RunQuery): Promise<number> {
    return countInLooks(() => this.#store, filter, this.rest);
  }

  async tasksAtWork(limit: number): Promise<readonly RunRef[]> {
    return this.#store.owingWithLabels(limit);
  }

  async history(run: RunRef, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    const readPayload = (hash: string) => this.#store.payload(run.tenant, hash);
    return this.#store.facts(run, fromSeq, limit).map((row) => ({ kind: "fact", seq: row.seq, fact: decodeFact(row, readPayload) }));
  }

  async *watch(run: RunRef, fromSeq: number, signal?: AbortSignal): AsyncIterable<HistoryEntry | StreamedChunk> {
    const key = keyOf(run);
    const watcher = this.mailbox.watchers.add(key);
    const wake = () => watcher.wake();
    signal?.addEventListener("abort", wake);
    try {
      for (let nextSeq = fromSeq; ;) {
        const entries = await this.history(run, nextSeq, FACTS_PER_PAGE);
        for (const entry of entries) {
          yield entry;
          nextSeq = entry.seq + 1;
          if (isEnd(entry.fact)) return;
        }
        yield* watcher.takeChunks();
        if (entries.length === FACTS_PER_PAGE) continue;
        // A run that ended before `fromSeq`, or was removed, has no more facts and never will. It may also have ended while pieces were shown.
        const hasEnded = entries.length === 0 && !this.#isOpen(run);
        if (hasEnded && this.#store.facts(run, nextSeq, 1).length === 0) return;
        if (hasEnded) continue;
        if (signal?.aborted === true || this.mailbox.isClosed) return;
        await watcher.news();
        if (this.mailbox.isClosed) return;
      }
    } finally {
      signal?.removeEventListener("abort", wake);
      this.mailbox.watchers.remove(key, watcher);
    }
  }

  #isOpen(run: RunRef): boolean {
    const stored = this.#store.find(run);
    // One that is just being started is in memory only.
    return stored === null ? this.mailbox.residents.get(run) !== undefined : stored.record.endedAt === null;
  }

  async whenOver(run: RunRef, signal?: AbortSignal): Promise<RunRecord> {
    await this.over(run, signal);
    return this.#store.find(run)?.record ?? raise(unknownRun(run));
  }

  async over(run: RunRef, signal?: AbortSignal): Promise<void> {
    // A run in memory has not ended; looking it up in the store first would say no more.
    const present = this.mailbox.residents.get(run);
    const isGoingOn = present !== undefined && present.status !== "quarantined";
    const known = isGoingOn ? null : (this.#store.find(run) ?? raise(unknownRun(run)));
    if (known !== null && (known.record.endedAt !== null || known.record.status === "quarantined")) return;
    await this.mailbox.watchers.over(keyOf(run), signal);
    if (this.mailbox.isClosed) throw closedError();
  }

  stream(run: RunRef, chunk: StreamedChunk): void {
    this.mailbox.watchers.stream(keyOf(run), chunk);
  }

  async lookUp(tenant: Tenant, kind: LookUpKind, key: string): Promise<LookUp | null> {
    return this.#store.lookUp(tenant, kind, key);
  }

  async questions(tenant: Tenant, limit: number): Promise<readonly LookUp[]> {
    return questionsInLooks(() => this.#store, { tenant, limit }, this.rest);
  }

  async cursor(tenant: Tenant, name: string): Promise<Json | null> {
    return this.#store.cursor(tenant, name);
  }

  async moveCursor(tenant: Tenant, name: string, position: Json | null): Promise<void> {
    await this.#ride((batch) => batch.cursors.push({ tenant, name, position }));
  }

  async cursors(tenant: Tenant, prefix: string, limit: number, after?: string): Promise<readonly Cursor[]> {
    return this.#store.cursors(tenant, prefix, limit, after);
  }

  async putPayload(tenant: Tenant, content: Uint8Array): Promise<string> {
    const { hash } = payloadOf(content);
    await this.#ride((batch) => batch.loosePayloads.push({ tenant, hash, content }));
    return hash;
  }

  async getPayload(tenant: Tenant, hash: string): Promise<Uint8Array | null> {
    return this.#store.payload(tenant, hash);
  }

  async release(run: RunRef): Promise<void> {
    const stored = this.#store.find(run);
    if (stored === null) throw unknownRun(run);
    if (stored.record.status !== "quarantined") return;
    const kept = this.#store.stalledInputs(run).map((text) => JSON.parse(text) as Input);
    // The kept inputs leave the store in the same commit in which they are decided.
    this.mailbox.readmit(run, kept);
    await this.#ride((batch) => {
      const { asks = null } = stored.record;
      batch.statuses.push({ run, status: "running", at: this.mailbox.now(), endedAt: null, error: null, asks, owes: stored.owes });
      batch.unstalled.push(run);
    });
  }

  async close(): Promise<void> {
    this.mailbox.close();
    this.#openStore.close();
  }

  #ride(add: (batch: Batch) => void): Promise<void> {
    return new Promise<void>((done, refuse) => this.mailbox.ride({ add, done, refuse }));
  }
}

/** The record of a run whose start has just been committed. */
function startedRecord({ labels = {}, parent, ...request }: StartRequest, at: number): RunRecord {
  return newRecord({ ...request, at, labels, parent: parent?.run ?? null });
}

function hashOf(value: Json): string {
  return digestOf("sha256", canonicalJson(value));
}

export function unknownRun(run: RunRef): TuttiError {
  return new TuttiError("T4001", `There is no run ${run.id} in tenant ${run.tenant}.`, {
    help: "`tutti list` shows the runs of this database.",
  });
}

function taken(run: RunRef, existing: string, asked: string): TuttiError {
  const difference = existing === asked ? "another input" : `workflow "${existing}", not "${asked}"`;
  return new TuttiError("T4002", `Run ${run.id} exists, with ${difference}.`, {
    help: "Use another id (on the command line, --id), or none to get a new one; the same id with the same workflow and input gives the same run.",
  });
}

function raise(error: Error): never {
  throw error;
}
