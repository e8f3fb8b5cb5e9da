/** Agents that are away or overloaded, and how the runtime leaves them alone (requirements R024, W108). */
import { describe, expect, it } from "vitest";

import type { RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { assignment, delegate, EffectsWorld, intentFor, taskOf } from "./effects-world.ts";
import { AMBIGUOUS, DONE, farAgent, turns } from "./far-world.ts";

const TO_FAR = { target: { kind: "agent", agent: "far", skill: null } } as const;
const AWAY: Outcome = { kind: "failed", failure: { code: "NETWORK_ERROR", message: "far cannot be reached", retryable: true } };

/** An agent that is away as long as the test says so. */
function awayAgent(parts: Partial<RemoteAgent> = {}) {
  const { agent } = farAgent([], parts);
  const state = { isAway: true, asked: 0 };
  const tell: RemoteAgent["describe"] = (signal) => {
    state.asked += 1;
    return state.isAway ? Promise.resolve({ ok: false, outcome: AWAY }) : agent.describe(signal);
  };
  return { agent: { ...agent, describe: tell }, state };
}

async function attempts(world: EffectsWorld, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    world.perform("a", delegate(`a[${index}]`, TO_FAR));
    await turns(3);
  }
}

function failureAt(world: EffectsWorld, path: string) {
  const told = world.told.findLast(({ input }) => "path" in input && input.path === path)?.input;
  return told?.kind === "answered" && told.outcome.kind === "failed" ? told.outcome.failure : null;
}

describe("an agent that is away", () => {
  it("is left alone after five failures: attempts fail at once, and say when the next one makes sense", async () => {
    const { agent, state } = awayAgent();
    using world = new EffectsWorld({ agents: [agent], clock: new ManualClock() });
    await attempts(world, 6);
    expect(state.asked).toBe(5);
    const failure = failureAt(world, "a[5]");
    expect(failure).toMatchObject({ code: "AGENT_UNAVAILABLE", retryable: true });
    expect(failure?.retryAfterMs).toBeGreaterThan(3_000);
    expect(world.effects.breakers()).toMatchObject([{ agent: "http://far.test", state: "open" }]);
  });

  it("is asked by one when its time is over, and by all when it has answered", async () => {
    const clock = new ManualClock();
    const { agent, state } = awayAgent();
    using world = new EffectsWorld({ agents: [agent], clock });
    await attempts(world, 5);
    clock.advance(5_000);
    state.isAway = false;
    await attempts(world, 2, 5);
    expect(failureAt(world, "a[6]")).toMatchObject({ code: "AGENT_UNAVAILABLE" });
    expect(world.of("a").at(-2)).toBe("intended a[5]");
    world.perform("a", { kind: "send", ...assignment("a[5]", TO_FAR), intent: intentFor("far", "a5"), again: false, regardless: false });
    await turns(3);
    await attempts(world, 1, 7);
    expect(world.of("a").at(-1)).toBe("intended a[7]");
    expect(world.effects.breakers()).toEqual([]);
  });

  it("is not chosen for a capability that another agent has", async () => {
    const capability = { name: "work", description: "", tags: [], inputSchema: null, outputSchema: null };
    const first = farAgent([]);
    const second = farAgent([]);
    const near: RemoteAgent = { ...second.agent, name: "near", url: "http://near.test" };
    using world = new EffectsWorld({ agents: [first.agent, near], clock: new ManualClock() });
    world.registry.provide(capability.name, first.agent);
    world.registry.provide(capability.name, near);
    const away: Sent = { kind: "notSent", outcome: AWAY };
    first.agent.send = async () => away;
    for (let index = 0; index < 5; index += 1) {
      const to = { ...assignment(`s[${index}]`, TO_FAR), intent: intentFor("far", `s${index}`) };
      world.perform("s", { kind: "send", ...to, again: false, regardless: false });
      await turns(3);
    }
    world.perform("a", delegate("one"));
    world.perform("a", delegate("two", { attempt: 2 }));
    await turns(5);
    const agents = world.told.flatMap(({ run, input }) => (run === "a" && input.kind === "intended" ? [input.intent.agent] : []));
    expect(agents).toEqual(["near", "near"]);
  });

  it("still gets the answer to its own question", async () => {
    const { agent, state } = awayAgent();
    using world = new EffectsWorld({ agents: [agent], clock: new ManualClock() });
    await attempts(world, 5);
    world.perform("a", delegate("answer", { ...TO_FAR, turn: 2, task: taskOf("far", "x") }));
    await turns(3);
    expect(world.of("a").at(-1)).toBe("intended answer");
    // Where its task is was known already.
    expect(state.asked).toBe(5);
  });
});

describe("what counts as a failure", () => {
  const overloaded: Outcome = { kind: "failed", failure: { code: "AGENT_OVERLOADED", message: "", retryable: true, retryAfterMs: 40_000 } };
  const failing: Outcome = { kind: "failed", failure: { code: "AGENT_ERROR", message: "", retryable: true } };
  const noSecret: Outcome = { kind: "failed", failure: { code: "T3005", message: "", retryable: false } };
  const failuresOf = async (sent: Sent): Promise<number> => {
    const { agent } = farAgent([sent, sent, sent, sent, sent], { find: async () => ({ kind: "none" }) });
    using world = new EffectsWorld({ agents: [agent], clock: new ManualClock() });
    for (let index = 0; index < 5; index += 1) {
      const to = { ...assignment(`a[${index}]`, TO_FAR), intent: intentFor("far", `a${index}`) };
      world.perform("a", { kind: "send", ...to, again: false, regardless: false });
      await turns(3);
    }
    return world.effects.breakers().length;
  };

  it.each<[string, Sent, number]>([
    ["no room, told by the protocol", { kind: "notSent", outcome: overloaded }, 1],
    ["no room, told by the task", { kind: "task", task: taskOf("far", "x"), over: overloaded }, 1],
    ["nothing that can be reached", { kind: "notSent", outcome: AWAY }, 1],
    ["no answer at all", AMBIGUOUS, 1],
    ["a task that failed for its own reasons", { kind: "task", task: taskOf("far", "x"), over: failing }, 0],
    ["a secret that is not set here", { kind: "notSent", outcome: noSecret }, 0],
    ["a result", DONE, 0],
  ])("%s", async (_what, sent, expected) => {
    expect(await failuresOf(sent)).toBe(expected);
  });

  it("an agent that asks for more time than the cool-down gets it", async () => {
    const { agent } = farAgent(Array.from({ length: 5 }, (): Sent => ({ kind: "notSent", outcome: overloaded })));
    using world = new EffectsWorld({ agents: [agent], clock: new ManualClock() });
    for (let index = 0; index < 5; index += 1) {
      const to = { ...assignment(`a[${index}]`, TO_FAR), intent: intentFor("far", `a${index}`) };
      world.perform("a", { kind: "send", ...to, again: false, regardless: false });
      await turns(3);
    }
    world.perform("b", delegate("b1", TO_FAR));
    await turns(3);
    expect(failureAt(world, "b1")?.retryAfterMs).toBeGreaterThanOrEqual(40_000);
  });
});
