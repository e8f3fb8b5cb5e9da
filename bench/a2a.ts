/**
 * A remote step against a raw client of the official SDK that makes the same requests: send (return
 * immediately), and, while the task is at work, subscribe until it is over and get it once more.
 * What is compared is the processor time of the calling process.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { Role, TaskState, type Task } from "@a2a-js/sdk";
import { ClientFactory, type Client } from "@a2a-js/sdk/client";

import { createAgentFactory } from "../src/agents/agent-factory.ts";
import { workflowFromObject } from "../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../src/definition/definition.ts";
import { callAtOnce } from "./at-once.ts";
import { inDirectory, openEngine } from "./engine.ts";
import { median, type Figure } from "./figures.ts";

const AT_ONCE = 64;
const CALLS = 1_500;
const REPEATS = 4;

export async function measureA2a(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, workMs] of [
    ["an agent that answers at once", 0],
    ["an agent that works for 20 ms", 20],
  ] as const) {
    const ratios: number[] = [];
    const costs: number[] = [];
    const rawCosts: number[] = [];
    await withAgent(workMs, async (url) => {
      for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
        const rawUs = await rawCost(url);
        const ourUs = await engineCost(url);
        // The first round warms both up.
        if (repeat === 0) continue;
        ratios.push(ourUs / rawUs);
        costs.push(ourUs);
        rawCosts.push(rawUs);
      }
    });
    figures.push({ name: `remote step at ${name}: of a raw SDK client`, value: median(ratios), unit: "CPU ratio", wanted: { most: 1.5 } });
    figures.push({ name: `remote step at ${name}`, value: median(costs), unit: "µs CPU", wanted: null });
    figures.push({ name: `remote step at ${name}: the raw SDK client`, value: median(rawCosts), unit: "µs CPU", wanted: null });
  }
  return figures;
}

async function engineCost(url: string): Promise<number> {
  return inDirectory(async (directory) => {
    const engine = openEngine({ directory, agents: [], factory: createAgentFactory(() => undefined) });
    const definition = oneStep(url);
    await engine.run(definition, { value: 0 });
    const cost = await cpuPerCall(() => engine.run(definition, { value: 1 }));
    await engine.close();
    return cost;
  });
}

export function oneStep(url: string): Definition {
  return workflowFromObject({
    tutti: "1.0",
    name: "remote",
    version: "1.0.0",
    agents: { adder: { card: url } },
    steps: { add: { agent: "adder", skill: "add", with: { value: "${{ input.value }}" } } },
  });
}

async function rawCost(url: string): Promise<number> {
  const client = await new ClientFactory().createFromUrl(url);
  await rawCall(client);
  return cpuPerCall(() => rawCall(client));
}

async function rawCall(client: Client): Promise<void> {
  const sent = await client.sendMessage({
    tenant: "",
    metadata: undefined,
    configuration: { returnImmediately: true, acceptedOutputModes: [], historyLength: 0, taskPushNotificationConfig: undefined },
    message: {
      messageId: crypto.randomUUID(),
      contextId: "",
      taskId: "",
      role: Role.ROLE_USER,
      parts: [{ content: { $case: "data", value: { value: 1 } }, metadata: undefined, filename: "", mediaType: "application/json" }],
      metadata: { operation: "add" },
      extensions: [],
      referenceTaskIds: [],
    },
  });
  if (!("status" in sent) || isOver(sent)) return;
  try {
    for await (const event of client.resubscribeTask({ tenant: "", id: sent.id })) void event;
  } catch {
    // The task was over before the subscription came: the agent says so, and GetTask has the result.
  }
  await client.getTask({ tenant: "", id: sent.id, historyLength: 0 });
}

function isOver(task: Task): boolean {
  return task.status?.state === TaskState.TASK_STATE_COMPLETED;
}

async function cpuPerCall(call: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  await callAtOnce(AT_ONCE, CALLS, call);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

/** Runs a body with an agent in a process of its own. */
export async function withAgent(workMs: number, body: (url: string) => Promise<void>): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=source", join(import.meta.dirname, "a2a-agent.ts"), String(workMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    await body(line.toString("utf8").trim());
  } finally {
    child.kill();
    await once(child, "exit");
  }
}
