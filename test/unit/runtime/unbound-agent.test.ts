/** After a restart the agent that has the work may be gone, while another one could do the same. */
import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import type { RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import type { Host } from "../../../src/ports/host.ts";
import { Effects } from "../../../src/runtime/effects/effects.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import type { Fact } from "../../../src/scheduler/index.ts";

const RUN = { tenant: DEFAULT_TENANT, id: "run-1" as RunId };
const DEFINITION = workflowFromObject({
  name: "unbound",
  steps: { work: { capability: "work", timeout: "5m", retry: { attempts: 3, initial: "10ms" } } },
});

/** Agents that can do the work; who gets a message is written down, and what comes of it is told. */
function farAgent(name: string, sent: (agent: RemoteAgent) => Promise<Sent>, got: string[] = []): RemoteAgent {
  const url = `http://${name}.test`;
  const capabilities = [{ name: "work", description: "", tags: [], inputSchema: null, outputSchema: null }];
  const identity = { url, binding: "JSONRPC", tenant: "", protocolVersion: "1.0", agentVersion: "1", dedupes: false, takesContextId: true };
  const agent: RemoteAgent = {
    kind: "remote",
    name,
    url,
    describe: async () => ({ ok: true, identity: { ...identity, capabilities } }),
    send: () => {
      got.push(name);
      return sent(agent);
    },
    find: async () => ({ kind: "unknowable", message: "it lists no tasks" }),
    attend: (_task, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () =>
          resolve({ kind: "canceled", failure: { code: "X", message: "Stopped.", retryable: false } }),
        );
      }),
    cancel: async () => ({ kind: "canceled" }),
  };
  return agent;
}

const taken = async ({ name, url }: RemoteAgent): Promise<Sent> => {
  const task = { agent: name, url, binding: "JSONRPC", tenant: "", taskId: `task-of-${name}`, contextId: "c" };
  return { kind: "task", task, over: null };
};
const neverAnswered = (): Promise<Sent> => new Promise(() => undefined);

/** One life of a process: it goes on with what the store has. */
function live(store: MemoryStore, agent: RemoteAgent) {
  const absent = (): never => {
    throw new Error("Nothing is bound by address.");
  };
  const registry = new Registry({ card: absent, module: absent, cannotLoad: () => null });
  registry.register(agent);
  const log = (): void => undefined;
  const effects = new Effects({ registry, host: (): Host => host, clock: systemClock, log, random: Math.random, reconcileMs: 0 });
  const host = openMemory({ store, performer: effects, log });
  host.recover();
  const end = async (): Promise<void> => {
    effects.close();
    await host.close();
  };
  return { host, end };
}

async function start(host: Host): Promise<void> {
  const fingerprint = await host.define(DEFAULT_TENANT, DEFINITION);
  await host.start({ run: RUN, seed: "s", workflow: DEFINITION.name, version: "1", fingerprint, input: {}, by: "test" });
}

async function until(host: Host, kind: Fact["kind"]): Promise<readonly Fact[]> {
  for (;;) {
    const facts = (await host.history(RUN, 1, 1_000)).map(({ fact }) => fact);
    if (facts.some((fact) => fact.kind === kind)) return facts;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

it.each([
  ["accepted", taken, "subtaskAccepted"],
  ["may have got", neverAnswered, "messageIntended"],
] as const)("work that an agent %s is not given to another one when the first is gone", async (_how, sent, recorded) => {
  const store = new MemoryStore();
  const got: string[] = [];
  const first = live(store, farAgent("one", sent, got));
  await start(first.host);
  await until(first.host, recorded);
  await first.end();
  const second = live(store, farAgent("two", taken, got));
  const facts = await until(second.host, "runFailed");
  await second.end();
  expect(facts.find(({ kind }) => kind === "subtaskFailed")).toMatchObject({ reason: "unknown", failure: { code: "T4104" } });
  expect(got.filter((name) => name === "two")).toEqual([]);
});

it("a cancel that an agent could not be told of is not taken for acknowledged when the agent is gone", async () => {
  const store = new MemoryStore();
  const deaf: RemoteAgent = { ...farAgent("one", taken), cancel: async () => ({ kind: "unreachable", message: "it is away" }) };
  const first = live(store, deaf);
  await start(first.host);
  await until(first.host, "subtaskAccepted");
  await first.host.post(RUN, { kind: "cancelRequested", reason: "not needed", by: "test" });
  await first.end();
  const second = live(store, farAgent("two", taken));
  const facts = await until(second.host, "runCanceled");
  await second.end();
  expect(facts.find(({ kind }) => kind === "taskReleased")).toMatchObject({ note: expect.stringContaining("unknown") });
});
