/** A message of ours is looked for in histories that are longer than what an agent shows of them at first. */
import { expect, onTestFinished, test } from "vitest";

import { intentFor, never, work } from "./harness.ts";
import { rawAgent, wireTask } from "./raw-agent.ts";

type Params = { readonly historyLength: number };
const chatter = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ messageId: `a${index}`, role: "ROLE_AGENT", parts: [{ text: "…" }] }));

/** An agent with one task, of which it has said so much since our message. */
async function talkative(state: string, said: number) {
  const history: unknown[] = [];
  const agent = await rawAgent((call) => {
    const { historyLength } = (JSON.parse(call.body) as { readonly params: Params }).params;
    const task = wireTask(state, { history: history.slice(-historyLength) });
    call.reply(call.method === "ListTasks" ? { tasks: [task], nextPageToken: "", pageSize: 100, totalSize: 1 } : task);
  });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  const intent = await intentFor(agent.remote);
  history.push({ messageId: intent.messageId, role: "ROLE_USER", parts: [{ text: "Go." }] }, ...chatter(said));
  return { ...agent, intent };
}

test("the task of a message is found by it, though many have followed", async () => {
  const { remote, intent } = await talkative("WORKING", 150);
  expect(await remote.find(work("x", null), intent, never())).toMatchObject({ kind: "task", task: { taskId: "t1" } });
});

test("an answer is found, though many messages have followed", async () => {
  const { remote, intent, task } = await talkative("INPUT_REQUIRED", 150);
  expect(await remote.find(work("x", null, { task: task() }), intent, never())).toMatchObject({ kind: "task", task: { taskId: "t1" } });
});

test.each([["a message", null] as const, ["an answer", "t1"] as const])(
  "nobody can know of %s when the agent shows a part of a history only",
  async (_what, answers) => {
    const { remote, intent, task } = await talkative("INPUT_REQUIRED", 10_000);
    const given = work("x", null, answers === null ? {} : { task: task() });
    expect(await remote.find(given, intent, never())).toMatchObject({ kind: "unknowable" });
  },
);
