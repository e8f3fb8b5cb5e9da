/** What the handlers of the served sweep write down: that they began and ended, in a file that outlives them. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export type DiaryEntry = {
  readonly event: "begin" | "end";
  readonly at: number;
  /** Which process of the server. */
  readonly life: number;
  readonly capability: string;
  /** The idempotency key: `tenant/task/path/attempt/turn`. */
  readonly key: string;
};

export function note(file: string, entry: DiaryEntry): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

export function readDiary(file: string): readonly DiaryEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as DiaryEntry);
}

/** The task that a key is of. */
export function taskOfKey(key: string): string {
  return key.split("/")[1] ?? "";
}
