import { v5 } from "uuid";

import { effectKey } from "../scheduler/index.ts";
import type { EffectId } from "../scheduler/input.ts";
import type { RunRef } from "../base/ids.ts";

/** Tutti's own namespace for derived ids; it must never change. */
const NAMESPACE = "7f3b0c1e-52d4-5a7e-9d1c-3f6a2b8e4c90";

export function keyOfEffect(run: RunRef, effect: EffectId): string {
  return effectKey(run.tenant, run.id, effect);
}

/** The A2A message id of an effect: the same in every process and every re-send (design.md, fact 1). */
export function messageIdOf(run: RunRef, effect: EffectId): string {
  return v5(keyOfEffect(run, effect), NAMESPACE);
}

/** The context id of a subtask: one conversation for all its attempts, ours before the agent answers. */
export function contextIdOf(run: RunRef, path: string): string {
  return v5(`${run.tenant}/${run.id}/${path}`, NAMESPACE);
}
