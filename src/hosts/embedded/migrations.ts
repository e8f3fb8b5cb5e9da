/**
 * The tables, as numbered steps that are only ever added to. Every key begins with the tenant.
 *
 * A run has at most one timer (its next wake, never later than the true one), and in its row the mark
 * that it owes commands. The commands themselves follow from the state, so that the two can never
 * disagree (docs/decisions/0002).
 */
export const MIGRATIONS: readonly string[] = [
  `
  create table definition (
    tenant text not null, fingerprint text not null, name text not null, version text, body text not null,
    primary key (tenant, fingerprint)
  ) without rowid;

  create table run (
    tenant text not null, run text not null, workflow text not null, version text not null,
    fingerprint text not null, status text not null, input_hash text not null,
    created_at integer not null, updated_at integer not null, ended_at integer,
    error_code text, error_message text, labels text,
    primary key (tenant, run)
  ) without rowid;
  create index run_by_age on run (tenant, created_at, run);
  create index run_by_end on run (ended_at) where ended_at is not null;

  create table fact (
    tenant text not null, run text not null, seq integer not null,
    version integer not null, body text not null, payloads text,
    primary key (tenant, run, seq)
  ) without rowid;

  create table snapshot (
    tenant text not null, run text not null, seq integer not null, version integer not null, body text not null,
    primary key (tenant, run)
  ) without rowid;

  create table timer (
    tenant text not null, run text not null, at integer not null,
    primary key (tenant, run)
  ) without rowid;

  create table open_command (
    tenant text not null, run text not null,
    primary key (tenant, run)
  ) without rowid;

  create table payload (
    tenant text not null, hash text not null, content blob not null,
    primary key (tenant, hash)
  ) without rowid;

  create table payload_reference (
    tenant text not null, hash text not null, run text not null,
    primary key (tenant, hash, run)
  ) without rowid;
  create index payload_reference_by_run on payload_reference (tenant, run);

  create table label (
    tenant text not null, name text not null, value text not null, run text not null,
    primary key (tenant, name, value, run)
  ) without rowid;
  create index label_by_run on label (tenant, run);

  create table look_up (
    tenant text not null, kind text not null, key text not null, run text not null, path text not null,
    primary key (tenant, kind, key)
  ) without rowid;
  create index look_up_by_run on look_up (tenant, run);

  create table cursor (
    tenant text not null, name text not null, position text not null,
    primary key (tenant, name)
  ) without rowid;

  create table stalled_input (
    tenant text not null, run text not null, place integer not null, body text not null,
    primary key (tenant, run, place)
  ) without rowid;
  `,

  // Versions: a name and a version mean one definition, the first. Where there are others by now, they
  // become drafts, with their fingerprint behind a plus. Sub-workflows: which run a run belongs to.
  `
  alter table definition add column stored_at integer not null default 0;
  update definition set stored_at = coalesce(
    (select min(created_at) from run where run.tenant = definition.tenant and run.fingerprint = definition.fingerprint), 0);
  update definition set version = '0.0.0+' || substr(fingerprint, 1, 12) where version is null;
  update definition set version = version || case when instr(version, '+') > 0 then '.' else '+' end || substr(fingerprint, 1, 12)
    where exists (
      select 1 from definition as first
      where first.tenant = definition.tenant and first.name = definition.name and first.version = definition.version
        and (first.stored_at, first.fingerprint) < (definition.stored_at, definition.fingerprint));
  create unique index definition_by_version on definition (tenant, name, version);

  alter table run add column parent text;
  create index run_by_parent on run (tenant, parent) where parent is not null;
  `,

  // Tasks of callers over A2A, which have labels: what they ask for, and by their last change.
  `
  alter table run add column asks text;
  create index run_by_change on run (tenant, updated_at, run) where labels is not null;
  `,

  // How the step ended that a run failed with: of earlier runs it stands in the sentence of their error.
  `
  alter table run add column error_reason text;
  update run
    set error_reason = substr(error_message, instr(error_message, '(') + 1, instr(error_message, ')') - instr(error_message, '(') - 1)
    where error_code = 'T4108';
  `,

  // The labels of a run stand in its row, by which they are found when it is removed.
  `
  drop index label_by_run;
  `,

  // That a run owes commands, and the message that it began with, stand in its row: as rows of tables of their
  // own they cost each small task two statements and an index more.
  `
  alter table run add column owes integer not null default 0;
  alter table run add column message_key text;
  update run set owes = 1 where (tenant, run) in (select tenant, run from open_command);
  update run set message_key = (select key from look_up where tenant = run.tenant and look_up.run = run.run and kind = 'message')
    where (tenant, run) in (select tenant, run from look_up where kind = 'message');
  drop table open_command;
  delete from look_up where kind = 'message';
  create index run_by_message on run (tenant, message_key) where message_key is not null;
  drop index run_by_end;
  create index run_by_end on run (ended_at, owes);
  `,
];
