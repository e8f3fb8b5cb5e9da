/** The send ledger against an agent whose answers get lost, at the port (ports/agents.ts). */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { RECONCILE_MS } from "../../../src/base/limits.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import type { Found, RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import type { Intent, RemoteTask } from "../../../src/scheduler/input.ts";

const TASK: RemoteTask = { agent: "far", url: "http://far.test", binding: "JSONRPC", tenant: "", taskId: "t-1", contextId: "c-1" };
const AMBIGUOUS: Sent = { kind: "ambiguous", message: "the connection broke" };
const TAKEN: Sent = { kind: "task", task: TASK, over: null };

function notSent(retryable: boolean): Sent {
  return { kind: "notSent", outcome: { kind: "failed", failure: { code: "AGENT_OVERLOADED", message: "It has no room.", retryable } } };
}

/** An agent that answers each send, and each question after one, as it is told. */
function farAgent(script: { readonly dedupes: boolean; readonly sends: readonly Sent[]; readonly finds?: readonly Found[] }) {
  const intents: Intent[] = [];
  let findCount = 0;
  const identity = { url: TASK.url, binding: "JSONRPC", tenant: "", protocolVersion: "1.0", agentVersion: "1", capabilities: [] };
  const agent: RemoteAgent = {
    kind: "remote",
    name: "far",
    url: TASK.url,
    describe: async () => ({ ok: true, identity: { ...identity, takesContextId: true, dedupes: script.dedupes } }),
    async send(_work, intent) {
      intents.push(intent);
      return script.sends[intents.length - 1] ?? TAKEN;
    },
    async find() {
      findCount += 1;
      return script.finds?.[findCount - 1] ?? script.finds?.at(-1) ?? { kind: "none" };
    },
    attend: async () => ({ kind: "completed", reply: { data: [{ done: true }] } }),
    cancel: async () => ({ kind: "canceled" }),
  };
  return { agent, intents };
}

async function attemptsWith(agent: RemoteAgent, clock: Clock = systemClock): Promise<number> {
  const definition = workflowFromObject({
    name: "ledger",
    agents: { far: { local: "far" } },
    steps: { work: { agent: "far", retry: { attempts: 3, initial: "10ms" } } },
    output: { attempts: "${{ steps.work.attempts }}" },
  });
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent], clock });
  const output = (await orchestrator.run(definition, {})) as { readonly attempts: number };
  return output.attempts;
}

describe("a message whose answer was lost", () => {
  it("is not counted as failed because a second sending is turned away: the first may be at work", async () => {
    const { agent, intents } = farAgent({ dedupes: true, sends: [AMBIGUOUS, notSent(true), notSent(true), TAKEN] });
    expect(await attemptsWith(agent)).toBe(1);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(1);
    expect(intents).toHaveLength(4);
  });

  it("is looked for when the agent refuses a second sending for good", async () => {
    const { agent, intents } = farAgent({ dedupes: true, sends: [AMBIGUOUS, notSent(false)], finds: [{ kind: "task", task: TASK }] });
    expect(await attemptsWith(agent)).toBe(1);
    expect(intents).toHaveLength(2);
  });

  it("waits for an agent that is away before anybody says that nobody can know", async () => {
    const away: Found = { kind: "unknowable", message: "far cannot be reached", isAway: true };
    const { agent, intents } = farAgent({ dedupes: false, sends: [AMBIGUOUS], finds: [away, away, away, { kind: "task", task: TASK }] });
    let now = Date.now();
    // Each look takes longer than "not found" needs to be believed.
    const clock: Clock = { ...systemClock, now: () => now, monotonic: () => now };
    const find = agent.find.bind(agent);
    const slow: RemoteAgent = {
      ...agent,
      find: (...asked) => {
        now += 2 * RECONCILE_MS;
        return find(...asked);
      },
    };
    expect(await attemptsWith(slow, clock)).toBe(1);
    expect(intents).toHaveLength(1);
  });
});
