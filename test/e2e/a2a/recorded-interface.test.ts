/** A task stays with the interface that accepted it: after a restart what was recorded is enough to go on, without a card. */
import { afterEach, describe, expect, test } from "vitest";

import type { Intent, RemoteTask } from "../../../src/scheduler/input.ts";
import { never, watching, work } from "./harness.ts";
import { type Answer, type Asked, card, isCard, scripted } from "./scripted.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const TASK = { id: "t1", contextId: "c1", history: [{ messageId: "m1", role: "ROLE_USER", parts: [{ text: "Go." }] }] };
const DONE = { ...TASK, status: { state: "TASK_STATE_COMPLETED" }, artifacts: [{ artifactId: "reply", parts: [{ text: "done" }] }] };

/** An agent of one tenant, with HTTP+JSON only. Its card is away. */
async function restarted(fateOfCard: (asked: Asked) => Answer = () => ({ status: 503 })) {
  const paths: string[] = [];
  const made = await scripted((asked) => {
    if (isCard(asked)) return fateOfCard(asked);
    const path = `${asked.method} ${asked.path.replace(/\?.*/, "")}`;
    paths.push(path);
    switch (path) {
      case "GET /rest/acme/tasks":
        return { body: { tasks: [{ ...TASK, status: { state: "TASK_STATE_WORKING" } }], nextPageToken: "", pageSize: 100, totalSize: 1 } };
      case "GET /rest/acme/tasks/t1":
        return { body: DONE };
      case "POST /rest/acme/tasks/t1:cancel":
        return { body: { ...TASK, status: { state: "TASK_STATE_CANCELED" } } };
      case "POST /rest/acme/message:send":
        return { body: { task: { ...TASK, status: { state: "TASK_STATE_WORKING" } } } };
      default:
        return { status: 404, body: { error: { code: 404, message: "No such place." } } };
    }
  });
  cleanUps.push(made.close);
  const at = { agent: "scripted", url: `${made.url}/rest`, binding: "HTTP+JSON", tenant: "acme" };
  const task: RemoteTask = { ...at, taskId: "t1", contextId: "c1" };
  const intent: Intent = { ...at, messageId: "m1", contextId: "c1" };
  return { ...made, paths, task, intent };
}

describe("after a restart, while the agent's card is away", () => {
  test("a task is canceled where it is", async () => {
    const { remote, task, paths } = await restarted();
    expect(await remote.cancel(task, "not needed", never())).toEqual({ kind: "canceled" });
    expect(paths).toEqual(["POST /rest/acme/tasks/t1:cancel"]);
  });

  test("a task is looked after where it is", async () => {
    const { remote, task, paths } = await restarted();
    expect(await remote.attend(task, watching().watch)).toEqual({ kind: "completed", reply: { text: "done" } });
    expect(paths).toEqual(["GET /rest/acme/tasks/t1"]);
  });

  test("a message is looked for where it was sent, and its task stays there", async () => {
    const { remote, task, intent, paths } = await restarted();
    expect(await remote.find(work("x", null), intent, never())).toEqual({ kind: "task", task });
    expect(paths).toEqual(["GET /rest/acme/tasks"]);
  });
});

test("the interface that a card offers is recorded whole with the task that it accepts", async () => {
  const { remote, task, intent, url, paths } = await restarted(({ headers }) => ({
    body: card(`http://${String(headers["host"])}/rest`, { protocolBinding: "HTTP+JSON", tenant: "acme" }),
  }));
  expect(await remote.describe(never())).toMatchObject({
    ok: true,
    identity: { url: `${url}/rest`, binding: "HTTP+JSON", tenant: "acme" },
  });
  expect(await remote.send(work("x", null), intent, never())).toEqual({ kind: "task", task, over: null });
  expect(paths).toEqual(["POST /rest/acme/message:send"]);
});
