import { keysOf, PROBLEMS, REJECTIONS } from "./clean-orders.ts";
import { COLORS } from "./colors.ts";
import { changeText, dayRange, escapeMarkup as safe, exactEuros, percent, whole, wholeEuros } from "./format.ts";
import type { Kpis, Share } from "./kpis.ts";
import { highlightsOf, subjectOf, type Quality, type Report } from "./report.ts";

/**
 * The report as one HTML file that needs nothing else: styles inline and layout by tables, because
 * mail programs keep little more; pictures inline as SVG. Light colours only.
 */
export function reportHtml(report: Report): string {
  const { kpis } = report;
  const subject = safe(subjectOf(kpis));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${subject}</title>
<style>@media (max-width: 560px) { .tile { display: inline-block; width: 44% !important; padding-bottom: 14px !important } .pad { padding-left: 18px !important; padding-right: 18px !important } }</style>
</head>
<body style="margin:0;padding:0;background:#f2f4f9;color:${COLORS.ink};font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.55">
<div style="display:none;max-height:0;overflow:hidden">${safe(highlightsOf(kpis)[0] ?? "")}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tbody><tr><td align="center" style="padding:28px 12px">
<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:640px;background:#ffffff;border:1px solid ${COLORS.line};border-radius:14px;overflow:hidden"><tbody>
${header(kpis)}
${tiles(kpis)}
${highlights(kpis)}
${report.charts.map(chart).join("\n")}
${kpis.region === "all" ? sharesTable("Regions", "Region", kpis.regions) : ""}
${sharesTable("Top products", "Product", kpis.products)}
${quality(report.quality)}
${footer(report)}
</tbody></table>
</td></tr></tbody></table>
</body>
</html>
`;
}

function header(kpis: Kpis): string {
  const region = kpis.region === "all" ? "All regions" : kpis.region;
  return `<tr><td style="background:${COLORS.ink};color:#ffffff;padding:26px 32px 24px">
<p style="margin:0;font-size:13px;letter-spacing:.02em;color:#c3cce6">Weekly sales dashboard · ${safe(region)}</p>
<h1 style="margin:4px 0 0;font-size:26px;line-height:1.25;font-weight:650">Week ${Number(kpis.week.slice(-2))}, ${safe(dayRange(kpis.from, kpis.to))}</h1>
</td></tr>`;
}

function tiles(kpis: Kpis): string {
  const refunds = kpis.previous === null ? null : kpis.refund_rate - kpis.previous.refund_rate;
  const cells = [
    tile("Net revenue", wholeEuros(kpis.revenue_eur), kpis.change.revenue, changeText(kpis.change.revenue)),
    tile("Orders", whole(kpis.orders), kpis.change.orders, changeText(kpis.change.orders)),
    tile(
      "Average order",
      exactEuros(kpis.average_order_value_eur),
      kpis.change.average_order_value,
      changeText(kpis.change.average_order_value),
    ),
    // More refunds are worse, so the colour turns around; and a rate moves by points, not by percent.
    tile("Refund rate", percent(kpis.refund_rate), refunds === null ? null : -refunds, pointsText(refunds)),
  ];
  return `<tr><td style="padding:22px 20px 4px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tbody><tr>${cells.join("")}</tr></tbody></table></td></tr>`;
}

function tile(name: string, value: string, good: number | null, change: string): string {
  return `<td class="tile" width="25%" valign="top" style="padding:0 12px">
<p style="margin:0;font-size:13px;color:${COLORS.muted}">${safe(name)}</p>
<p style="margin:2px 0 0;font-size:24px;line-height:1.2;font-weight:650;white-space:nowrap">${safe(value)}</p>
<p style="margin:3px 0 0;font-size:13px;font-weight:600;white-space:nowrap;color:${colorOf(good)}">${safe(change)}</p></td>`;
}

function pointsText(change: number | null): string {
  if (change === null) return "–";
  return `${change > 0 ? "+" : change < 0 ? "−" : "±"}${(Math.abs(change) * 100).toFixed(1)} points`;
}

function colorOf(good: number | null): string {
  if (good === null || good === 0) return COLORS.muted;
  return good > 0 ? COLORS.good : COLORS.bad;
}

function highlights(kpis: Kpis): string {
  const items = highlightsOf(kpis).map((sentence) => `<li style="margin:0 0 5px">${safe(sentence)}</li>`);
  return `<tr><td class="pad" style="padding:14px 32px 8px"><p style="margin:0 0 10px;font-size:13px;color:${COLORS.muted}">Changes are against the week before.</p><ul style="margin:0;padding:0 0 0 18px">${items.join("")}</ul></td></tr>`;
}

function section(title: string, body: string): string {
  return `<tr><td class="pad" style="padding:20px 32px 4px"><h2 style="margin:0 0 10px;font-size:17px;line-height:1.3;font-weight:650">${safe(title)}</h2>${body}</td></tr>`;
}

function chart({ title, svg }: Report["charts"][number]): string {
  return section(title, svg);
}

const CELL = `padding:7px 0;border-bottom:1px solid ${COLORS.line}`;
const NUMBER = `${CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-left:14px`;
const HEAD = `font-size:13px;font-weight:500;color:${COLORS.muted}`;

function sharesTable(title: string, column: string, shares: readonly Share[]): string {
  const rows = shares.map(
    (share) => `<tr><th scope="row" align="left" style="${CELL};font-weight:500">${safe(share.name)}</th>
<td style="${NUMBER}">${safe(wholeEuros(share.revenue_eur))}</td><td style="${NUMBER}">${safe(percent(share.share))}</td><td style="${NUMBER}">${safe(whole(share.orders))}</td><td style="${NUMBER};font-weight:600;color:${colorOf(share.change)}">${safe(changeText(share.change))}</td></tr>`,
  );
  const heads = ["Revenue", "Share", "Orders", "Change"].map((name) => `<th scope="col" style="${NUMBER};${HEAD}">${name}</th>`);
  return section(
    title,
    `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;font-size:14px"><thead><tr><th scope="col" align="left" style="${CELL};${HEAD}">${column}</th>${heads.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`,
  );
}

function quality(found: Quality): string {
  const lost = keysOf(REJECTIONS).reduce((sum, reason) => sum + found.rejected[reason], 0);
  const mended = keysOf(PROBLEMS).filter((problem) => found.problems[problem] > 0);
  const refused = keysOf(REJECTIONS).filter((reason) => found.rejected[reason] > 0);
  const line = (title: string, count: number): string =>
    `<tr><td style="padding:3px 0">${safe(title)}</td><td align="right" style="padding:3px 0;font-variant-numeric:tabular-nums">${whole(count)}</td></tr>`;
  const column = (title: string, lines: readonly string[]): string =>
    `<td valign="top" width="50%" style="padding:0 14px 0 0"><p style="margin:0 0 4px;font-weight:600">${title}</p><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:13px;color:${COLORS.muted}"><tbody>${lines.join("")}</tbody></table></td>`;
  const body = `<p style="margin:0 0 12px">${whole(found.rows_in)} rows gave ${whole(found.orders)} orders; ${whole(found.problems.exact_duplicate + found.problems.repeated_order)} were repeats and ${whole(lost)} could not be used.</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:14px"><tbody><tr>${column(
    "Found and mended, rows",
    mended.map((problem) => line(PROBLEMS[problem], found.problems[problem])),
  )}${column(
    "Left out, rows",
    refused.map((reason) => line(REJECTIONS[reason], found.rejected[reason])),
  )}</tr></tbody></table>`;
  return section("The data behind it", body);
}

function footer({ run, kpis }: Report): string {
  return `<tr><td style="padding:22px 32px 28px;font-size:12px;line-height:1.6;color:${COLORS.muted}">
Revenue is net of refunded orders, in euros at the rates of the workflow. The average order is before refunds. Gross ${safe(exactEuros(kpis.gross_revenue_eur))}, refunds ${safe(exactEuros(kpis.refunds_eur))}, ${whole(kpis.customers)} customers, ${whole(kpis.units)} units.<br>
Made by five agents in run ${safe(run)}.</td></tr>`;
}
