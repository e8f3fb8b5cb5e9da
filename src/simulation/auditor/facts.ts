/** Facts as the auditor reads them: JSON, of which nothing is taken for granted. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { StoredFact } from "../evidence.ts";

/** Says that a promise is broken. */
export type Flaw = (invariant: string, sentence: string) => void;

export const ENDS: ReadonlySet<string> = new Set(["runCompleted", "runFailed", "runCanceled"]);

/** Where the fact happened; empty for what is about the whole run. */
export function pathOf(fact: StoredFact): string {
  const path = fact["path"] ?? fact["step"];
  return typeof path === "string" ? path : "";
}

export function textAt(fact: StoredFact, field: string): string | null {
  const value = fact[field];
  return typeof value === "string" ? value : null;
}

export function numberAt(fact: StoredFact, field: string): number | null {
  const value = fact[field];
  return typeof value === "number" ? value : null;
}

const NOTHING: JsonObject = {};

/** An object in a fact; an empty one where there is none. */
export function objectAt(fact: StoredFact, field: string): JsonObject {
  return asObject(fact[field]);
}

export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NOTHING;
}

/** A text in an object; empty where there is none. */
export function wordIn(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** The attempt that a fact is about; 0 for what happened before the first. */
export function attemptOf(fact: StoredFact): number {
  return numberAt(fact, "attempt") ?? 0;
}

/** The code of the failure in a fact; empty where nothing failed. */
export function codeOf(fact: StoredFact): string {
  const { code } = objectAt(fact, "failure");
  return typeof code === "string" ? code : "";
}
