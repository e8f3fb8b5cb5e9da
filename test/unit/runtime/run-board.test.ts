import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { RunBoard } from "../../../src/runtime/board/run-board.ts";
import type { Fact } from "../../../src/scheduler/index.ts";

const definition = workflowFromObject({
  name: "job",
  agents: { w: { local: "w" } },
  steps: { a: { agent: "w", if: "true" }, b: { agent: "w", each: "${{ input.list }}", as: "x" }, c: { agent: "w", needs: ["a"] } },
});

const target = { kind: "agent", agent: "w", skill: null } as const;
const failure = { code: "X", message: "HTTP 503", retryable: true };
const assigned = (path: string, attempt: number): Fact => ({
  at: attempt * 10,
  kind: "subtaskAssigned",
  path,
  attempt,
  target,
  deadlineAt: 1_000,
});
const completed = (path: string, attempt: number): Fact => ({
  at: attempt * 10 + 5,
  kind: "subtaskCompleted",
  path,
  attempt,
  agent: "w",
  output: 1,
});
const failed = (path: string, attempt: number): Fact => ({
  at: 15,
  kind: "attemptFailed",
  path,
  attempt,
  reason: "failed",
  failure,
  retryAt: 20,
});
const asked: Fact = {
  at: 12,
  kind: "questionAsked",
  path: "a",
  attempt: 1,
  turn: 1,
  asks: "input",
  id: "q1",
  question: { prompt: "?" },
  agent: "w",
};
const answered: Fact = {
  at: 13,
  kind: "questionAnswered",
  path: "a",
  attempt: 1,
  turn: 2,
  question: "q1",
  answer: "yes",
  by: "jo",
  deadlineAt: 900,
};

function boardOf(...facts: readonly Fact[]): RunBoard {
  const board = new RunBoard(definition);
  for (const fact of facts) board.apply(fact);
  return board;
}

function statusesOf(board: RunBoard): readonly string[] {
  return board.steps.map(({ status }) => status);
}

describe("the table of subtasks (requirements W084, W085)", () => {
  it("a subtask that has not begun is pending, with no attempts and nobody assigned", () => {
    const board = boardOf();
    expect(statusesOf(board)).toEqual(["pending", "pending", "pending"]);
    expect(board.steps.map(({ attempts, startedAt }) => [attempts, startedAt])).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
  });

  it("goes from assigned over running and retrying to completed, and counts attempts", () => {
    const board = boardOf(assigned("a", 1));
    expect(statusesOf(board)[0]).toBe("assigned");
    board.apply({ at: 11, kind: "subtaskAccepted", path: "a", attempt: 1, turn: 1, agent: "w" });
    expect(statusesOf(board)[0]).toBe("running");
    board.apply(failed("a", 1));
    expect(board.steps[0]?.rows.get("a")).toMatchObject({ status: "retrying", retryAt: 20, attempts: 1 });
    board.apply(assigned("a", 2));
    board.apply(completed("a", 2));
    expect(board.steps[0]).toMatchObject({ status: "completed", attempts: 2, startedAt: 10, endedAt: 25 });
    expect(board.stepsOver).toBe(1);
  });

  it("a run waits exactly while all that is in flight waits for an answer", () => {
    const board = boardOf(assigned("a", 1), asked);
    expect([board.status, statusesOf(board)[0]]).toEqual(["waiting", "waiting"]);
    board.apply({ at: 12, kind: "stepExpanded", step: "b", items: [1, 2] });
    board.apply(assigned("b[0]", 1));
    expect(board.status).toBe("running");
    board.apply(answered);
    expect(statusesOf(board)[0]).toBe("assigned");
  });

  it("items of a list are counted by status, and the list is over with its fact", () => {
    const board = boardOf(
      { at: 1, kind: "stepExpanded", step: "b", items: [1, 2, 3] },
      assigned("b[0]", 1),
      assigned("b[1]", 1),
      completed("b[0]", 1),
      failed("b[1]", 1),
    );
    const [, list] = board.steps;
    expect(Object.fromEntries([...(list?.countByStatus ?? [])].filter(([, count]) => count > 0))).toEqual({
      pending: 1,
      completed: 1,
      retrying: 1,
    });
    board.apply({ at: 40, kind: "stepCompleted", step: "b" });
    expect(list).toMatchObject({ status: "completed", itemCount: 3, endedAt: 40 });
  });

  it("a run that fails leaves its failed list failed, and what never began pending", () => {
    const board = boardOf({ at: 1, kind: "stepExpanded", step: "b", items: [1] }, assigned("b[0]", 1));
    board.apply({ at: 15, kind: "subtaskFailed", path: "b[0]", attempt: 1, reason: "failed", failure, tolerated: false });
    board.apply({ at: 15, kind: "runEnding", ending: { kind: "failed", failure }, patienceAt: 99 });
    board.apply({ at: 16, kind: "runFailed", failure });
    expect([board.status, ...statusesOf(board)]).toEqual(["failed", "pending", "failed_permanent", "pending"]);
  });

  it("a skipped step says why; paused and canceling are states of the run", () => {
    const board = boardOf(
      { at: 1, kind: "stepSkipped", step: "a", reason: { kind: "condition", source: "false" } },
      { at: 2, kind: "runPaused", by: "jo" },
    );
    expect([board.status, statusesOf(board)[0], board.steps[0]?.skipped?.kind]).toEqual(["paused", "skipped", "condition"]);
    board.apply({ at: 3, kind: "runResumed", by: "jo" });
    board.apply({ at: 3, kind: "runEnding", ending: { kind: "canceled", reason: "x", by: "jo" }, patienceAt: 9 });
    expect(board.status).toBe("canceling");
  });
});
