/** A question that was answered may be shown for a while; one that is new is told at once. */
import { Role, type Task, TaskState } from "@a2a-js/sdk";
import { expect, test } from "vitest";

import { AskedQuestions } from "../../../src/a2a/client/asked-questions.ts";
import { message, textPart } from "../../../src/a2a/wire/wire.ts";
import { ANSWERED_PATIENCE_MS } from "../../../src/base/limits.ts";

function asking(prompt: string, id: string, timestamp = "2026-01-05T08:00:00.000Z"): Task {
  const said = message({ id, role: Role.ROLE_AGENT, parts: [textPart(prompt)], contextId: "c1", taskId: "t1" });
  const status = { state: TaskState.TASK_STATE_INPUT_REQUIRED, message: said, timestamp };
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

test("a question with an id is the same one when its agent tells it with a later time", () => {
  const { questions } = clocked();
  expect(questions.isStale(asking("Which?", "m1"))).toBe(false);
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("Which?", "m1", "2026-01-05T08:00:09.000Z"))).toBe(true);
});

test("a question without an id is another one when its time is", () => {
  const { questions } = clocked();
  expect(questions.isStale(asking("Which?", ""))).toBe(false);
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("Which?", "", "2026-01-05T08:00:09.000Z"))).toBe(false);
});

test("a question that another process was asked is known by its words, until it is another one", () => {
  const { questions } = clocked();
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("Which?", "m1"))).toBe(true);
  expect(questions.isStale(asking("Which?", "m1"))).toBe(true);
  expect(questions.isStale(asking("Which?", "m2"))).toBe(false);
});

test("other words are another question, also under the id of the one before", () => {
  const { questions } = clocked();
  questions.answered("t1", "Which?");
  expect(questions.isStale(asking("How many?", "m1"))).toBe(false);
  questions.answered("t1", "How many?");
  expect(questions.isStale(asking("How large?", "m1"))).toBe(false);
});
