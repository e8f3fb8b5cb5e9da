/** When "there is no such task" is believed of a message whose answer was lost (send-until-known.ts, `findPatiently`). */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { RECONCILE_MS } from "../../../src/base/limits.ts";
import type { Found, RemoteAgent } from "../../../src/ports/agents.ts";
import { pause } from "../../../src/ports/clock.ts";
import { AMBIGUOUS, factsOf, farAgent, FarWorld, startedWith, TASK } from "./far-world.ts";

const WORKFLOW = workflowFromObject({
  name: "late",
  agents: { far: { local: "far" } },
  steps: { work: { agent: "far", timeout: "5m", retry: { attempts: 1 } } },
});
const NONE: Found = { kind: "none" };
const HERE: Found = { kind: "task", task: TASK };
const AWAY: Found = { kind: "unknowable", message: "far cannot be reached", isAway: true };

/** An agent whose first answer is lost, and that is asked for its task at these instants. */
async function started(answerTo: (askedAtMs: number, world: FarWorld) => Found | Promise<Found>) {
  const world = new FarWorld();
  const askedAtMs: number[] = [];
  const find: RemoteAgent["find"] = async () => {
    askedAtMs.push(world.clock.monotonic());
    return answerTo(world.clock.monotonic(), world);
  };
  const { agent, intents } = farAgent([AMBIGUOUS], { find });
  const orchestrator = await world.open([agent]);
  const handle = await startedWith(orchestrator, WORKFLOW);
  return { world, orchestrator, handle, intents, askedAtMs };
}

describe("a message whose answer was lost", () => {
  it("is not sent again on a word that was asked for too early, however late it comes: the message may have come meanwhile", async () => {
    // What is asked early is answered late, with what was so when it was asked.
    const { world, orchestrator, handle, intents, askedAtMs } = await started(async (atMs, { clock }) => {
      if (atMs >= RECONCILE_MS) return HERE;
      await pause(clock, RECONCILE_MS + 1_000);
      return NONE;
    });
    await world.pass(4 * RECONCILE_MS);
    expect(intents).toHaveLength(1);
    expect(askedAtMs).toHaveLength(2);
    expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
  });

  it("is sent again, with the same id, when it is not there after all the time that it may be on its way", async () => {
    const { world, orchestrator, handle, intents, askedAtMs } = await started(() => NONE);
    await world.pass(RECONCILE_MS - 200);
    expect(intents).toHaveLength(1);
    await world.pass(4_000);
    expect(intents).toHaveLength(2);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(1);
    expect(askedAtMs.at(-1)).toBeGreaterThanOrEqual(RECONCILE_MS);
    expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
  });

  it("is asked for until an agent that is away is back, and not only for as long as it may be on its way", async () => {
    const { world, orchestrator, handle, intents } = await started((atMs) => (atMs < 10 * RECONCILE_MS ? AWAY : HERE));
    await world.pass(9 * RECONCILE_MS);
    expect((await factsOf(orchestrator, handle)).at(-1)?.kind).toBe("messageIntended");
    await world.pass(2 * RECONCILE_MS);
    expect(intents).toHaveLength(1);
    expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
  });

  it("of which an agent that is there keeps no list, is unknown after that time", async () => {
    const { world, orchestrator, handle, intents } = await started(() => ({ kind: "unknowable", message: "it keeps no list" }));
    await world.pass(2 * RECONCILE_MS);
    expect(intents).toHaveLength(1);
    const facts = await factsOf(orchestrator, handle);
    expect(facts.find(({ kind }) => kind === "subtaskFailed")).toMatchObject({ reason: "unknown" });
  });

  it("that nobody wants any more is asked for only for that long, when its agent is away", async () => {
    const { world, orchestrator, handle, intents } = await started(() => AWAY);
    await world.pass(1_000);
    await handle.cancel("enough");
    await world.pass(RECONCILE_MS - 1_000);
    expect((await orchestrator.record(handle.id)).status).toBe("canceling");
    await world.pass(3_000);
    expect((await orchestrator.record(handle.id)).status).toBe("canceled");
    expect(intents).toHaveLength(1);
  });
});
