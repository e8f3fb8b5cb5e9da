import { hash } from "node:crypto";

import { effectKey } from "../../scheduler/index.ts";
import type { EffectId } from "../../scheduler/input.ts";
import { fingerprintOf } from "../../base/hash.ts";
import type { RunId, RunRef } from "../../base/ids.ts";
import { MAX_RUN_ID_LENGTH } from "../../base/limits.ts";

/** Tutti's own namespace for derived ids, 7f3b0c1e-52d4-5a7e-9d1c-3f6a2b8e4c90; it must never change. */
const NAMESPACE = Buffer.from("7f3b0c1e52d45a7e9d1c3f6a2b8e4c90", "hex");

export function keyOfEffect(run: RunRef, effect: EffectId): string {
  return effectKey(run.tenant, run.id, effect);
}

/** The A2A message id of an effect: the same in every process and every re-send (design.md, fact 1). */
export function messageIdOf(run: RunRef, effect: EffectId): string {
  return derivedId(keyOfEffect(run, effect));
}

const CHILD_DIGITS = 16;

/**
 * The id of the run that an effect starts: the id of the run above, a dot, and digits that follow from
 * the effect's key. Of a long id only the beginning is kept; the digits tell runs apart.
 */
export function childIdOf(run: RunRef, effect: EffectId): RunId {
  const digits = fingerprintOf(keyOfEffect(run, effect)).slice(0, CHILD_DIGITS);
  return `${run.id.slice(0, MAX_RUN_ID_LENGTH - CHILD_DIGITS - 1)}.${digits}` as RunId;
}

/** The context id of a subtask: one conversation for all its attempts, ours before the agent answers. */
export function contextIdOf(run: RunRef, path: string): string {
  return derivedId(`${run.tenant}/${run.id}/${path}`);
}

/** The context id of a conversation that several subtasks have with one agent. No path holds `//`. */
export function conversationIdOf(run: RunRef, conversation: string, agent: string): string {
  return derivedId(`${run.tenant}/${run.id}//${conversation}//${agent}`);
}

/**
 * The key of what a subtask tells the world, the same in every attempt of it: a receiver that has it
 * already can say so, also when an attempt that seemed to fail had arrived (design.md, fact 9).
 */
export function keyOfEvent(run: RunRef, path: string): string {
  return keyOfEffect(run, { path, attempt: 1, turn: 1 });
}

export function eventIdOf(run: RunRef, path: string): string {
  return messageIdOf(run, { path, attempt: 1, turn: 1 });
}

/** A UUIDv5 (RFC 9562, 5.5). The usual package takes six times as long, which shows in the price of a remote step. */
function derivedId(name: string): string {
  const digits = hash("sha1", Buffer.concat([NAMESPACE, Buffer.from(name)]));
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-5${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}
