import { expect, it } from "vitest";

import { TuttiError } from "../../../src/base/errors.ts";
import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import type { Host } from "../../../src/ports/host.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { Courier } from "../../../src/runtime/effects/courier.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { turns } from "./far-world.ts";

const RUN = { tenant: DEFAULT_TENANT, id: "run-1" as RunId };
const INPUT = { kind: "cancelRequested", reason: "enough", by: "test" } as const;

it("an input that the disk refused is offered again until it is durable, and not when nobody wants it any more", async () => {
  const clock = new ManualClock();
  let offers = 0;
  const post = () => {
    offers += 1;
    return offers % 3 === 0
      ? Promise.resolve({ applied: true })
      : Promise.reject(new TuttiError("T5005", "The disk is full.", { retryable: true }));
  };
  const courier = new Courier(() => ({ post }) as unknown as Host, clock, silentLog);
  const kept = courier.bring(RUN, INPUT);
  for (let second = 0; second < 2; second += 1) {
    await turns(3);
    clock.advance(1_000);
  }
  expect(await kept).toEqual({ applied: true });
  expect(offers).toBe(3);
  const replaced = courier.bring(RUN, INPUT, () => false);
  await turns(3);
  clock.advance(1_000);
  expect(await replaced).toBeNull();
  expect(offers).toBe(4);
});
