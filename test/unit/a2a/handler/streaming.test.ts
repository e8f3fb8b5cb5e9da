import { Message, TaskState } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import type { TaskEvent } from "../../../../src/a2a/task/task-event.ts";
import { defineAgent } from "../../../../src/agents/function-agent.ts";
import { gate } from "../../../e2e/a2a/harness.ts";
import { actor, DECIDED, helper } from "./agents.ts";
import { ADA, drain, get, openStage, payloadOf, request, send, type Stage, stateOf, wordOf } from "./stage.ts";

const stream = (stage: Stage, operation: string, after: string | null = null, id = "m-1") =>
  stage.handler.sendStreamingMessage(request({ id, text: "x", metadata: { operation } }), ADA, after);
const subscribe = (stage: Stage, id: string, after: string | null = null) => stage.handler.subscribeToTask({ tenant: "", id }, ADA, after);

describe("a stream", () => {
  it("begins with the task, and ends with it", async () => {
    const { agent, release } = actor();
    await using stage = await openStage({ agents: [agent] });
    const events = await stream(stage, "slow");
    const first = await events.next();
    release.open();
    const rest = await drain(events);
    expect([wordOf(first.value as TaskEvent), rest.map(wordOf).at(-1)]).toEqual(["task WORKING", "statusUpdate COMPLETED"]);
    expect(rest.map(wordOf)).toContain("artifactUpdate");
  });

  it("of what was quick is one event: the whole task, or a message without one", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    expect((await drain(await stream(stage, "echo"))).map(wordOf)).toEqual(["task COMPLETED"]);
    expect((await drain(await stream(stage, "ask", null, "m-2"))).map(wordOf)).toEqual(["task INPUT_REQUIRED"]);
    const [direct, ...others] = await drain(await stream(stage, "hello", null, "m-3"));
    expect([direct?.id, direct === undefined ? null : payloadOf(direct).$case, others]).toEqual([null, "message", []]);
  });

  it("has as much history in its first event as its caller asks for, and a wrong wish has no effect", async () => {
    const { agent, calls } = actor();
    await using stage = await openStage({ agents: [agent] });
    const begin = (id: string, historyLength: number) =>
      stage.handler.sendStreamingMessage(request({ id, text: "x", historyLength, metadata: { operation: "ask" } }), ADA, null);
    const lengths: number[] = [];
    for (const historyLength of [0, 1, 5]) {
      const [first] = await drain(await begin(`m-${historyLength}`, historyLength));
      const payload = first === undefined ? undefined : payloadOf(first);
      lengths.push(payload?.$case === "task" ? payload.value.history.length : -1);
    }
    expect(lengths).toEqual([0, 1, 3]);
    await expect(begin("m-6", -1)).rejects.toThrow("historyLength must be 0 or more");
    expect(calls).toHaveLength(3);
  });

  it("of a message that was answered without a task is that answer again, wherever its reader says it was", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const once = await drain(await stream(stage, "hello"));
    expect(await drain(await stream(stage, "hello", "1.0"))).toEqual(once);
    expect(once.map((event) => payloadOf(event).$case)).toEqual(["message"]);
  });

  it("gives all its readers the same events with the same ids, from wherever they are", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent], helpers: [helper], workflows: [DECIDED] });
    const { id } = await send(stage, { text: "x", metadata: { skill: "decided" } });
    const early = await subscribe(stage, id);
    const late = await subscribe(stage, id);
    await send(stage, { taskId: id, text: "approve" });
    const [one, two] = [await drain(early), await drain(late)];
    expect(one).toEqual(two);
    const ids = one.map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [place, event] of one.slice(0, -1).entries()) {
      const again = await drain(await subscribe(stage, id, event.id));
      // By now a second question may have been asked.
      expect(again.slice(0, one.length - place - 1)).toEqual(one.slice(place + 1));
    }
  });

  it("ends at a question, goes on at a request for access, and a later reader of a question waits for what follows", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const asked = await send(stage, { text: "x", metadata: { operation: "ask" } });
    const waiting = await subscribe(stage, asked.id);
    expect(wordOf((await waiting.next()).value as TaskEvent)).toBe("task INPUT_REQUIRED");
    await send(stage, { taskId: asked.id, text: "red" });
    expect((await drain(waiting)).map(wordOf).at(-1)).toBe("statusUpdate COMPLETED");

    const forAccess = await stream(stage, "auth", null, "m-2");
    const first = await forAccess.next();
    expect(wordOf(first.value as TaskEvent)).toBe("task AUTH_REQUIRED");
    const { payload } = (first.value as TaskEvent).event;
    await send(stage, { taskId: payload?.$case === "task" ? payload.value.id : "", text: "Allowed." });
    expect((await drain(forAccess)).map(wordOf).at(-1)).toBe("statusUpdate COMPLETED");
  });

  it("that was cut is taken up after any of its events, also when the task is over by now", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id } = await send(stage, { id: "m-1", text: "x", metadata: { operation: "ask" } });
    await send(stage, { taskId: id, text: "red" });
    const all = await drain(await subscribe(stage, id, "0.0"));
    expect(all.map(wordOf)).toEqual([
      "task SUBMITTED",
      "statusUpdate WORKING",
      "statusUpdate INPUT_REQUIRED",
      "statusUpdate WORKING",
      "artifactUpdate",
      "statusUpdate COMPLETED",
    ]);
    for (const [place, event] of all.slice(0, -1).entries()) {
      expect(await drain(await subscribe(stage, id, event.id))).toEqual(all.slice(place + 1));
      expect(await drain(await stream(stage, "ask", event.id))).toEqual(all.slice(place + 1));
    }
    for (const after of [null, all.at(-1)?.id ?? ""])
      await expect(subscribe(stage, id, after)).rejects.toMatchObject({ reason: "UNSUPPORTED_OPERATION" });
    for (const after of ["x", "99.0"]) await expect(subscribe(stage, id, after)).rejects.toThrow("the id of no event");
  });

  it("shows the pieces of an answer to those who are there, without an id, and the whole in their place", async () => {
    const speak = gate();
    const speaker = defineAgent({
      name: "speaker",
      description: "Speaks.",
      version: "1.0.0",
      capabilities: {
        speak: {
          description: "Speaks.",
          run: async ({ chunk }) => {
            await speak.opened;
            chunk("one ");
            chunk("two");
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
            return "one two three";
          },
        },
      },
    });
    await using stage = await openStage({ agents: [speaker] });
    const events = await stream(stage, "speak");
    await events.next();
    speak.open();
    const rest = await drain(events);
    expect(rest.filter(({ id }) => id === null).map(wordOf)).toEqual(["artifactUpdate", "artifactUpdate"]);
    const told = rest.flatMap((event) => {
      const payload = payloadOf(event);
      return payload.$case === "artifactUpdate" ? [[payload.value.append, payload.value.artifact?.parts[0]?.content?.value]] : [];
    });
    expect(told).toEqual([
      [false, "one "],
      [true, "two"],
      [false, "one two three"],
    ]);
  });

  it.each([
    ["all of them in order, however many come at once", Array.from({ length: 3_000 }, (_, index) => `${index} `), true],
    ["none behind a hole, when there are too many to be kept", ["x".repeat(300_000), "y".repeat(300_000)], false],
  ])("shows of the pieces of an answer %s", async (_what, pieces, isWhole) => {
    const speak = gate();
    const run = async ({ chunk }: { chunk: (text: string) => void }): Promise<string> => {
      await speak.opened;
      for (const piece of pieces) chunk(piece);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      chunk("and more");
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return "whole";
    };
    const speaks = { speak: { description: "Speaks.", run } };
    const speaker = defineAgent({ name: "speaker", description: "Speaks.", version: "1.0.0", capabilities: speaks });
    await using stage = await openStage({ agents: [speaker] });
    const events = await stream(stage, "speak");
    await events.next();
    let next = events.next();
    speak.open();
    let text = "";
    const versions: string[] = [];
    for (let event = await next; event.done !== true; event = await next) {
      const payload = payloadOf(event.value);
      next = events.next();
      if (payload.$case !== "artifactUpdate") continue;
      const { append, artifact } = payload.value;
      if (!append) versions.push(text);
      text = `${append ? text : ""}${String(artifact?.parts[0]?.content?.value)}`;
    }
    expect([...versions, text].filter((version) => version !== "")).toEqual(isWhole ? [`${pieces.join("")}and more`, "whole"] : ["whole"]);
  });

  it("that its reader leaves while it waits is over at once, and the task goes on", async () => {
    const { agent, release } = actor();
    await using stage = await openStage({ agents: [agent] });
    const events = await stream(stage, "slow");
    const first = await events.next();
    const waiting = events.next();
    await events.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    release.open();
    await stage.desk.drained();
    const { payload } = (first.value as TaskEvent).event;
    const id = payload?.$case === "task" ? payload.value.id : "";
    await expect.poll(async () => stateOf(await get(stage, id))).toBe("COMPLETED");
  });

  it("ends when the orchestrator is closed", async () => {
    const { agent } = actor();
    const stage = await openStage({ agents: [agent] });
    const events = await stream(stage, "slow");
    await events.next();
    const waiting = events.next();
    await stage.orchestrator.close();
    expect(await waiting).toMatchObject({ done: true });
  });

  it("is not read ahead of its reader", async () => {
    const { agent } = actor();
    await using stage = await openStage({ agents: [agent] });
    const { id } = await send(stage, { text: "x", metadata: { operation: "ask" } });
    const slow = await subscribe(stage, id, "0.0");
    await send(stage, { taskId: id, text: "red" });
    let reads = 0;
    const { host } = stage.orchestrator;
    const history = host.history.bind(host);
    host.history = (...asked) => {
      reads += 1;
      return history(...asked);
    };
    expect(reads).toBe(0);
    expect(wordOf((await slow.next()).value as TaskEvent)).toBe("task SUBMITTED");
    expect(reads).toBe(1);
    await slow.return();
  });
});

it("what a caller folds from the events is the task that it can get", async () => {
  const { agent } = actor();
  await using stage = await openStage({ agents: [agent] });
  const { id } = await send(stage, { text: "x", metadata: { operation: "ask" } });
  await send(stage, { taskId: id, text: "red" });
  const states = (await drain(await subscribe(stage, id, "0.0"))).flatMap((event) => {
    const payload = payloadOf(event);
    return payload.$case === "statusUpdate" ? [payload.value.status] : [];
  });
  const task = await get(stage, id);
  expect(states.at(-1)?.state).toBe(TaskState.TASK_STATE_COMPLETED);
  expect(states.at(-1)).toEqual(task.status);
  const told = states.flatMap((status) => (status?.message === undefined ? [] : [Message.toJSON(status.message)]));
  const said = task.history.map((message) => Message.toJSON(message));
  for (const one of told) expect(said).toContainEqual(one);
});
