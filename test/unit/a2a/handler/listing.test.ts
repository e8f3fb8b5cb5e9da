import { type Task, TaskState } from "@a2a-js/sdk";
import { describe, expect, it, vi } from "vitest";

import { OverloadError } from "../../../../src/a2a/server/handler.ts";
import { fail, refuse } from "../../../../src/agents/answers.ts";
import { defineAgent } from "../../../../src/agents/function-agent.ts";
import { TuttiError } from "../../../../src/base/errors.ts";
import { DEFAULT_TENANT, type RunId } from "../../../../src/base/ids.ts";
import { actor, DECIDED, helper, MALFORMED, REPORT, UNTELLABLE } from "./agents.ts";
import {
  ADA,
  by,
  cancel,
  definitionOf,
  folder,
  get,
  listing,
  openStage,
  questionOf,
  send,
  type Stage,
  type StageOptions,
  stateOf,
} from "./stage.ts";

const say = (stage: Stage, operation: string, more: { now?: boolean; contextId?: string; id?: string } = {}) =>
  send(stage, { text: "x", metadata: { operation }, ...more });

async function pages(stage: Stage, pageSize: number, between: (page: number) => Promise<unknown> = async () => undefined) {
  const told: string[][] = [];
  for (let pageToken = "", page = 0; page === 0 || pageToken !== ""; page += 1) {
    const answer = await stage.handler.listTasks(listing({ pageSize, pageToken }), ADA);
    told.push(answer.tasks.map(({ id }) => id));
    pageToken = answer.nextPageToken;
    await between(page);
    expect(page).toBeLessThan(100);
  }
  return told;
}

/** A page token that goes on after that place in the list. */
const forged = (place: string): string => Buffer.from(JSON.stringify([1, 5, place])).toString("base64url");

/** Until an instant that no task has: those of one millisecond have no order that a test could know. */
const nextInstant = (): Promise<void> => {
  const now = Date.now();
  return expect.poll(() => Date.now()).toBeGreaterThan(now);
};

describe("a list of tasks", () => {
  it("has those of its caller, the last changed first, without artifacts if they are not wanted", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const first = await say(stage, "ask");
    const second = await say(stage, "echo");
    await send(stage, { text: "x", metadata: { operation: "echo" } }, by("bob"));
    await nextInstant();
    await send(stage, { taskId: first.id, text: "red" });
    const { tasks, totalSize, pageSize } = await stage.handler.listTasks(listing(), ADA);
    expect([tasks.map(({ id }) => id), totalSize, pageSize]).toEqual([[first.id, second.id], 2, 50]);
    expect(tasks.map(({ artifacts }) => artifacts.length)).toEqual([0, 0]);
    const whole = await stage.handler.listTasks(listing({ includeArtifacts: true, historyLength: 1 }), ADA);
    expect(whole.tasks.map(({ artifacts, history }) => [artifacts.length, history.length])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("is of one context, one state, or since an instant, and counts what it leaves out", async () => {
    const { agent, release } = actor();
    await using stage = await openStage({ agents: [agent] });
    const byState = {
      COMPLETED: await say(stage, "echo", { contextId: "c" }),
      FAILED: await say(stage, "fail"),
      REJECTED: await say(stage, "refuse"),
      INPUT_REQUIRED: await say(stage, "ask"),
      AUTH_REQUIRED: await say(stage, "auth"),
      WORKING: await say(stage, "slow", { now: true }),
      CANCELED: await cancel(stage, (await say(stage, "ask")).id),
    };
    for (const [name, task] of Object.entries(byState)) {
      const status = TaskState[`TASK_STATE_${name}` as keyof typeof TaskState];
      const found = await stage.handler.listTasks(listing({ status, pageSize: 1 }), ADA);
      expect([name, found.tasks.map(({ id }) => id), found.totalSize, found.nextPageToken]).toEqual([name, [task.id], 1, ""]);
      expect(stateOf(await get(stage, task.id))).toBe(name);
    }
    const submitted = await stage.handler.listTasks(listing({ status: TaskState.TASK_STATE_SUBMITTED }), ADA);
    expect([submitted.tasks, submitted.totalSize]).toEqual([[], 0]);
    expect((await stage.handler.listTasks(listing({ contextId: "c" }), ADA)).tasks.map(({ id }) => id)).toEqual([byState.COMPLETED.id]);
    const since = byState.CANCELED.status?.timestamp;
    const recent = await stage.handler.listTasks(listing({ statusTimestampAfter: since }), ADA);
    expect(recent.tasks.map(({ id }) => id)).toContain(byState.CANCELED.id);
    expect(recent.totalSize).toBe(recent.tasks.length);
    release.open();
  });

  it.each([
    ["a page of nothing", { pageSize: 0 }, "1 to 100"],
    ["a page of too much", { pageSize: 101 }, "1 to 100"],
    ["a page token of somebody else", { pageToken: "x" }, "not one that this agent gave out"],
    ["a forged page token", { pageToken: Buffer.from('[3,"x",1]').toString("base64url") }, "not one that this agent gave out"],
    ["a forged place within a page token", { pageToken: forged("garbage") }, "not one that this agent gave out"],
    ["a place without an instant", { pageToken: forged("/run_1") }, "not one that this agent gave out"],
    ["a place without an id", { pageToken: forged("5/") }, "not one that this agent gave out"],
    ["a place at half an instant", { pageToken: forged("5.5/run_1") }, "not one that this agent gave out"],
    ["a place at an instant in words", { pageToken: forged("now/run_1") }, "not one that this agent gave out"],
    ["a place at the end of time", { pageToken: forged(`${"9".repeat(400)}/run_1`) }, "not one that this agent gave out"],
    ["an instant that is none", { statusTimestampAfter: "yesterday" }, "is not an instant"],
    ["a history of less than nothing", { historyLength: -5 }, "historyLength"],
    ["a state that is none", { status: TaskState.UNRECOGNIZED }, "none of the states"],
  ])("with %s is refused", async (_what, params, words) => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    await expect(stage.handler.listTasks(listing(params), ADA)).rejects.toThrow(words);
  });

  it("has every task once when nothing changes, whatever the size of its pages", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push((await say(stage, "ask")).id);
    await nextInstant();
    const [inOrder = []] = await pages(stage, 100);
    expect(inOrder.toSorted()).toEqual(ids.toSorted());
    for (const size of [1, 2, 3, 6, 7, 8]) expect((await pages(stage, size)).flat()).toEqual(inOrder);
  });

  it("misses no task that changes or comes while it is read, and ends", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const ids: string[] = [];
    for (let count = 0; count < 9; count += 1) ids.push((await say(stage, "ask")).id);
    let answered = 0;
    const told = await pages(stage, 2, async () => {
      await say(stage, "echo");
      const id = ids[answered];
      answered += 1;
      // The oldest, which the list has not come to, moves to its front.
      if (id !== undefined) await send(stage, { taskId: id, text: "red" });
    });
    expect(ids.filter((id) => !told.flat().includes(id))).toEqual([]);
  });

  it("of one workflow has neither the tasks of others nor the runs of its own sub-workflows and forks", async () => {
    const { agent } = actor();
    const nested = {
      tutti: "1.0",
      name: "nested",
      version: "1.0.0",
      steps: { below: { workflow: "report@^1.0.0", with: { goal: "Deeper" } } },
    };
    await using stage = await openStage({ agents: [agent], helpers: [helper], workflows: [REPORT, nested] });
    await stage.orchestrator.workflows.publish(definitionOf(REPORT));
    const task = await send(stage, { data: {}, metadata: { skill: "nested" } });
    expect(stateOf(task)).toBe("COMPLETED");
    await (await stage.orchestrator.fork(task.id, { from: "below" })).result();
    const { tasks, totalSize } = await stage.handler.listTasks(listing(), ADA);
    expect([tasks.map(({ id }) => id), totalSize]).toEqual([[task.id], 1]);
  });

  it("has no task of what is not served any more, and does not count it", async () => {
    const { agent } = actor();
    using place = folder();
    const { db } = place;
    {
      await using before = await openStage({ agents: [agent], helpers: [helper], workflows: [DECIDED], db });
      await send(before, { text: "Begin.", metadata: { skill: "decided" }, now: true });
      await say(before, "ask");
      await expect.poll(async () => (await before.handler.listTasks(listing(), ADA)).totalSize).toBe(2);
    }
    await using stage = await openStage({ agents: [agent], helpers: [helper], workflows: [REPORT], db });
    for (const status of [TaskState.TASK_STATE_UNSPECIFIED, TaskState.TASK_STATE_INPUT_REQUIRED]) {
      const { tasks, totalSize } = await stage.handler.listTasks(listing({ status }), ADA);
      expect([tasks.length, totalSize]).toEqual([1, 1]);
    }
  });

  it("finds a task by how it ended, whatever the words of its failure", async () => {
    const { agent } = actor();
    const worker = defineAgent({
      name: "worker",
      description: "Fails in misleading words.",
      version: "1.0.0",
      capabilities: {
        lie: { description: "Fails.", run: () => fail("X", "Critical step work failed after 1 attempt (rejected): no") },
        odd: { description: "Refuses.", run: () => refuse("(failed): Critical step") },
      },
    });
    await using stage = await openStage({ agents: [agent, worker] });
    const failed = await say(stage, "lie");
    const rejected = await say(stage, "odd");
    const idsIn = async (status: TaskState) => (await stage.handler.listTasks(listing({ status }), ADA)).tasks.map(({ id }) => id);
    expect(await idsIn(TaskState.TASK_STATE_FAILED)).toEqual([failed.id]);
    expect(await idsIn(TaskState.TASK_STATE_REJECTED)).toEqual([rejected.id]);
    const { host, tenant } = stage.orchestrator;
    const errorOf = async ({ id }: Task) => (await host.get({ tenant, id: id as RunId }))?.error;
    expect([await errorOf(failed), await errorOf(rejected)]).toMatchObject([
      { code: "T4108", reason: "failed" },
      { code: "T4108", reason: "rejected" },
    ]);
  });
});

describe("a task whose run is quarantined while it asks", () => {
  it.each(["memory", "a file"])("asks in what is told and in lists, and takes an answer only once it is released (%s)", async (where) => {
    const { agent } = actor();
    using place = folder();
    await using stage = await openStage({ agents: [agent], ...(where === "memory" ? {} : { db: place.db }) });
    const asked = await say(stage, "ask");
    const run = { tenant: stage.orchestrator.tenant, id: asked.id as RunId };
    // No answer does this: it is what a mistake in deciding would be.
    const broken = Object.defineProperty({}, "colour", { enumerable: true, get: () => expect.fail("a bug") });
    await stage.orchestrator.host.post(run, { kind: "questionAnswered", question: questionOf(asked), answer: broken, by: "ada" });
    expect(await stage.orchestrator.host.get(run)).toMatchObject({ status: "quarantined" });
    const found = async (status: TaskState) => (await stage.handler.listTasks(listing({ status }), ADA)).totalSize;
    expect(stateOf(await get(stage, asked.id))).toBe("INPUT_REQUIRED");
    expect([await found(TaskState.TASK_STATE_INPUT_REQUIRED), await found(TaskState.TASK_STATE_WORKING)]).toEqual([1, 0]);
    await expect(send(stage, { id: "m-2", taskId: asked.id, text: "red" })).rejects.toBeInstanceOf(OverloadError);
    expect((await get(stage, asked.id)).history.map(({ messageId }) => messageId)).not.toContain("m-2");
  });
});

describe("a task that cannot be told", () => {
  const open = (handler: StageOptions["handler"] = {}) =>
    openStage({ agents: [actor().agent], helpers: [MALFORMED], workflows: [UNTELLABLE], handler });
  const untellable = (stage: Stage) => expect(send(stage, { text: "x", metadata: { skill: "untellable" } })).rejects.toThrow(TypeError);

  it("is left out of a list, and whoever runs the server hears of it", async () => {
    const lines: unknown[] = [];
    await using stage = await open({ log: (level, event, fields) => lines.push({ level, event, ...fields }) });
    const first = await say(stage, "echo");
    await nextInstant();
    await untellable(stage);
    await nextInstant();
    const last = await say(stage, "echo");
    expect((await stage.handler.listTasks(listing(), ADA)).tasks.map(({ id }) => id)).toEqual([last.id, first.id]);
    const hidden = (await stage.orchestrator.host.list({ tenant: DEFAULT_TENANT, workflow: ["untellable"], limit: 1 })).items[0]?.run.id;
    expect(lines).toEqual([
      { level: "error", event: "task_not_listed", workflow_id: hidden, error: expect.stringContaining("TypeError") as string },
    ]);
    expect(await pages(stage, 1)).toEqual([[last.id], [], [first.id]]);
    await expect(get(stage, hidden ?? "")).rejects.toThrow(TypeError);
  });

  it("is not what a database that fails makes of every task", async () => {
    await using stage = await open();
    await say(stage, "echo");
    const failure = new TuttiError("T5005", "The disk reported an error.", { retryable: true });
    vi.spyOn(stage.orchestrator.host, "history").mockRejectedValue(failure);
    await expect(stage.handler.listTasks(listing(), ADA)).rejects.toBe(failure);
  });
});
