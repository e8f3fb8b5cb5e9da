/** Agents that answer with whatever hurts: each gets a typed failure, or is not believed, in bounded time and memory. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { afterEach, describe, expect, test } from "vitest";

import { MAX_GARBLED_ANSWERS, MAX_RESPONSE_BYTES } from "../../../src/base/limits.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import { intentFor, never, watching, work } from "./harness.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import { card, scripted } from "./scripted.ts";
import { type Call, DONE, type RawAgent, rawAgent, type RawOptions, wireTask } from "./raw-agent.ts";

const open: RawAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent[Symbol.asyncDispose]();
});

async function hostile(answer: (call: Call) => void, options?: RawOptions): Promise<RawAgent> {
  const agent = await rawAgent(answer, options);
  open.push(agent);
  return agent;
}

/** JSON that nests deeper than any code of ours recurses. */
const DEEP = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const inTask = (part: unknown): unknown => ({ ...DONE, artifacts: [{ artifactId: "a", parts: [part] }] });

/** Results that are not what A2A says, each in its own way. */
const WRONG_SHAPES: readonly (readonly [string, (call: Call) => void])[] = [
  ["HTML", (call) => call.text("<html>Welcome!</html>", "text/html")],
  ["nothing", (call) => call.text("")],
  ["half of a JSON text", (call) => call.text('{"jsonrpc":"2.0","id":1,"res')],
  ["a list", (call) => call.text("[]")],
  ["no result", (call) => call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id }))],
  ["null for a result", (call) => call.reply(null)],
  ["an error that is a text", (call) => call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: "no" }))],
  ["the answer to another request", (call) => call.text(JSON.stringify({ jsonrpc: "2.0", id: 999, result: DONE }))],
  ["another version of JSON-RPC", (call) => call.text(JSON.stringify({ jsonrpc: "1.0", id: call.id, result: DONE }))],
  ["a number for an id", (call) => call.reply(asResult(call, { ...DONE, id: 7 }))],
  ["a list for a status", (call) => call.reply(asResult(call, { ...DONE, status: [] }))],
  ["a text for its artifacts", (call) => call.reply(asResult(call, { ...DONE, artifacts: "none" }))],
  ["a part that is null", (call) => call.reply(asResult(call, inTask(null)))],
  ["a part with two contents", (call) => call.reply(asResult(call, inTask({ text: "a", url: "https://b.example" })))],
  ["bytes that ask for four gigabytes", (call) => call.reply(asResult(call, inTask({ raw: { length: 4_000_000_000 } })))],
  ["a text that is an object", (call) => call.reply(asResult(call, inTask({ text: { toString: "x" } })))],
  ["metadata that is a text", (call) => call.reply(asResult(call, inTask({ text: "a", metadata: "b" })))],
  [
    "deep nesting",
    (call) => call.text(`{"jsonrpc":"2.0","id":${call.id},"result":{"task":{"id":"t1","metadata":{"a":${DEEP}}},"status":{},"id":"t1"}}`),
  ],
  [
    "bytes that are not UTF-8",
    (call) => call.text(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: DONE }).replace("done", "\u00ff"), "latin1")),
  ],
];

/** A task is the result of most methods, and is in the result of a send. */
function asResult({ method }: Call, task: unknown): unknown {
  return method === "SendMessage" ? { task } : task;
}

/** Pauses between looks are not what is tested here. */
const HASTY: Clock = { ...systemClock, schedule: (delayMs, callback) => systemClock.schedule(delayMs / 50, callback) };

describe("an agent that answers with what A2A does not know", () => {
  test.each(WRONG_SHAPES)("%s: a message may have arrived, and is looked for", async (_what, answer) => {
    const { remote } = await hostile(answer);
    expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({ kind: "ambiguous" });
  });

  test.each(WRONG_SHAPES)("%s: what became of its task cannot be known", async (_what, answer) => {
    const { remote, task, methods } = await hostile(answer, { clock: HASTY });
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "unknown", failure: { code: "T3022", retryable: false } });
    expect(methods()).toHaveLength(MAX_GARBLED_ANSWERS);
  });

  test.each(WRONG_SHAPES)("%s: its task is not canceled, and it is said so", async (_what, answer) => {
    const { remote, task } = await hostile(answer);
    expect(await remote.cancel(task(), "x", never())).toMatchObject({ kind: "unreachable" });
  });
});

describe("an agent that speaks of another task", () => {
  test("in the answer to a question about ours is not believed", async () => {
    const { remote, task } = await hostile((call) => call.reply({ ...DONE, id: "t2" }));
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "unknown", failure: { code: "T3020" } });
    expect(await remote.cancel(task(), "x", never())).toMatchObject({ kind: "unreachable" });
    expect(await remote.find(work("x", null, { task: task() }), await intentFor(remote), never())).toMatchObject({ kind: "unknowable" });
  });

  test("in the stream of ours is not believed", async () => {
    const { remote, task } = await hostile(
      (call) => {
        if (call.method !== "SubscribeToTask") return call.reply(wireTask("WORKING"));
        call.stream();
        call.event({ statusUpdate: { taskId: "t2", contextId: "c1", status: { state: "TASK_STATE_COMPLETED" } } });
      },
      { streaming: true },
    );
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "unknown", failure: { code: "T3020" } });
  });

  test("in the answer to an answer of ours has not said that it got it", async () => {
    const { remote, task } = await hostile((call) => call.reply({ task: { ...DONE, id: "t2" } }));
    const answered = work("x", null, { task: task(), exchanges: [{ question: { prompt: "?" }, answer: "a" }] });
    expect(await remote.send(answered, await intentFor(remote), never())).toMatchObject({ kind: "ambiguous" });
  });
});

describe("a state that nobody knows", () => {
  test.each(["TASK_STATE_UNSPECIFIED", "TASK_STATE_DREAMING", "", 0, 99, undefined])("%j is no outcome of a task", async (state) => {
    const { remote, task } = await hostile((call) => call.reply({ ...DONE, status: { state } }));
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "unknown", failure: { code: "T3021", retryable: false } });
  });
});

describe("an agent that says more than anyone can hold", () => {
  test("an answer without end is cut off at the limit", async () => {
    const chunk = Buffer.alloc(1_048_576, "x");
    let sentBytes = 0;
    const { remote, task } = await hostile(({ out }) => {
      out.writeHead(200, { "content-type": "application/json" });
      out.write('{"jsonrpc":"2.0","id":1,"result":"');
      const more = (): void => {
        sentBytes += chunk.length;
        if (!out.destroyed) out.write(chunk, () => setImmediate(more));
      };
      more();
    });
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "failed", failure: { code: "T3004", retryable: false } });
    expect(sentBytes).toBeLessThan(4 * MAX_RESPONSE_BYTES);
  });

  test("five artifacts of a hundred megabytes are five typed failures, in memory for less than one", { timeout: 60_000 }, async () => {
    const piece = Buffer.alloc(1_048_576, "A");
    const { url } = await hostile(({ id, out }) => {
      out.writeHead(200, { "content-type": "application/json" });
      out.write(`{"jsonrpc":"2.0","id":${id},"result":{"id":"t1","artifacts":[{"artifactId":"a","parts":[{"raw":"`);
      let megabytes = 0;
      const more = (): void => {
        if (out.destroyed || out.socket?.destroyed !== false) return;
        if ((megabytes += 1) <= 100) out.write(piece, () => setImmediate(more));
        else out.end('"}]}]}}');
      };
      more();
    });
    const child = spawn(process.execPath, [fileURLToPath(new URL("memory-child.ts", import.meta.url)), url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const printed: Buffer[] = [];
    for await (const chunk of child.stdout) printed.push(chunk as Buffer);
    const said = JSON.parse(Buffer.concat(printed).toString()) as { readonly outcomes: readonly string[]; readonly grownBytes: number };
    expect(said.outcomes).toEqual(["T3004", "T3004", "T3004", "T3004", "T3004"]);
    expect(said.grownBytes).toBeLessThan(100 * 1_048_576);
  });

  test("a stream that floods is left, and the task is asked for", async () => {
    const { remote, task, methods } = await hostile(
      (call) => {
        if (call.method !== "SubscribeToTask") return call.reply(DONE);
        call.stream();
        const more = (): void => {
          for (let count = 0; count < 500; count += 1)
            call.event({ statusUpdate: { taskId: "t1", contextId: "c1", status: { state: "TASK_STATE_WORKING" } } });
          if (!call.out.destroyed) call.out.write(": more\n", () => setImmediate(more));
        };
        more();
      },
      { streaming: true },
    );
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "completed" });
    expect(methods()).toEqual(["SubscribeToTask", "GetTask"]);
    expect(remote.ignored?.duplicate).toBeGreaterThan(9_000);
  });

  test.each([
    ["one line", (call: Call) => call.out.write("x".repeat(1_048_576))],
    ["one event", (call: Call) => call.out.write(`data: ${"x".repeat(1_048_576)}\n`)],
  ])("a stream whose %s has no end is left, and the task is asked for", async (_what, write) => {
    let subscribed = 0;
    const { remote, task } = await hostile(
      (call) => {
        if (call.method !== "SubscribeToTask") return call.reply(subscribed === 3 ? DONE : wireTask("WORKING"));
        subscribed += 1;
        call.stream();
        for (let megabytes = 0; megabytes < 6; megabytes += 1) write(call);
      },
      { streaming: true },
    );
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "completed" });
  });

  test("a history of thousands of messages is read, and nothing of it is believed to be a result", async () => {
    const history = Array.from({ length: 20_000 }, (_, index) => ({
      messageId: `m${index}`,
      role: "ROLE_AGENT",
      parts: [{ text: "blah" }],
    }));
    const { remote, task } = await hostile((call) => call.reply({ ...DONE, history }));
    expect(await remote.attend(task(), watching().watch)).toEqual({ kind: "completed", reply: { text: "done" } });
  });
});

describe("an agent that is unsure of its artifacts", () => {
  test("two artifacts of one id are one: the later counts, and the other is counted", async () => {
    const artifacts = [
      { artifactId: "a", name: "n", parts: [{ text: "old" }] },
      { artifactId: "a", name: "n", parts: [{ text: "new" }] },
    ];
    const { remote, task } = await hostile((call) => call.reply({ ...DONE, artifacts }));
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "completed", reply: { text: "new" } });
    expect(remote.ignored?.misplaced).toBe(1);
  });

  test("a piece of an artifact that nobody has heard of is counted", async () => {
    const { remote, task } = await hostile(
      (call) => {
        if (call.method !== "SubscribeToTask") return call.reply(DONE);
        call.stream();
        call.event({
          artifactUpdate: { taskId: "t1", contextId: "c1", append: true, artifact: { artifactId: "z", parts: [{ text: "tail" }] } },
        });
        call.out.end();
      },
      { streaming: true },
    );
    expect(await remote.attend(task(), watching().watch)).toMatchObject({ kind: "completed" });
    expect(remote.ignored?.misplaced).toBe(1);
  });
});

describe("a card that leads elsewhere", () => {
  test("by a redirect is not followed", async () => {
    const elsewhere = await hostile((call) => call.reply(null));
    const made = await scripted(() => ({ status: 302, headers: { location: `${elsewhere.url}/.well-known/agent-card.json` } }));
    expect(await made.remote.describe(never())).toMatchObject({ ok: false, outcome: { kind: "failed", failure: { retryable: false } } });
    expect(elsewhere.calls).toEqual([]);
    await made.close();
  });

  test("to another origin gets no secret there, also when the network may be asked", async () => {
    const elsewhere = await hostile((call) => call.reply({ task: DONE }));
    await using egress = new Egress({ allowPrivate: true });
    const { remote } = await hostile((call) => call.reply(null), {
      egress,
      secret: "s3cret",
      headers: { "x-key": "k3y" },
      card: () => card(elsewhere.url),
    });
    expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({ kind: "task" });
    expect(elsewhere.calls).toHaveLength(1);
    expect(JSON.stringify(elsewhere.calls[0]?.headers)).not.toMatch(/s3cret|k3y/);
  });
});

test("an answer that drips is given up at the deadline of its request", async () => {
  await using egress = new Egress();
  const { url } = await hostile(({ out }) => {
    out.writeHead(200, { "content-type": "application/json" });
    const drip = setInterval(() => (out.destroyed ? clearInterval(drip) : out.write(" ")), 10);
  });
  const asked = egress.fetch({ trust: "operator", timeoutMs: 200 })(`${url}/`, { method: "POST", body: "{}" });
  await expect(asked).rejects.toMatchObject({ kind: "ambiguous", code: "T3001" });
});
