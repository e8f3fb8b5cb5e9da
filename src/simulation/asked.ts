import type { Fact } from "../scheduler/index.ts";

/** The question that a fact puts to people; null for a fact that puts none. */
export function questionIn(fact: Fact): { readonly id: string; readonly path: string } | null {
  if (fact.kind === "questionAsked" || (fact.kind === "waitStarted" && fact.wait === "approval")) return fact;
  if (fact.kind !== "budgetExceeded" && fact.kind !== "compensationFailed") return null;
  return fact.question === undefined ? null : { id: fact.question, path: fact.path };
}
