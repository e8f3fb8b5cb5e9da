/** Files of JSON lines, one for each run, that several processes append to and that survive all of them. */
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A handler of an agent began or ended. `life` says which process of the orchestrator, for local ones.
 * `isAborted`: it ended because nobody wanted its result any more.
 */
export type Execution = ({ readonly event: "begin" } | { readonly event: "end"; readonly isAborted: boolean }) & {
  readonly at: number;
  readonly life: string;
  readonly agent: string;
  readonly capability: string;
  readonly run: string;
  readonly path: string;
  readonly attempt: number;
  readonly turn: number;
  readonly key: string;
};

/** A message that made, or would have made, a task. `known`: it was recognised as sent before. */
export type Arrival = { readonly event: "arrival"; readonly agent: string; readonly messageId: string; readonly known: boolean };

/** A message as a task holds it: whose work it was, by its assignment. */
export type Message = {
  readonly event: "message";
  readonly agent: string;
  readonly messageId: string;
  readonly taskId: string;
  readonly correlation: string;
  readonly run: string;
  readonly path: string;
  readonly attempt: number;
};

/** An event that came to the receiver, under its idempotency key, and what the receiver answered. */
export type Delivery = {
  readonly event: "delivery";
  readonly at: number;
  readonly run: string;
  readonly path: string;
  readonly type: string;
  readonly id: string;
  readonly key: string;
  readonly data: unknown;
  readonly status: number;
};

export type Entry = Execution | Arrival | Message | Delivery;

/** The journal of a run; `arrivals` is the one of messages whose run nobody has looked at. */
export function journalOf(directory: string, run: string): string {
  return join(directory, `${run}.jsonl`);
}

/** The runs that have a journal and whose ids begin like this. */
export function runsOf(directory: string, prefix: string): readonly string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith(prefix) && name.endsWith(".jsonl"));
  return names.map((name) => name.slice(0, -".jsonl".length)).toSorted();
}

export function write(directory: string, entry: Entry): void {
  const run = entry.event === "arrival" ? ARRIVALS : entry.run;
  appendFileSync(journalOf(directory, run), `${JSON.stringify(entry)}\n`);
}

export const ARRIVALS = "arrivals";
/** The life of the remote agents, which never die. */
export const REMOTE_LIFE = "remote";

/** The entries between two bytes. A last line that a dying process left half written is not an entry. */
export function read(file: string, fromByte = 0, toByte?: number): readonly Entry[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file).subarray(fromByte, toByte).toString("utf8");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Entry);
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
