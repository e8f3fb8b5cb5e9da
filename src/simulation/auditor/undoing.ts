/**
 * Compensation: when a run fails or is canceled, what completed and can be undone is undone, once,
 * the last first, one at a time; and what can be undone says so when it completes.
 */
import type { StoredFact } from "../evidence.ts";
import { ENDS, type Flaw, objectAt, pathOf, textAt } from "./facts.ts";
import { OpenHandlers } from "./open-handlers.ts";
import { isUndoing } from "./paths.ts";
import type { Places } from "./places.ts";

export class Undoing {
  readonly #flaw: Flaw;
  readonly #places: Places;
  /** What can be undone and has not been, oldest first. */
  readonly #left: string[] = [];
  /** Where a handler stands in: the step itself did nothing that could be undone. */
  readonly #handled = new OpenHandlers();
  #isUndoing = false;

  constructor(places: Places, flaw: Flaw) {
    this.#places = places;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const path = pathOf(fact);
    this.#handled.take(fact);
    if (fact["compensation"] !== undefined) this.#note(path);
    switch (fact.kind) {
      case "runStarted": {
        const given = objectAt(fact, "given")["compensations"];
        if (Array.isArray(given)) for (const one of given) this.#left.push(String(Object(one).path));
        return;
      }
      case "subtaskCompleted":
        if (fact["compensation"] === undefined && !this.#handled.has(path) && this.#places.stepAt(path)?.inner.has("compensate") === true)
          this.#flaw("compensation", `${path} completed and can be undone, and its fact does not say how`);
        return;
      case "subtaskAssigned":
        if (isUndoing(path) && path !== `${this.#left.at(-1) ?? ""}/compensate`)
          this.#flaw("compensation", `${path} begins, and ${this.#left.at(-1) ?? "nothing"} is to be undone first`);
        return;
      case "runCompensating":
        this.#isUndoing = true;
        return;
      case "compensationEnded":
        return this.#end(fact, path);
      case "runCompleted":
        if (this.#isUndoing) this.#flaw("compensation", "the run completed, and was undone");
        return;
    }
    if (ENDS.has(fact.kind) && this.#left.length > 0)
      this.#flaw("compensation", `the run ended (${fact.kind}), and ${this.#left.join(", ")} was not undone`);
  }

  /** What an agent does after all, while another step is being undone, comes next. */
  #note(path: string): void {
    this.#left.splice(this.#isUndoing ? Math.max(0, this.#left.length - 1) : this.#left.length, 0, path);
  }

  #end(fact: StoredFact, path: string): void {
    if (!this.#left.includes(path))
      this.#flaw("compensation", `${path} was undone (${textAt(fact, "outcome")}), and there was nothing to undo`);
    else if (this.#left.pop() !== path) this.#flaw("compensation", `${path} was undone out of order`);
  }
}
