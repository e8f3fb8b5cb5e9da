/** What a workflow asks its caller: every kind of question, several at once, and what becomes of the status. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../../src/base/json.ts";
import { MAX_QUESTIONS_TOLD } from "../../../../src/base/limits.ts";
import { step } from "../../../support/world.ts";
import { contentsOf, TaskWorld } from "./task-world.ts";

function workflow(steps: JsonObject, rest: JsonObject = {}): TaskWorld {
  return new TaskWorld(steps, { kind: "workflow", name: "test", steps: Object.keys(steps).length }, rest);
}

function asked(prompt: string, kind: "inputRequired" | "authRequired" = "inputRequired") {
  return { kind, question: { prompt } } as const;
}

describe("an open question", () => {
  it("of an approval is told with everything that is needed to answer it", () => {
    const approval = { to: ["role:boss"], title: "Publish?", show: "${{ input.text }}", timeout: "1h" };
    const world = workflow({ decide: { approval } }).start({ text: "All is well." });
    const schema = { type: "object", required: ["decision"], properties: { decision: { enum: ["approved", "rejected"] } } };
    expect(world.taskState).toBe("INPUT_REQUIRED");
    expect(contentsOf(world.said)).toEqual([
      "Publish?",
      {
        question_id: world.question,
        kind: "approval",
        prompt: "Publish?",
        schema,
        data: "All is well.",
        subtask_id: "decide",
        to: ["role:boss"],
        until: "1970-01-01T01:16:40.000Z",
      },
    ]);
    expect(world.said.parts[1]?.metadata).toEqual({ description: "Open question" });
    expect(world.said.metadata).toEqual({ questions: [world.question], question_id: world.question, answer_schema: schema });
    world.reply("approved");
    expect(world.taskState).toBe("COMPLETED");
  });

  it("of an agent names the agent and its subtask, and is answered into the same task", () => {
    const world = workflow({ ask: step() }).start();
    world.accept("ask");
    world.answer("ask", { kind: "inputRequired", question: { prompt: "How many?", schema: { type: "integer" } } });
    const data = contentsOf(world.said)[1];
    expect(data).toMatchObject({ kind: "input", subtask_id: "ask", agent: "agent", prompt: "How many?", schema: { type: "integer" } });
    world.say(3);
    expect(world.taskState).toBe("WORKING");
    expect(world.said.metadata).toMatchObject({ subtask_id: "ask", phase: "ask has its answer and goes on" });
    expect(world.task.history.at(-2)).toMatchObject({ messageId: "m-2", role: 1 });
  });

  it("about a budget, about work of which nobody knows, and about a compensation are questions too", () => {
    const budget = workflow({ a: step(), b: step({ needs: ["a"] }) }, { budget: { subtasks: 1, onExceeded: "ask" } }).start();
    budget.complete("a");
    expect(contentsOf(budget.said)[1]).toMatchObject({ kind: "budget", prompt: expect.stringContaining("used up") as string });
    budget.reply("approved");
    expect(budget.taskState).toBe("WORKING");

    const unknown = workflow({ a: step({ onUnknown: "ask" }) }).start();
    unknown.answer("a", { kind: "unknown", failure: { code: "T4104", message: "It may have arrived.", retryable: false } });
    expect(contentsOf(unknown.said)[1]).toMatchObject({ kind: "unknown", subtask_id: "a" });

    const undoing = workflow({ a: step({ compensate: step() }), b: step({ needs: ["a"], retry: { attempts: 1 } }) }).start();
    undoing.complete("a");
    undoing.fail("b");
    undoing.fail("a/compensate", { retryable: false });
    expect(contentsOf(undoing.said)[1]).toMatchObject({ kind: "compensation", subtask_id: "a", until: expect.any(String) as string });
    undoing.reply({ decision: "retry" });
    expect(undoing.taskState).toBe("WORKING");
  });

  it("that a step's own handler answers is no question to the caller", () => {
    const world = workflow({ ask: step({ onInputRequired: step() }) }).start();
    world.answer("ask", asked("How many?"));
    expect(world.taskState).toBe("WORKING");
    expect(world.view.openQuestions).toEqual([]);
    expect(world.task.history.some((message) => message.metadata?.["phase"] === "ask waits for an answer to agent")).toBe(true);
  });

  it("stays the status while other subtasks go on: what they do is told when it is answered", () => {
    const world = workflow({ ask: step(), other: step(), more: step({ needs: ["other"] }) }).start();
    world.answer("ask", asked("How many?"));
    const status = world.said;
    const count = world.events.length;
    world.now += 5_000;
    world.complete("other");
    world.pause();
    expect(world.said).toBe(status);
    expect(world.events).toHaveLength(count);
    expect(world.task.status?.timestamp).toBe("1970-01-01T00:16:45.000Z");
    world.say(3);
    expect(world.said.metadata).toMatchObject({ progress_percentage: 33, run_state: "paused" });
  });

  it("is told again when people are reminded of it, and to whom it has gone meanwhile", () => {
    const approval = {
      to: ["ann"],
      title: "So?",
      remind: "1m",
      escalate: { after: "90s", to: ["boss"] },
      timeout: "6m",
      onTimeout: "reject",
    };
    const world = workflow({ decide: { approval } }).start();
    const first = world.said.messageId;
    world.pass(60_000);
    expect(world.said.messageId).not.toBe(first);
    world.pass(30_000);
    expect(contentsOf(world.said)[1]).toMatchObject({ to: ["ann", "boss"] });
    world.pass(600_000);
    expect(world.taskState).toBe("COMPLETED");
  });
});

describe("several open questions", () => {
  const three = { a: step(), b: step(), c: step() };

  it("are told together, each with its id, and are answered one by one", () => {
    const world = workflow(three).start();
    for (const path of ["a", "b"]) world.answer(path, asked(`${path}?`));
    const [first, second] = world.view.openQuestions.map(({ id }) => id);
    expect(contentsOf(world.said)[0]).toBe(`2 questions are open.\n${first}: a?\n${second}: b?`);
    expect(contentsOf(world.said).slice(1)).toMatchObject([{ question_id: first }, { question_id: second }]);
    expect(world.said.metadata).toEqual({ questions: [first, second] });
    world.input({ kind: "questionAnswered", question: second ?? "", answer: 1, by: "x" });
    expect(world.taskState).toBe("INPUT_REQUIRED");
    expect(world.said.metadata).toMatchObject({ questions: [first], question_id: first });
    world.input({ kind: "questionAnswered", question: first ?? "", answer: 1, by: "x" });
    expect(world.taskState).toBe("WORKING");
  });

  it("ask for an authorisation only when all of them do", () => {
    const world = workflow(three).start();
    world.answer("a", asked("Log in at a.", "authRequired"));
    expect(world.taskState).toBe("AUTH_REQUIRED");
    world.answer("b", asked("Log in at b.", "authRequired"));
    expect(world.taskState).toBe("AUTH_REQUIRED");
    world.answer("c", asked("c?"));
    expect(world.taskState).toBe("INPUT_REQUIRED");
    const [, , last] = world.view.openQuestions;
    world.input({ kind: "questionAnswered", question: last?.id ?? "", answer: 1, by: "x" });
    expect(world.taskState).toBe("AUTH_REQUIRED");
  });

  it("of very many the oldest are told, with how many there are", () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const world = workflow({ many: { each: "${{ input }}", ...step() } }).start(items);
    for (const index of items) world.answer(`many[${index}]`, asked(`${index}?`));
    expect(world.said.parts).toHaveLength(1 + MAX_QUESTIONS_TOLD);
    expect(world.said.metadata).toMatchObject({ open_questions: 30 });
    const [oldest] = world.view.openQuestions;
    world.input({ kind: "questionAnswered", question: oldest?.id ?? "", answer: 1, by: "x" });
    expect(contentsOf(world.said)[1]).toMatchObject({ prompt: "1?" });
    expect(contentsOf(world.said).at(-1)).toMatchObject({ prompt: "20?" });
  });
});
