import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";

import { afterEach, describe, expect, test } from "vitest";

import type { PushOptions } from "../../../../src/a2a/push/push-dispatcher.ts";
import { deadPushes } from "../../../../src/a2a/push/push-configs.ts";
import { askToRevive, revivalsOf } from "../../../../src/a2a/push/revive-pushes.ts";
import { DEFAULT_TENANT, type RunId, type RunRef, type Tenant } from "../../../../src/base/ids.ts";
import { MAX_PUSH_FAILURES, MAX_PUSH_REFUSALS, MAX_PUSHES_PER_ORIGIN } from "../../../../src/base/limits.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { config, FIRST, PushWorld, startTask, TRACE, viewOfSingle } from "./push-world.ts";
import { answering, Receiver, until, wordOf } from "./receiver.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function receiver(): Promise<Receiver> {
  const made = await Receiver.listen();
  opened.push(made);
  return made;
}

function world(options: Partial<PushOptions> = {}): PushWorld {
  const made = new PushWorld(options);
  opened.push(made);
  return made;
}

const WHOLE_TASK = ["task submitted", "working", "artifactUpdate", "completed"];

test("a config that came with the message gets every event of its task, in order, under ids that are unique in the task", async () => {
  const [here, hook] = [world(), await receiver()];
  const run = await here.start("t1");
  await here.configs.attach(run, config(`${hook.origin}/hook?a=b`, { id: "c1", token: "s3cret" }), FIRST);
  await hook.count(2);
  await here.finish("t1");
  await here.ended(run, "c1");
  const words = hook.all.map(wordOf);
  expect(words[0]).toBe(WHOLE_TASK[0]);
  expect(words.at(-1)).toBe(WHOLE_TASK.at(-1));
  expect(words.filter((word) => WHOLE_TASK.includes(word))).toEqual(expect.arrayContaining(WHOLE_TASK));
  expect(new Set(hook.ids).size).toBe(hook.ids.length);
  expect(hook.ids.every((id) => /^t1\/\d+\.\d+$/.test(id))).toBe(true);
  expect(hook.all[0]).toMatchObject({
    path: "/hook?a=b",
    headers: {
      "content-type": "application/a2a+json",
      "a2a-version": "1.0",
      "x-a2a-notification-token": "s3cret",
      traceparent: TRACE,
    },
  });
  expect(Number(hook.all[0]?.headers["webhook-timestamp"])).toBeCloseTo(Date.now() / 1000, -2);
});

test("a config gets what happens after it was made, and of a task that is over what it has come to", async () => {
  const [here, hook] = [world(), await receiver()];
  const run = await here.start("t1");
  await here.configs.create(run, config(hook.origin, { id: "early" }));
  await here.finish("t1");
  await here.ended(run, "early");
  expect(hook.all.map(wordOf)).not.toContain("task submitted");
  expect(wordOf(hook.all.at(-1) as never)).toBe("completed");
  const before = hook.all.length;
  await here.configs.create(run, config(hook.origin, { id: "late" }));
  await here.ended(run, "late");
  expect(hook.all.slice(before).map(wordOf)).toEqual(["task completed"]);
  expect(hook.ids.at(-1)).toMatch(/^t1\/\d+\.task$/);
});

test("a config that came with a later message gets what happens from then on", async () => {
  const [here, hook] = [world(), await receiver()];
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { id: "c1" }), { isFirst: false });
  await here.finish("t1");
  await here.ended(run, "c1");
  expect(hook.all.map(wordOf)).not.toContain("task submitted");
  expect(wordOf(hook.all.at(-1) as never)).toBe("completed");
});

test("a task that cannot be read for once is read again later", async () => {
  const clock = new ManualClock();
  let count = 0;
  const hook = await receiver();
  const good = world();
  const viewOf: PushOptions["viewOf"] = (run) => {
    count += 1;
    if (count === 1) throw new Error("It cannot be read.");
    return viewOfSingle(good.host)(run);
  };
  const here = world({ host: good.host, viewOf, clock });
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
  await waitsAfter(here, run, 1);
  expect(here.lines.map(({ event }) => event)).toEqual(["push_interrupted", "push_failed"]);
  clock.advance(1_000);
  await hook.count(2);
});

test("what a step streams is not pushed", async () => {
  const [here, hook] = [world(), await receiver()];
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
  await hook.count(2);
  here.host.stream(run, { kind: "chunk", path: "a", attempt: 1, text: "one " });
  await here.finish("t1");
  await here.ended(run, "c1");
  expect(hook.all.filter(({ body }) => body.includes('"one '))).toEqual([]);
});

test("the scheme and the credentials of a config are its authorization header", async () => {
  const [here, hook] = [world(), await receiver()];
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { authentication: { scheme: "Basic", credentials: "YTpi" } }), FIRST);
  await hook.count(1);
  expect(hook.all[0]?.headers.authorization).toBe("Basic YTpi");
});

describe("a receiver that fails", () => {
  test.each([
    ["500", answering(500)],
    ["408", answering(408)],
    ["425", answering(425)],
    ["429", answering(429)],
    ["503 with the secret in its words", answering(503, {}, '{"error":{"message":"not s3cret"}}')],
    ["a broken connection", (response: ServerResponse) => void response.destroy()],
  ])("with %s gets the same event again, with the same id and body, before any other", async (_what, fail) => {
    const clock = new ManualClock();
    const [here, hook] = [world({ clock, random: () => 0 }), await receiver()];
    hook.reply = (...given) => (given[2] < 3 ? fail(...given) : answering(200)(...given));
    const run = await here.start("t1");
    await here.configs.attach(run, config(hook.origin, { id: "c1", token: "s3cret" }), FIRST);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await waitsAfter(here, run, attempt);
      clock.advance(2 ** (attempt - 1) * 500 - 1);
      await setImmediate();
      expect(hook.all).toHaveLength(attempt);
      clock.advance(1);
    }
    await hook.count(5);
    expect(new Set(hook.ids.slice(0, 4)).size).toBe(1);
    expect(new Set(hook.all.slice(0, 4).map(({ body }) => body)).size).toBe(1);
    expect(hook.ids[4]).not.toBe(hook.ids[3]);
    expect(JSON.stringify(here.lines)).not.toContain("s3cret");
  });

  test("and says when to come again is left alone until then", async () => {
    const clock = new ManualClock();
    const [here, hook] = [world({ clock }), await receiver()];
    hook.reply = (response, received, index) => answering(index === 0 ? 503 : 200, { "retry-after": "120" })(response, received, index);
    const run = await here.start("t1");
    await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
    await waitsAfter(here, run, 1);
    const { standing } = await here.row(run, "c1");
    expect(standing).toMatchObject({ kind: "open", retryAt: clock.now() + 120_000 });
    clock.advance(120_000);
    await hook.count(2);
  });

  test("and never answers is given up after the time, and asked again", async () => {
    const clock = new ManualClock();
    const [here, hook] = [world({ clock, timeoutMs: 40 }), await receiver()];
    hook.reply = (response, received, index) => (index === 0 ? undefined : answering(200)(response, received, index));
    const run = await here.start("t1");
    await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
    await waitsAfter(here, run, 1);
    expect(here.lines.at(-1)).toMatchObject({ event: "push_failed", fields: { reason: expect.stringContaining("did not answer") } });
    clock.advance(1_000);
    await hook.count(2);
    expect(hook.ids[1]).toBe(hook.ids[0]);
  });

  test("for hours is given up with the reason, can be found, and gets the same event when it is given a new chance", async () => {
    const clock = new ManualClock();
    const [here, hook] = [world({ clock }), await receiver()];
    hook.reply = answering(500);
    await here.dispatcher.start();
    const run = await here.start("t1");
    await here.configs.attach(run, config(hook.origin, { id: "c1", token: "s3cret" }), FIRST);
    const beganAt = clock.now();
    for (let attempt = 1; attempt < MAX_PUSH_FAILURES; attempt += 1) {
      await waitsAfter(here, run, attempt);
      clock.advance(900_000);
    }
    const row = await here.ended(run, "c1");
    expect(row.standing).toMatchObject({ kind: "dead", failureCount: MAX_PUSH_FAILURES, reason: expect.stringContaining("500") });
    expect(hook.all).toHaveLength(MAX_PUSH_FAILURES);
    expect(clock.now() - beganAt).toBeGreaterThan(3_600_000);
    const { dead } = await deadPushes(here.host, DEFAULT_TENANT, { limit: 10, after: null });
    expect(dead).toEqual([expect.objectContaining({ task: "t1", id: "c1", url: hook.origin, reason: expect.stringContaining("500") })]);
    expect(JSON.stringify([dead, here.lines])).not.toContain("s3cret");
    hook.reply = answering(200);
    await askToRevive(here.host, DEFAULT_TENANT, { task: "t1", id: "c1" });
    clock.advance(60_000);
    await hook.count(MAX_PUSH_FAILURES + 2);
    expect(hook.ids[MAX_PUSH_FAILURES]).toBe(hook.ids[0]);
    expect(hook.all.at(MAX_PUSH_FAILURES)?.headers["x-a2a-notification-token"]).toBe("s3cret");
    expect(await here.dispatcher.revive({ run, id: "c1" })).toBe(false);
    expect(await revivalsOf(here.host, DEFAULT_TENANT)).toEqual([]);
  });

  test.each([400, 401, 403, 404, 410, 413, 302, 307])(
    "with %i is given up after a few attempts, and is never followed elsewhere",
    async (status) => {
      const clock = new ManualClock();
      const [here, hook, elsewhere] = [world({ clock }), await receiver(), await receiver()];
      hook.reply = answering(status, { location: `${elsewhere.origin}/stolen` });
      const run = await here.start("t1");
      await here.configs.attach(
        run,
        config(hook.origin, { id: "c1", token: "s3cret", authentication: { scheme: "Bearer", credentials: "b" } }),
        FIRST,
      );
      for (let attempt = 1; attempt < MAX_PUSH_REFUSALS; attempt += 1) {
        await waitsAfter(here, run, attempt);
        clock.advance(60_000);
      }
      expect((await here.ended(run, "c1")).standing).toMatchObject({ kind: "dead", reason: expect.stringContaining(String(status)) });
      expect(hook.all).toHaveLength(MAX_PUSH_REFUSALS);
      expect(elsewhere.all).toEqual([]);
    },
  );

  test("or hangs holds up no other config, no other receiver and no run", async () => {
    const [here, dead, alive] = [world(), await receiver(), await receiver()];
    dead.reply = () => undefined;
    const runs: RunRef[] = [];
    for (let index = 0; index < 40; index += 1) {
      const run = await here.start(`t${index}`);
      runs.push(run);
      await here.configs.attach(run, config(dead.origin, { id: "dead" }), FIRST);
      await here.configs.attach(run, config(alive.origin, { id: "alive" }), FIRST);
    }
    for (const { id } of runs) await here.finish(id);
    for (const run of runs) await here.ended(run, "alive");
    expect(dead.mostOpenCount).toBe(MAX_PUSHES_PER_ORIGIN);
    expect(dead.all).toHaveLength(MAX_PUSHES_PER_ORIGIN);
  });

  test("with an endless answer is believed its status, and costs no memory", async () => {
    const [here, hook] = [world(), await receiver()];
    hook.reply = (response, _received, index) => {
      response.writeHead(200);
      if (index === 0) pour(response);
      else response.end();
    };
    const run = await here.start("t1");
    await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
    await hook.count(2);
    await until(() => hook.openCount === 0);
    expect(hook.ids[1]).not.toBe(hook.ids[0]);
  });
});

test("a config that is deleted while its event is on its way stays deleted, and gets nothing more", async () => {
  const [here, hook] = [world(), await receiver()];
  const held = Promise.withResolvers<() => void>();
  hook.reply = (response) => held.resolve(() => response.writeHead(204).end());
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
  const release = await held.promise;
  await here.configs.delete(run, "c1");
  release();
  await here.finish("t1");
  await until(() => hook.openCount === 0);
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  expect(hook.all).toHaveLength(1);
  expect(await here.host.cursors(DEFAULT_TENANT, "push/", 10)).toEqual([]);
});

test("a config that is replaced goes on from where it was, at its new place and with its new token", async () => {
  const clock = new ManualClock();
  const [here, old, fresh] = [world({ clock }), await receiver(), await receiver()];
  old.reply = answering(500);
  const run = await here.start("t1");
  await here.configs.attach(run, config(old.origin, { id: "c1", token: "one" }), FIRST);
  await waitsAfter(here, run, 1);
  await here.configs.create(run, config(fresh.origin, { id: "c1", token: "two" }));
  await fresh.count(2);
  expect(fresh.ids[0]).toBe(old.ids[0]);
  expect(fresh.all[0]?.headers["x-a2a-notification-token"]).toBe("two");
  expect(old.all).toHaveLength(1);
});

test("a failed write of the place holds the next event back until it is durable", async () => {
  const [here, hook] = [world(), await receiver()];
  const clock = new ManualClock();
  let failures = 2;
  const moveCursor: Host["moveCursor"] = async (...given) => {
    if (hook.all.length !== 1 || failures === 0) return here.host.moveCursor(...given);
    failures -= 1;
    throw new Error("the disk is full");
  };
  const host = hostWith(here.host, { moveCursor, close: async () => undefined });
  const other = world({ host, clock });
  const run = await here.start("t1");
  await other.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await until(() => other.lines.filter(({ event }) => event === "push_not_kept").length === attempt);
    await setImmediate();
    expect(hook.all).toHaveLength(1);
    clock.advance(1_000);
  }
  await hook.count(2);
  expect(hook.ids[1]).not.toBe(hook.ids[0]);
});

test("a new process goes on with the configs of every tenant, and pauses as long as the old one meant to", async () => {
  const clock = new ManualClock();
  const [before, hook] = [world({ clock }), await receiver()];
  hook.reply = answering(503);
  const run: RunRef = { tenant: "acme" as Tenant, id: "t1" as RunId };
  await startTask(before.host, "t1", run);
  await before.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
  await waitsAfter(before, run, 1);
  await before.dispatcher.close();
  hook.reply = answering(200);
  const after = world({ host: before.host, clock });
  await after.dispatcher.start();
  await setImmediate();
  expect(hook.all).toHaveLength(1);
  clock.advance(1_000);
  await hook.count(3);
  expect(hook.ids[1]).toBe(hook.ids[0]);
});

test("a config of a run that is no more is taken away at the next start", async () => {
  const here = world();
  const row = {
    target: { url: "https://hooks.example.com/", token: "", scheme: "", credentials: "" },
    from: { seq: 1, n: 0 },
    tellsEnd: false,
  };
  const standing = { kind: "open", failureCount: 0, refusalCount: 0, retryAt: null } as const;
  await here.host.moveCursor(DEFAULT_TENANT, `push/gone/${randomUUID()}`, { version: 1, ...row, standing });
  expect(await here.host.cursors(DEFAULT_TENANT, "push/", 10)).toHaveLength(1);
  await here.dispatcher.start();
  await until(async () => (await here.host.cursors(DEFAULT_TENANT, "push/", 10)).length === 0);
});

test("what is over keeps no secret, can be read for an hour, and is gone then", async () => {
  const clock = new ManualClock();
  const [here, hook] = [world({ clock }), await receiver()];
  await here.dispatcher.start();
  const run = await here.start("t1");
  const secrets = { token: "s3cret", authentication: { scheme: "Bearer", credentials: "s3cret" } };
  await here.configs.attach(run, config(hook.origin, { id: "c1", ...secrets }), FIRST);
  await here.finish("t1");
  await here.ended(run, "c1");
  await setImmediate();
  expect(JSON.stringify(await here.host.cursors(DEFAULT_TENANT, "push/", 10))).not.toContain("s3cret");
  clock.advance(3_590_000);
  await setImmediate();
  expect(await here.configs.get(run, "c1")).toMatchObject({ url: hook.origin });
  clock.advance(70_000);
  await until(async () => (await here.host.cursors(DEFAULT_TENANT, "push/", 10)).length === 0);
});

/** A host with some of its methods changed. */
function hostWith(host: Host, changed: Partial<Host>): Host {
  return new Proxy(host, {
    get(target, name) {
      const owner = name in changed ? changed : target;
      const method: unknown = Reflect.get(owner, name, owner);
      return typeof method === "function" ? method.bind(owner) : method;
    },
  });
}

/** Resolves when a config pauses after its n-th failure, and time may go by. */
async function waitsAfter(here: PushWorld, run: RunRef, failureCount: number): Promise<void> {
  await until(async () => {
    const { standing } = await here.row(run, "c1");
    return standing.kind === "open" && standing.failureCount === failureCount;
  });
  await setImmediate();
}

function pour(response: ServerResponse): void {
  while (!response.destroyed) {
    if (!response.write("x".repeat(65_536))) {
      response.once("drain", () => pour(response));
      return;
    }
  }
}
