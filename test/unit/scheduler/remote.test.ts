import { describe, expect, it } from "vitest";

import { outstanding } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const CANCELED = { kind: "canceled", failure: { code: "T4106", message: "canceled", retryable: false } } as const;
const DONE = { kind: "completed", reply: { data: [7] } } as const;
const RETRY = { retry: { attempts: 2, initial: "1s", jitter: "none" }, timeout: "1m" };

describe("the send ledger", () => {
  it("intent before send, task before waiting, and each is what a restart goes on from", () => {
    const world = new World({ a: step() }).start();
    const first = world.open.get("a");
    expect(outstanding(world.state as never, world.program)).toEqual([first]);
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: "c" };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent });
    expect(world.open.get("a")).toMatchObject({ kind: "send", again: false, intent });
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "send", again: true, intent }]);
    const task = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", taskId: "t", contextId: "c" };
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "r", task });
    expect(world.open.get("a")).toMatchObject({ kind: "attend", task });
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "attend", task }]);
    world.answer("a", DONE, task);
    expect(world.output).toBe(7);
  });

  it("a second intent for the same turn is ignored, unless it leaves out the context id that was refused", () => {
    const world = new World({ a: step() }).start();
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: "c" };
    const intended = { kind: "intended", path: "a", attempt: 1, turn: 1 } as const;
    world.input({ ...intended, intent });
    expect(world.input({ ...intended, intent })).toEqual([]);
    world.input({ ...intended, intent: { ...intent, contextId: null } });
    expect(world.open.get("a")).toMatchObject({ kind: "send", intent: { messageId: "m", contextId: null } });
  });

  it("work in this process that was acknowledged is given again after a restart", () => {
    const world = new World({ a: step() }).start();
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "local" });
    expect(world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "local" })).toEqual([]);
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate", path: "a", attempt: 1 }]);
    world.complete("a", 1);
    expect(world.output).toBe(1);
  });

  it("acknowledgements, intents and progress of what is not in flight change nothing", () => {
    const world = new World({ a: step() }).start();
    const effect = { path: "gone", attempt: 1, turn: 1 };
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: "c" };
    expect(world.input({ kind: "accepted", ...effect, agent: "x" })).toEqual([]);
    expect(world.input({ kind: "intended", ...effect, intent })).toEqual([]);
    expect(world.input({ kind: "progressed", ...effect, progress: { percent: 3 } })).toEqual([]);
  });

  it("progress is recorded, but not of a subtask that waits", () => {
    const world = new World({ a: step(RETRY) }).start();
    world.input({ kind: "progressed", path: "a", attempt: 1, turn: 1, progress: { percent: 30, phase: "reading" } });
    expect(world.state?.flights["a"]?.progress).toEqual({ percent: 30, phase: "reading" });
    world.fail("a");
    expect(world.input({ kind: "progressed", path: "a", attempt: 1, turn: 1, progress: {} })).toEqual([]);
  });
});

describe("timeouts of an attempt", () => {
  it("work in this process is stopped and tried again", () => {
    const world = new World({ a: step(RETRY) }).start();
    world.pass(60_000);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut", attempt: 1 }]);
    world.pass(1_000);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2 });
  });

  it("a remote task is canceled first, and tried again once the agent has acknowledged", () => {
    const world = new World({ a: step(RETRY) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.answer("a", CANCELED, task);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut" }]);
  });

  it("a remote task that completed meanwhile is adopted instead of being done twice", () => {
    const world = new World({ a: step(RETRY) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    world.answer("a", DONE, task);
    expect(world.output).toBe(7);
  });

  it("an agent that does not acknowledge is waited for only so long", () => {
    const world = new World({ a: step(RETRY) }).start();
    world.accept("a");
    world.pass(60_000);
    world.pass(9_999);
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.pass(1);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut" }]);
  });

  it("a message of which nobody knows whether it arrived is unknown, not timed out: it is not sent again", () => {
    const world = new World({ a: step(RETRY) }).start();
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: null };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent });
    world.pass(60_000);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task: null, intent });
    world.pass(10_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "unknown" }]);
  });

  it("an acceptance that was overtaken by the timeout still gets its task canceled", () => {
    const world = new World({ a: step(RETRY) }).start();
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: null };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent });
    world.pass(60_000);
    const task = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", taskId: "t", contextId: "c" };
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "r", task });
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    world.answer("a", { kind: "unknown", failure: { code: "T4104", message: "?", retryable: false } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "unknown" }]);
  });

  it("without a cancel that was acknowledged in words, anything but a result counts as timed out", () => {
    const world = new World({ a: step({ ...RETRY, retry: { attempts: 1 } }) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    world.answer("a", { kind: "failed", failure: { code: "X", message: "late", retryable: true } }, task);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut", failure: { code: "T4103" } }]);
  });
});

describe("a remote task that fails", () => {
  it("is told with its task, and tried again as a new one", () => {
    const world = new World({ a: step(RETRY) }).start();
    const task = world.accept("a");
    world.answer("a", { kind: "failed", failure: { code: "X", message: "broke", retryable: true } }, task);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ task: { taskId: "task-1" } }]);
    world.pass(1_000);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2, task: null });
  });
});

describe("cancel", () => {
  it("a run with nothing remote ends at once, and stays canceled (X044)", () => {
    const world = new World({ a: step(), b: step({ needs: ["a"] }) }).start();
    world.input({ kind: "cancelRequested", reason: "no longer needed", by: "ada" });
    expect(world.status).toBe("canceled");
    expect(world.state?.end).toMatchObject({ kind: "canceled", reason: "no longer needed", by: "ada" });
    expect(world.open.get("a")).toMatchObject({ kind: "abort" });
  });

  it("a run with remote work is canceling until the agents have acknowledged", () => {
    const world = new World({ a: step(), b: step() }).start();
    const first = world.accept("a", "task-a");
    const second = world.accept("b", "task-b");
    world.input({ kind: "cancelRequested", reason: "stop", by: "ada" });
    expect(world.status).toBe("canceling");
    world.answer("a", CANCELED, first);
    expect(world.status).toBe("canceling");
    world.answer("b", DONE, second);
    expect(world.status).toBe("canceled");
    expect(world.factsOf("taskReleased")).toHaveLength(2);
  });

  it("agents that do not acknowledge do not keep a run from its end", () => {
    const world = new World({ a: step() }).start();
    world.accept("a");
    world.input({ kind: "cancelRequested", reason: "stop", by: "ada" });
    world.pass(9_999);
    expect(world.status).toBe("canceling");
    world.pass(1);
    expect(world.status).toBe("canceled");
  });

  it("a run that fails is running until its remote work has been told to stop", () => {
    const world = new World({ a: step({ retry: { attempts: 1 } }), b: step() }).start();
    const task = world.accept("b");
    world.fail("a");
    expect(world.status).toBe("running");
    world.answer("b", CANCELED, task);
    expect(world.status).toBe("failed");
  });

  it("the first decision to end stands", () => {
    const world = new World({ a: step() }).start();
    world.accept("a");
    world.input({ kind: "cancelRequested", reason: "first", by: "ada" });
    expect(world.input({ kind: "cancelRequested", reason: "second", by: "bob" })).toEqual([]);
    expect(world.input({ kind: "pauseRequested", by: "bob" })).toEqual([]);
    world.pass(10_000);
    expect(world.state?.end).toMatchObject({ reason: "first" });
  });

  it("what waits for a retry or for an answer is canceled without a word to anyone", () => {
    const world = new World({ a: step(RETRY), b: step() }).start();
    world.fail("a");
    world.answer("b", { kind: "inputRequired", question: { prompt: "?" } });
    world.open.clear();
    world.input({ kind: "cancelRequested", reason: "stop", by: "ada" });
    expect(world.status).toBe("canceled");
    expect(world.openPaths()).toEqual([]);
  });

  it("a timed-out attempt that is being canceled joins the run's cancel", () => {
    const world = new World({ a: step(RETRY) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    world.input({ kind: "cancelRequested", reason: "stop", by: "ada" });
    world.answer("a", CANCELED, task);
    expect(world.status).toBe("canceled");
  });

  it("a run that fails in the instant in which an attempt times out ends failed, though that one is not acknowledged", () => {
    const world = new World({
      later: step({ timeout: "1m5s" }),
      far: step({ timeout: "1m", retry: { attempts: 3 } }),
      last: step({ timeout: "1m", retry: { attempts: 1 } }),
    }).start();
    world.accept("far");
    world.pass(60_000);
    expect(world.factsOf("runEnding")).toHaveLength(1);
    world.pass(10_000);
    expect(world.status).toBe("failed");
    expect(world.factsOf("runFailed")).toHaveLength(1);
  });
});

describe("pause", () => {
  it("nothing new is assigned, what is in flight goes on, and resume goes on from there (W190)", () => {
    const world = new World({ a: step(), b: step({ needs: ["a"] }) }).start();
    world.input({ kind: "pauseRequested", by: "ada" });
    expect(world.status).toBe("paused");
    world.complete("a", 1);
    expect(world.openPaths()).toEqual([]);
    world.input({ kind: "resumeRequested", by: "ada" });
    expect(world.openPaths()).toEqual(["b"]);
  });

  it("pausing twice, and resuming what is not paused, change nothing", () => {
    const world = new World({ a: step() }).start();
    expect(world.input({ kind: "resumeRequested", by: "ada" })).toEqual([]);
    world.input({ kind: "pauseRequested", by: "ada" });
    expect(world.input({ kind: "pauseRequested", by: "ada" })).toEqual([]);
  });

  it("step clocks stand still, the run's own does not", () => {
    const world = new World({ a: step(RETRY), b: step(RETRY) }, { timeout: "1h" }).start();
    world.fail("b");
    world.pass(500);
    world.input({ kind: "pauseRequested", by: "ada" });
    world.pass(1_800_000);
    expect(world.factsOf("attemptFailed")).toHaveLength(1);
    world.input({ kind: "resumeRequested", by: "ada" });
    expect(world.pass(499)).toEqual([]);
    expect(world.pass(1)).toMatchObject([{ kind: "subtaskAssigned", path: "b" }]);
    world.input({ kind: "pauseRequested", by: "ada" });
    world.pass(3_600_000);
    expect(world.failure?.code).toBe("T4109");
  });

  it("what happens during a pause is delayed by the rest of the pause only", () => {
    const world = new World({ a: step(RETRY), b: step(RETRY) }).start();
    world.answer("b", { kind: "inputRequired", question: { prompt: "?" } });
    world.input({ kind: "pauseRequested", by: "ada" });
    world.pass(30_000);
    world.fail("a");
    world.input({ kind: "questionAnswered", question: world.factsOf("questionAsked")[0]?.id ?? "", answer: 1, by: "ada" });
    world.pass(30_000);
    world.input({ kind: "resumeRequested", by: "ada" });
    expect(world.pass(999)).toEqual([]);
    expect(world.pass(1)).toMatchObject([{ kind: "subtaskAssigned", path: "a", attempt: 2 }]);
    world.complete("a", 1);
    world.pass(58_999);
    expect(world.factsOf("attemptFailed")).toHaveLength(1);
    world.pass(1);
    expect(world.factsOf("attemptFailed")).toHaveLength(2);
  });

  it("a cancel that is under way when the run is paused keeps its patience for later", () => {
    const world = new World({ a: step(RETRY) }).start();
    world.accept("a");
    world.pass(60_000);
    world.input({ kind: "pauseRequested", by: "ada" });
    world.pass(60_000);
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.input({ kind: "resumeRequested", by: "ada" });
    world.pass(10_000);
    expect(world.factsOf("attemptFailed")).toHaveLength(1);
  });

  it("a list goes on where it stood", () => {
    const world = new World({ f: step({ each: "${{ input.items }}", as: "item", concurrency: 1 }) }).start({ items: [1, 2] });
    world.input({ kind: "pauseRequested", by: "ada" });
    world.complete("f[0]");
    expect(world.openPaths()).toEqual([]);
    world.input({ kind: "resumeRequested", by: "ada" });
    expect(world.openPaths()).toEqual(["f[1]"]);
  });
});

describe("questions", () => {
  const ASK = { kind: "inputRequired", question: { prompt: "Which vendor?", schema: { type: "string" } } } as const;

  it("park the step with the real question; the answer is the next turn of the same attempt, to the same task", () => {
    const world = new World({ a: step() }).start();
    const task = world.accept("a");
    world.answer("a", ASK, task);
    expect(world.status).toBe("waiting");
    const [asked] = world.factsOf("questionAsked");
    expect(asked).toMatchObject({ asks: "input", question: { prompt: "Which vendor?" }, task });
    world.input({ kind: "questionAnswered", question: asked?.id ?? "", answer: "Acme", by: "ada" });
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 1, turn: 2, task, exchanges: [{ answer: "Acme" }] });
    world.complete("a", "done");
    expect(world.output).toBe("done");
  });

  it("each question has its own id, and only the first answer counts", () => {
    const world = new World({ a: step(), b: step() }).start();
    world.answer("a", ASK);
    world.answer("b", { kind: "authRequired", question: { prompt: "Sign in" } });
    const [first, second] = world.factsOf("questionAsked");
    expect(first?.id).not.toBe(second?.id);
    expect(second?.asks).toBe("auth");
    world.input({ kind: "questionAnswered", question: first?.id ?? "", answer: 1, by: "ada" });
    expect(world.input({ kind: "questionAnswered", question: first?.id ?? "", answer: 2, by: "bob" })).toEqual([]);
    expect(world.input({ kind: "questionAnswered", question: "q_none", answer: 2, by: "bob" })).toEqual([]);
    expect(world.status).toBe("running");
  });

  it("parked time does not count against the attempt, but what is left of it does afterwards", () => {
    const world = new World({ a: step(RETRY) }).start();
    world.pass(40_000);
    world.answer("a", ASK);
    world.pass(3_600_000);
    world.input({ kind: "questionAnswered", question: world.factsOf("questionAsked")[0]?.id ?? "", answer: 1, by: "ada" });
    world.pass(19_999);
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.pass(1);
    expect(world.factsOf("attemptFailed")).toHaveLength(1);
  });

  it("an agent that asks for ever fails (T4110)", () => {
    const world = new World({ a: step() }).start();
    for (let turn = 1; turn < 8; turn += 1) {
      world.answer("a", ASK);
      world.input({ kind: "questionAnswered", question: world.factsOf("questionAsked").at(-1)?.id ?? "", answer: turn, by: "ada" });
    }
    world.answer("a", ASK);
    expect(world.failure?.details).toMatchObject({ code: "T4110" });
  });
});
