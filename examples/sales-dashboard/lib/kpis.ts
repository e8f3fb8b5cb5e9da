import { DatabaseSync, type SQLInputValue } from "node:sqlite";

import { shiftDay, shiftWeek, type Week } from "./weeks.ts";

/**
 * The figures of one week. Revenue is net: paid orders only, in euros. The average order value is
 * over all orders before refunds. Changes are parts of one against the week before: 0.05 is +5 %.
 */
export type Kpis = {
  readonly week: string;
  readonly from: string;
  readonly to: string;
  readonly region: string;
  readonly revenue_eur: number;
  readonly gross_revenue_eur: number;
  readonly refunds_eur: number;
  readonly orders: number;
  readonly units: number;
  readonly customers: number;
  readonly average_order_value_eur: number;
  readonly refund_rate: number;
  readonly previous: Totals | null;
  readonly change: { readonly revenue: number | null; readonly orders: number | null; readonly average_order_value: number | null };
  readonly days: readonly {
    readonly day: string;
    readonly revenue_eur: number;
    readonly orders: number;
    readonly previous_revenue_eur: number;
  }[];
  readonly regions: readonly Share[];
  readonly products: readonly Share[];
  readonly weeks: readonly { readonly week: string; readonly from: string; readonly revenue_eur: number; readonly orders: number }[];
};

/** A region's or a product's part of the revenue. */
export type Share = {
  readonly name: string;
  readonly revenue_eur: number;
  readonly orders: number;
  readonly units: number;
  readonly share: number;
  readonly change: number | null;
};

export type Totals = {
  readonly revenue_eur: number;
  readonly gross_revenue_eur: number;
  readonly refunds_eur: number;
  readonly orders: number;
  readonly units: number;
  readonly customers: number;
  readonly average_order_value_eur: number;
  readonly refund_rate: number;
};

/** How many products the table has. */
const TOP_PRODUCTS = 8;
const PAID = "case when status = 'paid' then amount_cents else 0 end";

/** Works out the figures from a file of clean orders. `weeks` is how far the trend goes back. */
export function computeKpis(database: string, week: Week, { region, weeks }: { region: string; weeks: number }): Kpis {
  using db = new DatabaseSync(database, { readOnly: true });
  const totals = readTotals(db, week);
  const weekBefore = shiftWeek(week, -1);
  const before = readTotals(db, weekBefore);
  const previous = before.orders === 0 ? null : before;
  return {
    week: week.name,
    from: week.from,
    to: week.to,
    region,
    ...totals,
    previous,
    change: {
      revenue: changeOf(totals.revenue_eur, before.revenue_eur),
      orders: changeOf(totals.orders, before.orders),
      average_order_value: changeOf(totals.average_order_value_eur, before.average_order_value_eur),
    },
    days: readDays(db, week),
    regions: readShares(db, "region", week, weekBefore),
    products: readShares(db, "product", week, weekBefore).slice(0, TOP_PRODUCTS),
    weeks: readWeeks(db, week, weeks),
  };
}

/** The totals of any range of days. */
export function readTotals(db: DatabaseSync, range: Days): Totals {
  const row = one(
    db,
    `select count(*) as orders, coalesce(sum(amount_cents), 0) as gross, coalesce(sum(${PAID}), 0) as net,
       coalesce(sum(quantity), 0) as units, count(distinct customer) as customers,
       coalesce(sum(status = 'refunded'), 0) as refunded
     from orders where day between ? and ?`,
    [range.from, range.to],
  );
  const [orders = 0, gross = 0, net = 0] = [row["orders"], row["gross"], row["net"]];
  return {
    revenue_eur: euros(net),
    gross_revenue_eur: euros(gross),
    refunds_eur: euros(gross - net),
    orders,
    units: row["units"] ?? 0,
    customers: row["customers"] ?? 0,
    average_order_value_eur: orders === 0 ? 0 : euros(gross / orders),
    refund_rate: orders === 0 ? 0 : rounded((row["refunded"] ?? 0) / orders),
  };
}

function readDays(db: DatabaseSync, week: Week): Kpis["days"] {
  const ofDay = (day: string): { readonly [name: string]: number } =>
    one(db, `select count(*) as orders, coalesce(sum(${PAID}), 0) as net from orders where day = ?`, [day]);
  return Array.from({ length: 7 }, (_, index) => {
    const day = shiftDay(week.from, index);
    const now = ofDay(day);
    return {
      day,
      revenue_eur: euros(now["net"] ?? 0),
      orders: now["orders"] ?? 0,
      previous_revenue_eur: euros(ofDay(shiftDay(day, -7))["net"] ?? 0),
    };
  });
}

type Days = { readonly from: string; readonly to: string };

/** Parts of the revenue, the largest first. `column` is one of ours, never a text from outside. */
export function readShares(db: DatabaseSync, column: "region" | "product", days: Days, daysBefore: Days | null): readonly Share[] {
  const sql = `select ${column} as name, sum(${PAID}) as net, count(*) as orders, sum(quantity) as units
    from orders where day between ? and ? group by ${column} order by net desc, name`;
  const rowsBefore = daysBefore === null ? [] : db.prepare(sql).all(daysBefore.from, daysBefore.to);
  const before = new Map(rowsBefore.map((row) => [String(row["name"]), Number(row["net"])]));
  const rows = db.prepare(sql).all(days.from, days.to);
  const total = rows.reduce((sum, row) => sum + Number(row["net"]), 0);
  return rows.map((row) => ({
    name: String(row["name"]),
    revenue_eur: euros(Number(row["net"])),
    orders: Number(row["orders"]),
    units: Number(row["units"]),
    share: total === 0 ? 0 : rounded(Number(row["net"]) / total),
    change: changeOf(Number(row["net"]), before.get(String(row["name"])) ?? 0),
  }));
}

function readWeeks(db: DatabaseSync, last: Week, count: number): Kpis["weeks"] {
  const all = Array.from({ length: count }, (_, index) => shiftWeek(last, index - count + 1));
  return all
    .map((week) => ({ week, totals: readTotals(db, week) }))
    .filter(({ totals }, index, weeks) => weeks.slice(0, index + 1).some((earlier) => earlier.totals.orders > 0) || totals.orders > 0)
    .map(({ week, totals }) => ({ week: week.name, from: week.from, revenue_eur: totals.revenue_eur, orders: totals.orders }));
}

function one(db: DatabaseSync, sql: string, values: readonly SQLInputValue[]): { readonly [name: string]: number } {
  const row = db.prepare(sql).get(...values) ?? {};
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

function changeOf(now: number, before: number): number | null {
  return before === 0 ? null : rounded(now / before - 1);
}

function euros(cents: number): number {
  return Math.round(cents) / 100;
}

function rounded(part: number): number {
  return Math.round(part * 10_000) / 10_000;
}
