/** When a message leaves again, and when it must not leave at all (design.md, fact 1). */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import type { Described } from "../../../src/ports/agents.ts";
import { AMBIGUOUS, DONE, factsOf, farAgent, FarWorld, startedWith, turns } from "./far-world.ts";

function toFar(step: JsonObject = {}) {
  return workflowFromObject({ name: "far", agents: { far: { local: "far" } }, steps: { a: { agent: "far", timeout: "5m", ...step } } });
}

describe("a message", () => {
  it("whose context id is refused leaves once more, without one, in the same attempt", async () => {
    const world = new FarWorld();
    const { agent, intents } = farAgent([{ kind: "contextRefused" }, DONE]);
    const orchestrator = await world.open([agent]);
    const handle = await startedWith(orchestrator, toFar());
    await world.pass(1_000);
    expect(intents.map(({ contextId }) => contextId)).toEqual([expect.any(String), null]);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
  });

  it("of which nobody can know what became leaves again when the step says so, once and with the same id", async () => {
    const world = new FarWorld();
    const { agent, intents } = farAgent([AMBIGUOUS, DONE]);
    const orchestrator = await world.open([agent]);
    const handle = await startedWith(orchestrator, toFar({ onUnknown: "resend" }));
    await world.pass(20_000);
    expect(intents).toHaveLength(2);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
    const kinds = (await factsOf(orchestrator, handle)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "messageResent")).toHaveLength(1);
  });

  it("that is to leave again leaves again also when the process dies before it could", async () => {
    const world = new FarWorld();
    const { agent, intents } = farAgent([AMBIGUOUS, DONE]);
    const first = await world.open([agent]);
    const handle = await startedWith(first, toFar({ onUnknown: "resend" }));
    await world.pass(6_000);
    expect((await factsOf(first, handle)).at(-1)).toMatchObject({ kind: "messageResent" });
    expect(intents).toHaveLength(1);
    const second = await world.open([agent]);
    await world.pass(20_000);
    expect(intents).toHaveLength(2);
    expect(await second.record(handle.id)).toMatchObject({ status: "completed" });
  });

  it("of which nobody can know what became does not leave again when the step does not say so", async () => {
    const world = new FarWorld();
    const { agent, intents } = farAgent([AMBIGUOUS, DONE]);
    const orchestrator = await world.open([agent]);
    const handle = await startedWith(orchestrator, toFar());
    await world.pass(20_000);
    expect(intents).toHaveLength(1);
    expect((await factsOf(orchestrator, handle)).at(-1)).toMatchObject({ kind: "runFailed" });
  });

  it("whose run is canceled before it left does not leave", async () => {
    const world = new FarWorld();
    const described = Promise.withResolvers<void>();
    const { agent, intents } = farAgent([]);
    const slow = { ...agent, describe: (signal: AbortSignal): Promise<Described> => described.promise.then(() => agent.describe(signal)) };
    const orchestrator = await world.open([slow]);
    const handle = await startedWith(orchestrator, toFar());
    described.resolve();
    // The intent is on its way to the host, in whose turn the cancel comes behind it.
    for (let step = 0; step < 5; step += 1) await Promise.resolve();
    expect(await handle.cancel()).toBe(true);
    await turns(5);
    await world.pass(1_000);
    const kinds = (await factsOf(orchestrator, handle)).map(({ kind }) => kind);
    expect(kinds).toContain("messageIntended");
    expect(kinds.at(-1)).toBe("runCanceled");
    expect(intents).toEqual([]);
  });
});
