/** Events for the world outside, against a real receiver (design.md, fact 9). */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { keyOfEvent } from "../../../src/runtime/effects/effect-keys.ts";
import type { Target } from "../../../src/definition/definition.ts";
import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import { delegate, EffectsWorld } from "./effects-world.ts";

type Received = { readonly headers: IncomingHttpHeaders; readonly event: { readonly [name: string]: unknown } };
type Reaction = { readonly status: number; readonly headers?: { readonly [name: string]: string } } | "cut off";

const received: Received[] = [];
let reactions: Reaction[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    received.push({ headers: request.headers, event: JSON.parse(Buffer.concat(chunks).toString()) as Received["event"] });
    const reaction = reactions.shift() ?? { status: 204 };
    if (reaction === "cut off") request.socket.destroy();
    else response.writeHead(reaction.status, reaction.headers).end();
  });
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  received.length = 0;
  reactions = [];
});

function webhook(): Target {
  return { kind: "sink", sink: "webhook", event: "report_ready", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const DATA = { uri: "s3://reports/1", rows: 3 };

describe("an event to a webhook", () => {
  it("is a CloudEvent with everything that tells where it comes from, and is done when it is acknowledged", async () => {
    using world = new EffectsWorld();
    world.perform("run_1", delegate("tell", { target: webhook(), input: DATA }));
    const answered = await world.answerTo("run_1", "tell");
    const { headers, event } = received[0] ?? expect.fail("Nothing was received.");
    expect(headers).toMatchObject({ "content-type": "application/cloudevents+json; charset=utf-8" });
    expect(headers["idempotency-key"]).toBe(keyOfEvent({ tenant: DEFAULT_TENANT, id: "run_1" as RunId }, "tell"));
    expect(headers["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(event).toEqual({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: "tutti://run/run_1",
      type: "report_ready",
      subject: "tell",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      workflowtype: "test",
      datacontenttype: "application/json",
      data: DATA,
    });
    expect(answered.outcome).toEqual({ kind: "completed", reply: { data: [{ event: "report_ready", id: event["id"] }] } });
    expect(answered.agent).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("has the same id and key when a process sends it again after a crash, and in every further attempt", async () => {
    reactions = ["cut off"];
    using world = new EffectsWorld();
    world.perform("run_1", delegate("tell", { target: webhook(), input: DATA }));
    expect(await world.outcomeOf("run_1", "tell")).toMatchObject({ kind: "failed", failure: { code: "T3104", retryable: true } });
    using next = new EffectsWorld();
    next.perform("run_1", delegate("tell", { target: webhook(), input: DATA, attempt: 2 }), true);
    await next.answerTo("run_1", "tell");
    expect(received).toHaveLength(2);
    expect(new Set(received.map(({ event }) => event["id"])).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("has another id for another subtask, and in another run", async () => {
    using world = new EffectsWorld();
    for (const [run, path] of [
      ["run_1", "tell[0]"],
      ["run_1", "tell[1]"],
      ["run_2", "tell[0]"],
    ] as const) {
      world.perform(run, delegate(path, { target: webhook(), input: DATA }));
      await world.answerTo(run, path);
    }
    expect(new Set(received.map(({ event }) => event["id"])).size).toBe(3);
  });

  it.each([
    [400, "rejected", "T3103", false],
    [401, "rejected", "T3103", false],
    [404, "rejected", "T3103", false],
    [408, "failed", "T3104", true],
    [425, "failed", "T3104", true],
    [429, "failed", "T3104", true],
    [500, "failed", "T3104", true],
    [503, "failed", "T3104", true],
    [302, "failed", "T3104", true],
  ] as const)("that is answered %i is %s (%s), and is retried: %s", async (status, kind, code, retryable) => {
    reactions = [{ status, headers: { "retry-after": "7", location: "http://127.0.0.1:1/" } }];
    using world = new EffectsWorld();
    world.perform("run_1", delegate("tell", { target: webhook(), input: DATA }));
    const outcome = await world.outcomeOf("run_1", "tell");
    expect(outcome).toMatchObject({ kind, failure: { code, retryable } });
    // A redirect is no receiver that asks for time.
    const wait = retryable && status !== 302 ? 7_000 : undefined;
    expect(outcome.kind === "failed" ? outcome.failure.retryAfterMs : undefined).toBe(wait);
    expect(received).toHaveLength(1);
  });

  it("to an address that is none is not tried again", async () => {
    using world = new EffectsWorld();
    const target: Target = { kind: "sink", sink: "webhook", event: "report_ready", url: "not an address" };
    world.perform("run_1", delegate("tell", { target, input: DATA }));
    expect(await world.outcomeOf("run_1", "tell")).toMatchObject({ kind: "failed", failure: { code: "T3003", retryable: false } });
  });

  it("to a receiver that is away is tried again", async () => {
    using world = new EffectsWorld();
    const target: Target = { kind: "sink", sink: "webhook", event: "report_ready", url: "http://127.0.0.1:1/hook" };
    world.perform("run_1", delegate("tell", { target, input: DATA }));
    expect(await world.outcomeOf("run_1", "tell")).toMatchObject({ kind: "failed", failure: { code: "T3104", retryable: true } });
  });

  it("waits with the others when the step has a limit", async () => {
    using world = new EffectsWorld();
    const more = { target: webhook(), input: DATA, limit: { concurrency: 1 } };
    world.perform("run_1", delegate("one", more));
    world.perform("run_2", delegate("two", more));
    await world.answerTo("run_1", "one");
    await world.answerTo("run_2", "two");
    expect(received.map(({ event }) => event["subject"])).toEqual(["one", "two"]);
  });
});

describe("an event to the log", () => {
  it("is one line with its name, the run, the subtask and the data", async () => {
    using world = new EffectsWorld();
    world.perform("run_1", delegate("tell", { target: { kind: "sink", sink: "log", event: "report_ready" }, input: DATA }));
    const answered = await world.answerTo("run_1", "tell");
    expect(world.lines).toEqual([
      {
        event: "report_ready",
        fields: { workflow_id: "run_1", workflow_type: "test", subtask_id: "tell", event_id: expect.any(String), data: DATA },
      },
    ]);
    expect(answered).toMatchObject({ agent: "log", outcome: { kind: "completed" } });
  });

  it("that cannot be written is a failure of the step, not of the process", async () => {
    using world = new EffectsWorld();
    world.lines.push = () => {
      throw new Error("the disk is full");
    };
    world.perform("run_1", delegate("tell", { target: { kind: "sink", sink: "log", event: "report_ready" }, input: DATA }));
    expect(await world.outcomeOf("run_1", "tell")).toMatchObject({ kind: "failed", failure: { code: "T3104", retryable: true } });
  });
});
