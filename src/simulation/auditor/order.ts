/**
 * When what begins and ends, by what the workflow says.
 *
 * 1. A step begins when all that it needs is over: completed, skipped, or failed where that is
 *    tolerated (I5). What is written nowhere never begins.
 * 2. What holds others is over when its join is met, and joins are met once: by the last that was
 *    needed, and by no further one (I5).
 * 3. Never more items of a list are at work at once than its `concurrency` says (I11).
 * 4. A failure is tolerated exactly where the workflow says so, and ends the run otherwise.
 */
import type { StoredFact } from "../evidence.ts";
import { asObject, codeOf, type Flaw, numberAt, objectAt, pathOf, textAt } from "./facts.ts";
import { canBeMet, type Join, type Tally, voteIn, whyNotMet } from "./join.ts";
import { frameIn, frameOf, indexOf, isItem, isUndoing, listOf, ownerOf, pathIn } from "./paths.ts";
import type { Places } from "./places.ts";
import { endingOf, isAnswering, type Standing } from "./work.ts";
import type { Step } from "./workflow.ts";

type Result = "completed" | "failed" | "skipped";
type Scope = { readonly kind: string; readonly iteration: number; readonly deadlineAt: number; readonly handler: string };
type Vote = Tally["votes"][number] & { readonly place: number };
type List = {
  readonly total: number;
  readonly deadlineAt: number;
  readonly open: Set<string>;
  over: number;
  succeeded: number;
  isBroken: boolean;
  readonly votes: Vote[];
};

/** With such a fact a step begins, or is over before it has begun. */
const FIRST: ReadonlySet<string> = new Set([
  "subtaskAssigned",
  "scopeOpened",
  "stepExpanded",
  "waitStarted",
  "subtaskCompleted",
  "subtaskFailed",
  "stepSkipped",
]);

export class Order {
  readonly #flaw: Flaw;
  readonly #places: Places;
  readonly #begun = new Set<string>();
  readonly #over = new Map<string, Result>();
  readonly #votes = new Map<string, Tally["votes"][number]>();
  readonly #scopes = new Map<string, Scope>();
  readonly #lists = new Map<string, List>();
  /** What has failed and is tolerated by nobody. */
  #fatal: string | null = null;

  constructor(places: Places, flaw: Flaw) {
    this.#places = places;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const path = pathOf(fact);
    if (FIRST.has(fact.kind) && !isUndoing(path)) this.#begin(fact, path);
    switch (fact.kind) {
      case "runStarted":
        for (const step of Object.keys(asObject(objectAt(fact, "given")["steps"]))) this.#note(step, "completed");
        return;
      case "planAccepted":
        if (Array.isArray(fact["subtasks"])) this.#places.plan(path, fact["subtasks"]);
        return;
      case "stepExpanded":
        return this.#expand(fact, path);
      case "scopeOpened":
        return this.#open(fact, path);
      case "iterationStarted":
        return this.#iterate(fact, path);
      case "scopeClosed":
        this.#scopes.delete(path);
        return;
      case "subtaskCanceled":
        this.#lists.get(listOf(path))?.open.delete(path);
        return;
      case "subtaskCompleted":
      case "approvalDecided":
      case "stepCompleted":
        return this.#complete(fact, path);
      case "stepSkipped":
        if (this.#scopes.has(path)) this.#expectAllOver(path, `${path} is skipped`);
        return this.#note(path, "skipped");
      case "subtaskFailed":
        return this.#fail(fact, path);
      case "runEnding":
        return this.#expectFailure(endingOf(fact) === "failed", `it ends ${String(endingOf(fact))}`);
      case "runCompleted":
        this.#expectFailure(false, "it completed");
        return this.#expectStepsOver("", "the run completed");
    }
  }

  /** What must be there once the history is quiet: nothing that could begin has not begun. */
  settle({ holders, isPaused, isEnding }: Standing): void {
    this.#expectFailure(isEnding, "it goes on");
    if (isPaused || isEnding) return;
    this.#expectNoneReady("");
    for (const [owner, iteration] of holders) {
      const kind = this.#scopes.get(owner)?.kind;
      if (kind !== "handler" && kind !== "handoff") this.#expectNoneReady(frameIn(owner, iteration));
    }
  }

  #expectNoneReady(frame: string): void {
    for (const [id, step] of this.#places.stepsIn(frame) ?? []) {
      const path = pathIn(frame, id);
      if (!this.#begun.has(path) && this.#missing(step, path).length === 0) this.#flaw("I10", `${path} could begin, and has not`);
    }
  }

  #begin(fact: StoredFact, path: string): void {
    const list = listOf(path);
    const step = this.#places.stepAt(list);
    if (step === null) return this.#flaw("I5", `fact ${fact.seq}: ${path} begins, and the workflow has no such step`);
    if (list !== path) return this.#beginItem(step, path, list);
    if (this.#begun.has(path)) return;
    this.#begun.add(path);
    const missing = this.#missing(step, path);
    if (missing.length > 0) this.#flaw("I5", `fact ${fact.seq}: ${path} begins (${fact.kind}), and ${missing.join(", ")} is not over`);
    if (
      fact.kind !== "stepExpanded" &&
      fact.kind !== "stepSkipped" &&
      fact.kind !== "subtaskFailed" &&
      step.concurrency !== null &&
      fact["scope"] !== "handler"
    )
      this.#flaw("I5", `fact ${fact.seq}: ${path} begins without its list`);
  }

  #missing({ needs }: Step, path: string): readonly string[] {
    const frame = frameOf(path);
    return needs.filter((need) => !this.#over.has(pathIn(frame, need)));
  }

  #beginItem({ concurrency }: Step, path: string, list: string): void {
    const open = this.#lists.get(list);
    if (open === undefined || this.#over.has(path)) return;
    const index = indexOf(path) ?? 0;
    if (index >= open.total) this.#flaw("I5", `${path} begins, and the list has ${open.total} items`);
    open.open.add(path);
    if (concurrency !== null && open.open.size > concurrency)
      this.#flaw("I11", `${open.open.size} items of ${list} are at work at once; the most is ${concurrency}`);
  }

  #expand(fact: StoredFact, path: string): void {
    const total = Array.isArray(fact["items"]) ? fact["items"].length : 0;
    this.#lists.set(path, {
      total,
      deadlineAt: numberAt(fact, "deadlineAt") ?? Infinity,
      open: new Set(),
      over: 0,
      succeeded: 0,
      isBroken: false,
      votes: [],
    });
  }

  #open(fact: StoredFact, path: string): void {
    const kind = textAt(fact, "scope") ?? "";
    if (kind === "handler" && !isAnswering(fact)) this.#judgeJoin(fact, path);
    const expected = this.#places.stepAt(path)?.kind;
    if (kind !== "handler" && expected !== undefined && expected !== kind)
      this.#flaw("I5", `${path} is opened as ${kind}, and is ${expected}`);
    const iteration = kind === "loop" || kind === "handoff" ? 1 : (numberAt(fact, "iteration") ?? 0);
    this.#scopes.set(path, {
      kind,
      iteration,
      deadlineAt: numberAt(fact, "deadlineAt") ?? Infinity,
      handler: textAt(fact, "handler") ?? "",
    });
  }

  #iterate(fact: StoredFact, path: string): void {
    const scope = this.#scopes.get(path);
    const iteration = numberAt(fact, "iteration") ?? 0;
    if (scope === undefined) return;
    const step = this.#places.stepAt(path);
    if (step !== null && iteration > step.max) this.#flaw("I5", `${path} begins iteration ${iteration}; the most is ${step.max}`);
    if (scope.kind === "loop") this.#expectStepsOver(frameIn(path, scope.iteration), `iteration ${iteration} of ${path} begins`);
    this.#scopes.set(path, { ...scope, iteration });
  }

  #complete(fact: StoredFact, path: string): void {
    const scope = this.#scopes.get(path);
    const list = isItem(path) ? undefined : this.#lists.get(path);
    const step = this.#places.stepAt(path);
    if (scope !== undefined) this.#expectDone(fact, path, scope);
    else if (list !== undefined && step !== null)
      this.#expectMet(path, step.joinOfItems, { tally: tallyOf(list), isLate: fact.at >= list.deadlineAt });
    const vote = voteIn(fact["vote"]);
    if (vote !== null) this.#votes.set(path, vote);
    this.#note(path, "completed");
  }

  #expectDone(fact: StoredFact, path: string, { kind, handler, deadlineAt }: Scope): void {
    if (kind === "handler") {
      if (!this.#over.has(pathIn(path, handler))) this.#flaw("I5", `${path} completed, and its handler ${handler} is not over`);
      return;
    }
    const step = this.#places.stepAt(path);
    if (kind === "parallel" && step !== null)
      return this.#expectMet(path, step.joinOfBranches, { tally: this.#tallyAt(path), isLate: fact.at >= deadlineAt });
    if (kind !== "handoff") this.#expectAllOver(path, `${path} completed`);
  }

  #expectMet(path: string, join: Join, { tally, isLate }: { readonly tally: Tally; readonly isLate: boolean }): void {
    const why = whyNotMet(join, tally, isLate);
    if (why !== null) this.#flaw("I5", `${path} completed, and its join is not met: ${why}`);
  }

  /** A join fails only when it can no longer be met. */
  #judgeJoin(fact: StoredFact, path: string): void {
    if (codeOf(fact) !== "T4116" || fact["reason"] === "failed") return;
    const [step, scope, list] = [this.#places.stepAt(path), this.#scopes.get(path), this.#lists.get(path)];
    const isParallel = scope?.kind === "parallel";
    if (step === null || (scope !== undefined && !isParallel) || (scope === undefined && list?.isBroken === true)) return;
    const [join, tally] = isParallel
      ? [step.joinOfBranches, this.#tallyAt(path)]
      : [step.joinOfItems, list === undefined ? null : tallyOf(list)];
    const isLate = fact.at >= (isParallel ? scope.deadlineAt : (list?.deadlineAt ?? Infinity));
    if (tally !== null && canBeMet(join, tally, isLate)) this.#flaw("I5", `${path} failed, and its join could still be met`);
  }

  #tallyAt(path: string): Tally {
    const branches = [...(this.#places.stepsIn(path)?.keys() ?? [])].map((id) => pathIn(path, id));
    const results = branches.flatMap((branch) => this.#over.get(branch) ?? []);
    return {
      total: branches.length,
      over: results.length,
      succeeded: results.filter((result) => result === "completed").length,
      skipped: results.filter((result) => result === "skipped").length,
      votes: branches.flatMap((branch) => this.#votes.get(branch) ?? []),
    };
  }

  /** All the steps of the frame at work are over. */
  #expectAllOver(path: string, when: string): void {
    const scope = this.#scopes.get(path);
    if (scope?.kind === "handler" || scope?.kind === "handoff") return;
    this.#expectStepsOver(frameIn(path, scope?.iteration ?? 0), when);
  }

  #expectStepsOver(frame: string, when: string): void {
    const left = [...(this.#places.stepsIn(frame)?.keys() ?? [])].map((id) => pathIn(frame, id)).filter((path) => !this.#over.has(path));
    if (left.length > 0) this.#flaw("I5", `${when}, and ${left.join(", ")} is not over`);
  }

  #fail(fact: StoredFact, path: string): void {
    this.#judgeJoin(fact, path);
    const step = this.#places.stepAt(path);
    const isTolerated = fact["tolerated"] === true;
    if (step !== null && isTolerated !== this.#mayFail(step, path))
      this.#flaw("critical", `${path} failed, and that is ${isTolerated ? "" : "not "}tolerated, though the workflow says otherwise`);
    if (isTolerated) return this.#note(path, "failed");
    const list = isItem(path) ? this.#lists.get(listOf(path)) : undefined;
    list?.open.delete(path);
    // One item failed for all: its list may fail in its words.
    if (list !== undefined) list.isBroken = true;
    if (frameOf(path) === "") this.#fatal = path;
  }

  #mayFail({ critical, joinOfItems }: Step, path: string): boolean {
    if (!critical) return true;
    if (isItem(path)) return joinOfItems.kind !== "all";
    const owner = ownerOf(frameOf(path));
    return this.#scopes.get(owner)?.kind === "parallel" && this.#places.stepAt(owner)?.joinOfBranches.kind !== "all";
  }

  /** A critical failure of a step of the run ends it as failed. */
  #expectFailure(isFailing: boolean, what: string): void {
    if (this.#fatal !== null && !isFailing) this.#flaw("critical", `${this.#fatal} failed, which is critical, and ${what}`);
    if (isFailing) this.#fatal = null;
  }

  #note(path: string, result: Result): void {
    this.#over.set(path, result);
    this.#begun.add(path);
    this.#scopes.delete(path);
    const list = isItem(path) ? this.#lists.get(listOf(path)) : undefined;
    if (list === undefined) return;
    list.open.delete(path);
    list.over += 1;
    if (result === "completed") list.succeeded += 1;
    const vote = this.#votes.get(path);
    if (vote !== undefined) list.votes.push({ ...vote, place: indexOf(path) ?? 0 });
  }
}

function tallyOf({ total, over, succeeded, votes }: List): Tally {
  return { total, over, succeeded, skipped: 0, votes: votes.toSorted((left, right) => left.place - right.place) };
}
