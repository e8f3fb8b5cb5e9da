import type { DatabaseSync, StatementSync } from "node:sqlite";

import { FactInserts } from "./fact-inserts.ts";

/** Behind every other text: the last character of Unicode. */
export const LAST_TEXT = "\u{10FFFF}";

/** Every statement of the store, by name. One statement each; parameters only. */
export const READS = {
  findRun: `select run.*, timer.at as wake_at
    from run
    left join timer on timer.tenant = run.tenant and timer.run = run.run
    where run.tenant = ? and run.run = ?`,
  snapshot: "select seq, version, body from snapshot where tenant = ? and run = ?",
  facts: "select seq, version, body, payloads from fact where tenant = ? and run = ? and seq >= ? order by seq limit ?",
  lastFact: "select seq, version, body, payloads from fact where tenant = ? and run = ? order by seq desc limit 1",
  lookUp: "select key, run, path from look_up where tenant = ? and kind = ? and key = ?",
  // In the order of the index, so that of several it is the first: the ids of tasks are in the order of time.
  runOfMessage:
    "select message_key as key, run, '' as path from run indexed by run_by_message where tenant = ? and message_key = ? limit 1",
  // The plus: the key is what they are found by, never the run.
  openLookUps: `select look_up.key, look_up.run, look_up.path from look_up
    join run on run.tenant = look_up.tenant and run.run = look_up.run
    where look_up.tenant = ? and look_up.kind = ? and look_up.key > ? and look_up.key <= ? and +look_up.run <= ? and run.ended_at is null
    order by look_up.run, look_up.key limit ?`,
  endOfLookUps: "select key from look_up where tenant = ? and kind = ? and key > ? order by key limit 1 offset ?",
  owing: "select tenant, run from run where ended_at is null and owes = 1 order by tenant, run",
  owingWithLabels: "select tenant, run from run where ended_at is null and owes = 1 and labels is not null limit ?",
  timersUntil: "select tenant, run, at from timer where at <= ? order by at",
  definition: "select body from definition where tenant = ? and fingerprint = ?",
  countVersions: "select count(*) as count from definition where tenant = ? and name = ?",
  payload: "select content from payload where tenant = ? and hash = ?",
  cursor: "select position from cursor where tenant = ? and name = ?",
  // Names that begin with a text lie between it and the same text with the last character of Unicode behind it.
  cursors: `select name, position from cursor where tenant = ?1 and name >= ?2 and name < ?2 || char(1114111) and name > ?3
    order by name limit ?4`,
  stalledInputs: "select body from stalled_input where tenant = ? and run = ? order by place",
  // A sub-workflow is kept while the run above it is open, which may have yet to hear of its end.
  endedBefore: `select tenant, run from run where ended_at is not null and ended_at < ? and (parent is null or not exists (
    select 1 from run as above where above.tenant = run.tenant and above.run = run.parent and above.ended_at is null)) limit ?`,
} as const;

const WRITES = {
  begin: "begin immediate",
  commit: "commit",
  addRun: `insert into run (tenant, run, workflow, version, fingerprint, status, input_hash, created_at, updated_at, labels, parent, owes)
    values (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?)`,
  addLabel: "insert into label (tenant, name, value, run) values (?, ?, ?, ?)",
  setStatus: `update run set status = ?, updated_at = ?, ended_at = ?, error_code = ?, error_message = ?, error_reason = ?, asks = ?, owes = ?
    where tenant = ? and run = ?`,
  setTimer: "insert into timer (tenant, run, at) values (?, ?, ?) on conflict do update set at = excluded.at",
  removeTimer: "delete from timer where tenant = ? and run = ?",
  setOwing: "update run set owes = ? where tenant = ? and run = ?",
  setSnapshot: `insert into snapshot (tenant, run, seq, version, body) values (?, ?, ?, ?, ?)
    on conflict do update set seq = excluded.seq, version = excluded.version, body = excluded.body`,
  addPayload: "insert into payload (tenant, hash, content) values (?, ?, ?) on conflict do nothing",
  addPayloadReference: "insert into payload_reference (tenant, hash, run) values (?, ?, ?) on conflict do nothing",
  addLookUp:
    "insert into look_up (tenant, kind, key, run, path) values (?, ?, ?, ?, ?) on conflict do update set path = excluded.path where run = excluded.run",
  setMessage: "update run set message_key = ? where tenant = ? and run = ?",
  removeLookUp: "delete from look_up where tenant = ? and kind = ? and key = ?",
  addDefinition: `insert into definition (tenant, fingerprint, name, version, body, stored_at) values (?, ?, ?, ?, ?, ?)
    on conflict (tenant, fingerprint) do nothing`,
  rebindDefinition: "update definition set body = ? where tenant = ? and fingerprint = ?",
  setCursor: "insert into cursor (tenant, name, position) values (?, ?, ?) on conflict do update set position = excluded.position",
  removeCursor: "delete from cursor where tenant = ? and name = ?",
  addStalled: `insert into stalled_input (tenant, run, place, body)
    values (?1, ?2, (select coalesce(max(place), 0) + 1 from stalled_input where tenant = ?1 and run = ?2), ?3)`,
  removeStalled: "delete from stalled_input where tenant = ? and run = ?",
} as const;

/** What a removed run takes with it; each has the parameters tenant and run. */
const REMOVALS = [
  "delete from fact where tenant = ? and run = ?",
  "delete from snapshot where tenant = ? and run = ?",
  "delete from look_up where tenant = ? and run = ?",
  `delete from label where (tenant, name, value, run) in (
    select run.tenant, said.key, said.value, run.run from run, json_each(run.labels) as said where run.tenant = ?1 and run.run = ?2)`,
  "delete from stalled_input where tenant = ? and run = ?",
  `delete from payload where (tenant, hash) in (select tenant, hash from payload_reference where tenant = ?1 and run = ?2)
    and not exists (select 1 from payload_reference as other where other.tenant = payload.tenant and other.hash = payload.hash and other.run <> ?2)`,
  "delete from payload_reference where tenant = ? and run = ?",
  "delete from run where tenant = ? and run = ?",
] as const;

type Named<Texts> = { readonly [Name in keyof Texts]: StatementSync };

export type Reads = Named<typeof READS>;
export type Writes = Named<typeof WRITES> & { readonly facts: FactInserts; readonly removals: readonly StatementSync[] };

export function prepareReads(database: DatabaseSync): Reads {
  return prepareAll(database, READS);
}

export function prepareWrites(database: DatabaseSync): Writes {
  const removals = REMOVALS.map((text) => database.prepare(text));
  return { ...prepareAll(database, WRITES), facts: new FactInserts(database), removals };
}

function prepareAll<Texts extends { readonly [name: string]: string }>(database: DatabaseSync, texts: Texts): Named<Texts> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, database.prepare(text)])) as Named<Texts>;
}
