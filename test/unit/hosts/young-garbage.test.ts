import { expect, it } from "vitest";

import { RunQueue } from "../../../src/hosts/mailbox/run-queue.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

const MIB = 1_048_576;

it("a run that has left the queue is freed by the next small collection, however old the queue is", () => {
  const queue = new RunQueue<{ readonly run: { readonly tenant: string }; readonly load: readonly number[] }>();
  const pass = (): void => {
    queue.add({ run: { tenant: "default" }, load: new Array<number>(10_000).fill(0) });
    queue.takeAll();
  };
  pass();
  // What has survived two of them is old.
  for (let time = 0; time < 3; time += 1) collectGarbage({ type: "minor" });
  collectGarbage({ type: "major" });
  const before = process.memoryUsage().heapUsed;
  for (let time = 0; time < 400; time += 1) {
    pass();
    if (time % 20 === 0) collectGarbage({ type: "minor" });
  }
  collectGarbage({ type: "minor" });
  expect((process.memoryUsage().heapUsed - before) / MIB).toBeLessThan(4);
});
