/** The run's budget: counted where it is spent, and never more than it when something new begins. */
import type { JsonObject } from "../../base/json.ts";
import type { StoredFact } from "../evidence.ts";
import { attemptOf, type Flaw, objectAt, pathOf } from "./facts.ts";
import { isUndoing } from "./paths.ts";
import { millisecondsOf } from "./policies.ts";

type Spent = { attempts: number; subtasks: number; tokens: number; cost: number; time: number };
const NAMES = ["attempts", "subtasks", "tokens", "cost", "time"] as const;

export class Spending {
  readonly #budget: JsonObject;
  readonly #flaw: Flaw;
  readonly #spent: Spent = { attempts: 0, subtasks: 0, tokens: 0, cost: 0, time: 0 };
  #granted: Spent = { ...this.#spent };
  #grants = 0;
  #startedAt = 0;

  constructor(budget: JsonObject, flaw: Flaw) {
    this.#budget = budget;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    this.#spent.time = fact.at - this.#startedAt;
    switch (fact.kind) {
      case "runStarted":
        this.#startedAt = fact.at;
        return;
      case "budgetGranted":
        this.#grants += 1;
        this.#granted = { ...this.#spent };
        return;
      case "subtaskAssigned":
        if (!isUndoing(pathOf(fact))) this.#expectRoom(fact);
        this.#spent.attempts += 1;
        if (attemptOf(fact) === 1) this.#spent.subtasks += 1;
        return;
      default:
        this.#use(objectAt(fact, "usage"));
    }
  }

  #use({ tokens, cost }: JsonObject): void {
    if (typeof tokens === "number" && tokens > 0) this.#spent.tokens += tokens;
    if (typeof cost === "number" && cost > 0) this.#spent.cost += cost;
  }

  #expectRoom(fact: StoredFact): void {
    for (const name of NAMES) {
      const each = name === "time" ? millisecondsOf(this.#budget[name]) : this.#budget[name];
      if (typeof each !== "number" || (name === "subtasks" && attemptOf(fact) > 1)) continue;
      const allowed = Math.max(each * (this.#grants + 1), this.#granted[name] + each);
      if (this.#spent[name] >= allowed)
        this.#flaw("budget", `${pathOf(fact)} begins, and of ${allowed} ${name} ${this.#spent[name]} are used up`);
    }
  }
}
