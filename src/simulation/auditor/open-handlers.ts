import type { StoredFact } from "../evidence.ts";
import { pathOf } from "./facts.ts";

/** The steps whose handlers are at work: what completes there is the handler, not the step. */
export class OpenHandlers {
  readonly #paths = new Set<string>();

  take(fact: StoredFact): void {
    if (fact.kind === "scopeOpened" && fact["scope"] === "handler") this.#paths.add(pathOf(fact));
    if (fact.kind === "scopeClosed") this.#paths.delete(pathOf(fact));
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }
}
