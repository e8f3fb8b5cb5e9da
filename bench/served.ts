/**
 * A served agent against the official SDK's server, each in a process of its own, over loopback, with
 * the same requests from the same client: durable tasks a second (both on SQLite with full fsync), the
 * time of one SendMessage when nothing else goes on, and the memory of idle subscribers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { Agent, type Dispatcher, request } from "undici";

import { callAtOnce } from "./at-once.ts";
import { inDirectory } from "./engine.ts";
import { median, type Figure } from "./figures.ts";

const AT_ONCE = 64;
/** Before anything is measured. The log has its size then; V8 still compiles, beside the thread that answers and in its way. */
const WARM_UP = 10_000;
/**
 * Before a single message is measured against the promise, besides the calls of the first measurement: by then V8 is
 * done, with both servers. After 10,000 tasks one call in sixty at ours meets one of its compilations and takes 3 ms,
 * and one in three hundred at the SDK's, which has less code; after 40,000 one in seven hundred. Both are told.
 */
const SETTLED = 40_000;
const ROUNDS = 9;
const TASKS_PER_ROUND = 500;
/** Of one side, before it is the other's turn: so short that whatever slows the machine slows both. */
const CALLS_PER_TURN = 50;
const TURNS_PER_ROUND = 12;
/** After each turn: what a server tidies up by itself when nobody calls is not in another side's time. */
const BREATH_MS = 150;
const SUBSCRIBERS = 1_000;
const MIB = 1_048_576;

export async function measureServed(): Promise<Figure[]> {
  return [...(await inDirectory(durableRatio)), ...(await inDirectory(unloadedDelay)), ...(await inDirectory(subscriberMemory))];
}

function durableRatio(directory: string): Promise<Figure[]> {
  return withServer("sdk-server.ts", [directory], (sdk) =>
    withServer("our-server.ts", [directory], async (ours) => {
      for (const served of [sdk, ours]) await sendMany(served, WARM_UP);
      const rates = await inRounds(async () => ({ sdk: await tasksPerSecond(sdk), ours: await tasksPerSecond(ours) }));
      const ratio = median(rates.map((rate) => rate.ours / rate.sdk));
      return [
        { name: "durable tasks a second: of the SDK's server on SQLite", value: ratio, unit: "times", wanted: { least: 3 } },
        { name: "durable tasks a second", value: median(rates.map((rate) => rate.ours)), unit: "tasks/s", wanted: null },
        {
          name: "durable tasks a second: the SDK's server on SQLite",
          value: median(rates.map((rate) => rate.sdk)),
          unit: "tasks/s",
          wanted: null,
        },
      ];
    }),
  );
}

function unloadedDelay(directory: string): Promise<Figure[]> {
  return withServer("sdk-server.ts", ["memory"], (sdk) =>
    withServer("sdk-server.ts", ["memory", directory], (floor) =>
      withServer("our-server.ts", ["memory"], (inMemory) =>
        withServer("our-server.ts", [directory], async (durable) => {
          const sides = [sdk, floor, inMemory, durable];
          for (const served of sides) await sendOneByOne(served, WARM_UP);
          const early = await inRounds(() => percentiles99(sides));
          for (const served of sides) await sendOneByOne(served, SETTLED - WARM_UP);
          const settled = await inRounds(() => percentiles99(sides));
          return [
            ...delays(settled, { when: "", wanted: { most: 2 } }),
            ...delays(early, { when: `, after ${WARM_UP.toLocaleString("en")} tasks`, wanted: null }),
          ];
        }),
      ),
    ),
  );
}

/** The 99th percentiles of the sides in one round, in milliseconds. */
type Round = { readonly sdk: number; readonly floor: number; readonly inMemory: number; readonly durable: number };

function delays(rounds: readonly Round[], { when, wanted }: { when: string; wanted: Figure["wanted"] }): Figure[] {
  const figure = (name: string, value: (round: Round) => number, must: Figure["wanted"] = null): Figure => ({
    name: `${name}${when}`,
    value: median(rounds.map(value)),
    unit: "ms",
    wanted: must,
  });
  return [
    figure("p99 of a durable SendMessage beyond the SDK in memory", ({ durable, sdk }) => durable - sdk, wanted),
    figure("p99 of the SDK in memory with two fsynced pages a task, beyond it without", ({ floor, sdk }) => floor - sdk),
    figure("p99 of a SendMessage beyond the SDK, both in memory", ({ inMemory, sdk }) => inMemory - sdk, wanted),
    figure("p99 of a durable SendMessage", ({ durable }) => durable),
    figure("p99 of a SendMessage to the SDK in memory with two fsynced pages", ({ floor }) => floor),
    figure("p99 of a SendMessage to the SDK in memory", ({ sdk }) => sdk),
  ];
}

async function subscriberMemory(directory: string): Promise<Figure[]> {
  const bytes = await withServer("our-server.ts", [directory], idleSubscribers);
  return [{ name: `${SUBSCRIBERS.toLocaleString("en")} idle subscribers`, value: bytes / MIB, unit: "MiB", wanted: { most: 50 } }];
}

type Served = { readonly url: string; readonly dispatcher: Dispatcher; memory(): Promise<number> };

/** The same measure several times; all sides of one round are of one moment of the machine. */
async function inRounds<Measured>(measure: () => Promise<Measured>): Promise<Measured[]> {
  const rounds: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure());
  return rounds;
}

async function tasksPerSecond(served: Served): Promise<number> {
  const begunAt = performance.now();
  await sendMany(served, TASKS_PER_ROUND);
  return TASKS_PER_ROUND / ((performance.now() - begunAt) / 1_000);
}

/** They take turns. */
async function percentiles99(sides: readonly Served[]): Promise<Round> {
  const timesOf = sides.map((): number[] => []);
  for (let turn = 0; turn < TURNS_PER_ROUND; turn += 1) {
    for (const [index, side] of sides.entries()) {
      for (let call = 0; call < CALLS_PER_TURN; call += 1) {
        const begunAt = performance.now();
        await completed(side);
        timesOf[index]?.push(performance.now() - begunAt);
      }
      await delay(BREATH_MS);
    }
  }
  const [sdk = Number.NaN, floor = Number.NaN, inMemory = Number.NaN, durable = Number.NaN] = timesOf.map(percentile99);
  return { sdk, floor, inMemory, durable };
}

function percentile99(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

async function sendOneByOne(served: Served, count: number): Promise<void> {
  for (let call = 0; call < count; call += 1) await completed(served);
}

function sendMany(served: Served, count: number): Promise<void> {
  return callAtOnce(AT_ONCE, count, () => completed(served));
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

async function withServer<Value>(program: string, where: readonly string[], body: (served: Served) => Promise<Value>): Promise<Value> {
  const path = join(import.meta.dirname, "served", program);
  const child: ChildProcess = spawn(process.execPath, ["--conditions=source", "--expose-gc", path, ...where], {
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
