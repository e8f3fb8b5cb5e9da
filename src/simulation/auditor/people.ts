/** Questions: each is asked once, and settled once, by a decision or because nobody needs it any more (I12). */
import { isJsonObject } from "../../base/json.ts";
import type { StoredFact } from "../evidence.ts";
import { ENDS, type Flaw, textAt } from "./facts.ts";

export class Questions {
  readonly #flaw: Flaw;
  readonly #open = new Set<string>();
  readonly #settled = new Map<string, string>();

  constructor(flaw: Flaw) {
    this.#flaw = flaw;
  }

  /** Questions that nobody has answered. */
  get open(): ReadonlySet<string> {
    return this.#open;
  }

  take(fact: StoredFact): void {
    const asked = askedIn(fact);
    if (asked !== null) this.#ask(asked);
    const settled = fact.kind === "compensationFailed" ? textAt(fact, "asked") : asked === null ? textAt(fact, "question") : null;
    if (settled !== null) this.#settle(settled, fact);
    if (ENDS.has(fact.kind)) this.#open.clear();
  }

  #ask(id: string): void {
    if (this.#open.has(id) || this.#settled.has(id)) this.#flaw("I12", `question ${id} was asked twice`);
    this.#open.add(id);
  }

  #settle(id: string, fact: StoredFact): void {
    const before = this.#settled.get(id);
    if (before !== undefined) this.#flaw("I12", `question ${id} was settled twice: by fact ${fact.seq} (${fact.kind}), and by ${before}`);
    else if (!this.#open.delete(id)) this.#flaw("I12", `fact ${fact.seq} (${fact.kind}) settles question ${id}, which was never asked`);
    this.#settled.set(id, `fact ${fact.seq} (${fact.kind})`);
  }
}

/** The question that a fact puts; null for a fact that puts none. */
export function askedIn(fact: StoredFact): string | null {
  if (fact.kind === "budgetExceeded" || fact.kind === "compensationFailed") return textAt(fact, "question");
  return isJsonObject(fact["question"]) ? textAt(fact, "id") : null;
}
