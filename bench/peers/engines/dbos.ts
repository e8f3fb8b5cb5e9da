/**
 * DBOS Transact on PostgreSQL, both on this machine: registered workflows, steps by `runStep`, the
 * fan-out as steps side by side in one workflow: less work for it than a child workflow for each on a queue.
 */
import { DBOS } from "@dbos-inc/dbos-sdk";

import { items, type Peer, type PeerOptions } from "../engine.ts";
import { startPostgres } from "../servers/postgres.ts";

/** Twice DBOS's own default, so that 64 runs at once wait less for a connection. */
const POOL_SIZE = 20;
const DAY_SECONDS = 86_400;

export async function openDbos({ directory, steps }: PeerOptions): Promise<Peer> {
  const postgres = await startPostgres(directory);
  DBOS.setConfig({
    name: "bench",
    applicationVersion: "1.0.0",
    systemDatabaseUrl: `${postgres.url}/bench_dbos_sys`,
    systemDatabasePoolSize: POOL_SIZE,
    logLevel: "error",
  });
  const chain = DBOS.registerWorkflow(
    async (value: number) => {
      const s1 = await DBOS.runStep(async () => steps.add(value), { name: "s1" });
      const s2 = await DBOS.runStep(async () => steps.add(s1.value), { name: "s2" });
      const s3 = await DBOS.runStep(() => steps.third(s2.value), { name: "s3" });
      const s4 = await DBOS.runStep(async () => steps.add(s3.value), { name: "s4" });
      return DBOS.runStep(async () => steps.add(s4.value), { name: "s5" });
    },
    { name: "chain" },
  );
  const fanOut = DBOS.registerWorkflow(
    async (width: number) => {
      const added = await Promise.all(items(width).map((item) => DBOS.runStep(async () => steps.add(item), { name: "add" })));
      return added.length;
    },
    { name: "fan_out" },
  );
  const waiting = DBOS.registerWorkflow(
    async () => {
      await DBOS.runStep(async () => steps.add(1), { name: "first" });
      await DBOS.recv("go", DAY_SECONDS);
    },
    { name: "waiting" },
  );
  await DBOS.launch();
  return {
    chain: async () => (await (await DBOS.startWorkflow(chain)(0)).getResult()).value,
    fanOut: async (width) => (await DBOS.startWorkflow(fanOut)(width)).getResult(),
    startWaiting: (workflowID) => DBOS.startWorkflow(waiting, { workflowID })(),
    startOpen: (workflowID) => DBOS.startWorkflow(chain, { workflowID })(0),
    resultOfOpen: async (id) => (await DBOS.retrieveWorkflow<{ readonly value: number }>(id).getResult()).value,
    async close() {
      await DBOS.shutdown();
      await postgres.close();
    },
  };
}
