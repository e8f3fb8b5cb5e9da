import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";

const NOW = workflowFromObject({ tutti: "1.0", name: "now", version: "1.0.0", steps: { a: { set: { "x.y": 1 } } } });
const LATER = workflowFromObject({ tutti: "1.0", name: "later", version: "1.0.0", steps: { a: { wait: { signal: "go" } } } });

async function open(maxRuns: number) {
  const host = openMemory({ store: new MemoryStore({ maxRuns }), performer: { perform: () => undefined, cannotRecover: () => null } });
  const fingerprints = { now: await host.define(DEFAULT_TENANT, NOW), later: await host.define(DEFAULT_TENANT, LATER) };
  const start = async (id: string, workflow: "now" | "later", input: string | object = {}, key?: string) => {
    // Ids as `parseRunId` gives them.
    const run = { tenant: DEFAULT_TENANT, id: id as RunId };
    await host.start({
      run,
      seed: id,
      workflow,
      version: "1.0.0",
      fingerprint: fingerprints[workflow],
      input: { ...(input as object) },
      by: "test",
      ...(key === undefined ? {} : { origin: { caller: "ada", context: "c", message: {}, key } }),
    });
    return run;
  };
  return { host, start };
}

it("a store that is bounded forgets the runs that ended first, and none that has not ended", async () => {
  const { host, start } = await open(3);
  const runs = [await start("r1", "later")];
  for (const id of ["r2", "r3", "r4", "r5"]) runs.push(await start(id, "now"));
  const known = await Promise.all(runs.map(async (run) => (await host.get(run)) !== null));
  expect(known).toEqual([true, false, false, true, true]);
  expect(await host.count({ tenant: DEFAULT_TENANT })).toBe(3);
  const [waiting, forgotten] = runs;
  if (waiting === undefined || forgotten === undefined) throw new Error("There are runs.");
  expect(await host.history(forgotten, 1, 10)).toEqual([]);
  await host.post(waiting, { kind: "signaled", name: "go", payload: null, by: "test" });
  expect((await host.whenOver(waiting)).status).toBe("completed");
});

it("what only forgotten runs refer to goes with them, and what others refer to stays", async () => {
  const { host, start } = await open(2);
  const [own, shared] = [Buffer.alloc(10, 1), Buffer.alloc(10, 2)];
  const [ownHash, sharedHash] = [await host.putPayload(DEFAULT_TENANT, own), await host.putPayload(DEFAULT_TENANT, shared)];
  const large = "x".repeat(20_000);
  await start("r1", "now", { files: [{ payload: ownHash }, { payload: sharedHash }], large });
  await start("r2", "later", { files: [{ payload: sharedHash }], large });
  await start("r3", "now");
  expect(await host.getPayload(DEFAULT_TENANT, ownHash)).toBeNull();
  expect(await host.getPayload(DEFAULT_TENANT, sharedHash)).toEqual(shared);
  const [first] = await host.history({ tenant: DEFAULT_TENANT, id: "r2" as RunId }, 1, 1);
  expect(first?.fact).toMatchObject({ input: { large } });
});

it("a forgotten run is no longer found by its message, and one that took the name over still is", async () => {
  const { host, start } = await open(3);
  await start("r1", "now", {}, "own");
  await start("r2", "now", {}, "shared");
  const heir = await start("r3", "now", {}, "shared");
  for (const id of ["r4", "r5"]) await start(id, "now");
  expect(await host.get({ ...heir, id: "r2" as RunId })).toBeNull();
  expect(await host.lookUp(DEFAULT_TENANT, "message", "own")).toBeNull();
  expect(await host.lookUp(DEFAULT_TENANT, "message", "shared")).toMatchObject({ run: heir });
});
