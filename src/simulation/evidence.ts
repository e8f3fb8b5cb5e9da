/**
 * What one simulated history leaves behind for the auditor: plain data. The auditor knows nothing
 * else, and uses no code of the engine, so that a mistake there cannot hide itself here.
 *
 * 1. `order` numbers everything that happened in one world, from 1: two things at the same virtual
 *    instant still have an order.
 */

/** A fact as it is stored, large fields put back. */
export type StoredFact = { readonly seq: number; readonly kind: string; readonly at: number; readonly [field: string]: unknown };

export type SimulatedRun = {
  readonly tenant: string;
  readonly id: string;
  /** The run above, when it is a sub-workflow. */
  readonly parent: string | null;
  readonly status: string;
  readonly endedAt: number | null;
  /** When each fact became durable, in the order of the world; as many as there are facts. */
  readonly facts: readonly { readonly order: number; readonly fact: StoredFact }[];
  /** What the host keeps besides the history when everything is quiet: timers, owed commands, questions. */
  readonly leftovers: { readonly wakeAt: number | null; readonly owes: boolean };
};

/** What an agent of the world saw and did, in its own words: it has no idea of runs, nor of tenants. */
export type DiaryEntry = { readonly order: number; readonly at: number; readonly agent: string } & (
  | {
      readonly event: "received" | "answeredFromMemory";
      readonly messageId: string;
      readonly taskId: string;
      /** Of an agent behind A2A: the conversation that the message went into. */
      readonly contextId?: string;
      /** What the message said about whose work it is (the assignment in its metadata). */
      readonly run: string;
      readonly path: string;
      readonly attempt: number;
      readonly turn: number;
      /** Canonical JSON of the message's parts. */
      readonly content: string;
      /** The word of the tenant whose work it is, as it came with the message; empty in a world with one tenant. */
      readonly whose: string;
      /** The number of its sending in the order of the world: copies that the network makes have the same one. */
      readonly sent?: number;
      /** When that was. */
      readonly sentAt?: number;
    }
  /** `heard`: the agent's answer with the name of its task has come to the process that asked. */
  | { readonly event: "began" | "ended" | "canceled" | "forgot" | "heard" | "direct"; readonly taskId: string; readonly said?: string }
);

/** What somebody outside, of a tenant, was told: an acknowledgement, or what a read returned. */
export type Told = { readonly order: number; readonly at: number; readonly life: number; readonly tenant: string } & (
  | { readonly what: "started"; readonly run: string; readonly key: string }
  | {
      /** `refused`: it changed nothing. */
      readonly what: "acknowledged" | "refused";
      readonly run: string;
      readonly act: "start" | "cancel" | "pause" | "resume" | "signal" | "answer";
      readonly key: string;
    }
  /** Who asked to be told when the run is over, has not been told when all was quiet. */
  | { readonly what: "waits"; readonly run: string }
  | { readonly what: "result"; readonly run: string; readonly status: string; readonly output: string }
  /** Somebody looked, and this was there: what it is, its id, and what was shown of it. */
  | {
      readonly what: "shown";
      readonly run: string;
      readonly thing: "question" | "run" | "payload";
      readonly key: string;
      readonly text: string;
    }
  | { readonly what: "fact"; readonly run: string; readonly reader: string; readonly seq: number; readonly kind: string }
);

/** A life of the process: it ended by a crash, or lives until the end. */
export type Life = {
  readonly number: number;
  readonly beganAt: number;
  readonly beganOrder: number;
  readonly endedAt: number | null;
  readonly endedOrder: number | null;
};

export type Evidence = {
  readonly seed: string;
  /** Those who share the world; where there are several, whatever one of them says bears its word, and nobody else knows it. */
  readonly tenants: readonly { readonly tenant: string; readonly word: string }[];
  /** The workflows as their files say them, by name. */
  readonly definitions: { readonly [name: string]: unknown };
  readonly runs: readonly SimulatedRun[];
  readonly diary: readonly DiaryEntry[];
  readonly told: readonly Told[];
  readonly lives: readonly Life[];
  /** When the process was there and did nothing, as on a machine that sleeps; absent: nobody knows, so nothing is too late. */
  readonly pauses?: readonly { readonly from: number; readonly until: number }[];
  /** When the world was quiet for good: no fault any more, nobody acts, every wait was given its time. */
  readonly quietAt: number;
  /** True when the world gave up before everything was over. */
  readonly gaveUp: boolean;
  /** Words that must appear in nothing that the product wrote or said (invariant I13). */
  readonly canaries: readonly string[];
  /** Everything that was logged. */
  readonly log: readonly string[];
};

/** A broken promise. `invariant`: I1 to I14 (reliability.md, 3.H), or the name of another one. */
export type Violation = { readonly invariant: string; readonly run: string; readonly sentence: string };
