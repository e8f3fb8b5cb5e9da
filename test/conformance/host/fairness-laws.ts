import { expect, it } from "vitest";

import { FACTS_PER_COMMIT } from "../../../src/base/limits.ts";
import { single } from "./workflows.ts";
import { refOf, tenantOf, type OpenWorld } from "./world.ts";

export function fairnessLaws(open: OpenWorld): void {
  it("gives a run its turn while another has more inputs than a commit holds", async () => {
    const world = await open();
    await world.start("busy", single);
    await world.start("modest", single);
    const order: string[] = [];
    const note = (who: string) => () => void order.push(who);
    const flood = Array.from({ length: FACTS_PER_COMMIT + 1_000 }, (_, index) =>
      world.progress(refOf("busy"), "a", String(index)).then(note("busy")),
    );
    const modest = world.answer(refOf("modest"), { path: "a" }).then(note("modest"));
    await modest;
    expect(await world.status(refOf("modest"))).toBe("completed");
    await Promise.all(flood);
    expect(order.indexOf("modest")).toBeLessThan(order.length - 1);
    expect(order).toHaveLength(FACTS_PER_COMMIT + 1_001);
  });

  it("takes every one of 10,000 inputs that come at once, in their order", async () => {
    const world = await open();
    const run = refOf("flooded");
    await world.start("flooded", single);
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => world.progress(run, "a", String(index))));
    const notes = (await world.facts(run)).flatMap((fact) => (fact.kind === "subtaskProgressed" ? [Number(fact.progress.note)] : []));
    expect(notes).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  });

  it("takes turns between tenants: one run of a quiet tenant does not wait for 500 of a busy one", async () => {
    const world = await open();
    const starts = Array.from({ length: 500 }, (_, index) => world.start(`busy-${index}`, single, { tenant: tenantOf("busy") }));
    starts.push(world.start("quiet", single, { tenant: tenantOf("quiet") }));
    await Promise.all(starts);
    world.performer.performed = [];
    const answers = Array.from({ length: 500 }, (_, index) => world.cancel(refOf(`busy-${index}`, tenantOf("busy"))));
    answers.push(world.cancel(refOf("quiet", tenantOf("quiet"))));
    await Promise.all(answers);
    const place = world.performer.performed.findIndex(({ run }) => run.tenant === tenantOf("quiet"));
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThan(5);
  });
}
