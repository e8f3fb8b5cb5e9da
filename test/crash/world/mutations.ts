/**
 * Planted bugs. Each breaks one promise of the engine, from outside of it and only in the test's own
 * child process, so that the auditor can be seen to notice.
 */
import { randomUUID } from "node:crypto";

import type { Agent, RemoteAgent } from "../../../src/ports/agents.ts";
import type { AgentFactory } from "../../../src/runtime/binder.ts";

export type Mutation = "none" | "freshMessageIds" | "sendsWithoutLooking" | "acknowledgesEarly" | "neverHearsAgain";

/** What befalls the remote agents of a process. */
export type Fate = {
  readonly mutation: Mutation;
  readonly isRecovering: boolean;
  /** Called when an agent has answered a message, before the engine knows of it. */
  readonly onSent: (agent: string) => void;
};

/** An agent factory whose remote agents have the bug. */
export function mutated(factory: AgentFactory, fate: Fate): AgentFactory {
  return { ...factory, card: (binding, name) => mutatedAgent(factory.card(binding, name), fate) };
}

function mutatedAgent(agent: Agent, { mutation, isRecovering, onSent }: Fate): Agent {
  if (agent.kind !== "remote") return agent;
  const sound: RemoteAgent = {
    ...boundTo(agent),
    async send(work, intent, signal) {
      const sent = await agent.send(work, intent, signal);
      onSent(agent.name);
      return sent;
    },
  };
  switch (mutation) {
    case "none":
    case "acknowledgesEarly":
      return sound;
    case "freshMessageIds":
      return { ...sound, send: (work, intent, signal) => sound.send(work, { ...intent, messageId: randomUUID() }, signal) };
    case "sendsWithoutLooking":
      return { ...sound, find: async () => ({ kind: "none" }) };
    case "neverHearsAgain":
      return isRecovering ? { ...sound, attend: () => new Promise(() => undefined) } : sound;
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
