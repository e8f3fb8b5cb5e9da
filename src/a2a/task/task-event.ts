/** What a run's history says to those who follow it as an A2A task. */
import type { StreamResponse, Task } from "@a2a-js/sdk";

/** Whose task it is: it decides how the run's facts are told. */
export type TaskShape =
  /** A served agent: a run of one step. Its words are told as they are. */
  | { readonly kind: "agent"; readonly name: string }
  /** A workflow: its subtasks are its progress. `steps`: how many it has, for the share that is over; absent: no share is told. */
  | { readonly kind: "workflow"; readonly name: string; readonly steps?: number };

/**
 * One event of a task. `id` is its place in the history, `<seq>.<n>`: the n-th event of the fact with
 * that number. Null for what no history has: a piece of an answer that is being streamed.
 */
export type TaskEvent = { readonly id: string | null; readonly event: StreamResponse };

/** A task as of a fact. `seq` is that fact's number. */
export type TaskAt = { readonly seq: number; readonly task: Task };

export function eventId(seq: number, n: number): string {
  return `${seq}.${n}`;
}

/** The place that an event's id names; null when it is not one of ours. */
export function placeOf(id: string): { readonly seq: number; readonly n: number } | null {
  const [, seq, n] = /^(\d{1,15})\.(\d{1,9})$/.exec(id) ?? [];
  return seq === undefined || n === undefined ? null : { seq: Number(seq), n: Number(n) };
}
