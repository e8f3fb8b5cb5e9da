import type { Problem, Rejection } from "./clean-orders.ts";
import { changeText, percent, weekday, wholeEuros } from "./format.ts";
import type { Kpis } from "./kpis.ts";

/** What the report agent puts together. `charts` are finished SVG pictures, in order. */
export type Report = {
  readonly kpis: Kpis;
  readonly charts: readonly { readonly title: string; readonly svg: string }[];
  readonly quality: Quality;
  /** The run that made it, for the small print. */
  readonly run: string;
};

export type Quality = {
  readonly rows_in: number;
  readonly orders: number;
  readonly problems: { readonly [problem in Problem]: number };
  readonly rejected: { readonly [reason in Rejection]: number };
};

/** The subject of the e-mail: the one thing to know when nothing else is read. */
export function subjectOf(kpis: Kpis): string {
  const where = kpis.region === "all" ? "" : ` ${kpis.region}`;
  const change = kpis.change.revenue === null ? "" : ` (${changeText(kpis.change.revenue)})`;
  return `Sales${where} ${kpis.week}: ${wholeEuros(kpis.revenue_eur)}${change}`;
}

/** What stands out, in sentences. Each is derived from the figures alone. */
export function highlightsOf(kpis: Kpis): readonly string[] {
  const best = kpis.days.toSorted((left, right) => right.revenue_eur - left.revenue_eur)[0];
  const region = kpis.regions[0];
  const [product] = kpis.products;
  const mover = kpis.products
    .filter(({ change }) => change !== null)
    .toSorted((left, right) => Math.abs(right.change ?? 0) - Math.abs(left.change ?? 0))[0];
  const rate = kpis.previous === null ? "" : `, after ${percent(kpis.previous.refund_rate)} the week before`;
  return [
    headline(kpis),
    ...(best === undefined || best.revenue_eur === 0
      ? []
      : [`${weekday(best.day)} was the best day with ${wholeEuros(best.revenue_eur)} from ${best.orders} orders.`]),
    ...(region === undefined || kpis.region !== "all"
      ? []
      : [`${region.name} brought ${percent(region.share)} of the revenue (${changeText(region.change)}).`]),
    ...(product === undefined ? [] : [`${product.name} sold best: ${wholeEuros(product.revenue_eur)} from ${product.units} units.`]),
    ...(mover === undefined || mover === product ? [] : [`${mover.name} moved most among the top products: ${changeText(mover.change)}.`]),
    `${percent(kpis.refund_rate)} of the orders were refunded (${wholeEuros(kpis.refunds_eur)})${rate}.`,
  ];
}

function headline(kpis: Kpis): string {
  const { revenue, orders, average_order_value: value } = kpis.change;
  if (revenue === null)
    return `Revenue was ${wholeEuros(kpis.revenue_eur)} from ${kpis.orders} orders; there is no week before to compare with.`;
  const verb = revenue > 0.005 ? "rose" : revenue < -0.005 ? "fell" : "held";
  return `Revenue ${verb} ${verb === "held" ? "at" : "to"} ${wholeEuros(kpis.revenue_eur)} (${changeText(revenue)}): orders ${changeText(orders)}, average order value ${changeText(value)}.`;
}
