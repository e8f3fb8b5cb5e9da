/**
 * The database as another process sees it: it reads the file directly, and sends what changes it to
 * the owner.
 */
import { setTimeout as delay } from "node:timers/promises";

import { TuttiError } from "../../base/errors.ts";
import type { RunRef, Tenant } from "../../base/ids.ts";
import type { Json } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
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
  PostedInput,
  PostReceipt,
  RunFilter,
  RunQuery,
  RunRecord,
  StartReceipt,
  StartRequest,
} from "../../ports/host.ts";
import { isEnd, type RunEnd, type RunState } from "../../scheduler/index.ts";
import { MailboxHost, unknownRun } from "../mailbox/mailbox-host.ts";
import { askOwner } from "./control-client.ts";
import { openDatabase } from "./open-database.ts";
import { readOwnerAddress, type OwnerAddress } from "./owner.ts";
import { SqliteStore } from "./sqlite-store.ts";

const POLL_MS = 50;
const FACTS_PER_PAGE = 1_000;

/** Opens a database that this process does not own. Throws T5002 when there is none. */
export function openGuest(path: string): GuestHost {
  return new GuestHost(path, new SqliteStore(openDatabase({ path, readOnly: true }), "reader"));
}

export class GuestHost implements Host {
  readonly #path: string;
  readonly #store: SqliteStore;
  /** Reads as the owner's host does; it is never asked to change anything. */
  readonly #reader: MailboxHost;
  #isClosed = false;

  constructor(path: string, store: SqliteStore) {
    this.#path = path;
    this.#store = store;
    this.#reader = new MailboxHost(store, { performer: { perform: () => undefined, cannotRecover: () => null } });
  }

  async define(tenant: Tenant, definition: Definition, options: DefineOptions = {}): Promise<string> {
    return (await askOwner(this.#owner(), { kind: "define", tenant, definition, options })).fingerprint;
  }

  async start(request: StartRequest): Promise<StartReceipt> {
    return askOwner(this.#owner(), { kind: "start", request });
  }

  async post(run: RunRef, input: PostedInput): Promise<PostReceipt> {
    return askOwner(this.#owner(), { kind: "post", run, input });
  }

  async release(run: RunRef): Promise<void> {
    await askOwner(this.#owner(), { kind: "release", run });
  }

  async *watch(run: RunRef, fromSeq: number, signal?: AbortSignal): AsyncIterable<HistoryEntry> {
    let version = -1;
    for (let nextSeq = fromSeq; ;) {
      if (signal?.aborted === true || this.#isClosed) return;
      const newest = this.#store.dataVersion();
      if (newest === version) {
        await delay(POLL_MS);
        continue;
      }
      const entries = await this.history(run, nextSeq, FACTS_PER_PAGE);
      // A full page may not be the last of this version.
      if (entries.length < FACTS_PER_PAGE) version = newest;
      for (const entry of entries) {
        yield entry;
        nextSeq = entry.seq + 1;
        // An owner that ends with its last run commits nothing more that would wake this loop.
        if (isEnd(entry.fact)) return;
      }
      // A run that ended before `fromSeq` has no more facts and never will.
      const hasEnded = entries.length === 0 && ((await this.get(run))?.endedAt ?? null) !== null;
      if (!hasEnded) continue;
      // It may have ended since they were read.
      if ((await this.history(run, nextSeq, 1)).length === 0) return;
      version = -1;
    }
  }

  async whenOver(run: RunRef, signal?: AbortSignal): Promise<RunRecord> {
    const known = await this.get(run);
    if (known === null) throw unknownRun(run);
    let record = known;
    for (let version = -1; record.endedAt === null && record.status !== "quarantined";) {
      if (signal?.aborted === true || this.#isClosed) break;
      const newest = this.#store.dataVersion();
      if (newest === version) await delay(POLL_MS);
      else record = (await this.get(run)) ?? record;
      version = newest;
    }
    return record;
  }

  async over(run: RunRef, signal?: AbortSignal): Promise<void> {
    await this.whenOver(run, signal);
  }

  stream(): void {
    // Streamed chunks live in the owner; a guest has none to show.
  }

  definition(tenant: Tenant, fingerprint: string): Promise<Definition | null> {
    return this.#reader.definition(tenant, fingerprint);
  }

  definitions(tenant: Tenant, filter: DefinitionFilter): Promise<Page<DefinitionRecord>> {
    return this.#reader.definitions(tenant, filter);
  }

  countVersions(tenant: Tenant, name: string): Promise<number> {
    return this.#reader.countVersions(tenant, name);
  }

  get(run: RunRef): Promise<RunRecord | null> {
    return this.#reader.get(run);
  }

  inspect(run: RunRef): Promise<RunState | null> {
    return this.#reader.inspect(run);
  }

  peek<Seen>(run: RunRef, look: (state: RunState) => Seen): Promise<Seen | null> {
    return this.#reader.peek(run, look);
  }

  end(run: RunRef): Promise<RunEnd | null> {
    return this.#reader.end(run);
  }

  list(filter: RunFilter): Promise<Page<RunRecord>> {
    return this.#reader.list(filter);
  }

  count(filter: RunQuery): Promise<number> {
    return this.#reader.count(filter);
  }

  tasksAtWork(limit: number): Promise<readonly RunRef[]> {
    return this.#reader.tasksAtWork(limit);
  }

  history(run: RunRef, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    return this.#reader.history(run, fromSeq, limit);
  }

  lookUp(tenant: Tenant, kind: LookUpKind, key: string): Promise<LookUp | null> {
    return this.#reader.lookUp(tenant, kind, key);
  }

  questions(tenant: Tenant, limit: number): Promise<readonly LookUp[]> {
    return this.#reader.questions(tenant, limit);
  }

  cursor(tenant: Tenant, name: string): Promise<Json | null> {
    return this.#reader.cursor(tenant, name);
  }

  cursors(tenant: Tenant, prefix: string, limit: number, after?: string): Promise<readonly Cursor[]> {
    return this.#reader.cursors(tenant, prefix, limit, after);
  }

  rest(): Promise<void> {
    return this.#reader.rest();
  }

  async moveCursor(tenant: Tenant, name: string, position: Json): Promise<void> {
    await askOwner(this.#owner(), { kind: "moveCursor", tenant, name, position });
  }

  putPayload(): Promise<string> {
    return Promise.reject(this.#onlyTheOwner("store a payload"));
  }

  getPayload(tenant: Tenant, hash: string): Promise<Uint8Array | null> {
    return this.#reader.getPayload(tenant, hash);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reader.close();
  }

  #owner(): OwnerAddress {
    const owner = readOwnerAddress(this.#path);
    if (owner !== null) return owner;
    throw new TuttiError("T5011", `No process owns ${this.#path} at the moment.`, { help: "Try again in a moment.", retryable: true });
  }

  #onlyTheOwner(action: string): TuttiError {
    return new TuttiError("T5001", `Only the owner of ${this.#path} can ${action}.`);
  }
}
