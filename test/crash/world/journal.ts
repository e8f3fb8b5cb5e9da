/** A file of JSON lines that several processes append to, and that survives all of them. */
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";

/** A handler of an agent began or ended. `life` says which process of the orchestrator, for local ones. */
export type Execution = {
  readonly event: "begin" | "end";
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

export type Entry = Execution | Arrival | Message;

export function write(file: string, entry: Entry): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** Everything from a byte on; a last line that a dying process left half written is not an entry. */
export function read(file: string, fromByte = 0): readonly Entry[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file).subarray(fromByte).toString("utf8");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Entry);
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
