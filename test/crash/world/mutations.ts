/**
 * Planted bugs. Each breaks one promise of the engine, from outside of it and only in the test's own
 * child process, so that the auditor can be seen to notice.
 */
import { randomUUID } from "node:crypto";

import type { Agent, RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import type { Host } from "../../../src/ports/host.ts";
import type { AgentFactory } from "../../../src/runtime/registry/binder.ts";

export type Mutation =
  | "none"
  | "freshMessageIds"
  | "sendsWithoutLooking"
  | "acknowledgesEarly"
  | "neverHearsAgain"
  | "childUnderNewId"
  | "undoesTwice"
  | "leavesLosers";

/** What befalls the remote agents of a process. */
export type Fate = {
  readonly mutation: Mutation;
  readonly isRecovering: boolean;
  /** Called when an agent has answered a message, before the engine knows of it. */
  readonly onSent: (agent: string) => void;
};

/** An agent factory whose remote agents have the bug. */
export function mutated(factory: AgentFactory, fate: Fate): AgentFactory {
  return { ...factory, card: async (binding, name) => mutatedAgent(await factory.card(binding, name), fate) };
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
    case "childUnderNewId":
      return sound;
    case "freshMessageIds":
      return { ...sound, send: (work, intent, signal) => sound.send(work, { ...intent, messageId: randomUUID() }, signal) };
    case "sendsWithoutLooking":
      return { ...sound, find: async () => ({ kind: "none" }) };
    case "neverHearsAgain":
      return isRecovering ? { ...sound, attend: () => new Promise(() => undefined) } : sound;
    case "undoesTwice":
      return { ...sound, send: (work, intent, signal) => sendUndoingTwice(sound, work, intent, signal) };
    case "leavesLosers":
      return { ...sound, cancel: async () => ({ kind: "canceled" }) };
  }
}

/** What has been undone is undone again, as if nobody knew. */
async function sendUndoingTwice(agent: RemoteAgent, ...[work, intent, signal]: Parameters<RemoteAgent["send"]>): Promise<Sent> {
  const sent = await agent.send(work, intent, signal);
  if (agent.name === "undoer") await agent.send(work, { ...intent, messageId: randomUUID() }, signal);
  return sent;
}

/** The host as effects see it: with the bug, a workflow below has another id after a crash. */
export function hostOfFate(host: Host, { mutation, isRecovering }: Pick<Fate, "mutation" | "isRecovering">): Host {
  if (mutation !== "childUnderNewId" || !isRecovering) return host;
  return new Proxy(host, {
    get(_target, name: keyof Host) {
      const method = host[name] as (...given: readonly unknown[]) => unknown;
      return (...given: readonly unknown[]) => method.apply(host, given.map(renamed));
    },
  });
}

const AGAIN = "-again";

/** Another id for a run below; it has a dot, and others have none. */
function renamed(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  if ("run" in given && typeof given.run === "object") return { ...given, run: renamed(given.run) };
  if (!("id" in given && "tenant" in given)) return given;
  const id = String(given.id);
  return id.includes(".") && !id.endsWith(AGAIN) ? { ...given, id: `${id}${AGAIN}` } : given;
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
    cancel: (...asked) => agent.cancel(...asked),
  };
}
