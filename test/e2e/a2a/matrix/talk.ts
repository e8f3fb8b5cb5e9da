/** What the matrix asks of a client, whoever made it, and what that has come to in words that all share. */
import type { Json } from "../../../../src/base/json.ts";

/** What a client has come to know of a task: how it stands, and all contents that it was given, each once. */
export type Seen = { readonly kind: string; readonly contents: readonly string[]; readonly said?: string };

/** A task that has come to rest: at its end, or with a question. */
export type Talk = {
  readonly seen: Seen;
  /** Null when the answer needed no task. */
  readonly taskId: string | null;
  answer(text: string): Promise<Seen>;
};

/** A task that is worked on. */
export type Work = {
  /** Resolves when the agent has told that it works. */
  readonly begun: Promise<void>;
  /** Resolves at the end, with the pieces of text that came on the way. */
  readonly end: Promise<{ readonly seen: Seen; readonly pieces: readonly string[] }>;
  /** Sends another message to the same task, whatever comes of it. */
  interrupt(): Promise<void>;
  cancel(): Promise<void>;
};

export type TestClient = AsyncDisposable & {
  /** Gives work, and waits as long as it takes. */
  give(skill: string, input: Json): Promise<Talk>;
  begin(skill: string, input: Json): Promise<Work>;
  /** Whether the agent lists the task of a talk. */
  lists(talk: Talk): Promise<boolean>;
};

/** A content in words: what kind it is, and what is in it. */
export function contentWord(kind: "text" | "data" | "raw" | "url", value: unknown): string {
  return `${kind} ${kind === "data" ? JSON.stringify(value) : String(value)}`;
}

export function eachOnce(contents: readonly string[]): readonly string[] {
  return [...new Set(contents)].toSorted();
}
