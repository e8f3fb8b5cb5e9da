/** A workflow's run as a task: how it begins, goes on and ends. */
import { StreamResponse, TaskState } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../../src/base/json.ts";
import { MAX_TASK_HISTORY } from "../../../../src/base/limits.ts";
import { placeOf } from "../../../../src/a2a/task/task-event.ts";
import { routingOf } from "../../../../src/a2a/task/routing.ts";
import { remainingTime } from "../../../../src/a2a/task/task-tally.ts";
import { step } from "../../../support/world.ts";
import { contentsOf, CONTEXT, Follower, originOf, RUN, stateName, TaskWorld } from "./task-world.ts";

const NAME = "test";
const TWO: JsonObject = { fetch: step(), write: step({ needs: ["fetch"] }) };

function two(rest: JsonObject = {}): TaskWorld {
  return new TaskWorld(TWO, { kind: "workflow", name: NAME, steps: 2 }, { timeout: "30m", ...rest });
}

/** The text and the data of each message of ours, in order. */
function told(world: TaskWorld): readonly (readonly unknown[])[] {
  return world.task.history.slice(1).map(contentsOf);
}

describe("a task begins", () => {
  it("as submitted, with the caller's message first in its history, and is then accepted: two events of one fact (L001, L002, L012, X043)", () => {
    const world = two().start({}, RUN, { origin: originOf([{ text: "Do it." }, { data: { month: 5 } }]) });
    const [submitted, accepted] = world.events;
    expect([submitted?.id, accepted?.id]).toEqual(["1.0", "1.1"]);
    const payload = submitted?.event.payload;
    const task = payload?.$case === "task" ? payload.value : null;
    expect(task).toMatchObject({ id: RUN, contextId: CONTEXT, artifacts: [], status: { message: undefined } });
    expect(stateName(task?.status?.state)).toBe("SUBMITTED");
    expect(task?.history).toMatchObject([{ messageId: "m-1", role: 1, taskId: RUN, contextId: CONTEXT }]);
    expect(task?.history.map(contentsOf)).toEqual([["Do it.", { month: 5 }]]);
    expect(placeOf(accepted?.id ?? "")).toEqual({ seq: 1, n: 1 });
  });

  it("with what its caller says of it and what is known: kind, instant, and by when it is over (L011, L013, L014, L018, X039, X042)", () => {
    const said = {
      task_type: "customer_analysis",
      priority: "medium",
      submitted_by: "user_agent",
      required_resources: ["gpu_compute"],
      else: 1,
    };
    const world = two().start({}, RUN, { origin: originOf([{ text: "x" }], said) });
    expect(world.task.metadata).toEqual({
      task_type: "customer_analysis",
      priority: "medium",
      submitted_by: "user_agent",
      required_resources: ["gpu_compute"],
      workflow_version: "1.0.0",
      expected_duration: "30m",
      created_at: "1970-01-01T00:16:40.000Z",
    });
    expect(world.task.history[0]?.metadata).toEqual(said);
    expect(two().start().task.metadata).toMatchObject({ task_type: NAME, submitted_by: "ann" });
  });

  it("with a message that accepts it, in the status and in the history (L020, L021, L022, L023)", () => {
    const world = two().start();
    const payload = world.events[1]?.event.payload;
    const status = payload?.$case === "statusUpdate" ? payload.value.status : undefined;
    expect(stateName(status?.state)).toBe("WORKING");
    expect(status?.message).toMatchObject({
      messageId: `msg_accept_${RUN}_1`,
      role: 2,
      metadata: { accepting_agent: NAME, estimated_completion: "1970-01-01T00:46:40.000Z" },
    });
    expect(contentsOf(status?.message ?? { parts: [] })).toEqual([`Task accepted by agent ${NAME}. Beginning processing.`]);
    expect(world.task.history[1]).toEqual(status?.message);
  });

  it("with updates that say from whom, to whom, of what and how pressing they are (L041, L042, L043, X036)", () => {
    const world = two().start({}, RUN, { origin: originOf([{ text: "x" }], { submitted_by: "user_agent" }) });
    world.fail("fetch", { code: "AGENT_ERROR", message: "no", retryable: false });
    const ways = world.events.flatMap(({ event: { payload } }) => (payload?.$case === "statusUpdate" ? [payload.value.metadata] : []));
    const way = { from_agent_id: NAME, to_agent_id: "user_agent" };
    expect(ways[0]).toEqual({ ...way, event_type: "task.TASK_STATE_WORKING", priority: "LOW" });
    expect(ways.at(-1)).toEqual({ ...way, event_type: "task.TASK_STATE_FAILED", priority: "HIGH" });
  });

  it.each([
    ["TASK_STATE_COMPLETED", "MEDIUM"],
    ["TASK_STATE_INPUT_REQUIRED", "MEDIUM"],
    ["TASK_STATE_CANCELED", "MEDIUM"],
  ] as const)("an update about %s has priority %s, and is for everyone when nobody is named (L042, L043)", (name, priority) => {
    const routing = routingOf({ state: TaskState[name], from: NAME, to: "" });
    expect(routing).toEqual({ from_agent_id: NAME, to_agent_id: "", event_type: `task.${name}`, priority });
  });

  it("also without a request over A2A: then its input is the caller's message", () => {
    const world = two();
    world.input({
      kind: "start",
      run: RUN,
      tenant: "default",
      seed: "s",
      workflow: "test",
      version: "1.0.0",
      fingerprint: world.program.fingerprint,
      input: { month: 5 },
      by: "bob",
    });
    expect(world.task.history.map(contentsOf)[0]).toEqual([{ month: 5 }]);
    expect(world.task).toMatchObject({ contextId: RUN, metadata: { submitted_by: "bob" } });
    expect(world.task.history[0]).toMatchObject({ messageId: `msg_start_${RUN}`, role: 1 });
  });
});

describe("a task goes on", () => {
  it("with an update for each change of a subtask, which says the share of the steps that are over (L024, L025, L026, L027, L053, L054)", () => {
    const world = two().start();
    world.now += 10_000;
    world.accept("fetch");
    world.complete("fetch", "data");
    const [, assigned, running, completed] = world.task.history.slice(1);
    expect([assigned, running, completed].map((message) => contentsOf(message ?? { parts: [] })[0])).toEqual([
      "Progress update: 0% complete. Current phase: fetch is assigned to work (attempt 1)",
      "Progress update: 0% complete. Current phase: fetch is worked on by remote",
      "Progress update: 50% complete. Current phase: fetch is completed",
    ]);
    expect(completed).toMatchObject({
      metadata: { update_type: "progress", subtask_id: "fetch", progress_percentage: 50, phase: "fetch is completed" },
    });
    expect(completed?.messageId).toMatch(/^msg_progress_task_1_\d+_50$/);
    expect(completed?.parts[1]?.metadata).toEqual({ description: "Detailed progress information" });
    expect(contentsOf(completed ?? { parts: [] })[1]).toEqual({
      subtask_id: "fetch",
      state: "completed",
      attempt: 1,
      agent: "agent",
      progress_percentage: 50,
      estimated_remaining: "10s",
      current_phase: "fetch is completed",
    });
    expect(contentsOf(assigned ?? { parts: [] })[1]).toMatchObject({
      capability: "work",
      state: "assigned",
      estimated_remaining: "unknown",
    });
  });

  it("and tells no share of steps that nobody has counted (X046)", () => {
    const world = new TaskWorld(TWO, { kind: "workflow", name: NAME }).start();
    world.complete("fetch");
    const completed = world.task.history.at(-2);
    expect(contentsOf(completed ?? { parts: [] })).toEqual([
      "fetch is completed.",
      { subtask_id: "fetch", state: "completed", attempt: 1, agent: "agent", current_phase: "fetch is completed" },
    ]);
  });

  it("a remaining time comes from the time that has gone by and the share that is done (L028, X046)", () => {
    expect(remainingTime(90_000, 0)).toBe("unknown");
    expect(remainingTime(90_000, -1)).toBe("unknown");
    expect(remainingTime(90_000, 25)).toBe("4m 30s");
    expect(remainingTime(90_000, 100)).toBe("0ms");
  });

  it("and every kind of change has its words: skipped, tried again, tolerated, waited for, repeated", () => {
    const steps = {
      no: step({ if: "input.no" }),
      shaky: step({ critical: false, retry: { attempts: 2, initial: "10s", jitter: "none" } }),
      nap: { wait: "5s" },
      again: { loop: { max: 2, until: "iter.number > 1", steps: { inner: step() } } },
    };
    const world = new TaskWorld(steps, { kind: "workflow", name: NAME }).start({ no: false });
    world.fail("shaky", { code: "X", message: "It broke." });
    world.pass(10_000);
    world.fail("shaky", { code: "X", message: "It broke." });
    world.complete("again#1/inner");
    world.complete("again#2/inner");
    const phrases = told(world).map(([text]) => text);
    expect(phrases).toEqual(
      expect.arrayContaining([
        "no is skipped: its condition does not hold.",
        "shaky failed in attempt 1; the next follows in 10s.",
        "nap waits until 1970-01-01T00:16:45.000Z.",
        "shaky failed for good; the run goes on without it.",
        "again begins (loop).",
        "again begins iteration 2.",
        "again is completed.",
      ]),
    );
    const retrying = told(world).find(([text]) => String(text).startsWith("shaky failed in"));
    expect(retrying?.[1]).toMatchObject({ state: "retrying", error_code: "X", error_message: "It broke.", attempt: 1, reason: "failed" });
  });

  it("and says when it is paused, canceled and undone, without being anything but at work (X060)", () => {
    const world = two().start();
    world.pause();
    expect(world.taskState).toBe("WORKING");
    expect(contentsOf(world.said)[0]).toBe("Progress update: 0% complete. Current phase: paused");
    expect(world.said.metadata).toMatchObject({ run_state: "paused" });
    world.resume();
    expect(world.said.metadata?.["run_state"]).toBeUndefined();
    world.accept("fetch");
    world.cancel();
    expect(world.taskState).toBe("WORKING");
    expect(world.task.history.some((message) => message.metadata?.["phase"] === "canceling: not needed any more")).toBe(true);
    const undoing = new TaskWorld(
      { a: step({ compensate: step() }), b: step({ needs: ["a"], retry: { attempts: 1 } }) },
      { kind: "workflow", name: NAME },
    );
    undoing.start();
    undoing.complete("a");
    undoing.fail("b");
    expect(undoing.taskState).toBe("WORKING");
    expect(undoing.said.metadata).toMatchObject({ run_state: "compensating", subtask_id: "a/compensate" });
    undoing.complete("a/compensate");
    expect(undoing.taskState).toBe("FAILED");
  });
});

describe("a task ends", () => {
  it("completed, with its output as an artifact before its last message (L003, L030, L031, L032, L057)", () => {
    const world = two({ output: "${{ steps.write.output }}" }).start();
    world.complete("fetch", 1);
    world.now += 90_000;
    const facts = world.complete("write", "the report");
    expect(world.taskState).toBe("COMPLETED");
    const [artifact, status] = world.events.slice(-2);
    expect([artifact?.event.payload?.$case, status?.event.payload?.$case]).toEqual(["artifactUpdate", "statusUpdate"]);
    expect([artifact?.id, status?.id]).toEqual([`${world.facts.length}.0`, `${world.facts.length}.1`]);
    expect(facts.at(-1)?.kind).toBe("runCompleted");
    expect(world.task.artifacts).toMatchObject([{ artifactId: "output", name: "output" }]);
    expect(world.task.artifacts.map(contentsOf)).toEqual([["the report"]]);
    expect(world.said.messageId).toBe(`msg_complete_${RUN}_${world.facts.length}`);
    expect(contentsOf(world.said)).toEqual(["Task completed successfully. the report"]);
    expect(world.said.metadata).toEqual({
      completion_status: "success",
      processing_time: "1m 30s",
      processing_time_ms: 90_000,
      artifact_count: 1,
      performance_metrics: { attempts: 2, retries: 0, steps_over: 2 },
    });
    expect(world.task.history.at(-1)).toEqual(world.said);
  });

  it("completed, with data where the output is no text, also when it is nothing", () => {
    const data = two({ output: { a: [1] } }).start();
    data.complete("fetch");
    data.complete("write");
    expect(data.task.artifacts.map(contentsOf)).toEqual([[{ a: [1] }]]);
    expect(contentsOf(data.said)).toEqual(["Task completed successfully. Results: 1 artifact."]);
  });

  it("canceled, with the reason, by whom, and the state before (L005, L038, L039, L040, X047)", () => {
    const world = two().start();
    world.cancel();
    expect(world.taskState).toBe("CANCELED");
    expect(world.said.messageId).toMatch(/^msg_cancel_task_1_\d+$/);
    expect(contentsOf(world.said)).toEqual(["Task cancelled: not needed any more"]);
    expect(world.said.metadata).toEqual({
      cancellation_reason: "not needed any more",
      cancelled_by: "ada",
      previous_state: "TASK_STATE_WORKING",
    });
    expect(() => world.view.apply({ kind: "fact", seq: world.facts.length + 1, fact: { at: 1, kind: "runPaused", by: "x" } })).toThrow(
      /is over/,
    );
  });

  it("canceled while it asks: the state before is that it asked", () => {
    const approval = { decide: { approval: { to: ["x"], title: "Go on?" } }, ask: step() };
    const world = new TaskWorld(approval, { kind: "workflow", name: NAME }).start();
    expect(world.taskState).toBe("INPUT_REQUIRED");
    world.cancel();
    expect(world.said.metadata?.["previous_state"]).toBe("TASK_STATE_INPUT_REQUIRED");
  });

  it("and its events are the same on the wire (L006)", () => {
    const world = two().start();
    world.complete("fetch", { a: [1, null, "x"] });
    world.cancel();
    for (const { event } of world.events) {
      expect(StreamResponse.toJSON(StreamResponse.fromJSON(StreamResponse.toJSON(event)))).toEqual(StreamResponse.toJSON(event));
    }
  });
});

describe("a task of very many subtasks", () => {
  it("keeps the caller's message and the newest of its own, and each fact costs the same (L056)", { timeout: 30_000 }, () => {
    const items = Array.from({ length: 5_000 }, (_, index) => index);
    const follower = new Follower({ kind: "workflow", name: NAME, steps: 1 });
    const at = 1_000_000;
    const origin = originOf();
    const start = { run: RUN, tenant: "default", seed: "s", workflow: "test", version: "1", fingerprint: "f", input: {}, by: "x", origin };
    follower.apply({ at, kind: "runStarted", deadlineAt: at + 1, ...start });
    follower.apply({ at, kind: "stepExpanded", step: "many", items });
    let seq = 2;
    for (const index of items) {
      const place = { at, path: `many[${index}]`, attempt: 1 };
      const target = { kind: "capability", capability: "work" } as const;
      const events = [
        ...follower.view.apply({ kind: "fact", seq: (seq += 1), fact: { ...place, kind: "subtaskAssigned", target, deadlineAt: at + 1 } }),
        ...follower.view.apply({ kind: "fact", seq: (seq += 1), fact: { ...place, kind: "subtaskCompleted", agent: "a", output: index } }),
      ];
      expect(JSON.stringify(events).length).toBeLessThan(2_200);
    }
    const { history } = follower.task;
    expect(history).toHaveLength(MAX_TASK_HISTORY);
    expect(history[0]?.messageId).toBe("m-1");
    expect(history.at(-1)?.messageId).toBe(`msg_progress_${RUN}_${seq}_0`);
    expect(JSON.stringify(follower.task).length).toBeLessThan(200_000);
  });
});
