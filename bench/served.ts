/**
 * A served agent against the official SDK's server, each in a process of its own, over loopback, with
 * the same requests from the same client: durable tasks a second (both on SQLite with full fsync), the
 * time of one SendMessage when nothing else goes on, and the memory of idle subscribers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { Agent, type Dispatcher, request } from "undici";

import { inDirectory } from "./engine.ts";
import { median, type Figure } from "./figures.ts";

const AT_ONCE = 64;
const TASKS = 3_000;
const CALLS = 400;
const ROUNDS = 3;
const SUBSCRIBERS = 1_000;
const MIB = 1_048_576;

export async function measureServed(): Promise<Figure[]> {
  return [...(await durableRatio()), ...(await unloadedDelay()), ...(await subscriberMemory())];
}

async function durableRatio(): Promise<Figure[]> {
  const rates = await inTurn(
    (directory) => directory,
    (served) => tasksPerSecond(served),
  );
  const ratio = median(rates.map(({ ours, sdk }) => ours / sdk));
  return [
    { name: "durable tasks a second: of the SDK's server on SQLite", value: ratio, unit: "times", wanted: { least: 3 } },
    { name: "durable tasks a second", value: median(rates.map(({ ours }) => ours)), unit: "tasks/s", wanted: null },
  ];
}

async function unloadedDelay(): Promise<Figure[]> {
  const durable = await inTurn(
    (directory, side) => (side === "sdk" ? "memory" : directory),
    (served) => percentile99(served),
  );
  const both = await inTurn(
    () => "memory",
    (served) => percentile99(served),
  );
  const slower = (pairs: typeof durable) => median(pairs.map(({ ours, sdk }) => ours - sdk));
  return [
    { name: "p99 of a durable SendMessage beyond the SDK in memory", value: slower(durable), unit: "ms", wanted: { most: 2 } },
    { name: "p99 of a durable SendMessage", value: median(durable.map(({ ours }) => ours)), unit: "ms", wanted: null },
    { name: "p99 of a SendMessage beyond the SDK, both in memory", value: slower(both), unit: "ms", wanted: { most: 2 } },
  ];
}

async function subscriberMemory(): Promise<Figure[]> {
  const bytes = await inDirectory((directory) => withServer("our-server.ts", directory, idleSubscribers));
  return [{ name: `${SUBSCRIBERS.toLocaleString("en")} idle subscribers`, value: bytes / MIB, unit: "MiB", wanted: { most: 50 } }];
}

type Side = "ours" | "sdk";
type Served = { readonly url: string; readonly dispatcher: Dispatcher; memory(): Promise<number> };

/** The same measure of both, one after the other, several times: each pair is of one moment of the machine. */
async function inTurn(
  whereOf: (directory: string, side: Side) => string,
  measure: (served: Served) => Promise<number>,
): Promise<{ readonly ours: number; readonly sdk: number }[]> {
  const of = (side: Side) =>
    inDirectory((directory) => withServer(side === "ours" ? "our-server.ts" : "sdk-server.ts", whereOf(directory, side), measure));
  const pairs: { ours: number; sdk: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sdk = await of("sdk");
    pairs.push({ ours: await of("ours"), sdk });
  }
  return pairs;
}

async function tasksPerSecond(served: Served): Promise<number> {
  await sendMany(served, TASKS / 2);
  const begunAt = performance.now();
  await sendMany(served, TASKS);
  return TASKS / ((performance.now() - begunAt) / 1_000);
}

async function sendMany(served: Served, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    for (; left > 0;) {
      left -= 1;
      await completed(served);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function percentile99(served: Served): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < CALLS + 100; call += 1) {
    const begunAt = performance.now();
    await completed(served);
    // The first ones warm both up.
    if (call >= 100) times.push(performance.now() - begunAt);
  }
  return times.toSorted((left, right) => left - right)[Math.floor(CALLS * 0.99)] ?? Number.NaN;
}

async function completed(served: Served): Promise<void> {
  const answer = await rpc(served, "SendMessage", send({ value: 1 }));
  const state = answer.result?.task?.status?.state;
  if (state !== "TASK_STATE_COMPLETED") throw new Error(`The task did not complete: ${JSON.stringify(answer).slice(0, 500)}`);
}

async function idleSubscribers(served: Served): Promise<number> {
  const answer = await rpc(served, "SendMessage", { ...send({ wait: true }), configuration: { returnImmediately: true } });
  const id = answer.result?.task?.id ?? "";
  // The first ones bring code into memory, not themselves.
  await sendMany(served, 200);
  await whileSubscribed(served, id, SUBSCRIBERS / 20, () => served.memory());
  const before = await served.memory();
  return whileSubscribed(served, id, SUBSCRIBERS, async () => (await served.memory()) - before);
}

async function whileSubscribed(served: Served, id: string, count: number, body: () => Promise<number>): Promise<number> {
  const dispatcher = new Agent({ connections: count, bodyTimeout: 0 });
  const subscribe = async (): Promise<void> => {
    const answer = await post({ ...served, dispatcher }, "SubscribeToTask", { id });
    // The first event says that the subscription stands.
    await once(answer.body, "readable");
  };
  try {
    for (let open = 0; open < count; open += 50) await Promise.all(Array.from({ length: 50 }, subscribe));
    return await body();
  } finally {
    await dispatcher.destroy();
  }
}

function send(data: object) {
  return { message: { messageId: crypto.randomUUID(), role: "ROLE_USER", parts: [{ data }] } };
}

type Answer = { readonly result?: { readonly task?: { readonly id?: string; readonly status?: { readonly state?: string } } } };

async function rpc(served: Served, method: string, params: object): Promise<Answer> {
  const { body } = await post(served, method, params);
  return (await body.json()) as Answer;
}

function post({ url, dispatcher }: Pick<Served, "url" | "dispatcher">, method: string, params: object) {
  return request(url, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/json", "a2a-version": "1.0" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
}

async function withServer<Value>(program: string, where: string, body: (served: Served) => Promise<Value>): Promise<Value> {
  const path = join(import.meta.dirname, "served", program);
  const child: ChildProcess = spawn(process.execPath, ["--conditions=source", "--expose-gc", path, where], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const line = async (): Promise<string> => String(((await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer])[0]).trim();
  const dispatcher = new Agent({ connections: AT_ONCE });
  try {
    const url = await line();
    const memory = async () => {
      child.stdin?.write("?\n");
      return Number(await line());
    };
    return await body({ url, dispatcher, memory });
  } finally {
    await dispatcher.destroy();
    child.kill();
    await once(child, "exit");
  }
}
