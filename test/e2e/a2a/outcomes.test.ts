/** What a remote agent comes to, as the run that waits for it sees it; also when our own process ends meanwhile. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { RunHandle } from "../../../src/runtime/run-handle.ts";
import { type Call, rawAgent, wireTask } from "./raw-agent.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const WORKFLOW = workflowFromObject({
  name: "outcomes",
  agents: { raw: { local: "raw" } },
  steps: { work: { agent: "raw", retry: { attempts: 1 } } },
  output: "${{ steps.work.output }}",
});

const says = (text: string) => ({ messageId: `m-${text}`, role: "ROLE_AGENT", parts: [{ text }] });

async function untilAsking(handle: RunHandle): Promise<string> {
  for await (const entry of handle.watch()) if (entry.kind === "fact" && entry.fact.kind === "questionAsked") return entry.fact.id;
  throw new Error("The run asked nothing.");
}

describe.each(["INPUT_REQUIRED", "AUTH_REQUIRED"])("a task that is in state %s", (state) => {
  test("parks its step, and the answer reaches the same task, also from another process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-"));
    folders.push(folder);
    const answers: unknown[] = [];
    await using agent = await rawAgent((call: Call) => {
      if (call.method !== "SendMessage") return call.reply(answers.length === 0 ? ASKING : ANSWERED);
      const { message } = (JSON.parse(call.body) as { params: { message: { taskId?: string; contextId: string; parts: unknown } } }).params;
      if (message.taskId === undefined) return call.reply({ task: { ...ASKING, contextId: message.contextId } });
      answers.push([message.taskId, message.parts]);
      call.reply({ task: { ...ANSWERED, contextId: message.contextId } });
    });
    const ASKING = wireTask(state, { status: { state: `TASK_STATE_${state}`, message: says("Which?") } });
    const ANSWERED = wireTask("COMPLETED", { artifacts: [{ artifactId: "reply", parts: [{ text: "done" }] }] });
    const options = { db: join(folder, "t.db"), agents: [agent.remote] };
    const first = await openOrchestrator(options);
    const handle = await first.start(WORKFLOW, {});
    const question = await untilAsking(handle);
    expect(await first.host.get(handle.run)).toMatchObject({ asks: state === "AUTH_REQUIRED" ? "auth" : "input" });
    await first.close();
    await using second = await openOrchestrator(options);
    await second.answer(question, "this", "ada");
    expect(await second.host.whenOver(handle.run)).toMatchObject({ status: "completed" });
    expect(answers).toEqual([["t1", [{ text: "this" }]]]);
  });
});

test.each([
  ["FAILED", "T4108", "It broke."],
  ["REJECTED", "T4108", "It broke."],
  ["CANCELED", "T4108", "It broke."],
])("a task that is %s is never told as a result", async (state, code, words) => {
  await using agent = await rawAgent((call) =>
    call.reply({ task: wireTask(state, { status: { state: `TASK_STATE_${state}`, message: says(words) } }) }),
  );
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent.remote] });
  const handle = await orchestrator.start(WORKFLOW, {});
  expect(await orchestrator.host.whenOver(handle.run)).toMatchObject({
    status: "failed",
    error: { code, message: expect.stringContaining(words) },
  });
});

describe("a file that an agent answers with", () => {
  const fileOf = (byteCount: number) => ({ raw: Buffer.alloc(byteCount, 7).toString("base64"), filename: "a.bin", mediaType: "image/png" });

  async function artifactOf(byteCount: number, wrap: (part: unknown) => unknown) {
    await using agent = await rawAgent((call) => call.reply(wrap(fileOf(byteCount))));
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent.remote] });
    const handle = await orchestrator.start(WORKFLOW, {});
    await orchestrator.host.whenOver(handle.run);
    const facts = (await orchestrator.host.history(handle.run, 1, 100)).map(({ fact }) => fact);
    const [record] = facts.flatMap((fact) => (fact.kind === "subtaskCompleted" ? (fact.artifacts ?? []) : []));
    const kept = record?.payload === undefined ? null : await orchestrator.host.getPayload(DEFAULT_TENANT, record.payload);
    return { record, kept, historyBytes: JSON.stringify(facts).length };
  }

  const ways = [
    [
      "an artifact of its task",
      (part: unknown) => ({ task: wireTask("COMPLETED", { artifacts: [{ artifactId: "a", name: "n", parts: [part] }] }) }),
    ],
    ["a direct message", (part: unknown) => ({ message: { messageId: "m", role: "ROLE_AGENT", parts: [part] } })],
  ] as const;

  test.each(ways)("as %s is in the history when it is small", async (_how, wrap) => {
    expect((await artifactOf(1_000, wrap)).record).toEqual({
      name: "a.bin",
      mediaType: "image/png",
      bytes: Buffer.alloc(1_000, 7).toString("base64"),
    });
  });

  test.each(ways)("as %s is kept beside the history when it is large, with a reference to it", async (_how, wrap) => {
    const { record, kept, historyBytes } = await artifactOf(8_000_000, wrap);
    expect(record).toEqual({ name: "a.bin", mediaType: "image/png", payload: expect.any(String), bytes: 8_000_000 });
    expect(kept === null ? null : Buffer.alloc(8_000_000, 7).equals(kept)).toBe(true);
    expect(historyBytes).toBeLessThan(10_000);
  });
});
