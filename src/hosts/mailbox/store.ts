/**
 * What a mailbox host needs of a store: synchronous reads, and one commit for everything of a turn.
 * The store decides nothing.
 */
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
import type { Labels } from "../../scheduler/input.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import type { RunPlace } from "./page.ts";

export type Store = {
  /** All of it is durable when this returns; nothing of it when it throws. */
  commit(batch: Batch): void;
  find(run: RunRef): StoredRun | null;
  /** The newest snapshot, if there is one. */
  snapshot(run: RunRef): { readonly seq: number; readonly version: number; readonly body: string } | null;
  facts(run: RunRef, fromSeq: number, limit: number): readonly EncodedFact[];
  lastFact(run: RunRef): EncodedFact | null;
  /** The next runs of a list, `limit` at most. `goOn`: it has stopped there, and has yet to look further. */
  list(filter: RunFilter, from?: LookPlace): { readonly found: readonly RunRecord[]; readonly goOn: LookPlace | null };
  /** How many of them there are, in whatever order there is least to look at. */
  count(filter: Omit<RunQuery, "order">, from?: LookPlace): { readonly count: number; readonly goOn: LookPlace | null };
  lookUp(tenant: Tenant, kind: LookUpKind, key: string): LookUp | null;
  /** Those of open runs, the first by their runs, `limit` at most. `goOn`: the key behind which it has yet to look. */
  lookUps(tenant: Tenant, kind: LookUpKind, range: LookUpRange): { readonly found: readonly LookUp[]; readonly goOn: string | null };
  /** Runs that owe commands: after a restart these must be loaded. */
  owing(): readonly RunRef[];
  /** Those of them that have labels, some of them. */
  owingWithLabels(limit: number): readonly RunRef[];
  /** Timers up to an instant, earliest first. */
  timersUntil(at: number): readonly { readonly run: RunRef; readonly at: number }[];
  definition(tenant: Tenant, fingerprint: string): Definition | null;
  definitions(tenant: Tenant, filter: DefinitionFilter): Page<DefinitionRecord>;
  countVersions(tenant: Tenant, name: string): number;
  payload(tenant: Tenant, hash: string): Uint8Array | null;
  cursor(tenant: Tenant, name: string): Json | null;
  cursors(tenant: Tenant, prefix: string, limit: number, after?: string): readonly Cursor[];
  stalledInputs(run: RunRef): readonly string[];
  close(): void;
};

/** Where a look at runs has stopped. */
export type LookPlace =
  /** In the order of the list, behind a cursor; `newest`: and perhaps there is a shorter way to the rest. */
  | { readonly kind: "newest" | "inOrder"; readonly cursor: string | undefined }
  /**
   * Among ids, from the last to the first, those before `before`. Only when all have been looked at, it is known
   * which are the newest behind the cursor. `newerThan`: there are enough up to this place.
   */
  | {
      readonly kind: "byId";
      readonly cursor: string | undefined;
      readonly way: number;
      readonly before: string;
      readonly newerThan?: RunPlace;
    };

/** Of names: those behind the key `after`, of runs up to `lastRun`. */
export type LookUpRange = { readonly limit: number; readonly after?: string; readonly lastRun?: string | undefined };

/** A run's row, with what the host keeps about it. */
export type StoredRun = {
  readonly record: RunRecord;
  readonly inputHash: string;
  readonly wakeAt: number | null;
  readonly owes: boolean;
};

export type EncodedFact = {
  readonly seq: number;
  readonly version: number;
  readonly body: string;
  /** Fields of the fact that are kept as payloads: name → hash, as JSON; null for most facts. */
  readonly payloads: string | null;
};

/** Everything that one turn makes durable. */
export type Batch = {
  readonly facts: FactRow[];
  readonly newRuns: NewRunRow[];
  readonly statuses: StatusRow[];
  /** `at: null` takes the timer away. */
  readonly timers: { readonly run: RunRef; readonly at: number | null }[];
  /** Of runs of which nothing else is new. */
  readonly owing: { readonly run: RunRef; readonly owes: boolean }[];
  readonly snapshots: { readonly run: RunRef; readonly seq: number; readonly version: number; readonly body: string }[];
  readonly payloads: { readonly run: RunRef; readonly hash: string; readonly content: Uint8Array }[];
  /** Content that belongs to no run yet. */
  readonly loosePayloads: { readonly tenant: Tenant; readonly hash: string; readonly content: Uint8Array }[];
  /** Content that a fact names, and that was kept before. */
  readonly references: { readonly run: RunRef; readonly hash: string }[];
  readonly lookUps: {
    readonly run: RunRef;
    readonly kind: LookUpKind;
    readonly key: string;
    readonly path: string;
    readonly open: boolean;
  }[];
  readonly definitions: DefinitionRow[];
  /** `position: null` takes the cursor away. */
  readonly cursors: { readonly tenant: Tenant; readonly name: string; readonly position: Json | null }[];
  readonly stalled: { readonly run: RunRef; readonly input: string }[];
  readonly unstalled: RunRef[];
};

export type FactRow = { readonly run: RunRef } & EncodedFact;

export type DefinitionRow = DefinitionRecord & {
  readonly tenant: Tenant;
  readonly definition: Definition;
  /** It is stored already; only where its agents lead is new. */
  readonly rebinds: boolean;
};

export type NewRunRow = {
  readonly run: RunRef;
  readonly workflow: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly inputHash: string;
  readonly at: number;
  readonly labels: Labels;
  readonly parent: string | null;
  readonly owes: boolean;
};

export type StatusRow = {
  readonly run: RunRef;
  readonly status: RunStatus;
  readonly at: number;
  readonly endedAt: number | null;
  readonly error: RunRecord["error"];
  readonly asks: "input" | "auth" | null;
  readonly owes: boolean;
};

export function emptyBatch(): Batch {
  return {
    facts: [],
    newRuns: [],
    statuses: [],
    timers: [],
    owing: [],
    snapshots: [],
    payloads: [],
    loosePayloads: [],
    references: [],
    lookUps: [],
    definitions: [],
    cursors: [],
    stalled: [],
    unstalled: [],
  };
}

export function isEmptyBatch(batch: Batch): boolean {
  return Object.values(batch).every((rows) => rows.length === 0);
}

/** One text for a run in maps: tenants hold no slash. */
export function keyOf(run: RunRef): string {
  return `${run.tenant}/${run.id}`;
}
