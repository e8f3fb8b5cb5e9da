/** A served agent's run of one step as a task: the agent's own words, and nothing of the step. */
import { describe, expect, it } from "vitest";

import type { Json } from "../../../../src/base/json.ts";
import { placeOf } from "../../../../src/a2a/task/task-event.ts";
import { TaskView } from "../../../../src/a2a/task/task-view.ts";
import { REPLY_ARTIFACT } from "../../../../src/a2a/wire/wire.ts";
import type { Fact } from "../../../../src/scheduler/index.ts";
import type { Outcome, Reply } from "../../../../src/scheduler/outcome.ts";
import { step } from "../../../support/world.ts";
import { contentsOf, RUN, TaskWorld } from "./task-world.ts";

function served(rest: { readonly [key: string]: Json } = {}): TaskWorld {
  const once = { work: step({ retry: { attempts: 1 }, deliver: "stream", ...rest }) };
  return new TaskWorld(once, { kind: "agent", name: "writer" }).start();
}

function answered(outcome: Outcome): TaskWorld {
  const world = served();
  world.answer("work", outcome);
  return world;
}

function completed(reply: Reply): TaskWorld {
  return answered({ kind: "completed", reply });
}

describe("progress", () => {
  it("is the agent's own, with the time that is left by its own share (L025, L026, L027, L028, X046)", () => {
    const world = served();
    world.now += 60_000;
    const progress = { percent: 50, phase: "Processing data", note: "Halfway complete" };
    world.input({ kind: "progressed", path: "work", attempt: 1, turn: 1, progress });
    expect(world.said.messageId).toMatch(/^msg_progress_task_1_\d+_50$/);
    expect(contentsOf(world.said)).toEqual([
      "Progress update: 50% complete. Current phase: Processing data",
      { progress_percentage: 50, current_phase: "Processing data", details: "Halfway complete", estimated_remaining: "1m" },
    ]);
    expect(world.said.metadata).toEqual({ update_type: "progress", progress_percentage: 50, phase: "Processing data" });
    expect(world.said.parts[1]?.metadata).toEqual({ description: "Detailed progress information" });
  });

  it("without a share is told in the agent's words, and without a number that nobody knows (X046)", () => {
    const world = served();
    world.input({ kind: "progressed", path: "work", attempt: 1, turn: 1, progress: { note: "reading" } });
    expect(contentsOf(world.said)).toEqual(["reading", { details: "reading" }]);
    world.now += 1_000;
    world.input({ kind: "progressed", path: "work", attempt: 1, turn: 1, progress: { phase: "writing" } });
    expect(contentsOf(world.said)).toEqual(["writing", { current_phase: "writing" }]);
  });

  it("of any length is told at a length that a history of messages can bear", () => {
    const world = served();
    world.input({ kind: "progressed", path: "work", attempt: 1, turn: 1, progress: { note: "😀".repeat(10_000) } });
    const [text] = contentsOf(world.said);
    expect(String(text).length).toBeLessThanOrEqual(4_000);
    expect(text).toMatch(/^(😀)+…$/u);
  });

  it("says nothing of the run's one step", () => {
    const world = served();
    world.accept("work");
    expect(JSON.stringify(world.task)).not.toContain("subtask_id");
    expect(world.task.history).toHaveLength(2);
    expect(world.task.metadata).toEqual({ task_type: "writer", submitted_by: "ann", created_at: "1970-01-01T00:16:40.000Z" });
  });
});

describe("a run of one step", () => {
  /** What was said after the acceptance, in order. */
  const saidIn = (world: TaskWorld) => world.task.history.slice(2).map((message) => contentsOf(message)[0]);

  it("that is paused, tried again and canceled says so, and nothing else of itself", () => {
    const world = served({ retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.pause();
    world.resume();
    world.fail("work", { code: "AGENT_ERROR", message: "hunter2" });
    world.cancel();
    const canceled = "not needed any more";
    const attempts = "Attempt 1 failed; another follows.";
    expect(saidIn(world)).toEqual(["Paused.", "Resumed.", attempts, `Canceling: ${canceled}.`, `Task cancelled: ${canceled}`]);
    expect(JSON.stringify(world.task)).not.toContain("hunter2");
  });

  it("that is canceled while it asks stops asking first", () => {
    const world = answered({ kind: "inputRequired", question: { prompt: "How many?" } });
    world.cancel();
    expect(saidIn(world)).toEqual(["How many?", "Canceling.", "Task cancelled: not needed any more"]);
    expect(world.said.metadata?.["previous_state"]).toBe("TASK_STATE_INPUT_REQUIRED");
  });

  it("is followed from its first fact, fact by fact", () => {
    const view = new TaskView({ kind: "agent", name: "writer" }, { id: RUN });
    const [first, second] = served().facts;
    expect(() => view.at).toThrow(/begins with the first fact/);
    expect(() => view.apply({ kind: "fact", seq: 2, fact: second as Fact })).toThrow(/does not follow/);
    view.apply({ kind: "fact", seq: 1, fact: first as Fact });
    expect(view.at.seq).toBe(1);
    expect(placeOf("1.1")).toEqual({ seq: 1, n: 1 });
    for (const id of ["", "1", "1.x", "-1.0", "1.0.0"]) expect(placeOf(id)).toBeNull();
  });
});

describe("a question", () => {
  it("is the agent's own, with its schema and an id, and the answer's message follows it in the history (L056)", () => {
    const schema = { type: "string" };
    const world = answered({ kind: "inputRequired", question: { prompt: "Which month?", schema, data: { months: [1, 2] } } });
    const id = world.question;
    expect(world.taskState).toBe("INPUT_REQUIRED");
    expect(world.said.messageId).toMatch(/^msg_question_task_1_\d+$/);
    expect(contentsOf(world.said)).toEqual(["Which month?", { months: [1, 2] }]);
    expect(world.said.metadata).toEqual({ questions: [id], question_id: id, answer_schema: schema });
    world.say("May");
    expect(world.taskState).toBe("WORKING");
    expect(world.task.history.map(({ role }) => role)).toEqual([1, 2, 2, 1, 2]);
    expect(world.task.history.map(contentsOf).slice(2, 4)).toEqual([["Which month?", { months: [1, 2] }], ["May"]]);
    world.complete("work", "done");
    expect(world.taskState).toBe("COMPLETED");
  });

  it("for an authorisation is told as one", () => {
    const world = answered({ kind: "authRequired", question: { prompt: "Log in.", data: { url: "https://a.example" } } });
    expect(world.taskState).toBe("AUTH_REQUIRED");
    expect(contentsOf(world.said)).toEqual(["Log in.", { url: "https://a.example" }]);
  });
});

describe("a result", () => {
  it("is the reply, with what it used, and then the artifacts that the agent named (L003, L030, L031, L032)", () => {
    const world = completed({
      text: "Here it is.",
      data: [{ total: 3 }],
      usage: { tokens: 7 },
      artifacts: [
        { name: "chart", mediaType: "image/png", bytes: "AAAA" },
        { name: "page", mediaType: "text/html", url: "https://a.example/page" },
      ],
    });
    expect(world.taskState).toBe("COMPLETED");
    expect(world.task.artifacts).toMatchObject([
      { artifactId: REPLY_ARTIFACT, metadata: { usage: { tokens: 7 } } },
      { artifactId: "artifact-1", name: "chart", parts: [{ filename: "chart", mediaType: "image/png" }] },
      { artifactId: "artifact-2", name: "page" },
    ]);
    expect(world.task.artifacts.map(contentsOf)).toEqual([["Here it is.", { total: 3 }], [Buffer.alloc(3)], ["https://a.example/page"]]);
    expect(contentsOf(world.said)).toEqual(["Task completed successfully. Here it is."]);
    expect(world.said.metadata).toMatchObject({ artifact_count: 3, completion_status: "success", resource_usage: { tokens: 7, cost: 0 } });
  });

  it("that is only words, only data, or nothing at all, is that and nothing else", () => {
    expect(completed({ text: "yes" }).task.artifacts.map(contentsOf)).toEqual([["yes"]]);
    expect(completed({ data: [false] }).task.artifacts.map(contentsOf)).toEqual([[false]]);
    expect(completed({ data: [1, 2] }).task.artifacts.map(contentsOf)).toEqual([[1, 2]]);
    // Else the words about the end would be taken for the result.
    expect(completed({}).task.artifacts.map(contentsOf)).toEqual([[null]]);
  });

  it("is summed up in the last message, not repeated", () => {
    const world = completed({ text: "x".repeat(100_000) });
    expect(String(contentsOf(world.said)[0]).length).toBeLessThan(600);
  });
});

describe("another end", () => {
  it("rejected is told as rejected, and canceled by the agent as canceled, in its own words", () => {
    const rejected = answered({ kind: "rejected", failure: { code: "T4105", message: "Not my work.", retryable: false } });
    expect(rejected.taskState).toBe("REJECTED");
    expect(rejected.task.history).toHaveLength(3);
    expect(contentsOf(rejected.said)).toEqual([
      "Task rejected: Not my work.",
      { error_code: "T4105", error_message: "Not my work.", retry_possible: false },
    ]);
    const canceled = answered({ kind: "canceled", failure: { code: "T4106", message: "Stopped.", retryable: false } });
    expect(canceled.taskState).toBe("CANCELED");
    expect(contentsOf(canceled.said)[0]).toBe("Task cancelled: Stopped.");
    expect(canceled.said.metadata).toMatchObject({ cancelled_by: "writer", previous_state: "TASK_STATE_WORKING" });
  });

  it("failed says the agent's code, words, details and phase, and whether to try again (L004, L033, L034, L035, L036, L037, L055)", () => {
    const world = served();
    world.input({ kind: "progressed", path: "work", attempt: 1, turn: 1, progress: { phase: "parsing" } });
    const details = { input_validation_errors: ["month is missing"] };
    world.answer("work", { kind: "failed", failure: { code: "INVALID_INPUT", message: "No month.", retryable: false, details } });
    expect(world.taskState).toBe("FAILED");
    expect(world.said.messageId).toMatch(/^msg_failure_task_1_\d+$/);
    expect(contentsOf(world.said)).toEqual([
      "Task failed: No month. (Code: INVALID_INPUT)",
      { error_code: "INVALID_INPUT", error_message: "No month.", error_details: details, failure_phase: "parsing", retry_possible: false },
    ]);
    expect(world.said.parts[1]?.metadata).toEqual({ description: "Detailed error information and diagnostics" });
    expect(world.said.metadata).toEqual({ failure_type: "processing_error", error_code: "INVALID_INPUT", retry_possible: false });
  });

  it.each(["TEMPORARY_RESOURCE_UNAVAILABLE", "NETWORK_TIMEOUT", "RATE_LIMIT_EXCEEDED"])(
    "failed with %s may be tried again (L036)",
    (code) => {
      const world = answered({ kind: "failed", failure: { code, message: "Later.", retryable: false, retryAfterMs: 5_000 } });
      const data = contentsOf(world.said)[1];
      expect(data).toMatchObject({ retry_possible: true, retry_strategy: "exponential_backoff", retry_after_ms: 5_000 });
      expect(world.said.metadata?.["retry_possible"]).toBe(true);
    },
  );

  it("canceled by the caller has the caller's reason", () => {
    const world = served();
    world.cancel();
    expect(world.taskState).toBe("CANCELED");
    expect(contentsOf(world.said)).toEqual(["Task cancelled: not needed any more"]);
  });
});

describe("a streamed answer", () => {
  const chunk = (text: string, attempt = 1) => ({ kind: "chunk", path: "work", attempt, text }) as const;
  const pieceOf = (world: TaskWorld, text: string, attempt = 1) => {
    const told = world.view.chunk(chunk(text, attempt));
    const payload = told?.event.payload;
    if (payload?.$case !== "artifactUpdate") return null;
    const { artifact, append, lastChunk } = payload.value;
    return [told?.id, artifact?.artifactId, ...contentsOf(artifact ?? { parts: [] }), append, lastChunk];
  };

  it("comes in pieces without ids that are no part of the task, and gives way to the final one", () => {
    const world = served();
    expect(pieceOf(world, "He")).toEqual([null, "reply", "He", false, false]);
    expect(pieceOf(world, "llo")).toEqual([null, "reply", "llo", true, false]);
    expect(world.task.artifacts).toEqual([]);
    world.complete("work", "Hello!");
    const payload = world.events.at(-2)?.event.payload;
    expect(payload?.$case === "artifactUpdate" ? payload.value : null).toMatchObject({ append: false, lastChunk: true });
    expect(world.task.artifacts.map(contentsOf)).toEqual([["Hello!"]]);
    expect(pieceOf(world, "late")).toBeNull();
  });

  it("begins anew with each attempt, and what comes late of an earlier one is dropped", () => {
    const world = served({ retry: { attempts: 2, initial: "1s", jitter: "none" } });
    expect(pieceOf(world, "wro")).toEqual([null, "reply", "wro", false, false]);
    world.fail("work");
    expect(pieceOf(world, "ng")).toBeNull();
    world.pass(1_000);
    expect(pieceOf(world, "ng")).toBeNull();
    expect(pieceOf(world, "right", 2)).toEqual([null, "reply", "right", false, false]);
  });

  it("of a workflow's step has an artifact of its own, which gets the step's answer in the end", () => {
    const world = new TaskWorld({ draft: step({ deliver: "stream" }), end: step() }, { kind: "workflow", name: "test" }).start();
    const piece = world.view.chunk({ kind: "chunk", path: "draft", attempt: 1, text: "Dra" });
    expect(piece).toMatchObject({ id: null, event: { payload: { value: { append: false, artifact: { artifactId: "stream-draft" } } } } });
    const before = world.events.length;
    world.complete("draft", "Draft");
    const [final, progress] = world.events.slice(before);
    expect(final).toMatchObject({ id: null, event: { payload: { value: { append: false, lastChunk: true } } } });
    expect(progress?.id).toBe(`${world.facts.findIndex(({ kind }) => kind === "subtaskCompleted") + 1}.0`);
    expect(world.task.artifacts).toEqual([]);
    expect(world.view.chunk({ kind: "chunk", path: "draft", attempt: 1, text: "ft" })).toBeNull();
    expect(world.task.id).toBe(RUN);
  });
});
