import { beforeAll, describe, expect, it } from "vitest";

import type { Order } from "../../../examples/sales-dashboard/lib/clean-orders.ts";
import { computeKpis, type Kpis } from "../../../examples/sales-dashboard/lib/kpis.ts";
import { parseWeek } from "../../../examples/sales-dashboard/lib/weeks.ts";
import { generateSample } from "../../../examples/sales-dashboard/sample/generate.ts";
import { prepare } from "./sample.ts";

/** The same figures by plain arithmetic over the orders that the sample was made from: no SQL, no cleaning. */
function figures(orders: readonly Order[]) {
  const sum = (some: readonly Order[]): number => some.reduce((total, order) => total + order.amountCents, 0) / 100;
  const paid = orders.filter((order) => order.status === "paid");
  return {
    revenue_eur: sum(paid),
    gross_revenue_eur: sum(orders),
    orders: orders.length,
    units: orders.reduce((total, order) => total + order.quantity, 0),
    customers: new Set(orders.map((order) => order.customer).filter((customer) => customer !== null)).size,
    refund_rate: 1 - paid.length / orders.length,
  };
}

describe("the figures of the sales dashboard", () => {
  const truth = generateSample().truth.orders;
  const between = (from: string, to: string): readonly Order[] => truth.filter(({ day }) => day >= from && day <= to);
  const week = between("2025-03-31", "2025-04-06");
  const before = between("2025-03-24", "2025-03-30");
  let kpis: Kpis;

  beforeAll(async () => {
    const { slice, database } = await prepare();
    kpis = computeKpis(database, slice.week, { region: "all", weeks: 8 });
  });

  it("are the totals of the true orders of the week", () => {
    const expected = figures(week);
    expect(kpis).toMatchObject({ week: "2025-W14", orders: expected.orders, units: expected.units, customers: expected.customers });
    expect(kpis.revenue_eur).toBeCloseTo(expected.revenue_eur, 6);
    expect(kpis.gross_revenue_eur).toBeCloseTo(expected.gross_revenue_eur, 6);
    expect(kpis.refunds_eur).toBeCloseTo(expected.gross_revenue_eur - expected.revenue_eur, 6);
    expect(kpis.average_order_value_eur).toBeCloseTo(expected.gross_revenue_eur / expected.orders, 2);
    expect(kpis.refund_rate).toBeCloseTo(expected.refund_rate, 4);
  });

  it("change against the true week before", () => {
    const [now, then] = [figures(week), figures(before)];
    expect(kpis.previous?.orders).toBe(then.orders);
    expect(kpis.change.revenue).toBeCloseTo(now.revenue_eur / then.revenue_eur - 1, 4);
    expect(kpis.change.orders).toBeCloseTo(now.orders / then.orders - 1, 4);
  });

  it("add up: the days and the regions are the week", () => {
    const total = (parts: readonly { readonly revenue_eur: number }[]): number => parts.reduce((sum, part) => sum + part.revenue_eur, 0);
    expect(total(kpis.days)).toBeCloseTo(kpis.revenue_eur, 6);
    expect(total(kpis.regions)).toBeCloseTo(kpis.revenue_eur, 6);
    expect(kpis.days.reduce((sum, day) => sum + day.previous_revenue_eur, 0)).toBeCloseTo(figures(before).revenue_eur, 6);
    expect(kpis.regions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 3);
  });

  it("rank products and regions by their true revenue", () => {
    for (const [key, shares] of [
      ["product", kpis.products],
      ["region", kpis.regions],
    ] as const) {
      const names = [...new Set(week.map((order) => order[key]))];
      const expected = names
        .map((name) => ({ name, ...figures(week.filter((order) => order[key] === name)) }))
        .toSorted((left, right) => right.revenue_eur - left.revenue_eur);
      expect(shares.map(({ name, orders, units }) => ({ name, orders, units }))).toEqual(
        expected.slice(0, shares.length).map(({ name, orders, units }) => ({ name, orders, units })),
      );
      shares.forEach((share, index) => expect(share.revenue_eur).toBeCloseTo(expected[index]?.revenue_eur ?? Number.NaN, 6));
    }
  });

  it("show the trend of all eight weeks", () => {
    expect(kpis.weeks.map((one) => one.week)).toEqual(["07", "08", "09", "10", "11", "12", "13", "14"].map((number) => `2025-W${number}`));
    expect(kpis.weeks.reduce((sum, one) => sum + one.orders, 0)).toBe(truth.length);
  });

  it("of a first week have nothing to compare with, and of an empty week are zero", async () => {
    const { database } = await prepare();
    const first = parseWeek("2025-W07");
    const empty = parseWeek("2024-W07");
    if (first === null || empty === null) throw new Error("Both weeks exist.");
    expect(computeKpis(database, first, { region: "all", weeks: 8 })).toMatchObject({
      previous: null,
      change: { revenue: null, orders: null, average_order_value: null },
    });
    expect(computeKpis(database, empty, { region: "all", weeks: 8 })).toMatchObject({
      revenue_eur: 0,
      orders: 0,
      average_order_value_eur: 0,
      refund_rate: 0,
      regions: [],
      weeks: [],
    });
  });
});
