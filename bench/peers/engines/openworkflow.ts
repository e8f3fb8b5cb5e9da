/**
 * OpenWorkflow on its SQLite backend: one worker in this process, as many slots as runs are at once.
 * Its handle asks for a result once a second, and that cannot be set. So the end of a run is learned
 * from the backend's own call that records it: kinder than what its users get.
 */
import { join } from "node:path";

import { OpenWorkflow } from "openworkflow";
import { BackendSqlite } from "openworkflow/sqlite";

import { items, type Peer, type PeerOptions } from "../engine.ts";

type Value = { readonly value: number };
type Named = { readonly id: string };

export async function openOpenWorkflow({ directory, steps, atOnce }: PeerOptions): Promise<Peer> {
  const backend = BackendSqlite.connect(join(directory, "openworkflow.db"));
  const ended = watchEnds(backend);
  const ow = new OpenWorkflow({ backend });
  const chain = ow.defineWorkflow({ name: "chain" }, async ({ input, step }: { input: Value; step: StepApi }) => {
    const s1 = await step.run({ name: "s1" }, () => steps.add(input.value));
    const s2 = await step.run({ name: "s2" }, () => steps.add(s1.value));
    const s3 = await step.run({ name: "s3" }, () => steps.third(s2.value));
    const s4 = await step.run({ name: "s4" }, () => steps.add(s3.value));
    return step.run({ name: "s5" }, () => steps.add(s4.value));
  });
  const fanOut = ow.defineWorkflow({ name: "fan_out" }, async ({ input, step }: { input: { readonly width: number }; step: StepApi }) => {
    const added = await Promise.all(items(input.width).map((item) => step.run({ name: `add-${item}` }, () => steps.add(item))));
    return { value: added.length };
  });
  const waiting = ow.defineWorkflow({ name: "waiting" }, async ({ input, step }: { input: Named; step: StepApi }) => {
    await step.run({ name: "first" }, () => steps.add(1));
    await step.waitForSignal({ signal: `go-${input.id}`, timeout: "1d" });
  });
  const worker = ow.newWorker({ concurrency: atOnce });
  await worker.start();
  const toEnd = async (handle: RunHandle): Promise<number> => (await ended(handle.workflowRun.id)).value;
  return {
    chain: async () => toEnd(await chain.run({ value: 0 })),
    fanOut: async (width) => toEnd(await fanOut.run({ width })),
    startWaiting: (id) => waiting.run({ id }, { idempotencyKey: id }),
    startOpen: (id) => chain.run({ value: 0 }, { idempotencyKey: id }),
    resultOfOpen: async (id) => (await (await chain.run({ value: 0 }, { idempotencyKey: id })).result()).value,
    async close() {
      await worker.stop();
      await backend.stop();
    },
  };
}

type StepApi = Parameters<Parameters<OpenWorkflow["defineWorkflow"]>[1]>[0]["step"];
type RunHandle = { readonly workflowRun: { readonly id: string } };

/** Resolves when the backend has recorded that a run is over. */
function watchEnds(backend: BackendSqlite): (id: string) => Promise<Value> {
  const waiters = new Map<string, PromiseWithResolvers<Value>>();
  const complete = backend.completeWorkflowRun.bind(backend);
  const fail = backend.failWorkflowRun.bind(backend);
  backend.completeWorkflowRun = async (params) => {
    const run = await complete(params);
    waiters.get(run.id)?.resolve(run.output as Value);
    return run;
  };
  backend.failWorkflowRun = async (params) => {
    const run = await fail(params);
    if (run.status === "failed") waiters.get(run.id)?.reject(new Error(JSON.stringify(run.error)));
    return run;
  };
  return async (id) => {
    const waiter = Promise.withResolvers<Value>();
    waiters.set(id, waiter);
    try {
      return await waiter.promise;
    } finally {
      waiters.delete(id);
    }
  };
}
