import { setImmediate } from "node:timers/promises";

import { expect, test } from "vitest";

import { FRESH } from "../../../../src/a2a/push/push-row.ts";
import { readTarget } from "../../../../src/a2a/push/push-target.ts";
import { config, PushWorld } from "./push-world.ts";

const COUNT = 2_000;

test("closing ends thousands of deliveries, and lets others have their turn in between", async () => {
  await using here = new PushWorld();
  const run = await here.start("t1");
  const target = readTarget(config("http://127.0.0.1:9/"), here.dispatcher.addresses);
  const row = { target, from: { seq: 1_000, n: 0 }, tellsEnd: false, standing: FRESH };
  for (let index = 0; index < COUNT; index += 1) await here.dispatcher.put({ run, id: `c${index}` }, row);
  await setImmediate();
  const closed = here.dispatcher.close().then(() => true);
  let turns = 0;
  while (!(await Promise.race([closed, setImmediate(false)]))) turns += 1;
  expect(turns).toBeGreaterThanOrEqual(10);
  expect((await here.row(run, `c${COUNT - 1}`)).standing.kind).toBe("open");
});
