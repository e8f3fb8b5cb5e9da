import type { RunRef, Tenant } from "../../base/ids.ts";
import type { Json } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type {
  Cursor,
  DefinitionFilter,
  DefinitionRecord,
  LookUp,
  LookUpKind,
  Page,
  RunFilter,
  RunQuery,
  RunRecord,
} from "../../ports/host.ts";
import { newRecord } from "../mailbox/new-record.ts";
import { compareRunPlaces, readRunCursor, runPlaceOf } from "../mailbox/page.ts";
import {
  keyOf,
  type Batch,
  type DefinitionRow,
  type EncodedFact,
  type LookUpRange,
  type NewRunRow,
  type Store,
  type StoredRun,
} from "../mailbox/store.ts";
import { pageOfDefinitions } from "./list-definitions.ts";
import { PayloadUses } from "./payload-uses.ts";

type Entry = {
  record: RunRecord;
  readonly inputHash: string;
  readonly facts: EncodedFact[];
  /** What it is found by, so that it can be forgotten without a look at what others are found by. */
  readonly lookUps: Set<string>;
  snapshot: { seq: number; version: number; body: string } | null;
  wakeAt: number | null;
  owes: boolean;
};

/**
 * A store for tests and simulation: as faithful as the one on disk (facts are texts, a batch is all
 * or nothing) and as durable as the object. A second host on the same store is a restart.
 *
 * It also holds the tasks of an agent that is served without a database, and then for as long as the
 * process lives: so it may forget. Of more runs than `maxRuns` those that ended first go, when a new
 * one comes; a run that has not ended is never forgotten.
 */
export class MemoryStore implements Store {
  readonly #runs = new Map<string, Entry>();
  readonly #definitions = new Map<string, DefinitionRow>();
  readonly #payloads = new Map<string, Uint8Array>();
  readonly #cursors = new Map<string, Json>();
  readonly #lookUps = new Map<string, LookUp & { readonly kind: LookUpKind }>();
  readonly #stalled = new Map<string, string[]>();
  readonly #uses = new PayloadUses(this.#payloads);
  readonly #maxRuns: number;
  /** In the order in which they ended. */
  readonly #ended = new Set<string>();

  constructor({ maxRuns = Number.POSITIVE_INFINITY }: { readonly maxRuns?: number } = {}) {
    this.#maxRuns = maxRuns;
  }

  commit(batch: Batch): void {
    const taken = batch.newRuns.find(({ run }) => this.#runs.has(keyOf(run)));
    if (taken !== undefined) throw new Error(`The store has run ${taken.run.id} already.`);
    for (const row of batch.definitions) {
      const key = `${row.tenant}/${row.fingerprint}`;
      const known = this.#definitions.get(key);
      if (known === undefined) this.#definitions.set(key, row);
      else if (row.rebinds) this.#definitions.set(key, { ...known, definition: row.definition });
    }
    for (const { run, hash, content } of batch.payloads) this.#payloads.set(`${run.tenant}/${hash}`, content);
    for (const { tenant, hash, content } of batch.loosePayloads) this.#payloads.set(`${tenant}/${hash}`, content);
    for (const row of batch.newRuns) {
      this.#makeRoom();
      this.#runs.set(keyOf(row.run), newEntry(row));
    }
    for (const { run, seq, version, body, payloads } of batch.facts) {
      this.#entry(run).facts.push({ seq, version, body, payloads });
      if (this.#isBounded) this.#uses.add(run.tenant, { body, payloads });
    }
    for (const { run, kind, key, path, open } of batch.lookUps) {
      const name = `${run.tenant}/${kind}/${key}`;
      if (open) {
        this.#lookUps.set(name, { kind, key, run, path });
        this.#entry(run).lookUps.add(name);
      } else {
        this.#lookUps.delete(name);
        this.#entry(run).lookUps.delete(name);
      }
    }
    this.#commitStanding(batch);
  }

  #commitStanding(batch: Batch): void {
    for (const { run, status, at, endedAt, error, asks, owes } of batch.statuses) {
      const entry = this.#entry(run);
      entry.owes = owes;
      const { asks: _, ...record } = entry.record;
      entry.record = { ...record, status, updatedAt: at, endedAt, error, ...(asks === null ? {} : { asks }) };
    }
    for (const { run, endedAt } of batch.statuses) if (this.#isBounded && endedAt !== null) this.#ended.add(keyOf(run));
    for (const { run, at } of batch.timers) this.#entry(run).wakeAt = at;
    for (const { run, owes } of batch.owing) this.#entry(run).owes = owes;
    for (const { run, seq, version, body } of batch.snapshots) this.#entry(run).snapshot = { seq, version, body };
    for (const { tenant, name, position } of batch.cursors) {
      if (position === null) this.#cursors.delete(`${tenant}/${name}`);
      else this.#cursors.set(`${tenant}/${name}`, position);
    }
    for (const run of batch.unstalled) this.#stalled.delete(keyOf(run));
    for (const { run, input } of batch.stalled) this.#stalled.set(keyOf(run), [...(this.#stalled.get(keyOf(run)) ?? []), input]);
  }

  get #isBounded(): boolean {
    return this.#maxRuns < Number.POSITIVE_INFINITY;
  }

  #makeRoom(): void {
    const [oldest] = this.#ended;
    if (this.#runs.size < this.#maxRuns || oldest === undefined) return;
    const entry = this.#runs.get(oldest);
    this.#ended.delete(oldest);
    this.#runs.delete(oldest);
    if (entry === undefined) return;
    const { tenant } = entry.record.run;
    for (const fact of entry.facts) for (const key of this.#uses.remove(tenant, fact)) this.#payloads.delete(key);
    for (const name of entry.lookUps) if (this.#isFoundBy(name, oldest)) this.#lookUps.delete(name);
  }

  /** A later run may have taken the name over. */
  #isFoundBy(name: string, key: string): boolean {
    const run = this.#lookUps.get(name)?.run;
    return run !== undefined && keyOf(run) === key;
  }

  #entry(run: RunRef): Entry {
    const entry = this.#runs.get(keyOf(run));
    if (entry === undefined) throw new Error(`Run ${run.id} is not in this store.`);
    return entry;
  }

  find(run: RunRef): StoredRun | null {
    return this.#runs.get(keyOf(run)) ?? null;
  }

  snapshot(run: RunRef): { seq: number; version: number; body: string } | null {
    return this.#runs.get(keyOf(run))?.snapshot ?? null;
  }

  facts(run: RunRef, fromSeq: number, limit: number): readonly EncodedFact[] {
    const facts = this.#runs.get(keyOf(run))?.facts ?? [];
    return facts.slice(Math.max(0, fromSeq - 1), Math.max(0, fromSeq - 1) + limit);
  }

  lastFact(run: RunRef): EncodedFact | null {
    return this.#runs.get(keyOf(run))?.facts.at(-1) ?? null;
  }

  list(filter: RunFilter): { found: RunRecord[]; goOn: null } {
    const from = filter.cursor === undefined ? null : readRunCursor(filter.cursor);
    const found = this.#matching(filter)
      .map((record) => ({ record, place: runPlaceOf(record, filter) }))
      .filter(({ place }) => from === null || compareRunPlaces(place, from) < 0)
      .toSorted((left, right) => compareRunPlaces(right.place, left.place))
      .slice(0, filter.limit)
      .map(({ record }) => record);
    return { found, goOn: null };
  }

  count(filter: RunQuery): { count: number; goOn: null } {
    return { count: this.#matching(filter).length, goOn: null };
  }

  #matching(filter: RunQuery): RunRecord[] {
    return [...this.#runs.values()].map(({ record }) => record).filter((record) => matches(record, filter));
  }

  lookUp(tenant: Tenant, kind: LookUpKind, key: string): LookUp | null {
    return this.#lookUps.get(`${tenant}/${kind}/${key}`) ?? null;
  }

  lookUps(tenant: Tenant, kind: LookUpKind, { limit }: LookUpRange): { found: readonly LookUp[]; goOn: null } {
    const isOpen = ({ run }: LookUp) => this.#runs.get(keyOf(run))?.record.endedAt === null;
    const open = [...this.#lookUps.values()]
      .filter((found) => found.run.tenant === tenant && found.kind === kind && isOpen(found))
      .slice(0, limit);
    return { found: open, goOn: null };
  }

  owing(): readonly RunRef[] {
    return [...this.#runs.values()].filter((entry) => entry.owes).map((entry) => entry.record.run);
  }

  owingWithLabels(limit: number): readonly RunRef[] {
    return [...this.#runs.values()]
      .filter(({ owes, record }) => owes && Object.keys(record.labels).length > 0)
      .slice(0, limit)
      .map(({ record }) => record.run);
  }

  timersUntil(at: number): readonly { run: RunRef; at: number }[] {
    return [...this.#runs.values()].flatMap(({ record, wakeAt }) =>
      wakeAt !== null && wakeAt <= at ? [{ run: record.run, at: wakeAt }] : [],
    );
  }

  definition(tenant: Tenant, fingerprint: string): Definition | null {
    return this.#definitions.get(`${tenant}/${fingerprint}`)?.definition ?? null;
  }

  definitions(tenant: Tenant, filter: DefinitionFilter): Page<DefinitionRecord> {
    return pageOfDefinitions(
      [...this.#definitions.values()].filter((row) => row.tenant === tenant),
      filter,
    );
  }

  countVersions(tenant: Tenant, name: string): number {
    return [...this.#definitions.values()].filter((row) => row.tenant === tenant && row.name === name).length;
  }

  payload(tenant: Tenant, hash: string): Uint8Array | null {
    return this.#payloads.get(`${tenant}/${hash}`) ?? null;
  }

  cursor(tenant: Tenant, name: string): Json | null {
    return this.#cursors.get(`${tenant}/${name}`) ?? null;
  }

  cursors(tenant: Tenant, prefix: string, limit: number, after = ""): readonly Cursor[] {
    return [...this.#cursors]
      .filter(([key]) => key.startsWith(`${tenant}/${prefix}`))
      .map(([key, position]) => ({ name: key.slice(tenant.length + 1), position }))
      .filter(({ name }) => name > after)
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .slice(0, limit);
  }

  stalledInputs(run: RunRef): readonly string[] {
    return this.#stalled.get(keyOf(run)) ?? [];
  }

  close(): void {
    // Nothing is held open; the content stays for the next host, as a file would.
  }
}

function newEntry({ inputHash, owes, ...row }: NewRunRow): Entry {
  return { record: newRecord(row), inputHash, facts: [], lookUps: new Set(), snapshot: null, wakeAt: null, owes };
}

function matches(record: RunRecord, filter: RunQuery): boolean {
  const { tenant, status, workflow, labels, parent, asks, updatedSince = 0 } = filter;
  if (asks !== undefined && (record.asks ?? "none") !== asks) return false;
  if (record.updatedAt < updatedSince) return false;
  if (parent !== undefined && record.parent !== parent) return false;
  if (record.run.tenant !== tenant) return false;
  if (workflow !== undefined && ![workflow].flat().includes(record.workflow)) return false;
  if (status !== undefined && status.length > 0 && !status.includes(record.status)) return false;
  return Object.entries(labels ?? {}).every(([name, value]) => record.labels[name] === value);
}
