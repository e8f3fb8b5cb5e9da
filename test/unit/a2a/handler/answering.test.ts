import { describe, expect, it } from "vitest";

import { toRecord } from "../../../../src/a2a/server/accept-message.ts";
import { dataPart, textPart } from "../../../../src/a2a/wire/wire.ts";
import { RunHandle } from "../../../../src/runtime/orchestrator.ts";
import { copiedBy } from "../../../support/copied.ts";
import { actor, DECIDED, helper } from "./agents.ts";
import { ADA, cancel, get, openStage, questionOf, request, send, type Stage, stateOf, taskOf } from "./stage.ts";

/** Asks so many people at once. */
const SIGNED = {
  tutti: "1.0",
  name: "signed",
  version: "1.0.0",
  steps: { sign: { each: "${{ input.items }}", approval: { to: ["ann"], title: "Go on?" } } },
};

const begin = (stage: Stage, operation: string) => send(stage, { text: "Begin.", metadata: { operation } });

describe("a message to a task that asks", () => {
  it("is the answer, and the task's next turn has it", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const asked = await begin(stage, "ask");
    expect([stateOf(asked), asked.status?.message?.metadata]).toMatchObject(["INPUT_REQUIRED", { answer_schema: { type: "string" } }]);
    const done = await send(stage, { taskId: asked.id, text: "red" });
    expect([stateOf(done), done.artifacts[0]?.parts[0]?.content?.value]).toEqual(["COMPLETED", { answer: "red", asked: 1 }]);
    expect(done.history.filter(({ parts }) => parts[0]?.content?.value === "red")).toHaveLength(1);
  });

  it("that does not fit what is asked is refused with the problems, and the task goes on waiting", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const asked = await begin(stage, "number");
    await expect(send(stage, { taskId: asked.id, text: "many" })).rejects.toMatchObject({
      reason: "INVALID_PARAMS",
      metadata: { question_id: questionOf(asked), problems: expect.stringContaining("number"), answer_schema: '{"type":"number"}' },
    });
    expect([stateOf(await get(stage, asked.id)), calls.length]).toEqual(["INPUT_REQUIRED", 1]);
    const done = await send(stage, { taskId: asked.id, text: "42" });
    expect(done.artifacts[0]?.parts[0]?.content?.value).toEqual({ answer: 42 });
  });

  it("that comes again gives the task as it is", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "ask");
    const answer = { id: "m-2", taskId, text: "red" };
    const [first, again] = [await send(stage, answer), await send(stage, answer)];
    expect([again, calls.length]).toEqual([first, 2]);
    await expect(send(stage, { ...answer, text: "blue" })).rejects.toThrow('Message id "m-2" was used before');
  });

  it("in another context is refused", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId, contextId } = await begin(stage, "ask");
    await expect(send(stage, { taskId, text: "red", contextId: "another" })).rejects.toThrow("is in another context");
    expect(stateOf(await send(stage, { taskId, text: "red", contextId }))).toBe("COMPLETED");
  });

  it("without any answer in it is refused", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "ask");
    const parts = [{ content: { $case: "url" as const, value: "https://example.com" }, metadata: undefined, filename: "", mediaType: "" }];
    await expect(send(stage, { taskId, parts })).rejects.toThrow("a data part or a text");
  });

  it("with a file beside the answer is refused, since nobody would get the file", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "ask");
    const file = { content: { $case: "raw" as const, value: Buffer.from("hi") }, metadata: undefined, filename: "a.txt", mediaType: "" };
    await expect(send(stage, { taskId, parts: [textPart("red"), file] })).rejects.toThrow("no place for files; the message has 1");
    expect([stateOf(await get(stage, taskId)), calls.length]).toEqual(["INPUT_REQUIRED", 1]);
  });

  it("in several data parts is all of them", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "anything");
    const done = await send(stage, { taskId, parts: [dataPart({ a: 1 }), textPart("That is:"), dataPart({ b: 2 })] });
    expect(done.artifacts[0]?.parts[0]?.content?.value).toEqual({ answer: { a: 1, b: 2 } });
  });

  it("for access is answered by whatever its caller says", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const asked = await begin(stage, "auth");
    expect(stateOf(asked)).toBe("AUTH_REQUIRED");
    expect(stateOf(await send(stage, { taskId: asked.id, text: "It is allowed now." }))).toBe("COMPLETED");
  });
});

describe("a message to a task that does not ask", () => {
  it("is refused while it works, and begins nothing", async () => {
    const { agent, calls, release, started } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await send(stage, { text: "Begin.", now: true, metadata: { operation: "slow" } });
    await started.opened;
    await expect(send(stage, { taskId, text: "More." })).rejects.toMatchObject({
      reason: "UNSUPPORTED_OPERATION",
      message: expect.stringContaining("is being worked on"),
      metadata: { task_id: taskId },
    });
    release.open();
    await stage.desk.drained();
    expect(calls).toHaveLength(1);
  });

  it("is refused when it is over", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "echo");
    await expect(send(stage, { taskId, text: "More." })).rejects.toMatchObject({
      reason: "UNSUPPORTED_OPERATION",
      metadata: { task_id: taskId, state: "TASK_STATE_COMPLETED" },
    });
  });

  it("is refused when there is no such task, and the message makes none", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    await expect(send(stage, { taskId: "task_1", text: "x" })).rejects.toMatchObject({ reason: "TASK_NOT_FOUND" });
    expect(calls).toEqual([]);
  });

  it("of two at the same moment, one answers and the other is refused", async () => {
    const { agent, calls, release } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await begin(stage, "later");
    const both = [send(stage, { taskId, text: "yes" }), send(stage, { taskId, text: "no" })] as const;
    await expect(both[1]).rejects.toThrow("is being worked on");
    release.open();
    expect([stateOf(await both[0]), calls.length]).toEqual(["COMPLETED", 2]);
  });
});

describe("canceling", () => {
  it("stops the handler and ends the task, with the reason", async () => {
    const { agent, release, signals, started } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id } = await send(stage, { text: "x", now: true, metadata: { operation: "slow" } });
    await started.opened;
    const canceled = await cancel(stage, id);
    expect(canceled.status).toMatchObject({ message: { metadata: { cancellation_reason: "Enough.", cancelled_by: "ada" } } });
    expect([stateOf(canceled), signals.map(({ aborted }) => aborted)]).toEqual(["CANCELED", [true]]);
    await expect(cancel(stage, id)).rejects.toMatchObject({
      reason: "TASK_NOT_CANCELABLE",
      message: `Task ${id} is over already: TASK_STATE_CANCELED.`,
    });
    release.open();
    await stage.desk.drained();
    expect(stateOf(await get(stage, id))).toBe("CANCELED");
  });

  it("takes a task that asks, and no answer after it", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id } = await begin(stage, "ask");
    const canceling = cancel(stage, id);
    await expect(send(stage, { taskId: id, text: "red" }).then(stateOf)).rejects.toThrow(/is over|not open any more/);
    expect([stateOf(await canceling), calls.length]).toEqual(["CANCELED", 1]);
  });

  it("twice at the same moment is one cancel", async () => {
    const { agent, release, started } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id } = await send(stage, { text: "x", now: true, metadata: { operation: "slow" } });
    await started.opened;
    const both = await Promise.all([cancel(stage, id), cancel(stage, id)]);
    expect(both.map(stateOf)).toEqual(["CANCELED", "CANCELED"]);
    release.open();
  });
});

describe("several questions of one workflow", () => {
  const open = async (): Promise<{ readonly stage: Stage; readonly taskId: string; readonly ids: readonly string[] }> => {
    const stage = await openStage({ helpers: [helper], workflows: [DECIDED] });
    const asked = await send(stage, { text: "Begin." });
    expect(stateOf(asked)).toBe("INPUT_REQUIRED");
    // The approval takes a word, as its people would say it.
    const both = await send(stage, { taskId: asked.id, text: "Approve" });
    expect(stateOf(both)).toBe("INPUT_REQUIRED");
    await expect.poll(async () => (await get(stage, asked.id)).status?.message?.metadata?.["questions"]).toHaveLength(2);
    const ids = (await get(stage, asked.id)).status?.message?.metadata?.["questions"] as string[];
    return { stage, taskId: asked.id, ids };
  };

  it("are listed with their ids when a message names none of them", async () => {
    const { stage, taskId, ids } = await open();
    await using _ = stage;
    await expect(send(stage, { taskId, text: "blue" })).rejects.toMatchObject({
      message: expect.stringMatching(/open are q_\w+ \("What of (left|right)\?"\), q_\w+/),
      metadata: { questions: expect.stringContaining(ids[1] ?? "") },
    });
    await expect(send(stage, { taskId, text: "blue", metadata: { question_id: "q_none" } })).rejects.toThrow(
      'Question "q_none" is not open',
    );
  });

  it("are answered one by one by their names, the last one without", async () => {
    const { stage, taskId, ids } = await open();
    await using _ = stage;
    const half = await send(stage, { taskId, text: "first", metadata: { question_id: ids[1] ?? "" } });
    expect([stateOf(half), half.status?.message?.metadata?.["question_id"]]).toEqual(["INPUT_REQUIRED", ids[0]]);
    expect(stateOf(await send(stage, { taskId, text: "second" }))).toBe("COMPLETED");
  });

  it("are answered by one message, all or none", async () => {
    const { stage, taskId, ids } = await open();
    await using _ = stage;
    const [left = "", right = ""] = ids;
    const parts = (second: string) => [dataPart({ question_id: left, answer: "red" }), dataPart({ question_id: second, answer: { n: 2 } })];
    await expect(send(stage, { taskId, parts: parts("q_none") })).rejects.toThrow('Question "q_none" is not open');
    await expect(send(stage, { taskId, parts: parts(left) })).rejects.toThrow("answers one question twice");
    expect(await stage.orchestrator.questions()).toHaveLength(2);
    const message = request({ id: "m-9", taskId, parts: parts(right) });
    const done = taskOf(await stage.handler.sendMessage(message, ADA));
    expect([stateOf(done), done.history.filter(({ messageId }) => messageId === "m-9").length]).toEqual(["COMPLETED", 1]);
    expect(done.artifacts.at(-1)?.parts[0]?.content?.value).toEqual({ left: { answer: "red" }, right: { answer: { n: 2 } } });
    expect(await stage.handler.sendMessage(message, ADA)).toEqual(done);
  });

  it("of which there are many cost an answer by name no more than if they were few", async () => {
    await using stage = await openStage({ helpers: [helper], workflows: [SIGNED] });
    const ask = async (count: number) => {
      const items = Array.from({ length: count }, () => 1);
      const { id: taskId } = await send(stage, { data: { items }, metadata: { skill: "signed" } });
      const questions = await new RunHandle(stage.orchestrator.host, stage.orchestrator.ref(taskId), false).questions();
      expect(questions).toHaveLength(count);
      return { taskId, text: "approved", metadata: { question_id: questions[0]?.id ?? "" } };
    };
    const [few, many] = [await ask(20), await ask(500)];
    const copied = await copiedBy(() => send(stage, few));
    expect(copied).toBeGreaterThan(0);
    expect(await copiedBy(() => send(stage, many))).toBeLessThan(1.5 * copied);
  });

  it("that a died process has answered by half are answered whole when the message comes again", async () => {
    const { stage, taskId, ids } = await open();
    await using _ = stage;
    const [left = "", right = ""] = ids;
    const parts = [dataPart({ question_id: left, answer: "red" }), dataPart({ question_id: right, answer: "blue" })];
    const { message } = request({ id: "m-9", taskId, parts });
    if (message === undefined) throw new Error("There is a message.");
    await stage.orchestrator.answer(left, "red", "ada", toRecord(message));
    const done = await send(stage, { id: "m-9", taskId, parts });
    expect([stateOf(done), done.history.filter(({ messageId }) => messageId === "m-9").length]).toEqual(["COMPLETED", 1]);
  });
});
