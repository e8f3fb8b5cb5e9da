/** Starting a run is idempotent by its id (requirements W110, W164; decisions X011 and X012). */
import { defineAgent, fail, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { Gate, openInMemory, Place, QUICKLY } from "../support/scenario.ts";

const charge = workflowFromObject({
  name: "charge",
  version: "1.0.0",
  steps: { charge: { capability: "charge", with: { amount: "${{ input.amount }}" }, retry: { ...QUICKLY, attempts: 1 } } },
  output: "${{ steps.charge.output }}",
});

/** An agent whose every call is a side effect that must not happen twice. */
function cashier(answer: () => unknown) {
  const amounts: unknown[] = [];
  const agent = defineAgent({
    name: "cashier",
    description: "Charges a card.",
    version: "1.0.0",
    capabilities: { charge: { description: "Charges.", run: ({ input }) => (amounts.push(input), answer() as string) } },
  });
  return { agent, amounts };
}

describe("the id of a run that exists", () => {
  it("attaches to the run while it is at work, and calls no agent (W026, W110, X011)", async () => {
    const gate = new Gate();
    const { agent, amounts } = cashier(async () => (await gate.opened, "charged"));
    await using orchestrator = await openInMemory([agent]);
    const first = await orchestrator.start(charge, { amount: 5 }, { id: "order-1" });
    const others = await Promise.all([1, 2, 3].map(() => orchestrator.start(charge, { amount: 5 }, { id: "order-1" })));

    gate.open();

    const results = await Promise.all([first, ...others].map((handle) => handle.result()));
    expect(results.map((result) => result.status === "completed" && result.output)).toEqual(["charged", "charged", "charged", "charged"]);
    expect([first, ...others].map(({ created }) => created)).toEqual([true, false, false, false]);
    expect(amounts).toEqual([{ amount: 5 }]);
  });

  it("gives the stored result of a run that completed, also to another process later (W110, W164, W178, W186)", async () => {
    await using place = new Place();
    const { agent, amounts } = cashier(() => "charged");
    const before = await place.open([agent]);
    expect(await before.run(charge, { amount: 5 }, { id: "order-1" })).toBe("charged");
    expect(await before.run(charge, { amount: 5 }, { id: "order-1" })).toBe("charged");
    await before.close();

    const after = await place.open([agent]);
    expect(await after.run(charge, { amount: 5 }, { id: "order-1" })).toBe("charged");
    expect(amounts).toHaveLength(1);
  });

  it("gives the stored failure of a run that failed, and does not try again (W112, W186, X011)", async () => {
    const { agent, amounts } = cashier(() => fail("CARD_DECLINED", "the card was declined"));
    await using orchestrator = await openInMemory([agent]);
    const once = orchestrator.run(charge, { amount: 5 }, { id: "order-1" });
    await expect(once).rejects.toThrow(/the card was declined/);
    const again = await orchestrator.start(charge, { amount: 5 }, { id: "order-1" });
    expect(await again.result()).toMatchObject({ status: "failed", failure: { code: "T4108", details: { code: "CARD_DECLINED" } } });
    expect(again.created).toBe(false);
    expect(amounts).toHaveLength(1);
  });

  it("is a conflict for another input, and for another workflow, and the run stays as it was (X012)", async () => {
    const { agent, amounts } = cashier(() => "charged");
    await using orchestrator = await openInMemory([agent]);
    await orchestrator.run(charge, { amount: 5 }, { id: "order-1" });
    const other = workflowFromObject({ name: "refund", version: "1.0.0", steps: { refund: { capability: "charge" } } });
    await expect(orchestrator.run(charge, { amount: 6 }, { id: "order-1" })).rejects.toMatchObject({ code: "T4002" });
    await expect(orchestrator.run(other, { amount: 5 }, { id: "order-1" })).rejects.toMatchObject({ code: "T4002" });
    expect(await orchestrator.run(charge, { amount: 5 }, { id: "order-1" })).toBe("charged");
    expect(amounts).toHaveLength(1);
  });
});

it("a run that is not given an id gets one of its own, which sorts by age (W009)", async () => {
  const { agent } = cashier(() => "charged");
  await using orchestrator = await openInMemory([agent]);
  const handles = [await orchestrator.start(charge, { amount: 1 }), await orchestrator.start(charge, { amount: 1 })];
  const ids = handles.map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
  expect(ids).toEqual(ids.toSorted());
  expect(await orchestrator.record(ids[0] ?? "")).toMatchObject({ workflow: "charge", version: "1.0.0" });
});
