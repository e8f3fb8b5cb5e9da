/** What a network and an agent may do to the news of a task: repeat, delay, reorder, take back, cut off. */
import { afterEach, describe, expect, test } from "vitest";

import type { Clock } from "../../../src/ports/clock.ts";
import type { WakeUpSource } from "../../../src/ports/agents.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import { gate, watching } from "./harness.ts";
import { type Call, DONE, type RawAgent, rawAgent, type RawOptions, wireTask } from "./raw-agent.ts";

const open: RawAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent[Symbol.asyncDispose]();
});

async function agentThat(answer: (call: Call) => void, options?: RawOptions): Promise<RawAgent> {
  const agent = await rawAgent(answer, options);
  open.push(agent);
  return agent;
}

/** A status event; `second` is its time of day. */
function status(state: string, note: string, second: number): unknown {
  const timestamp = `2026-01-05T08:00:${String(second).padStart(2, "0")}.000Z`;
  const message = { messageId: note, role: "ROLE_AGENT", parts: [{ text: note }] };
  return { statusUpdate: { taskId: "t1", contextId: "c1", status: { state: `TASK_STATE_${state}`, timestamp, message } } };
}

const notesOf = (progress: readonly { readonly note?: string }[]): readonly (string | undefined)[] => progress.map(({ note }) => note);

/** An agent that streams these events and closes; asked, it says that the task is done. */
async function streaming(events: readonly unknown[]) {
  const agent = await agentThat(
    (call) => {
      if (call.method !== "SubscribeToTask") return call.reply(DONE);
      call.stream();
      for (const event of events) call.event(event);
      call.out.end();
    },
    { streaming: true },
  );
  const seen = watching();
  expect(await agent.remote.attend(agent.task(), seen.watch)).toEqual({ kind: "completed", reply: { text: "done" } });
  return { ...agent, notes: notesOf(seen.progress) };
}

describe("of what a stream says", () => {
  test("what was said before is told once, and counted", async () => {
    const { notes, remote } = await streaming([status("WORKING", "a", 1), status("WORKING", "a", 1), status("WORKING", "b", 2)]);
    expect(notes).toEqual(["a", "b"]);
    expect(remote.ignored).toEqual({ duplicate: 1, late: 0, backwards: 0, misplaced: 0 });
  });

  test("what comes late is not told, and counted", async () => {
    const { notes, remote } = await streaming([status("WORKING", "b", 2), status("WORKING", "a", 1), status("WORKING", "c", 3)]);
    expect(notes).toEqual(["b", "c"]);
    expect(remote.ignored).toEqual({ duplicate: 0, late: 1, backwards: 0, misplaced: 0 });
  });

  test("a task that was worked on is not submitted again", async () => {
    const { notes, remote } = await streaming([status("WORKING", "a", 1), status("SUBMITTED", "b", 2), status("WORKING", "c", 3)]);
    expect(notes).toEqual(["a", "c"]);
    expect(remote.ignored).toMatchObject({ backwards: 1 });
  });

  test("an end is only a reason to ask", async () => {
    const { methods } = await streaming([status("FAILED", "a", 1)]);
    expect(methods()).toEqual(["SubscribeToTask", "GetTask"]);
  });
});

test("an agent that takes an end back is not believed, logged once for the task, and asked until it stands by it", async () => {
  const logged: unknown[] = [];
  let asked = 0;
  const agent = await agentThat(
    (call) => {
      if (call.method === "GetTask") {
        asked += 1;
        const question = { role: "ROLE_AGENT", messageId: "q", parts: [{ text: "Which?" }] };
        return call.reply(
          asked < 4 ? wireTask("INPUT_REQUIRED", { status: { state: "TASK_STATE_INPUT_REQUIRED", message: question } }) : DONE,
        );
      }
      call.stream();
      call.event(status("COMPLETED", "a", 1));
      call.out.end();
    },
    { streaming: true, log: (level, event, about) => logged.push([level, event, about]) },
  );
  expect(await agent.remote.attend(agent.task(), watching().watch)).toMatchObject({ kind: "completed" });
  expect(asked).toBe(4);
  expect(agent.remote.ignored?.backwards).toBe(3);
  expect(logged).toEqual([
    ["warn", "task_went_backwards", { agent: "raw", task_id: "t1", from: "TASK_STATE_COMPLETED", to: "TASK_STATE_INPUT_REQUIRED" }],
  ]);
});

test("an agent that takes an end back each time it is asked is believed: its stream was wrong", async () => {
  const message = { role: "ROLE_AGENT", messageId: "q", parts: [{ text: "Which?" }] };
  const asks = wireTask("INPUT_REQUIRED", { status: { state: "TASK_STATE_INPUT_REQUIRED", message } });
  const hasty: Clock = { ...systemClock, schedule: (delayMs, callback) => systemClock.schedule(delayMs / 50, callback) };
  const agent = await agentThat(
    (call) => {
      if (call.method === "GetTask") return call.reply(asks);
      call.stream();
      call.event(status("COMPLETED", "a", 1));
      call.out.end();
    },
    { streaming: true, clock: hasty },
  );
  expect(await agent.remote.attend(agent.task(), watching().watch)).toEqual({ kind: "inputRequired", question: { prompt: "Which?" } });
});

test.each(["JSONRPC", "HTTP+JSON"])("over %s a stream that was cut is taken up after the last event that was read", async (binding) => {
  const lastIds: (string | undefined)[] = [];
  const told = gate();
  const agent = await agentThat(
    (call) => {
      if (!call.method.includes("ubscribe"))
        return binding === "JSONRPC"
          ? call.reply(wireTask("WORKING"))
          : call.text(JSON.stringify(lastIds.length < 2 ? wireTask("WORKING") : DONE));
      const lastId = call.headers["last-event-id"];
      lastIds.push(typeof lastId === "string" ? lastId : undefined);
      call.stream();
      const say = (note: string, second: number, id: string): void => {
        const event = status("WORKING", note, second);
        call.out.write(
          `id: ${id}\ndata: ${JSON.stringify(binding === "JSONRPC" ? { jsonrpc: "2.0", id: call.id, result: event } : event)}\n\n`,
        );
      };
      if (lastIds.length === 1) {
        say("a", 1, "4.0");
        // The id of an event that did not arrive whole does not count.
        call.out.write("id: 9.9\ndata: {", () => call.out.destroy());
        return;
      }
      say("b", 2, "5.0");
    },
    { streaming: true, card: (url) => ({ ...CARD, supportedInterfaces: [{ url, protocolBinding: binding, protocolVersion: "1.0" }] }) },
  );
  const seen = watching({ progress: ({ note }) => note === "b" && told.open() });
  const attended = agent.remote.attend(agent.task({ binding }), seen.watch);
  await told.opened;
  seen.stop();
  await attended;
  expect(lastIds).toEqual([undefined, "4.0"]);
  expect(notesOf(seen.progress)).toEqual(["a", "b"]);
});

const CARD = { name: "raw", version: "1", description: "d", capabilities: { streaming: true }, skills: [] };

test("a task that takes long is asked for less and less often, and no two at the same instants", async () => {
  /** A clock on which each pause goes by at once. */
  let now = Date.UTC(2026, 0, 5, 8);
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    now: () => now,
    monotonic: () => now,
    schedule(delayMs, callback) {
      now += delayMs;
      pauses.push(delayMs);
      setImmediate(callback);
      return () => undefined;
    },
  };
  let asked = 0;
  const agent = await agentThat((call) => call.reply((asked += 1) === 120 ? DONE : wireTask("WORKING")), { clock, random: () => 0.5 });
  expect(await agent.remote.attend(agent.task(), watching().watch)).toMatchObject({ kind: "completed" });
  expect(pauses.slice(0, 4)).toEqual([100, 160, 256, 409.6]);
  expect(pauses[15]).toBe(2_000);
  expect(Math.max(...pauses)).toBe(30_000);
  expect(pauses.length).toBe(119);
});

describe("an agent that pushes", () => {
  async function pushing(answerToConfig: (call: Call) => void) {
    const configs: unknown[] = [];
    let isDone = false;
    const agent = await agentThat(
      (call) => {
        if (call.method === "GetTask") return call.reply(isDone ? DONE : wireTask("WORKING"));
        configs.push((JSON.parse(call.body) as { params: unknown }).params);
        answerToConfig(call);
      },
      {
        card: (url) => ({
          ...CARD,
          capabilities: { pushNotifications: true },
          supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
        }),
        // Nobody but a push ends a pause.
        clock: { ...systemClock, schedule: () => () => undefined },
      },
    );
    let wake = (): void => undefined;
    const waiting = gate();
    const wakeUps: WakeUpSource = {
      webhookFor: () => ({ id: "x", url: "https://us.example/a2a/push/x", token: "t" }),
      next: (_task, signal) => {
        waiting.open();
        return new Promise((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve());
        });
      },
    };
    return { agent, configs, waiting, watch: { ...watching().watch, wakeUps }, wake: () => wake(), finish: () => (isDone = true) };
  }

  test("is told once where to, and a push is a reason to ask at once", async () => {
    const { agent, configs, waiting, watch, wake, finish } = await pushing((call) =>
      call.reply({ id: "c", taskId: "t1", url: "https://us.example/a2a/push/x" }),
    );
    const attended = agent.remote.attend(agent.task(), watch);
    await waiting.opened;
    finish();
    wake();
    expect(await attended).toMatchObject({ kind: "completed" });
    const authentication = { scheme: "Bearer", credentials: "t" };
    expect(configs).toEqual([{ id: "x", taskId: "t1", url: "https://us.example/a2a/push/x", token: "t", authentication }]);
  });

  test("is asked once more when it knows where to push to: what happened before is not pushed", async () => {
    const { agent, watch, finish } = await pushing((call) => {
      finish();
      call.reply({ id: "x", taskId: "t1", url: "https://us.example/a2a/push/x" });
    });
    expect(await agent.remote.attend(agent.task(), watch)).toMatchObject({ kind: "completed" });
    expect(agent.methods()).toEqual(["GetTask", "CreateTaskPushNotificationConfig", "GetTask"]);
  });
});

test("an agent that takes no push configuration in spite of its card is polled", async () => {
  let asked = 0;
  const agent = await agentThat(
    (call) => {
      if (call.method === "GetTask") return call.reply((asked += 1) === 3 ? DONE : wireTask("WORKING"));
      call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code: -32003, message: "No pushes." } }));
    },
    {
      card: (url) => ({
        ...CARD,
        capabilities: { pushNotifications: true },
        supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      }),
    },
  );
  const wakeUps: WakeUpSource = {
    webhookFor: () => ({ id: "x", url: "https://us.example", token: "t" }),
    next: () => Promise.reject(new Error("Nobody pushes.")),
  };
  expect(await agent.remote.attend(agent.task(), { ...watching().watch, wakeUps })).toMatchObject({ kind: "completed" });
  expect(agent.methods()).toEqual(["GetTask", "CreateTaskPushNotificationConfig", "GetTask", "GetTask"]);
});
