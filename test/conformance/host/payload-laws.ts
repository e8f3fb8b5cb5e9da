import { createHash } from "node:crypto";

import { expect, it } from "vitest";

import { DEFAULT_TENANT, type Tenant } from "../../../src/base/ids.ts";
import { MAX_OUTPUT_BYTES } from "../../../src/base/limits.ts";
import { taskKey } from "../../../src/scheduler/index.ts";
import { relay, single } from "./workflows.ts";
import { refOf, type OpenWorld } from "./world.ts";

/** A text that is, as JSON, as large as an output may be. */
const LARGEST = "x".repeat(MAX_OUTPUT_BYTES - 2);

export function payloadLaws(open: OpenWorld): void {
  it("carries an output of 1 MiB through several facts, unchanged, also over a crash", async () => {
    const world = await open();
    const run = refOf("large");
    await world.start("large", relay);
    await world.answer(run, { path: "a", output: LARGEST });
    await world.open();
    expect(world.performer.performed.map(({ command }) => command)).toEqual([
      expect.objectContaining({ kind: "delegate", path: "b", input: LARGEST }),
    ]);
    await world.answer(run, { path: "b", output: { copy: LARGEST.slice(100) } });
    const facts = await world.facts(run);
    expect(facts.find((fact) => fact.kind === "subtaskCompleted")).toMatchObject({ path: "a", output: LARGEST });
    expect(facts.find((fact) => fact.kind === "subtaskAssigned" && fact.path === "b")).toMatchObject({ input: LARGEST });
    expect(facts.at(-1)).toMatchObject({ kind: "runCompleted", output: LARGEST });
    expect((await world.state(run)).end).toMatchObject({ kind: "completed", output: LARGEST });
  });

  it("fails a step whose output is over the limit (T4112), and nothing else", async () => {
    const world = await open();
    const run = refOf("too-large");
    await world.start("too-large", relay);
    await world.answer(run, { path: "a", output: `${LARGEST}y` });
    const failed = (await world.facts(run)).find((fact) => fact.kind === "subtaskFailed");
    expect(failed).toMatchObject({ path: "a", reason: "invalid", failure: { code: "T4112" } });
    expect(await world.status(run)).toBe("failed");
  });

  it("keeps texts of every alphabet, and nothing of them is lost in large ones", async () => {
    const world = await open();
    const run = refOf("alphabets");
    const output = { text: 'äß漢字🎼\u0000\u2028"\\'.repeat(2_000), list: [0, -0.5, 1e300, false, null, ""] };
    await world.start("alphabets", single, { input: output });
    await world.answer(run, { path: "a", output });
    await world.open();
    const facts = await world.facts(run);
    expect(facts[0]).toMatchObject({ kind: "runStarted", input: output });
    expect(facts.find((fact) => fact.kind === "subtaskCompleted")).toMatchObject({ output });
  });
}

export function keptContentLaws(open: OpenWorld): void {
  it("keeps content under its SHA-256, and gives the same name for the same content", async () => {
    const world = await open();
    const content = Buffer.from("some content");
    const hash = await world.host.putPayload(DEFAULT_TENANT, content);
    expect(hash).toBe(createHash("sha256").update(content).digest("hex"));
    expect(await world.host.putPayload(DEFAULT_TENANT, content)).toBe(hash);
    await world.open();
    expect(Buffer.from((await world.host.getPayload(DEFAULT_TENANT, hash)) ?? [])).toEqual(content);
    expect(await world.host.getPayload(DEFAULT_TENANT, "0".repeat(64))).toBeNull();
  });

  it("keeps the position of a durable consumer", async () => {
    const world = await open();
    expect(await world.host.cursor(DEFAULT_TENANT, "bills")).toBeNull();
    await world.host.moveCursor(DEFAULT_TENANT, "bills", { run: "a", seq: 7 });
    await world.host.moveCursor(DEFAULT_TENANT, "bills", { run: "a", seq: 8 });
    await world.open();
    expect(await world.host.cursor(DEFAULT_TENANT, "bills")).toEqual({ run: "a", seq: 8 });
  });

  it("keeps the first definition of a fingerprint, also when it comes again with other addresses", async () => {
    const world = await open();
    const elsewhere = { ...single, agents: { far: { kind: "local", name: "elsewhere" } } } as const;
    const fingerprint = await world.host.define(DEFAULT_TENANT, single);
    expect(await world.host.define(DEFAULT_TENANT, elsewhere)).toBe(fingerprint);
    await world.open();
    expect(await world.host.define(DEFAULT_TENANT, elsewhere)).toBe(fingerprint);
    expect(await world.host.definition(DEFAULT_TENANT, fingerprint)).toEqual(single);
    await world.start("kept", elsewhere);
    expect(world.performer.performed[0]?.definition).toEqual(single);
  });

  it("finds a run by the message that it began with, also when it is over, and in its own tenant only", async () => {
    const world = await open();
    const origin = { caller: "ada", context: "c-1", message: { messageId: "m-1" }, key: "ada/m-1" };
    await world.start("begun", single, { origin });
    const found = { key: "ada/m-1", run: refOf("begun"), path: "" };
    expect(await world.host.lookUp(DEFAULT_TENANT, "message", "ada/m-1")).toMatchObject(found);
    await world.answer(refOf("begun"), { path: "a" });
    await world.open();
    expect(await world.host.lookUp(DEFAULT_TENANT, "message", "ada/m-1")).toMatchObject(found);
    expect(await world.host.lookUp(DEFAULT_TENANT, "message", "ada/m-2")).toBeNull();
    expect(await world.host.lookUp("blue" as Tenant, "message", "ada/m-1")).toBeNull();
  });

  it("finds a question and a remote task by name while the run is open", async () => {
    const world = await open();
    const run = refOf("found");
    await world.start("found", single);
    const task = await world.acceptRemotely(run, "a");
    await world.answer(run, { path: "a", task, outcome: { kind: "inputRequired", question: { prompt: "Which?" } } });
    await world.open();
    const [question] = await world.host.questions(DEFAULT_TENANT, 10);
    expect(question).toMatchObject({ run, path: "a" });
    expect(await world.host.lookUp(DEFAULT_TENANT, "question", question?.key ?? "")).toEqual(question);
    expect(await world.host.lookUp(DEFAULT_TENANT, "task", taskKey(task.url, task.taskId))).toMatchObject({ run, path: "a" });
    await world.host.post(run, { kind: "questionAnswered", question: question?.key ?? "", answer: "That one.", by: "test" });
    expect(await world.host.questions(DEFAULT_TENANT, 10)).toEqual([]);
    expect(await world.host.lookUp(DEFAULT_TENANT, "question", question?.key ?? "")).toBeNull();
  });
}
