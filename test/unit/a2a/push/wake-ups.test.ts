import { setImmediate } from "node:timers/promises";

import { StreamResponse, TaskState } from "@a2a-js/sdk";
import { afterEach, expect, test } from "vitest";

import { WakeUps } from "../../../../src/a2a/push/wake-ups.ts";
import { MAX_WAKE_UP_BYTES, MAX_WAKE_UPS } from "../../../../src/base/limits.ts";
import { openMemory } from "../../../../src/hosts/memory/open-memory.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { idlePerformer } from "../../hosts/database-folder.ts";

const hosts: Host[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

const TASK = { url: "https://agent.example.com/a2a", tenant: "", taskId: "task-1" };
const never = new AbortController().signal;

async function world() {
  const host = openMemory({ performer: idlePerformer });
  hosts.push(host);
  const clock = new ManualClock();
  const open = () => WakeUps.open({ host, url: "https://me.example.com/", clock });
  return { clock, open, wakeUps: await open() };
}

function bodyOf(taskId: string): string {
  const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: undefined };
  const value = { taskId, contextId: "c", status, metadata: undefined };
  return JSON.stringify(StreamResponse.toJSON({ payload: { $case: "statusUpdate", value } }));
}

function notification(wakeUps: WakeUps, more: { url?: string; body?: string; headers?: Record<string, string>; method?: string } = {}) {
  const { url, token } = wakeUps.webhookFor(TASK);
  const { method = "POST", headers = { "x-a2a-notification-token": token }, body = bodyOf("task-1") } = more;
  return new Request(more.url ?? url, { method, headers, ...(method === "GET" ? {} : { body }) });
}

/** Whether a promise is fulfilled by now. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  await setImmediate();
  return Promise.race([promise.then(() => true), setImmediate(false)]);
}

test("a notification wakes the one who waits for its task, and only that", async () => {
  const { wakeUps } = await world();
  const waiting = wakeUps.next(TASK, never);
  const other = wakeUps.next({ ...TASK, taskId: "task-2" }, never);
  expect(await isSettled(waiting)).toBe(false);
  expect((await wakeUps.handle(notification(wakeUps))).status).toBe(204);
  await waiting;
  expect(await isSettled(other)).toBe(false);
});

test("more tasks than are kept in mind wake nobody: one who is forgotten asks at his own pace", async () => {
  const { wakeUps } = await world();
  const waiting = Array.from({ length: MAX_WAKE_UPS + 2 }, (_, index) => wakeUps.next({ ...TASK, taskId: `task-${index}` }, never));
  const settled = await Promise.all(waiting.map(isSettled));
  expect(settled.filter((isOver) => isOver)).toEqual([]);
});

test.each(["task", "status-update"])("a notification of an agent that speaks 0.3 wakes as well: %s", async (kind) => {
  const { wakeUps } = await world();
  const waiting = wakeUps.next(TASK, never);
  const body = JSON.stringify({
    kind,
    ...(kind === "task" ? { id: "task-1" } : { taskId: "task-1" }),
    contextId: "c",
    status: { state: "working" },
  });
  expect((await wakeUps.handle(notification(wakeUps, { body }))).status).toBe(204);
  await waiting;
  expect((await wakeUps.handle(notification(wakeUps, { body: JSON.stringify({ kind: "dream" }) }))).status).toBe(400);
});

test("a notification is remembered for the one who asks next, once", async () => {
  const { wakeUps } = await world();
  for (let count = 0; count < 3; count += 1) await wakeUps.handle(notification(wakeUps));
  await wakeUps.next(TASK, never);
  expect(await isSettled(wakeUps.next(TASK, never))).toBe(false);
});

test("many notifications wake no more than ten times a second", async () => {
  const { wakeUps, clock } = await world();
  await wakeUps.handle(notification(wakeUps));
  await wakeUps.next(TASK, never);
  const second = wakeUps.next(TASK, never);
  for (let count = 0; count < 50; count += 1) await wakeUps.handle(notification(wakeUps));
  clock.advance(99);
  expect(await isSettled(second)).toBe(false);
  clock.advance(1);
  await second;
  expect(await isSettled(wakeUps.next(TASK, never))).toBe(false);
});

test("the credentials are believed like the token", async () => {
  const { wakeUps } = await world();
  const { token } = wakeUps.webhookFor(TASK);
  const headers = { authorization: `Bearer ${token}` };
  expect((await wakeUps.handle(notification(wakeUps, { headers }))).status).toBe(204);
});

test("addresses and tokens stay the same after a restart, are long, and tell nothing of the task", async () => {
  const { wakeUps, open } = await world();
  const config = wakeUps.webhookFor(TASK);
  const again = await open();
  expect(again.webhookFor(TASK)).toEqual(config);
  expect((await again.handle(notification(wakeUps))).status).toBe(204);
  expect(Buffer.from(config.token, "base64url")).toHaveLength(32);
  expect(config.url).toMatch(/^https:\/\/me\.example\.com\/a2a\/push\/[\w-]{43}\.[\w-]{43}$/);
  expect(wakeUps.webhookFor({ ...TASK, tenant: "other" }).token).not.toBe(config.token);
  const elsewhere = await world();
  expect(elsewhere.wakeUps.webhookFor(TASK).token).not.toBe(config.token);
});

test.each([
  ["no token", 401, { headers: {} }],
  ["a wrong token", 401, { headers: { "x-a2a-notification-token": "A".repeat(43) } }],
  ["a short token", 401, { headers: { "x-a2a-notification-token": "A" } }],
  ["another scheme", 401, { headers: { authorization: "Basic YTpi" } }],
  ["another task", 404, { body: bodyOf("task-2") }],
  ["no task", 400, { body: "{}" }],
  ["no JSON", 400, { body: "task-1" }],
  ["a body nested too deeply", 400, { body: `${'{"task":'.repeat(500)}1${"}".repeat(500)}` }],
  ["a body that is too large", 413, { body: `"${"x".repeat(MAX_WAKE_UP_BYTES)}"` }],
  ["another method", 405, { method: "GET" }],
  ["an address of nobody", 404, { url: "https://me.example.com/a2a/push/x" }],
  ["an address that is cut off", 404, { url: `https://me.example.com/a2a/push/${"x".repeat(43)}` }],
])("with %s it is answered %i, and nobody is woken", async (_what, status, more) => {
  const { wakeUps } = await world();
  const waiting = wakeUps.next(TASK, never);
  const answered = await wakeUps.handle(notification(wakeUps, more));
  expect([answered.status, await answered.text()]).toEqual([status, ""]);
  expect(await isSettled(waiting)).toBe(false);
});

test("the token of one task is of no use for another", async () => {
  const { wakeUps } = await world();
  const { url } = wakeUps.webhookFor({ ...TASK, taskId: "task-2" });
  expect((await wakeUps.handle(notification(wakeUps, { url, body: bodyOf("task-2") }))).status).toBe(401);
});

test("who gives up waiting is let go, and asking again waits as before", async () => {
  const { wakeUps } = await world();
  const stopper = new AbortController();
  const first = wakeUps.next(TASK, stopper.signal);
  const same = wakeUps.next(TASK, stopper.signal);
  stopper.abort();
  await Promise.all([first, same, wakeUps.next(TASK, stopper.signal)]);
  const later = wakeUps.next(TASK, never);
  expect(await isSettled(later)).toBe(false);
  await wakeUps.handle(notification(wakeUps));
  await later;
});
