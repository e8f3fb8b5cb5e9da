/** What callers can send, and do at once, without making anything go wrong for themselves or others. */
import { createHash } from "node:crypto";

import type { Part, Task } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import type { PushConfigs } from "../../../../src/a2a/push/push-configs.ts";
import { OverloadError } from "../../../../src/a2a/server/handler.ts";
import { DEFAULT_TENANT } from "../../../../src/base/ids.ts";
import { actor, DECIDED, helper, REPORT } from "./agents.ts";
import { ADA, get, listing, openStage, request, send, stateOf } from "./stage.ts";

const questionsOf = ({ status }: Task): unknown => status?.message?.metadata?.["questions"];
const REFUSED = { name: "RequestMalformedError" };

describe("many messages at once", () => {
  it.each([
    ["at work", { maxWorking: 2 }],
    ["open", { maxOpen: 2 }],
  ])("begin no more tasks than may be %s", async (_what, handler) => {
    const { agent, calls, release } = actor();
    await using stage = await openStage({ agents: [agent], handler });
    const sent = Array.from({ length: 50 }, () => send(stage, { text: "x", metadata: { skill: "slow" }, now: true }));
    const all = await Promise.allSettled(sent);
    release.open();
    const refusals = all.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect([calls.length, refusals.length]).toEqual([2, 48]);
    expect(refusals.every((reason) => reason instanceof OverloadError)).toBe(true);
  });
});

describe("a message", () => {
  it.each([
    ["text", { text: "\ud800" }],
    ["data", { data: { deep: [{ "\udfff": 1 }] } }],
    ["message id", { id: "\ud800", text: "x" }],
    ["context id", { contextId: "\ud800", text: "x" }],
    ["metadata", { text: "x", metadata: { note: "\ud800", skill: "echo" } }],
  ])("with half a character in its %s is refused, and starts nothing", async (_what, said) => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    await expect(send(stage, { metadata: { skill: "echo" }, ...said })).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("not Unicode"),
    });
    expect(calls).toEqual([]);
  });

  it("that comes again in another context is refused, and without one it is the same", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const said = { id: "m-1", text: "x", metadata: { skill: "echo" } };
    const first = await send(stage, { ...said, contextId: "c-1" });
    await expect(send(stage, { ...said, contextId: "c-2" })).rejects.toThrow("T4002");
    expect(await send(stage, said)).toEqual(first);
  });

  it("that answers one question does not answer another one when it comes again under its name", async () => {
    await using stage = await openStage({ helpers: [helper], workflows: [DECIDED] });
    const { id: taskId } = await send(stage, { text: "x" });
    const asked = questionsOf(await send(stage, { taskId, data: { decision: "approved" } })) as string[];
    const [left = "", right = ""] = asked;
    const said = { id: "m-1", taskId, text: "yes" };
    await send(stage, { ...said, metadata: { question_id: left } });
    await expect(send(stage, { ...said, metadata: { question_id: right } })).rejects.toMatchObject(REFUSED);
    expect(questionsOf(await get(stage, taskId))).toEqual([right]);
  });

  it("that is refused for the event it wants to go on from has answered nothing", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id: taskId } = await send(stage, { text: "x", metadata: { skill: "ask" } });
    const answer = request({ taskId, text: "red" });
    await expect(stage.handler.sendStreamingMessage(answer, ADA, "999.0")).rejects.toThrow("the id of no event");
    expect([stateOf(await get(stage, taskId)), calls.length]).toEqual(["INPUT_REQUIRED", 1]);
  });

  it("whose task is pushed is answered with the task, however few words there are", async () => {
    const { agent } = actor();
    // Only what the handler asks of it.
    const push = { check: () => undefined, attach: () => Promise.resolve() } as unknown as PushConfigs;
    await using stage = await openStage({ agents: [agent], handler: { push } });
    const said = request({ text: "x", metadata: { skill: "hello" } });
    const config = { tenant: "", id: "", taskId: "", url: "https://hooks.test/", token: "", authentication: undefined };
    const configuration = {
      acceptedOutputModes: [],
      historyLength: undefined,
      returnImmediately: false,
      taskPushNotificationConfig: config,
    };
    expect(await stage.handler.sendMessage({ ...said, configuration }, ADA)).toHaveProperty("status");
  });
});

it("a cancel's reason is told at a length that a message can bear", async () => {
  const { agent } = actor();
  await using stage = await openStage({ agents: [agent] });
  const { id } = await send(stage, { text: "x", metadata: { skill: "ask" } });
  const over = await stage.handler.cancelTask({ tenant: "", id, metadata: { reason: "r".repeat(5_000_000) } }, ADA);
  expect([stateOf(over), JSON.stringify(over).length < 100_000]).toEqual(["CANCELED", true]);
});

it("tasks that are too large for one answer are listed on more pages than were asked for, each once", async () => {
  const { agent } = actor();
  await using stage = await openStage({ agents: [agent] });
  const text = "x".repeat(6_000_000);
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await send(stage, { text, metadata: { skill: "ask" } })).id);
  const pages: string[][] = [];
  for (let pageToken = ""; pages.length === 0 || pageToken !== "";) {
    const page = await stage.handler.listTasks(listing({ pageToken, pageSize: 10 }), ADA);
    pages.push(page.tasks.map(({ id }) => id));
    expect([page.pageSize, page.totalSize]).toEqual([10, 5]);
    pageToken = page.nextPageToken;
  }
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(pages.flat()).toEqual(ids.toReversed());
  const { tasks } = await stage.handler.listTasks(listing({ pageSize: 10, historyLength: 0 }), ADA);
  expect(tasks).toHaveLength(5);
});

it("a message that is refused for its input leaves none of its files behind", async () => {
  const sized = { ...REPORT, input: { ...REPORT.input, properties: { ...REPORT.input.properties, file: {} } } };
  await using stage = await openStage({ helpers: [helper], workflows: [sized] });
  const content = Buffer.from("left behind");
  const part: Part = { content: { $case: "raw", value: content }, metadata: undefined, filename: "a.txt", mediaType: "text/plain" };
  const hash = createHash("sha256").update(content).digest("hex");
  const kept = () => stage.orchestrator.host.getPayload(DEFAULT_TENANT, hash);
  await expect(send(stage, { parts: [part], data: { depth: 1 } })).rejects.toMatchObject(REFUSED);
  expect(await kept()).toBeNull();
  await send(stage, { parts: [part], data: { goal: "Peace" } });
  expect(await kept()).not.toBeNull();
});
