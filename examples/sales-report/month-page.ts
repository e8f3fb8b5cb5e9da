import type { z } from "zod";

import { dayRange, escapeMarkup as safe, exactEuros, percent, whole, wholeEuros } from "../sales-dashboard/lib/format.ts";
import type { MonthKpis } from "./month.ts";

/** The month as one self-contained page. */
export function monthPage(kpis: z.infer<typeof MonthKpis>): string {
  const region = kpis.region === "all" ? "All regions" : kpis.region;
  const title = `${region}, ${dayRange(kpis.date_range.start, kpis.date_range.end)}`;
  const figures = [
    ["Net revenue", wholeEuros(kpis.revenue_eur)],
    ["Orders", whole(kpis.orders)],
    ["Average order", exactEuros(kpis.average_order_value_eur)],
    ["Refund rate", percent(kpis.refund_rate)],
  ].map(([name = "", value = ""]) => `<div><dt>${safe(name)}</dt><dd>${safe(value)}</dd></div>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sales report: ${safe(title)}</title>
<style>
body { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; color: #182230; background: #fff; font: 16px/1.55 system-ui, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1.5rem } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 0 } dt { color: #5d6b82; font-size: .87rem } dd { margin: 0; font-size: 1.45rem; font-weight: 650 }
table { width: 100%; border-collapse: collapse } td, th { padding: .45rem 0 .45rem 1rem; border-bottom: 1px solid #e4e8f0; text-align: right; font-weight: 400; font-variant-numeric: tabular-nums }
th:first-child { text-align: left; padding-left: 0 } thead th { color: #5d6b82; font-size: .87rem }
</style>
</head>
<body>
<h1>Sales report<br>${safe(title)}</h1>
<dl>${figures.join("")}</dl>
${table("Regions", kpis.regions)}
${table("Top products", kpis.products)}
</body>
</html>
`;
}

function table(title: string, shares: z.infer<typeof MonthKpis>["regions"]): string {
  const rows = shares.map(
    (share) =>
      `<tr><th scope="row">${safe(share.name)}</th><td>${safe(wholeEuros(share.revenue_eur))}</td><td>${safe(percent(share.share))}</td><td>${whole(share.orders)}</td></tr>`,
  );
  return `<h2>${title}</h2>
<table><thead><tr><th scope="col">Name</th><th scope="col">Revenue</th><th scope="col">Share</th><th scope="col">Orders</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
