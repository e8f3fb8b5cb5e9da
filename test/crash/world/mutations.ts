/**
 * Planted bugs. Each breaks one promise of the engine, from outside of it and only in the test's own
 * child process, so that the auditor can be seen to notice.
 */
import { randomUUID } from "node:crypto";

import type { Agent, RemoteAgent } from "../../../src/ports/agents.ts";
import type { AgentFactory } from "../../../src/runtime/binder.ts";

export const MUTATIONS = ["none", "freshMessageIds", "sendsWithoutLooking", "acknowledgesEarly", "neverHearsAgain"] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** An agent factory whose remote agents have the bug. */
export function mutated(factory: AgentFactory, mutation: Mutation, isRecovering: boolean): AgentFactory {
  return { ...factory, card: (binding, name) => mutatedAgent(factory.card(binding, name), mutation, isRecovering) };
}

function mutatedAgent(agent: Agent, mutation: Mutation, isRecovering: boolean): Agent {
  if (agent.kind !== "remote") return agent;
  switch (mutation) {
    case "none":
    case "acknowledgesEarly":
      return agent;
    case "freshMessageIds":
      return { ...boundTo(agent), send: (work, intent, signal) => agent.send(work, { ...intent, messageId: randomUUID() }, signal) };
    case "sendsWithoutLooking":
      return { ...boundTo(agent), find: async () => ({ kind: "none" }) };
    case "neverHearsAgain":
      return isRecovering ? { ...boundTo(agent), attend: () => new Promise(() => undefined) } : agent;
  }
}

/** The agent as a plain object, whose methods can be replaced one by one. */
function boundTo(agent: RemoteAgent): RemoteAgent {
  return {
    kind: "remote",
    name: agent.name,
    url: agent.url,
    describe: (signal) => agent.describe(signal),
    send: (work, intent, signal) => agent.send(work, intent, signal),
    find: (work, intent, signal) => agent.find(work, intent, signal),
    attend: (task, watch) => agent.attend(task, watch),
    cancel: (task, reason, signal) => agent.cancel(task, reason, signal),
  };
}
