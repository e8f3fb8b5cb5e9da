/**
 * The rules that a history keeps, whatever the workflow. A small model of what is at work, by paths
 * alone (`a`, `a[3]`, `a#2/b`): it knows nothing of the definition.
 *
 * 1. Facts are numbered without gap, time does not go back, and nothing stands after the end.
 * 2. A subtask completes at most once, and an attempt is closed at most once.
 * 3. Nothing begins inside of what is not at work, twice, before its time, or while the run is ending;
 *    what undoes a step begins only then.
 * 4. What is over has nothing at work inside of it, except for losers that have been told to stop; and
 *    a run that is over has not even those.
 */
import type { StoredFact, StoredRun } from "./evidence.ts";
import type { Violation } from "./auditor.ts";

export function auditHistory(run: string, { facts }: StoredRun): readonly Violation[] {
  const model = new HistoryModel();
  for (const [index, fact] of facts.entries()) model.take(fact, index + 1);
  return model.findings.map((finding) => ({ ...finding, run }));
}

export const ENDS: ReadonlySet<string> = new Set(["runCompleted", "runFailed", "runCanceled"]);
/** Facts that close an attempt: at most one of them for each. */
export const CLOSINGS: ReadonlySet<string> = new Set(["subtaskCompleted", "attemptFailed", "subtaskFailed", "compensationFailed"]);

/** What the agents of this world answer on purpose, and the timeout of the one that hangs. */
const EXPECTED_FAILURES: ReadonlySet<string> = new Set(["BUSY", "BROKEN", "STUBBORN", "T3104", "T4102", "T4103", "T4105"]);

/** `stopping`: nobody wants it any more, and its agent has yet to acknowledge that. */
type Attempt = { readonly attempt: number; readonly state: "working" | "retrying" | "stopping"; readonly retryAt: number };

class HistoryModel {
  readonly findings: Omit<Violation, "run">[] = [];
  readonly #attempts = new Map<string, Attempt>();
  readonly #closed = new Set<string>();
  readonly #completed = new Set<string>();
  /** Steps with others inside that are open, and their iterations. */
  readonly #holders = new Map<string, number>();
  /** An open list is at work as long as an item is; no fact says that one is not wanted any more. */
  readonly #lists = new Set<string>();
  readonly #waits = new Set<string>();
  readonly #over = new Set<string>();
  readonly #signals = new Map<string, number>();
  readonly #decided = new Set<string>();
  #at = 0;
  #ending = false;
  #undoing = false;
  #endSeq: number | null = null;

  take(fact: StoredFact, number: number): void {
    const { seq, at, kind } = fact;
    if (seq !== number) this.#flaw(`fact ${number} has the number ${seq}`);
    if (at < this.#at) this.#flaw(`fact ${seq} is older than the one before it`);
    if (this.#endSeq !== null) this.#flaw(`fact ${seq} (${kind}) stands after the end, fact ${this.#endSeq}`);
    this.#at = at;
    const path = String(fact["path"] ?? fact["step"]);
    this.#begin(fact, path);
    this.#close(fact, path);
    this.#follow(fact, path);
    this.#judgeFailure(fact, path);
    if (ENDS.has(kind)) this.#end(fact);
  }

  #flaw(sentence: string, kind: Violation["kind"] = "history"): void {
    this.findings.push({ kind, sentence });
  }

  #begin(fact: StoredFact, path: string): void {
    switch (fact.kind) {
      case "subtaskAssigned":
        return this.#assign(fact, path);
      case "scopeOpened":
        this.#mayBegin(path);
        // A handler stands where the work stood whose failure it handles; a question's waits meanwhile.
        if (!isAnswering(fact)) this.#attempts.delete(path);
        this.#holders.set(path, Number(fact["iteration"] ?? (fact["scope"] === "loop" || fact["scope"] === "handoff" ? 1 : 0)));
        return;
      case "stepExpanded":
        this.#mayBegin(path);
        this.#lists.add(path);
        return;
      case "waitStarted":
        this.#mayBegin(path);
        this.#waits.add(path);
        return;
      case "iterationStarted": {
        const last = this.#holders.get(path);
        if (fact["iteration"] !== (last ?? 0) + 1) this.#flaw(`${path} goes from iteration ${last} to ${String(fact["iteration"])}`);
        this.#expectQuiet(path, `iteration ${String(fact["iteration"])} of ${path} begins`);
        this.#holders.set(path, Number(fact["iteration"]));
        return;
      }
    }
  }

  #assign({ at, attempt: number }: StoredFact, path: string): void {
    const attempt = Number(number);
    const earlier = this.#attempts.get(path);
    this.#mayBegin(path);
    if (earlier !== undefined && earlier.state !== "retrying") this.#flaw(`${path} was assigned while attempt ${earlier.attempt} was open`);
    if (earlier !== undefined && attempt !== earlier.attempt + 1)
      this.#flaw(`attempt ${attempt} of ${path} follows upon ${earlier.attempt}`);
    if (at < (earlier?.retryAt ?? 0)) this.#flaw(`${path} attempt ${attempt} began before its time`);
    this.#attempts.set(path, { attempt, state: "working", retryAt: 0 });
  }

  /** Everything that holds it is open, and the run is not ending; unless it undoes what has been done. */
  #mayBegin(path: string): void {
    if (this.#over.has(path)) this.#flaw(`${path} begins though it is over`, "duplicate");
    if (path.endsWith("/compensate")) {
      if (!this.#undoing) this.#flaw(`${path} begins in a run that undoes nothing`);
      return;
    }
    if (this.#ending) this.#flaw(`${path} begins in a run that is ending`);
    for (const { holder, iteration } of holdersOf(path)) {
      const open = this.#lists.has(holder) ? 0 : this.#holders.get(holder);
      if (open === undefined) this.#flaw(`${path} begins, and ${holder}, which it is inside of, is not at work`);
      else if (open !== iteration) this.#flaw(`${path} begins in iteration ${iteration} of ${holder}, which is at ${open}`);
    }
  }

  #close(fact: StoredFact, path: string): void {
    const attempt = `${path} attempt ${String(fact["attempt"])}`;
    if (fact.kind === "subtaskCompleted") {
      if (this.#completed.has(path)) this.#flaw(`${path} was completed twice`, "duplicate");
      this.#completed.add(path);
    }
    // What holds others has no attempts of its own, and counts as one.
    if (!CLOSINGS.has(fact.kind) || (this.#holders.has(path) && !this.#attempts.has(path))) return;
    const key = `${attempt} ${fact.kind === "compensationFailed" ? "undoing" : ""}`;
    if (this.#closed.has(key)) this.#flaw(`${attempt} was closed twice`, "duplicate");
    this.#closed.add(key);
  }

  #follow(fact: StoredFact, path: string): void {
    switch (fact.kind) {
      case "attemptFailed":
        this.#attempts.set(path, { attempt: Number(fact["attempt"]), state: "retrying", retryAt: Number(fact["retryAt"]) });
        return;
      case "subtaskCompleted":
        this.#takeSignal(fact["signal"], path);
        return this.#finish(path);
      case "subtaskFailed":
      case "stepSkipped":
      case "stepCompleted":
        return this.#finish(path);
      case "approvalDecided": {
        const question = String(fact["question"]);
        if (this.#decided.has(question)) this.#flaw(`${path} was decided twice`, "duplicate");
        this.#decided.add(question);
        return this.#finish(path);
      }
      case "scopeClosed":
        this.#expectQuiet(path, `the handler of ${path} is over`);
        return void this.#holders.delete(path);
      case "subtaskCanceled":
        return this.#cancel(fact, path);
      case "taskReleased":
        if (this.#attempts.get(path)?.state !== "stopping") this.#flaw(`${path} was released, and nobody had told it to stop`);
        return void this.#attempts.delete(path);
      case "signalReceived":
        return void this.#signals.set(String(fact["name"]), (this.#signals.get(String(fact["name"])) ?? 0) + 1);
      case "runEnding":
        this.#ending = true;
        return;
      case "runCompensating":
        this.#undoing = true;
        return;
      case "compensationFailed":
        return void this.#attempts.set(`${path}/compensate`, { attempt: Number(fact["attempt"]), state: "retrying", retryAt: 0 });
      case "compensationEnded":
        return this.#finish(`${path}/compensate`);
    }
  }

  #finish(path: string): void {
    this.#expectQuiet(path, `${path} is over`);
    this.#attempts.delete(path);
    this.#holders.delete(path);
    this.#waits.delete(path);
    for (const list of this.#lists) if (list === path || isInside(path)(list)) this.#lists.delete(list);
    this.#over.add(path);
  }

  #cancel(fact: StoredFact, path: string): void {
    const earlier = this.#attempts.get(path);
    this.#finish(path);
    if (fact["aborting"] !== true) return;
    if (earlier === undefined) return this.#flaw(`${path} was told to stop, and was not at work`);
    this.#attempts.set(path, { ...earlier, state: "stopping" });
  }

  #takeSignal(name: unknown, path: string): void {
    if (typeof name !== "string") return;
    const left = (this.#signals.get(name) ?? 0) - 1;
    if (left < 0) this.#flaw(`${path} took a signal "${name}" that had not come, or had been taken`, "duplicate");
    this.#signals.set(name, left);
  }

  /** Nothing inside is at work; what has been told to stop may be. */
  #expectQuiet(holder: string, when: string): void {
    const working = [...this.#attempts].filter(([, { state }]) => state !== "stopping").map(([path]) => path);
    const inside = [...working, ...this.#waits, ...this.#holders.keys()].filter(isInside(holder));
    if (inside.length > 0) this.#flaw(`${when} while ${inside.join(", ")} is at work`);
  }

  #judgeFailure(fact: StoredFact, path: string): void {
    const attempt = `${path} attempt ${String(fact["attempt"])}`;
    const failure = fact["failure"] as { readonly code: string; readonly message: string } | undefined;
    if (CLOSINGS.has(fact.kind) && failure !== undefined && !EXPECTED_FAILURES.has(failure.code))
      this.#flaw(`${attempt} failed in a way that no agent of this world does: ${failure.code} ${failure.message}`);
    if (fact.kind === "taskReleased" && !/answered first/.test(String(fact["note"])))
      this.#flaw(`${attempt} was given up: ${String(fact["note"])}`);
    if (fact["reason"] === "unknown") this.#flaw(`${attempt} has an unknown outcome, though its agent could be asked`);
  }

  #end({ seq, kind }: StoredFact): void {
    this.#endSeq = seq;
    const open = [...this.#attempts].map(([path, { state }]) => `${path} is ${state}`);
    const holding =
      kind === "runCompleted" ? [...this.#holders.keys(), ...this.#lists, ...this.#waits].map((path) => `${path} is open`) : [];
    if (open.length + holding.length > 0) this.#flaw(`the run ended (${kind}) while ${[...open, ...holding].join(", ")}`, "stuck");
  }
}

function isAnswering(fact: StoredFact): boolean {
  return fact["handler"] === "onInputRequired" || fact["handler"] === "onAuthRequired";
}

/** Whether a path is inside of a holder; what undoes a step is not inside of it. */
function isInside(holder: string): (path: string) => boolean {
  return (path) => ["/", "#", "["].some((mark) => path.startsWith(`${holder}${mark}`)) && !path.endsWith("/compensate");
}

type Holder = { readonly holder: string; readonly iteration: number };

/** What a path is inside of, outermost first: of `a#2/b[1]` the second iteration of `a`, and the list `a#2/b`. */
function holdersOf(path: string): readonly Holder[] {
  const list = /^(.*)\[\d+\]$/.exec(path)?.[1];
  const slash = path.lastIndexOf("/");
  const frame = slash === -1 ? null : path.slice(0, slash);
  const own = list === undefined ? [] : [{ holder: list, iteration: 0 }];
  if (frame === null) return own;
  const [, holder, iteration] = /^(.*)#(\d+)$/.exec(frame) ?? [null, frame, "0"];
  return [...holdersOf(holder ?? frame), { holder: holder ?? frame, iteration: Number(iteration) }, ...own];
}
