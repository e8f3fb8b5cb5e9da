import { describe, expect, it } from "vitest";

import type { TaskEvent } from "../../../../src/a2a/task/task-event.ts";
import { actor, DECIDED, helper } from "./agents.ts";
import { ADA, cancel, drain, folder, get, listing, openStage, questionOf, send, type Stage, stateOf, wordOf } from "./stage.ts";

const subscribe = (stage: Stage, id: string, after: string | null = null) => stage.handler.subscribeToTask({ tenant: "", id }, ADA, after);

describe("a server that was killed and started again", () => {
  const begin = async (operation: string) => {
    const place = folder();
    const before = actor();
    const first = await openStage({ agents: [before.agent], db: place.db });
    const task = await send(first, { id: "m-1", text: "Begin.", now: true, metadata: { operation } });
    return { place, before, first, task };
  };

  it.each([
    ["that is over", "echo", "COMPLETED"],
    ["that failed", "fail", "FAILED"],
    ["that was rejected", "refuse", "REJECTED"],
  ])("has a task %s as it was", async (_what, operation, state) => {
    const { place, first, task } = await begin(operation);
    using _ = place;
    await first.orchestrator.close();
    const after = actor();
    await using stage = await openStage({ agents: [after.agent], db: place.db });
    const same = await get(stage, task.id);
    expect([stateOf(same), same]).toEqual([state, task]);
    expect(await send(stage, { id: "m-1", text: "Begin.", metadata: { operation } })).toEqual(task);
    await expect(subscribe(stage, task.id)).rejects.toThrow("is over");
    await expect(cancel(stage, task.id)).rejects.toThrow("is over already");
    await expect(send(stage, { taskId: task.id, text: "More." })).rejects.toThrow("is over");
    expect(after.calls).toEqual([]);
  });

  it("gives the work that it had to the agent again, under the same key, and its readers go on", async () => {
    const { place, first, before, task } = await begin("slow");
    using _ = place;
    await before.started.opened;
    await first.orchestrator.close();
    const after = actor();
    await using stage = await openStage({ agents: [after.agent], db: place.db });
    expect(stateOf(await get(stage, task.id))).toBe("WORKING");
    await after.started.opened;
    const events = await subscribe(stage, task.id);
    const next = await subscribe(stage, task.id, "1.1");
    await expect(send(stage, { taskId: task.id, text: "More." })).rejects.toThrow("is being worked on");
    after.release.open();
    expect((await drain(events)).map(wordOf).at(-1)).toBe("statusUpdate COMPLETED");
    expect((await drain(next)).map(wordOf).at(-1)).toBe("statusUpdate COMPLETED");
    expect(after.calls).toEqual(before.calls);
    expect(new Set([...before.calls, ...after.calls].map(({ key }) => key)).size).toBe(1);
  });

  it("cancels what was at work", async () => {
    const { place, first, before, task } = await begin("slow");
    using _ = place;
    await before.started.opened;
    await first.orchestrator.close();
    const after = actor();
    await using stage = await openStage({ agents: [after.agent], db: place.db });
    await after.started.opened;
    expect(stateOf(await cancel(stage, task.id))).toBe("CANCELED");
    expect(after.signals.map(({ aborted }) => aborted)).toEqual([true]);
    after.release.open();
  });

  it.each([
    ["input", "ask", "INPUT_REQUIRED", { answer: "red", asked: 1 }],
    ["access", "auth", "AUTH_REQUIRED", { ok: true }],
  ])("still asks for %s, takes the answer, and tells its readers", async (_what, operation, state, result) => {
    const { place, first, task } = await begin(operation);
    using _ = place;
    await first.orchestrator.close();
    const after = actor();
    await using stage = await openStage({ agents: [after.agent], db: place.db });
    const same = await get(stage, task.id);
    expect([stateOf(same), questionOf(same)]).toEqual([state, questionOf(task)]);
    const events = await subscribe(stage, task.id);
    expect(wordOf((await events.next()).value as TaskEvent)).toBe(`task ${state}`);
    const done = await send(stage, { taskId: task.id, text: "red" });
    expect([stateOf(done), done.artifacts[0]?.parts[0]?.content?.value]).toEqual(["COMPLETED", result]);
    expect((await drain(events)).map(wordOf).at(-1)).toBe("statusUpdate COMPLETED");
    expect(after.calls).toHaveLength(1);
  });

  it("cancels what asks", async () => {
    const { place, first, task } = await begin("ask");
    using _ = place;
    await first.orchestrator.close();
    await using stage = await openStage({ agents: [actor().agent], db: place.db });
    expect(stateOf(await cancel(stage, task.id))).toBe("CANCELED");
  });

  it("lists its tasks, answers an approval, and gives its events the ids that they had", async () => {
    const place = folder();
    using _ = place;
    const options = { helpers: [helper], workflows: [DECIDED], db: place.db };
    const first = await openStage(options);
    const { id } = await send(first, { text: "Begin." });
    const before = await drain(await subscribe(first, id, "0.0"));
    await first.orchestrator.close();
    await using stage = await openStage(options);
    const { tasks } = await stage.handler.listTasks(listing(), ADA);
    expect(tasks.map((task) => [task.id, stateOf(task)])).toEqual([[id, "INPUT_REQUIRED"]]);
    expect(await drain(await subscribe(stage, id, "0.0"))).toEqual(before);
    expect(stateOf(await send(stage, { taskId: id, text: "reject" }))).toBe("COMPLETED");
  });

  it("tells a direct answer as the task that it is", async () => {
    const place = folder();
    using _ = place;
    const first = await openStage({ agents: [actor().agent], db: place.db });
    const said = { id: "m-1", text: "Hi.", metadata: { operation: "hello" } };
    await expect(send(first, said)).rejects.toThrow("answered without a task");
    await first.orchestrator.close();
    await using stage = await openStage({ agents: [actor().agent], db: place.db });
    const task = await send(stage, said);
    expect([stateOf(task), task.artifacts[0]?.parts[0]?.content?.value]).toEqual(["COMPLETED", "Hello."]);
  });
});
