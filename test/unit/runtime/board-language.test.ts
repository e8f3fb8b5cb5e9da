/** The board over the whole language, by facts that are written by hand. */
import { describe, expect, it } from "vitest";

import type { Definition, DelegateStep, Step, Steps } from "../../../src/definition/definition.ts";
import { RunBoard, type StepBoard } from "../../../src/runtime/board/run-board.ts";
import type { Fact } from "../../../src/scheduler/fact.ts";

const common = { needs: [], if: null, each: null, output: null, rules: [], critical: true } as const;

function work(agent: string, rest: Partial<DelegateStep> = {}): DelegateStep {
  const retry = { attempts: 3, initialMs: 1, factor: 1, maxMs: 1, jitter: "none" } as const;
  const target = { kind: "agent", agent, skill: null } as const;
  return { ...common, kind: "delegate", target, text: null, with: null, timeoutMs: 1_000, retry, fallback: [], onUnknown: "fail", ...rest };
}

const approval: Step = {
  ...common,
  kind: "approval",
  to: ["role:boss"],
  title: "Send it?",
  show: null,
  form: null,
  remindMs: null,
  timeoutMs: null,
  onTimeout: "fail",
};
const planned = { capabilities: ["dig"], maxSubtasks: 5, maxDepth: 2, subtask: { timeoutMs: 1_000, retry: work("x").retry } };
const each = { items: "${{ input.list }}", as: "x", concurrency: 10 };
const until = { kind: "condition", source: "true" } as const;
const quorum = { rule: { kind: "quorum", count: 2, on: "result" } } as const;

const STEPS: Steps = {
  draft: { ...common, kind: "loop", max: 5, until, onExhausted: "fail", steps: { write: work("writer"), review: work("critic") } },
  facts: {
    ...common,
    kind: "parallel",
    branches: { a: work("a"), b: work("b"), c: work("c") },
    succeed: quorum,
    handlers: { onDisagree: approval },
  },
  desk: { ...common, kind: "handoff", agents: { triage: work("triage"), billing: work("billing") }, start: "triage", max: 10 },
  idea: { ...common, kind: "plan", planner: work("planner"), approve: approval, ...planned },
  many: { ...common, kind: "group", each, steps: { one: work("one"), two: work("two") } },
  ask: { ...work("asker"), each },
  nap: { ...common, kind: "wait", wait: { kind: "duration", value: "5m" } },
  paid: { ...common, kind: "wait", wait: { kind: "signal", name: "paid", timeoutMs: null } },
  book: work("booker", { compensate: work("unbooker"), fallback: [{ kind: "agent", agent: "spare", skill: null }] }),
};

const definition: Definition = {
  tutti: "1.0",
  semantics: 1,
  name: "all",
  version: "1.0.0",
  description: null,
  input: null,
  agents: {},
  timeoutMs: 1,
  steps: STEPS,
  output: null,
};

type Undated<Any> = Any extends unknown ? Omit<Any, "at"> : never;

/** A run of which the facts come one a tick. */
class Tale {
  readonly board = new RunBoard(definition);
  #at = 0;

  tell(...facts: readonly Undated<Fact>[]): this {
    for (const fact of facts) this.board.apply({ at: (this.#at += 1), ...fact });
    return this;
  }

  assign(path: string, attempt = 1): this {
    return this.tell({ kind: "subtaskAssigned", path, attempt, target: work("w").target, deadlineAt: 9_999 });
  }

  complete(path: string, more: object = {}): this {
    return this.tell({ kind: "subtaskCompleted", path, attempt: 1, agent: "w", output: null, ...more });
  }

  open(path: string, scope: "parallel" | "group" | "loop" | "handoff" | "plan", more: object = {}): this {
    return this.tell({ kind: "scopeOpened", path, scope, ...more });
  }

  handle(path: string, handler: "onError" | "onDisagree" | "onInputRequired"): this {
    return this.tell({ kind: "scopeOpened", path, scope: "handler", handler, attempt: 3, reason: "failed", failure: FAILURE });
  }

  approve(path: string, id = "q1"): this {
    const asking = { wait: "approval", id, question: { prompt: "Send it?" }, to: ["role:boss"] } as const;
    return this.tell({ kind: "waitStarted", path, ...asking, until: null, remindAt: null, escalateAt: null });
  }

  step(id: string): StepBoard {
    return this.board.steps.find((step) => step.id === id) as StepBoard;
  }

  inner(id: string): readonly (readonly [string, string])[] {
    const scope = this.step(id).rows.get(id)?.scope;
    return [...(scope?.steps.values() ?? [])].map(({ path, status }) => [path, status]);
  }
}

const FAILURE = { code: "X", message: "HTTP 503", retryable: true };

describe("inner steps on the board", () => {
  it("a loop shows the steps of its newest iteration; those before are only counted", () => {
    const tale = new Tale().open("draft", "loop").assign("draft#1/write").complete("draft#1/write");
    expect(tale.inner("draft")).toEqual([
      ["draft#1/write", "completed"],
      ["draft#1/review", "pending"],
    ]);
    tale.assign("draft#1/review").complete("draft#1/review");
    tale.tell({ kind: "iterationStarted", path: "draft", iteration: 2, score: 0.4, note: "too short" }).assign("draft#2/write");
    expect(tale.step("draft").rows.get("draft")?.scope).toMatchObject({ iteration: 2, score: 0.4, note: "too short" });
    expect(tale.inner("draft")).toEqual([
      ["draft#2/write", "assigned"],
      ["draft#2/review", "pending"],
    ]);
    expect(tale.step("draft")).toMatchObject({ status: "running", attempts: 3 });
    tale.tell({ kind: "taskReleased", path: "draft#1/review", attempt: 1, note: "late" });
    tale.complete("draft#2/write").complete("draft");
    expect(tale.step("draft")).toMatchObject({ status: "completed", startedAt: 1 });
    expect(tale.board.waits("answer")).toBe(0);
  });

  it("keeps as much of a loop after a thousand iterations as after one", () => {
    const tale = new Tale().open("draft", "loop");
    const size = (): number => JSON.stringify(tale.board.steps, (_, value: unknown) => (value instanceof Map ? [...value] : value)).length;
    const round = (iteration: number): void => {
      tale.assign(`draft#${iteration}/write`).complete(`draft#${iteration}/write`);
      tale.tell({ kind: "iterationStarted", path: "draft", iteration: iteration + 1 });
    };
    round(1);
    const early = size();
    for (let iteration = 2; iteration <= 1_000; iteration += 1) round(iteration);
    expect(size()).toBeLessThan(early * 1.2);
    expect(tale.step("draft").attempts).toBe(1_000);
  });

  it("a parallel shows its branches and counts the votes of different principals", () => {
    const tale = new Tale().open("facts", "parallel").assign("facts/a").assign("facts/b").assign("facts/c");
    tale.complete("facts/a", { vote: { on: "yes", principal: "p" } }).complete("facts/b", { vote: { on: "yes", principal: "p" } });
    expect(tale.step("facts").rows.get("facts")?.scope?.votes?.results()).toEqual([{ value: '"yes"', voters: 1 }]);
    tale.tell({ kind: "subtaskCanceled", path: "facts/c", attempt: 1, aborting: true, patienceAt: 99 });
    expect(tale.inner("facts").map(([, status]) => status)).toEqual(["completed", "completed", "canceled"]);
  });

  it("a handler is shown in the place of the step that failed, and its end is the step's", () => {
    const tale = new Tale().open("facts", "parallel").assign("facts/a").handle("facts", "onDisagree").approve("facts/onDisagree");
    const row = tale.step("facts").rows.get("facts");
    expect(row).toMatchObject({ status: "running", standIn: "onDisagree", failure: { reason: "failed" } });
    expect(row?.inner.get("onDisagree")).toMatchObject({ path: "facts/onDisagree", status: "waiting", depth: 1 });
    expect([tale.board.status, tale.board.waits("answer")]).toEqual(["waiting", 1]);
    const output = { decision: "approved", by: "jo", decided_at: "x", form: {} };
    tale.tell({ kind: "approvalDecided", path: "facts/onDisagree", question: "q1", output, by: "jo" }).complete("facts");
    expect(tale.step("facts").status).toBe("completed");
    expect(row?.inner.get("onDisagree")?.rows.get("facts/onDisagree")).toMatchObject({ decision: { decision: "approved", by: "jo" } });
    expect(tale.board.waits("answer")).toBe(0);
  });

  it("a handoff shows whose turn it is, and who came before", () => {
    const tale = new Tale().open("desk", "handoff", { agent: "triage" }).assign("desk#1/triage").complete("desk#1/triage");
    tale.tell({ kind: "iterationStarted", path: "desk", iteration: 2, agent: "billing" }).assign("desk#2/billing");
    expect(tale.step("desk").rows.get("desk")?.scope).toMatchObject({ agent: "billing", agentsBefore: ["triage"], iteration: 2 });
    expect(tale.inner("desk")).toEqual([["desk#2/billing", "assigned"]]);
  });

  it("a plan shows its planner, its approval and its subtasks, which may be plans themselves", () => {
    const tale = new Tale().open("idea", "plan").assign("idea/makePlan").complete("idea/makePlan").approve("idea/approvePlan");
    expect([tale.board.status, tale.step("idea").attempts]).toEqual(["waiting", 1]);
    const output = { decision: "approved", by: "jo", decided_at: "x", form: {} };
    tale.tell(
      { kind: "approvalDecided", path: "idea/approvePlan", question: "q1", output, by: "jo" },
      {
        kind: "planAccepted",
        path: "idea",
        subtasks: [
          { id: "dig", capability: "dig", needs: [] },
          { id: "more", capability: "think", needs: ["dig"], plan: true },
        ],
      },
    );
    tale.assign("idea/dig").complete("idea/dig").open("idea/more", "plan").assign("idea/more/makePlan").complete("idea/more/makePlan");
    tale
      .tell({ kind: "planAccepted", path: "idea/more", subtasks: [{ id: "deep", capability: "dig", needs: [] }] })
      .assign("idea/more/deep");
    expect(tale.inner("idea")).toEqual([
      ["idea/dig", "completed"],
      ["idea/more", "running"],
    ]);
    const more = tale.step("idea").rows.get("idea")?.scope?.steps.get("more")?.rows.get("idea/more");
    expect([...(more?.scope?.steps.values() ?? [])].map(({ path, depth }) => [path, depth])).toEqual([["idea/more/deep", 2]]);
  });

  it("an item with inner steps keeps only its own row once it is over", () => {
    const tale = new Tale()
      .tell({ kind: "stepExpanded", step: "many", items: [1, 2] })
      .open("many[0]", "group")
      .assign("many[0]/one");
    expect(tale.step("many").rows.get("many[0]")?.scope?.steps.get("one")?.status).toBe("assigned");
    tale.complete("many[0]/one").complete("many[0]/two").complete("many[0]");
    expect(tale.step("many").rows.get("many[0]")).toMatchObject({ status: "completed", scope: null });
    expect(tale.step("many").countByStatus.get("pending")).toBe(1);
  });

  it("a handler of a whole list stands beside its items", () => {
    const tale = new Tale().tell({ kind: "stepExpanded", step: "ask", items: [1, 2] }).assign("ask[0]");
    tale.handle("ask", "onError").assign("ask/onError").complete("ask/onError").complete("ask");
    expect(tale.step("ask")).toMatchObject({ status: "completed", itemCount: 2 });
    expect([...tale.step("ask").countByStatus.values()].every((count) => count >= 0)).toBe(true);
  });
});

describe("what a run waits for", () => {
  it("a time, a signal, and an answer are told apart", () => {
    const tale = new Tale().tell({ kind: "waitStarted", path: "nap", wait: "time", until: 500 });
    tale.tell({ kind: "waitStarted", path: "paid", wait: "signal", name: "paid", until: null });
    expect([tale.board.status, tale.board.waits("time"), tale.board.waits("signal"), tale.board.waits("answer")]).toEqual([
      "waiting",
      1,
      1,
      0,
    ]);
    tale.assign("book");
    expect(tale.board.status).toBe("running");
    tale.complete("book").complete("paid").complete("nap");
    expect([tale.board.waits("time"), tale.board.waits("signal")]).toEqual([0, 0]);
  });

  it("a handler that answers an agent's question gives the subtask back to it", () => {
    const tale = new Tale().assign("book");
    tale.tell({ kind: "questionAsked", path: "book", attempt: 1, turn: 1, asks: "input", id: "q", question: { prompt: "?" }, agent: "w" });
    tale.handle("book", "onInputRequired").assign("book/onInputRequired");
    expect([tale.board.status, tale.board.waits("answer")]).toEqual(["running", 0]);
    tale.complete("book/onInputRequired").tell({ kind: "scopeClosed", path: "book" });
    tale.tell({ kind: "questionAnswered", path: "book", attempt: 1, turn: 2, question: "q", answer: 1, by: "handler", deadlineAt: 99 });
    expect(tale.step("book")).toMatchObject({ status: "assigned" });
    expect(tale.step("book").rows.get("book")).toMatchObject({ standIn: null, question: null });
  });

  it("a budget that is used up holds the run until somebody grants more", () => {
    const tale = new Tale().tell({ kind: "budgetExceeded", path: "book", limit: "attempts", spent: 20, allowed: 20, question: "q" });
    expect([tale.board.status, tale.board.waits("answer")]).toEqual(["paused", 1]);
    tale.tell({ kind: "budgetGranted", question: "q", by: "jo" }, { kind: "runResumed", by: "jo" });
    expect([tale.board.status, tale.board.budget]).toEqual(["running", null]);
  });

  it("a fallback and a repair are known as such before they begin", () => {
    const tale = new Tale().assign("book");
    tale.tell({
      kind: "attemptFailed",
      path: "book",
      attempt: 1,
      reason: "invalid",
      failure: FAILURE,
      retryAt: 5,
      repair: { problems: ["x"], task: null },
    });
    expect(tale.step("book").rows.get("book")).toMatchObject({ isRepair: true, fallback: null });
    tale
      .assign("book", 2)
      .tell({ kind: "attemptFailed", path: "book", attempt: 2, reason: "failed", failure: FAILURE, retryAt: 5, fallback: 0 });
    expect(tale.step("book").rows.get("book")).toMatchObject({ isRepair: false, fallback: 0 });
  });
});

describe("compensation on the board", () => {
  it("is shown at the step that it undoes, with the question when it fails", () => {
    const tale = new Tale().assign("book").complete("book");
    tale.tell(
      { kind: "runEnding", ending: { kind: "failed", failure: FAILURE }, patienceAt: 99 },
      { kind: "runCompensating", deadlineAt: 999 },
    );
    tale.assign("book/compensate");
    const row = tale.step("book").rows.get("book");
    expect([tale.board.status, row?.compensation]).toEqual(["compensating", "running"]);
    tale.tell({ kind: "compensationFailed", path: "book", attempt: 3, failure: FAILURE, question: "q9" });
    expect([row?.compensation, tale.board.waits("answer")]).toEqual(["failed", 1]);
    tale
      .assign("book/compensate")
      .complete("book/compensate")
      .tell({ kind: "compensationEnded", path: "book", outcome: "completed", question: "q9" });
    tale.tell({ kind: "runFailed", failure: FAILURE });
    expect([row?.status, row?.compensation, tale.board.waits("answer"), tale.board.status]).toEqual([
      "completed",
      "completed",
      0,
      "failed",
    ]);
    expect([...tale.board.compensations]).toEqual([["completed", 1]]);
    expect(tale.step("book").attempts).toBe(1);
  });

  it("of a round that is no longer shown is counted all the same", () => {
    const tale = new Tale().open("draft", "loop").assign("draft#1/write").complete("draft#1/write");
    tale.tell({ kind: "iterationStarted", path: "draft", iteration: 2 });
    tale.tell(
      { kind: "runEnding", ending: { kind: "canceled", reason: "x", by: "jo" }, patienceAt: 99 },
      { kind: "runCompensating", deadlineAt: 999 },
    );
    tale
      .assign("draft#1/write/compensate")
      .tell({ kind: "compensationFailed", path: "draft#1/write", attempt: 1, failure: FAILURE, question: "q" });
    expect(tale.board.waits("answer")).toBe(1);
    tale.tell(
      { kind: "compensationEnded", path: "draft#1/write", outcome: "skipped", question: "q" },
      { kind: "runCanceled", reason: "x", by: "jo" },
    );
    expect([tale.board.status, tale.board.waits("answer"), tale.step("draft").status]).toEqual(["canceled", 0, "canceled"]);
  });

  it("the steps of a run that was forked are over from the beginning", () => {
    const tale = new Tale().tell({
      kind: "runStarted",
      run: "r2",
      tenant: "default",
      seed: "s",
      workflow: "all",
      version: "1.0.0",
      fingerprint: "f",
      input: null,
      by: "jo",
      deadlineAt: 99,
      forkedFrom: { run: "r1", steps: ["book"] },
      given: { steps: { book: { status: "completed", output: 1, attempts: 2 } }, context: {} },
    });
    expect([tale.step("book").status, tale.board.stepsOver, tale.board.forkedFrom?.run]).toEqual(["completed", 1, "r1"]);
  });
});
