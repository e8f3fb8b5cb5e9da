import { Message, Role } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import { textPart } from "../../../../src/a2a/wire/wire.ts";
import { actor, DECIDED, helper, REPORT } from "./agents.ts";
import { ADA, by, cancel, folder, get, openStage, request, send, type Stage, stateOf, taskOf } from "./stage.ts";

const REFUSED = { name: "RequestMalformedError" };

describe("one message, one run", () => {
  it("fifty equal messages at once make one task and one execution", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const same = request({ id: "m-1", data: { n: 1 }, metadata: { operation: "echo" } });
    const tasks = await Promise.all(Array.from({ length: 50 }, async () => taskOf(await stage.handler.sendMessage(same, ADA))));
    expect([new Set(tasks.map(({ id }) => id)).size, calls.length]).toEqual([1, 1]);
  });

  it("a message that comes again later, stamped anew, gives the task that it has made", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const first = await send(stage, { id: "m-1", data: { n: 1 }, metadata: { operation: "echo", timestamp: "2026-01-01T00:00:00Z" } });
    const again = await send(stage, {
      id: "m-1",
      data: { n: 1 },
      metadata: { operation: "echo", timestamp: "2026-01-01T00:00:09Z", ttl_ms: 1 },
    });
    expect([again.id, calls.length]).toEqual([first.id, 1]);
  });

  it.each([
    ["other parts", { data: { n: 2 }, metadata: { operation: "echo" } }],
    ["another skill", { data: { n: 1 }, metadata: { operation: "look" } }],
  ])("the same id with %s is an error that says so", async (_what, other) => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    await send(stage, { id: "m-1", data: { n: 1 }, metadata: { operation: "echo" } });
    await expect(send(stage, { id: "m-1", ...other })).rejects.toMatchObject({
      message: expect.stringContaining("was used before, with another content (T4002)"),
      metadata: { code: "T4002", message_id: "m-1" },
    });
    expect(calls).toHaveLength(1);
  });

  it("two callers, and two tenants, may use the same id", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const said = { id: "m-1", data: 1, metadata: { operation: "echo" } };
    const ids = [await send(stage, said, ADA), await send(stage, said, by("bob")), await send(stage, said, by("ada", "other"))];
    expect([new Set(ids.map(({ id }) => id)).size, calls.length]).toEqual([3, 3]);
  });

  it("where messages are not told from each other, each makes a task", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent], handler: { dedupe: false } });
    const said = { id: "m-1", data: 1, metadata: { operation: "echo" } };
    const [first, second] = [await send(stage, said), await send(stage, said)];
    expect([first.id === second.id, calls.length]).toEqual([false, 2]);
  });
});

describe("a message to an agent", () => {
  it("brings its caller's metadata, context, repair and files, and not ours", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const metadata = {
      operation: "look",
      sender: "orchestrator/theirs/1.0.0",
      workflow_id: "run_7",
      subtask_id: "draft[2]",
      attempt: 3,
      correlation_id: "c-1",
      hop_count: 2,
      context: { a: { b: 1 } },
      repair: { problems: ["too short"] },
    };
    const parts = [
      { content: { $case: "raw" as const, value: Buffer.from("abc") }, metadata: undefined, filename: "a.txt", mediaType: "text/plain" },
      { content: { $case: "url" as const, value: "https://example.com/b" }, metadata: undefined, filename: "b", mediaType: "" },
    ];
    const { artifacts } = await send(stage, { text: "Look.", metadata, parts });
    expect(artifacts[0]?.parts[0]?.content).toMatchObject({
      value: {
        text: "Look.",
        context: { a: { b: 1 } },
        repair: ["too short"],
        files: [
          { name: "a.txt", type: "text/plain", content: "abc" },
          { name: "b", type: "application/octet-stream", content: "https://example.com/b" },
        ],
        assignment: { sender: "orchestrator/theirs/1.0.0", workflow_id: "run_7", subtask_id: "draft[2]", attempt: 3, hop_count: 2 },
      },
    });
  });

  it("may be answered with a few words and no task, again and again", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const said = request({ id: "m-1", text: "Hi.", contextId: "c-1", metadata: { operation: "hello" } });
    const first = await stage.handler.sendMessage(said, ADA);
    expect(first).toMatchObject({ role: Role.ROLE_AGENT, contextId: "c-1", taskId: "", parts: [textPart("Hello.")] });
    expect(await stage.handler.sendMessage(said, ADA)).toEqual(first);
    expect(calls).toHaveLength(1);
  });

  it("is answered whole when the agent is quick, also by one who does not want to wait", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    expect(stateOf(await send(stage, { data: 1, now: true, metadata: { operation: "echo" } }))).toBe("COMPLETED");
    expect(stateOf(await send(stage, { data: 1, now: true, metadata: { operation: "ask" } }))).toBe("INPUT_REQUIRED");
  });

  it("gives the task as it is to one who does not want to wait, and to one who has waited long enough", async () => {
    const { agent, release } = actor();
    await using stage = await openStage({ agents: [agent], handler: { blockingMs: 20 } });
    const metadata = { operation: "slow" };
    expect(stateOf(await send(stage, { text: "a", now: true, metadata }))).toBe("WORKING");
    expect(stateOf(await send(stage, { text: "b", metadata }))).toBe("WORKING");
    release.open();
  });

  it("keeps a failure's words to itself, and a refusal is a rejection", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const failed = await send(stage, { text: "x", metadata: { operation: "fail" } });
    expect(stateOf(failed)).toBe("FAILED");
    expect(JSON.stringify(failed)).not.toContain("hunter2");
    expect(stateOf(await send(stage, { text: "x", metadata: { operation: "refuse" } }))).toBe("REJECTED");
  });

  it("is turned away when too many are at work, and let in again afterwards", async () => {
    const { agent, release, started } = actor();
    await using stage = await openStage({ agents: [agent], handler: { maxWorking: 1 } });
    const busy = await send(stage, { text: "x", now: true, metadata: { operation: "slow" } });
    await started.opened;
    await expect(send(stage, { text: "x", metadata: { operation: "echo" } })).rejects.toMatchObject({ name: "OverloadError" });
    release.open();
    await stage.desk.drained();
    expect(stateOf(await send(stage, { text: "x", metadata: { operation: "echo" } }))).toBe("COMPLETED");
    expect(stateOf(await get(stage, busy.id))).toBe("COMPLETED");
  });
});

describe("the room for tasks of workflows", () => {
  const slow = (name: string) => ({ tutti: "1.0", name, version: "1.0.0", steps: { work: { agent: "actor", skill: "slow" } } });
  const served = { workflows: [slow("one"), slow("two")], handler: { maxWorking: 2 } };
  const begin = (stage: Stage, skill: string, tenant?: string) =>
    stage.handler.sendMessage(request({ text: "x", now: true, metadata: { skill } }), by("ada", tenant));

  it("is that of all workflows and of all tenants together", async () => {
    const { agent } = actor();
    await using stage = await openStage({ ...served, helpers: [agent] });
    await begin(stage, "one");
    await begin(stage, "two", "acme");
    for (const [skill, tenant] of [["one"], ["two"], ["two", "acme"], ["one", "other"]] as const)
      await expect(begin(stage, skill, tenant)).rejects.toMatchObject({ name: "OverloadError" });
  });

  it("is looked at again when it could not be once", async () => {
    const { agent } = actor();
    await using stage = await openStage({ ...served, helpers: [agent] });
    const { host } = stage.orchestrator;
    const tasksAtWork = host.tasksAtWork.bind(host);
    host.tasksAtWork = () => {
      host.tasksAtWork = tasksAtWork;
      return Promise.reject(new Error("The disk failed once."));
    };
    await expect(begin(stage, "one")).rejects.toThrow("The disk failed once.");
    expect(stateOf(taskOf(await begin(stage, "one")))).toBe("WORKING");
  });

  it("is taken by the tasks that an earlier process left at work, too", async () => {
    using place = folder();
    const before = actor();
    const first = await openStage({ ...served, helpers: [before.agent], db: place.db });
    await begin(first, "one");
    await begin(first, "one", "acme");
    await first[Symbol.asyncDispose]();
    const after = actor();
    await using stage = await openStage({ ...served, helpers: [after.agent], db: place.db });
    await expect(begin(stage, "one")).rejects.toMatchObject({ name: "OverloadError" });
  });
});

describe("a message to a workflow", () => {
  const served = { helpers: [helper], workflows: [REPORT] };

  it("gives its input as data, and its text for the field that is one", async () => {
    await using stage = await openStage(served);
    const byData = await send(stage, { data: { goal: "Peace", depth: 3 } });
    const byText = await send(stage, { text: "Peace" });
    const byBoth = await send(stage, { text: "Peace", data: { depth: 5 } });
    const outputs = [byData, byText, byBoth].map(({ artifacts }) => artifacts.at(-1)?.parts[0]?.content?.value);
    expect(outputs).toEqual([
      { goal: "Peace", depth: 3 },
      { goal: "Peace", depth: 2 },
      { goal: "Peace", depth: 5 },
    ]);
  });

  it("that does not fit is refused with what is wrong and what is expected, and starts nothing", async () => {
    await using stage = await openStage(served);
    await expect(send(stage, { data: { goal: 7 } })).rejects.toMatchObject({
      message: expect.stringContaining('"required":["goal"]'),
      metadata: { workflow: "report", problems: expect.stringContaining("goal"), input_schema: expect.stringContaining("goal") },
    });
    expect(await stage.orchestrator.host.count({ tenant: ADA.caller.tenant })).toBe(0);
  });

  it("is told apart by its skill when more is served, and all skills are listed when it names none", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent], helpers: [helper], workflows: [REPORT, DECIDED] });
    expect((await send(stage, { text: "Peace", metadata: { skill: "report" } })).metadata).toMatchObject({ task_type: "report" });
    expect((await send(stage, { text: "x", metadata: { skillId: "echo" } })).metadata).toMatchObject({ task_type: "actor" });
    const skills = expect.stringMatching(/echo.*report, decided/);
    await expect(send(stage, { text: "x" })).rejects.toMatchObject({
      message: expect.stringContaining("does not say"),
      metadata: { skills },
    });
    await expect(send(stage, { text: "x", metadata: { skill: "fly" } })).rejects.toThrow(/no skill "fly".*report, decided/);
  });
});

describe("before anything is done", () => {
  it.each([
    ["an id that is too long", { id: "x".repeat(513), text: "x" }, "messageId has 513 characters"],
    ["a context that is too long", { contextId: "x".repeat(513), text: "x" }, "contextId has 513 characters"],
    [
      "a time to live that is over",
      { text: "x", metadata: { operation: "echo", ttl_ms: 1, timestamp: "2020-01-01T00:00:00Z" } },
      "was to live for 1 ms",
    ],
    ["too many hops", { text: "x", metadata: { operation: "echo", hop_count: 17 } }, "passed 17 orchestrators"],
    [
      "a task of nobody's as a reference",
      { text: "x", metadata: { operation: "echo" }, references: ["task_none"] },
      "refers to task task_none",
    ],
    [
      "a history of less than nothing",
      { text: "x", metadata: { operation: "echo" }, historyLength: -1 },
      "historyLength must be 0 or more",
    ],
  ])("a message with %s is refused and calls nobody", async (_what, said, words) => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    await expect(send(stage, said)).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining(words) });
    expect(calls).toEqual([]);
  });

  it("a number that JSON cannot write again is refused", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    await expect(send(stage, { data: { n: Number.POSITIVE_INFINITY }, metadata: { operation: "echo" } })).rejects.toThrow(
      "too large for JSON",
    );
  });

  it("parts of a type that is not taken are refused with those that are", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent], inputModes: ["text/*"] });
    expect(stateOf(await send(stage, { text: "x", metadata: { operation: "echo" } }))).toBe("COMPLETED");
    await expect(send(stage, { data: 1, metadata: { operation: "echo" } })).rejects.toMatchObject({
      reason: "CONTENT_TYPE_NOT_SUPPORTED",
      metadata: { input_modes: "text/*" },
    });
  });

  it.each([
    [["application/json"], true],
    [["image/png", "text/*"], true],
    [["*/*"], true],
    [["TEXT/PLAIN; charset=utf-8"], true],
    [["text"], true],
    [["image/png", "application/xml"], false],
  ])("a caller that accepts %j is served, if anything of that can come: %s", async (acceptedOutputModes, isServed) => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const asked = request({ text: "x", metadata: { operation: "echo" } });
    const configuration = {
      taskPushNotificationConfig: undefined,
      historyLength: undefined,
      returnImmediately: false,
      acceptedOutputModes,
    };
    const sending = stage.handler.sendMessage({ ...asked, configuration }, ADA).then(taskOf);
    if (isServed) expect(stateOf(await sending)).toBe("COMPLETED");
    else
      await expect(sending).rejects.toMatchObject({
        reason: "CONTENT_TYPE_NOT_SUPPORTED",
        metadata: { output_modes: "application/json, text/plain" },
      });
    expect(calls).toHaveLength(isServed ? 1 : 0);
  });

  it("a context of the caller's is kept, and one is made where there is none", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    expect((await send(stage, { text: "x", contextId: "mine", metadata: { operation: "echo" } })).contextId).toBe("mine");
    expect((await send(stage, { text: "x", metadata: { operation: "echo" } })).contextId).toMatch(/^ctx_[0-9a-f]{32}$/);
  });

  it("tasks that a message refers to are its caller's, and stay in its history", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const first = await send(stage, { text: "x", metadata: { operation: "echo" } });
    const next = { text: "y", metadata: { operation: "echo" }, references: [first.id] };
    expect((await send(stage, next)).history[0]?.referenceTaskIds).toEqual([first.id]);
    await expect(send(stage, next, by("bob"))).rejects.toMatchObject(REFUSED);
  });

  it("what the request has passed and its trace go with the run", async () => {
    await using stage = await openStage({ helpers: [helper], workflows: [REPORT] });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const task = taskOf(await stage.handler.sendMessage(request({ text: "Peace", metadata: { hop_count: 4 } }), { ...ADA, traceparent }));
    const [first] = await stage.orchestrator.host.history(stage.orchestrator.ref(task.id), 1, 1);
    expect(first?.fact).toMatchObject({
      hops: 4,
      trace: traceparent,
      by: "ada",
      labels: { "a2a.caller": "ada", "a2a.context": task.contextId },
    });
    const origin = first?.fact.kind === "runStarted" ? first.fact.origin : undefined;
    expect(Message.fromJSON(origin?.message)).toMatchObject({ taskId: task.id, contextId: task.contextId });
  });
});

it("a task is told to its caller alone", async () => {
  const { agent } = actor();
  await using stage = await openStage({ agents: [agent] });
  const { id } = await send(stage, { text: "x", metadata: { operation: "ask" } });
  for (const stranger of [by("bob"), by("ada", "other")]) {
    const asked = [
      get(stage, id, stranger),
      cancel(stage, id, stranger),
      send(stage, { text: "red", taskId: id }, stranger),
      stage.handler.subscribeToTask({ tenant: "", id }, stranger, null),
      stage.handler.subscribeToTask({ tenant: "", id }, stranger, "1.0"),
    ];
    for (const one of asked) await expect(one).rejects.toMatchObject({ reason: "TASK_NOT_FOUND", metadata: { task_id: id } });
  }
  for (const strange of ["", "no such", "run_1", "../../x"])
    await expect(get(stage, strange)).rejects.toMatchObject({ reason: "TASK_NOT_FOUND" });
});
