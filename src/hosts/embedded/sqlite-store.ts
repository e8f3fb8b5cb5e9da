/**
 * The store of the embedded host: SQLite through `node:sqlite`.
 *
 * 1. A batch is one transaction: all of it or nothing of it.
 * 2. With `synchronous=full` a commit is on the disk when `commit` returns.
 * 3. It is used by one process at a time for writing (owner.ts), by any number for reading.
 */
import type { DatabaseSync } from "node:sqlite";

import type { RunId, RunRef, Tenant } from "../../base/ids.ts";
import type { Json } from "../../base/json.ts";
import { failpoint } from "../../base/failpoint.ts";
import { FACTS_PER_SWEEP, LOOK_UPS_PER_LOOK, RUNS_PER_SWEEP } from "../../base/limits.ts";
import type { Definition } from "../../definition/definition.ts";
import type {
  Cursor,
  DefinitionFilter,
  DefinitionRecord,
  LookUp,
  LookUpKind,
  Page,
  RunError,
  RunFilter,
  RunQuery,
  RunRecord,
} from "../../ports/host.ts";
import type { FailureReason } from "../../scheduler/fact.ts";
import type { Labels } from "../../scheduler/input.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import type { Batch, EncodedFact, LookPlace, LookUpRange, Store, StoredRun } from "../mailbox/store.ts";
import { listDefinitions } from "./list-definitions.ts";
import { countRuns, listRuns } from "./list-runs.ts";
import { RecentFacts } from "./recent-facts.ts";
import { LAST_TEXT, prepareReads, prepareWrites, type Reads, type Writes } from "./statements.ts";
import { toStoreError } from "./store-error.ts";

export type Removed = { readonly count: number; readonly isMore: boolean };

export type Row = { readonly [column: string]: unknown };

export class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #read: Reads;
  readonly #write: Writes | null;
  /** What the owner has written; who only reads writes none. */
  readonly #recent = new RecentFacts();
  readonly #onCommit: () => void;

  constructor(database: DatabaseSync, access: "owner" | "reader", onCommit: () => void = () => undefined) {
    this.#database = database;
    this.#onCommit = onCommit;
    this.#read = prepareReads(database);
    this.#write = access === "owner" ? prepareWrites(database) : null;
  }

  get #writes(): Writes {
    if (this.#write === null) throw toStoreError(new Error("this process only reads"), "write");
    return this.#write;
  }

  commit(batch: Batch): void {
    const write = this.#writes;
    try {
      write.begin.run();
      failpoint("commit.begun");
      writeBatch(write, batch);
      failpoint("commit.written");
      write.commit.run();
    } catch (error) {
      this.#rollBack();
      // What is on the disk now, the disk knows best.
      this.#recent.clear();
      throw toStoreError(error, "commit");
    }
    this.#recent.add(batch.facts);
    this.#onCommit();
    failpoint("commit.done");
  }

  /** After some failures SQLite has rolled back by itself, and says so by an error. */
  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec("rollback");
  }

  find(run: RunRef): StoredRun | null {
    const row = this.#read.findRun.get(run.tenant, run.id);
    if (row === undefined) return null;
    const wakeAt = row["wake_at"] === null ? null : Number(row["wake_at"]);
    return { record: recordOf(row), inputHash: String(row["input_hash"]), wakeAt, owes: row["owes"] === 1 };
  }

  snapshot(run: RunRef): { seq: number; version: number; body: string } | null {
    const row = this.#read.snapshot.get(run.tenant, run.id);
    return row === undefined ? null : { seq: Number(row["seq"]), version: Number(row["version"]), body: String(row["body"]) };
  }

  facts(run: RunRef, fromSeq: number, limit: number): readonly EncodedFact[] {
    const recent = this.#recent.read(run, fromSeq, limit);
    return recent ?? (this.#read.facts.all(run.tenant, run.id, fromSeq, limit) as unknown as EncodedFact[]);
  }

  lastFact(run: RunRef): EncodedFact | null {
    const row = this.#recent.last(run) ?? this.#read.lastFact.get(run.tenant, run.id);
    return row === undefined ? null : (row as unknown as EncodedFact);
  }

  list(filter: RunFilter, from?: LookPlace): { found: RunRecord[]; goOn: LookPlace | null } {
    const { rows, goOn } = listRuns(this.#database, filter, from);
    return { found: rows.map(recordOf), goOn };
  }

  count(filter: Omit<RunQuery, "order">, from?: LookPlace): { count: number; goOn: LookPlace | null } {
    return countRuns(this.#database, filter, from);
  }

  lookUp(tenant: Tenant, kind: LookUpKind, key: string): LookUp | null {
    const row = kind === "message" ? this.#read.runOfMessage.get(tenant, key) : this.#read.lookUp.get(tenant, kind, key);
    return row === undefined ? null : lookUpOf(tenant, row);
  }

  lookUps(
    tenant: Tenant,
    kind: LookUpKind,
    { limit, after = "", lastRun = LAST_TEXT }: LookUpRange,
  ): { found: readonly LookUp[]; goOn: string | null } {
    const end = this.#read.endOfLookUps.get(tenant, kind, after, LOOK_UPS_PER_LOOK - 1);
    const goOn = end === undefined ? null : String(end["key"]);
    const rows = this.#read.openLookUps.all(tenant, kind, after, goOn ?? LAST_TEXT, lastRun, limit);
    return { found: rows.map((row) => lookUpOf(tenant, row)), goOn };
  }

  owing(): readonly RunRef[] {
    return this.#read.owing.all().map(refOf);
  }

  owingWithLabels(limit: number): readonly RunRef[] {
    return this.#read.owingWithLabels.all(limit).map(refOf);
  }

  timersUntil(at: number): readonly { run: RunRef; at: number }[] {
    return this.#read.timersUntil.all(at).map((row) => ({ run: refOf(row), at: Number(row["at"]) }));
  }

  definition(tenant: Tenant, fingerprint: string): Definition | null {
    const row = this.#read.definition.get(tenant, fingerprint);
    return row === undefined ? null : (JSON.parse(String(row["body"])) as Definition);
  }

  definitions(tenant: Tenant, filter: DefinitionFilter): Page<DefinitionRecord> {
    return listDefinitions(this.#database, tenant, filter);
  }

  countVersions(tenant: Tenant, name: string): number {
    return Number(this.#read.countVersions.get(tenant, name)?.["count"]);
  }

  payload(tenant: Tenant, hash: string): Uint8Array | null {
    const content = this.#read.payload.get(tenant, hash)?.["content"];
    return content instanceof Uint8Array ? content : null;
  }

  cursor(tenant: Tenant, name: string): Json | null {
    const row = this.#read.cursor.get(tenant, name);
    return row === undefined ? null : (JSON.parse(String(row["position"])) as Json);
  }

  cursors(tenant: Tenant, prefix: string, limit: number, after = ""): readonly Cursor[] {
    const rows = this.#read.cursors.all(tenant, prefix, after, limit);
    return rows.map((row) => ({ name: String(row["name"]), position: JSON.parse(String(row["position"])) as Json }));
  }

  stalledInputs(run: RunRef): readonly string[] {
    return this.#read.stalledInputs.all(run.tenant, run.id).map((row) => String(row["body"]));
  }

  /**
   * Removes runs that ended before an instant, so many that nobody waits for long: a run is removed as a whole, and
   * another one follows only while they have had few facts. `isMore`: there may be others.
   */
  removeEndedBefore(at: number): Removed {
    const ended = this.#read.endedBefore.all(at, RUNS_PER_SWEEP).map(refOf);
    if (ended.length === 0) return { count: 0, isMore: false };
    try {
      const count = this.#remove(ended);
      this.#recent.clear();
      return { count, isMore: count < ended.length || count === RUNS_PER_SWEEP };
    } catch (error) {
      this.#rollBack();
      throw toStoreError(error, "remove finished runs");
    }
  }

  #remove(runs: readonly RunRef[]): number {
    const { begin, removals, commit } = this.#writes;
    let facts = 0;
    let count = 0;
    begin.run();
    for (const run of runs) {
      if (facts >= FACTS_PER_SWEEP) break;
      facts += this.lastFact(run)?.seq ?? 0;
      for (const removal of removals) removal.run(run.tenant, run.id);
      count += 1;
    }
    commit.run();
    return count;
  }

  /** Changes whenever another process commits. */
  dataVersion(): number {
    return Number(this.#database.prepare("pragma data_version").get()?.["data_version"]);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#database.close();
  }
}

function writeBatch(write: Writes, batch: Batch): void {
  for (const { tenant, fingerprint, name, version, storedAt, definition, rebinds } of batch.definitions) {
    const body = JSON.stringify(definition);
    if (rebinds) write.rebindDefinition.run(body, tenant, fingerprint);
    else write.addDefinition.run(tenant, fingerprint, name, version, body, storedAt);
  }
  for (const row of batch.newRuns) addRun(write, row);
  write.facts.write(batch.facts);
  for (const { run, hash, content } of batch.payloads) {
    write.addPayload.run(run.tenant, hash, content);
    write.addPayloadReference.run(run.tenant, hash, run.id);
  }
  for (const { run, hash } of batch.references) write.addPayloadReference.run(run.tenant, hash, run.id);
  for (const { tenant, hash, content } of batch.loosePayloads) write.addPayload.run(tenant, hash, content);
  for (const { run, kind, key, path, open } of batch.lookUps) {
    if (kind === "message") write.setMessage.run(key, run.tenant, run.id);
    else if (open) write.addLookUp.run(run.tenant, kind, key, run.id, path);
    else write.removeLookUp.run(run.tenant, kind, key);
  }
  writeStanding(write, batch);
}

/** What is true of runs now, besides their facts. */
function writeStanding(write: Writes, batch: Batch): void {
  for (const { run, status, at, endedAt, error, asks, owes } of batch.statuses) {
    const { code = null, message = null, reason = null } = error ?? {};
    write.setStatus.run(status, at, endedAt, code, message, reason, asks, Number(owes), run.tenant, run.id);
  }
  for (const { run, at } of batch.timers) {
    if (at === null) write.removeTimer.run(run.tenant, run.id);
    else write.setTimer.run(run.tenant, run.id, at);
  }
  for (const { run, owes } of batch.owing) write.setOwing.run(Number(owes), run.tenant, run.id);
  for (const { run, seq, version, body } of batch.snapshots) write.setSnapshot.run(run.tenant, run.id, seq, version, body);
  for (const { tenant, name, position } of batch.cursors) {
    if (position === null) write.removeCursor.run(tenant, name);
    else write.setCursor.run(tenant, name, JSON.stringify(position));
  }
  for (const run of batch.unstalled) write.removeStalled.run(run.tenant, run.id);
  for (const { run, input } of batch.stalled) write.addStalled.run(run.tenant, run.id, input);
}

function addRun(write: Writes, row: Batch["newRuns"][number]): void {
  const { run, workflow, version, fingerprint, inputHash, at, labels, parent, owes } = row;
  const names = Object.keys(labels);
  const text = names.length === 0 ? null : JSON.stringify(labels);
  write.addRun.run(run.tenant, run.id, workflow, version, fingerprint, inputHash, at, at, text, parent, Number(owes));
  for (const name of names) write.addLabel.run(run.tenant, name, labels[name] ?? "", run.id);
}

function refOf(row: Row): RunRef {
  return { tenant: row["tenant"] as Tenant, id: row["run"] as RunId };
}

function lookUpOf(tenant: Tenant, row: Row): LookUp {
  return { key: String(row["key"]), run: { tenant, id: row["run"] as RunId }, path: String(row["path"]) };
}

function recordOf(row: Row): RunRecord {
  const { labels, parent, asks } = row;
  return {
    run: refOf(row),
    workflow: String(row["workflow"]),
    version: String(row["version"]),
    fingerprint: String(row["fingerprint"]),
    status: row["status"] as RunStatus,
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
    endedAt: row["ended_at"] === null ? null : Number(row["ended_at"]),
    error: errorOf(row),
    labels: typeof labels === "string" ? (JSON.parse(labels) as Labels) : {},
    ...(typeof parent === "string" ? { parent } : {}),
    ...(asks === "input" || asks === "auth" ? { asks } : {}),
  };
}

function errorOf({ error_code: code, error_message: message, error_reason: reason }: Row): RunError | null {
  if (typeof code !== "string") return null;
  return { code, message: String(message), ...(typeof reason === "string" ? { reason: reason as FailureReason } : {}) };
}
