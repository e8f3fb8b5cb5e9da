import { keysOf, REJECTIONS } from "./clean-orders.ts";
import { changeText, dayRange, exactEuros, percent, shortDay, weekday, whole, wholeEuros } from "./format.ts";
import type { Share } from "./kpis.ts";
import { highlightsOf, subjectOf, type Report } from "./report.ts";

/** The report for programs and people that want text. */
export function reportText({ kpis, quality, run }: Report): string {
  const lost = keysOf(REJECTIONS).reduce((sum, reason) => sum + quality.rejected[reason], 0);
  const days = kpis.days.map(({ day, revenue_eur, orders }) => [
    `${weekday(day)}, ${shortDay(day)}`,
    wholeEuros(revenue_eur),
    `${whole(orders)} orders`,
  ]);
  return [
    subjectOf(kpis),
    dayRange(kpis.from, kpis.to),
    "",
    ...table([
      ["Net revenue", wholeEuros(kpis.revenue_eur), changeText(kpis.change.revenue)],
      ["Orders", whole(kpis.orders), changeText(kpis.change.orders)],
      ["Average order", exactEuros(kpis.average_order_value_eur), changeText(kpis.change.average_order_value)],
      ["Refund rate", percent(kpis.refund_rate), ""],
    ]),
    "",
    ...highlightsOf(kpis).map((sentence) => `- ${sentence}`),
    "",
    "REVENUE BY DAY",
    ...table(days),
    "",
    "REGIONS",
    ...table(kpis.regions.map(shareRow)),
    "",
    "TOP PRODUCTS",
    ...table(kpis.products.map(shareRow)),
    "",
    `${whole(quality.rows_in)} rows gave ${whole(quality.orders)} orders; ${whole(lost)} could not be used. Run ${run}.`,
    "",
  ].join("\n");
}

function shareRow(share: Share): readonly string[] {
  return [share.name, wholeEuros(share.revenue_eur), percent(share.share), changeText(share.change)];
}

/** Columns under each other: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
