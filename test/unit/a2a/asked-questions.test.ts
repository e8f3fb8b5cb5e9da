/** A question that was answered may be shown for a while; one that is new is told at once. */
import { Role, type Task, TaskState } from "@a2a-js/sdk";
import { expect, test } from "vitest";

import { AskedQuestions } from "../../../src/a2a/client/asked-questions.ts";
import { message, textPart } from "../../../src/a2a/wire/wire.ts";
import { ANSWERED_PATIENCE_MS } from "../../../src/base/limits.ts";

function asking(prompt: string, id: string): Task {
  const said = message({ id, role: Role.ROLE_AGENT, parts: [textPart(prompt)], contextId: "c1", taskId: "t1" });
  const status = { state: TaskState.TASK_STATE_INPUT_REQUIRED, message: said, timestamp: "2026-01-05T08:00:00.000Z" };
  return { id: "t1", contextId: "c1", status, artifacts: [], history: [], metadata: undefined };
}

function clocked() {
  const clock = { now: 1_000 };
  return { clock, questions: new AskedQuestions(() => clock.now) };
}

test("a question is not told again while its agent may not have read the answer", () => {
  const { clock, questions } = clocked();
  expect(questions.isStale(asking("Which?", "m1"))).toBe(false);
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("Which?", "m1"))).toBe(true);
  clock.now += ANSWERED_PATIENCE_MS;
  expect(questions.isStale(asking("Which?", "m1"))).toBe(false);
});

test("a question that another process was asked is known by its words, until it is another one", () => {
  const { questions } = clocked();
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("Which?", "m1"))).toBe(true);
  expect(questions.isStale(asking("Which?", "m1"))).toBe(true);
  expect(questions.isStale(asking("Which?", "m2"))).toBe(false);
});

test("other words are another question", () => {
  const { questions } = clocked();
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("How many?", "m1"))).toBe(false);
});
