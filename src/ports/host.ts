/**
 * The port to durability. Everything that must survive goes through a host, and nothing else does.
 *
 * The laws, which one conformance suite checks of every host:
 *
 * 1. *Order.* The facts of a run are numbered 1, 2, 3, … without gap; every reader sees the same.
 * 2. *Durable before visible.* A receipt is given, a fact is shown and a command is performed only
 *    after the facts behind it are durable.
 * 3. *At least once, under one key.* A command is performed until its answer is durable, also after
 *    a crash; each time with the same effect id.
 * 4. *Late and double inputs change nothing.* They get a receipt with `applied: false`.
 * 5. *One run per id.* Starting an id again with the same workflow and input gives the same run;
 *    with others it is an error (T4002).
 * 6. *Timers are never early*, measured by the host's clock, and time never goes backwards in a run.
 * 7. *Watching has no gap*: all facts from a sequence number on, each once, until the run is over.
 * 8. *One bad run harms no other.* If deciding throws, the input is kept, the run is quarantined with
 *    its reason, and all other runs go on.
 * 9. *A failed write loses nothing that was acknowledged.* What was not acknowledged is refused with
 *    a retryable error, and the host goes on by itself when writing works again.
 * 10. *One definition per version.* A name and a version mean one fingerprint for ever, and a
 *    fingerprint has one version. The same definition again changes nothing.
 */
import type { RunRef, Tenant } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { FailureReason } from "../scheduler/fact.ts";
import type { Command, Fact, RunEnd, RunState, RunStatus } from "../scheduler/index.ts";
import type { Input, Labels, StartInput } from "../scheduler/input.ts";

/** Where runs are kept. What an implementation promises are the laws above. */
export type Host = {
  /** Keeps a definition, and gives its fingerprint (law 10). Rejects with T1501 when another one has its version. */
  define(tenant: Tenant, definition: Definition, options?: DefineOptions): Promise<string>;
  definition(tenant: Tenant, fingerprint: string): Promise<Definition | null>;
  /** What is stored, by name; of one name the newest first. */
  definitions(tenant: Tenant, filter: DefinitionFilter): Promise<Page<DefinitionRecord>>;
  /** How many versions of a name are stored. None is ever taken away: while there are as many, they are the same. */
  countVersions(tenant: Tenant, name: string): Promise<number>;
  /**
   * Starts a run, or finds the one that the same request has started (law 5). `isFresh`: the caller has just made
   * the id by chance, so that the store is not searched for its run. Should there be one, it stays as it is.
   */
  start(request: StartRequest, options?: { readonly isFresh: boolean }): Promise<StartReceipt>;
  /** Says something to a run. Resolves after commit. */
  post(run: RunRef, input: PostedInput): Promise<PostReceipt>;
  get(run: RunRef): Promise<RunRecord | null>;
  /** The run's state as of its last fact; null when there is no such run. */
  inspect(run: RunRef): Promise<RunState | null>;
  /**
   * A copy of what `look` sees in that state; null, too, when there is no such run. It costs what is seen: the state
   * of a run may be large, and is not copied. `look` changes nothing.
   */
  peek<Seen>(run: RunRef, look: (state: RunState) => Seen): Promise<Seen | null>;
  /** Is over when others have had their turn: for who reads much, since reads that are settled at once never give the event loop back. */
  rest(): Promise<void>;
  /** How a run ended, which is its last fact; null while it has not, and when there is no such run. */
  end(run: RunRef): Promise<RunEnd | null>;
  list(filter: RunFilter): Promise<Page<RunRecord>>;
  /** How many runs there are on all pages. */
  count(filter: RunQuery): Promise<number>;
  /** Tasks of callers that somebody is at work on, or should be: runs of any tenant with labels that owe commands. */
  tasksAtWork(limit: number): Promise<readonly RunRef[]>;
  /** Facts from a sequence number on, oldest first, at most `limit`. */
  history(run: RunRef, fromSeq: number, limit: number): Promise<readonly HistoryEntry[]>;
  /** Facts from a sequence number on, and what is streamed meanwhile, until the run is over. */
  watch(run: RunRef, fromSeq: number, signal?: AbortSignal): AsyncIterable<HistoryEntry | StreamedChunk>;
  /** The record of a run that is over; waits until it is. Rejects with T4001 when there is no such run. */
  whenOver(run: RunRef, signal?: AbortSignal): Promise<RunRecord>;
  /** The same wait, for those who have no use for the record. */
  over(run: RunRef, signal?: AbortSignal): Promise<void>;
  /** Shows a piece of a streamed answer to those who watch; it is never recorded. */
  stream(run: RunRef, chunk: StreamedChunk): void;
  /** What can be found by a name of the outside world: a question, a remote task, a context. */
  lookUp(tenant: Tenant, kind: LookUpKind, key: string): Promise<LookUp | null>;
  questions(tenant: Tenant, limit: number): Promise<readonly LookUp[]>;
  /** The position of a durable consumer; null before its first `moveCursor`. */
  cursor(tenant: Tenant, name: string): Promise<Json | null>;
  /** Null takes it away. */
  moveCursor(tenant: Tenant, name: string, position: Json | null): Promise<void>;
  /** The consumers whose names begin so, by name; at most `limit` of them, after a name. */
  cursors(tenant: Tenant, prefix: string, limit: number, after?: string): Promise<readonly Cursor[]>;
  putPayload(tenant: Tenant, content: Uint8Array): Promise<string>;
  getPayload(tenant: Tenant, hash: string): Promise<Uint8Array | null>;
  /** Gives a quarantined run its kept inputs again. */
  release(run: RunRef): Promise<void>;
  close(): Promise<void>;
};

export type DefineOptions = {
  /**
   * A definition under development: when another one has its version, it is kept as that version with
   * `+` and the fingerprint. Absent or false: it is refused, with the difference.
   */
  readonly draft?: boolean;
  /** When it is stored already: from now on its agents lead where this one says. */
  readonly rebind?: boolean;
};

/** A stored definition. */
export type DefinitionRecord = {
  readonly name: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly storedAt: number;
};

export type DefinitionFilter = {
  readonly name?: string;
  readonly version?: string;
  readonly fingerprint?: string;
  /** Without the versions that have a `+`. */
  readonly releases?: boolean;
  readonly limit: number;
  readonly cursor?: string;
};

/** An input without its instant: the host has the clock. */
export type PostedInput = Undated<Exclude<Input, { kind: "start" }>>;
type Undated<Any> = Any extends unknown ? Omit<Any, "at"> : never;

export type StartRequest = { readonly run: RunRef } & Omit<StartInput, "kind" | "run" | "tenant">;
export type StartReceipt = { readonly created: boolean; readonly record: RunRecord };
export type PostReceipt = { readonly applied: boolean };

/** What is known of a run without reading its history. */
export type RunRecord = {
  readonly run: RunRef;
  readonly workflow: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  /** When its status changed last; of the task of a caller over A2A, the instant of its last fact. */
  readonly updatedAt: number;
  readonly endedAt: number | null;
  /** Of a run that failed, was canceled or is quarantined. */
  readonly error: RunError | null;
  readonly labels: Labels;
  /** The run that this one is a sub-workflow of. */
  readonly parent?: string;
  /** What its open questions ask for; `auth` when all of them want an authorisation. Absent: it asks nobody. */
  readonly asks?: "input" | "auth";
};

/** `reason`: how the step ended that a run failed with. */
export type RunError = { readonly code: string; readonly message: string; readonly reason?: FailureReason };

export type RunFilter = {
  readonly tenant: Tenant;
  /** Sub-workflows of this run only. */
  readonly parent?: string;
  readonly status?: readonly RunStatus[];
  /** Its name, or several of which any will do. */
  readonly workflow?: string | readonly string[];
  readonly labels?: Labels;
  /** `none`: runs that ask nobody. */
  readonly asks?: "input" | "auth" | "none";
  /** Updated at that instant or later. */
  readonly updatedSince?: number;
  /** What newest first goes by; `created` when absent. */
  readonly order?: "created" | "updated";
  readonly limit: number;
  /** From the page before, in the same order. */
  readonly cursor?: string;
};

/** Which runs, wherever a page of them begins or ends. */
export type RunQuery = Omit<RunFilter, "limit" | "cursor">;

/** A durable consumer, and how far it is. */
export type Cursor = { readonly name: string; readonly position: Json };

export type Page<Item> = {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  /** There was much to look through, and others had their turn meanwhile: what changed then may be missing. */
  readonly inSeveralLooks?: boolean;
};

/** A fact of a run's history, and its number in it (law 1). */
export type HistoryEntry = { readonly kind: "fact"; readonly seq: number; readonly fact: Fact };
/** A piece of an answer that is not finished. It is shown to those who watch, and never kept. */
export type StreamedChunk = { readonly kind: "chunk"; readonly path: string; readonly attempt: number; readonly text: string };

export type LookUpKind = "question" | "task" | "context" | "message";
export type LookUp = { readonly key: string; readonly run: RunRef; readonly path: string };

/** A command with its run: what a host gives to the runtime to perform. */
export type PlacedCommand = {
  readonly run: RunRef;
  /** One text for the run, the same object for all of its commands: cheap to look up by. */
  readonly runKey: string;
  readonly workflow: string;
  readonly definition: Definition;
  readonly bindings: JsonObject | null;
  readonly command: Command;
  /** True after a restart: an earlier process may have begun it. */
  readonly recovered: boolean;
  /** How many orchestrators the run's request has passed before this one; absent means none. */
  readonly hops?: number;
  /** W3C `traceparent` of whoever asked for the run. */
  readonly trace?: string | undefined;
  /** W3C `tracestate` that came with it. */
  readonly tracestate?: string | undefined;
};

/** What a host needs from the runtime. */
export type Performer = {
  perform(command: PlacedCommand): void;
  /** Why an open run cannot go on in this process, as a sentence; null when it can. */
  cannotRecover(definition: Definition, bindings: JsonObject | null): string | null;
  /** Whether runs of an earlier process are still being taken up: until then nobody knows all that is at work, and nothing limited begins. */
  takingUp?(isGoingOn: boolean): void;
};
