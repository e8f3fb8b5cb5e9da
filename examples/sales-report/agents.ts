/** The four agents of the report, as functions in this process. They share the library of the sales dashboard. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

import { defineAgent, fail } from "tutti";
import { z } from "zod";

import { drawShares } from "../sales-dashboard/lib/charts.ts";
import { cleanOrders } from "../sales-dashboard/lib/clean-orders.ts";
import { importDays } from "../sales-dashboard/lib/import-orders.ts";
import { readShares, readTotals } from "../sales-dashboard/lib/kpis.ts";
import { readSelected, writeOrders } from "../sales-dashboard/lib/order-store.ts";
import { makeFile, pathOf, runFolder, writeWhole } from "../sales-dashboard/lib/workspace.ts";
import { monthPage } from "./month-page.ts";
import { DateRange, MonthKpis } from "./month.ts";

/** Where the files of a run go: `SALES_WORKSPACE`, or `out/` of this example. */
const out = (): string => process.env["SALES_WORKSPACE"] ?? fileURLToPath(new URL("./out", import.meta.url));
const TABLES: { readonly [table: string]: string } = {
  sales: fileURLToPath(new URL("../sales-dashboard/sample/orders.csv", import.meta.url)),
};

export const dataAgent = defineAgent({
  name: "data",
  description: "Answers queries on tables of sales.",
  version: "1.0.0",
  capabilities: {
    data_query: {
      description: "Selects a month and a region of a table; the rows come by reference.",
      input: z.object({
        table: z.string(),
        region: z.string(),
        month: z.string().regex(/^\d{4}-\d{2}(-\d{2})?$/),
        folder: z.string(),
      }),
      output: z.object({ data_uri: z.string(), rows: z.int(), date_range: DateRange }),
      run: async ({ input, signal }) => {
        const csv = TABLES[input.table];
        if (csv === undefined)
          return fail("NO_SUCH_TABLE", `There is no table ${input.table}; there is ${Object.keys(TABLES).join(", ")}.`);
        const range = monthOf(input.month);
        let rows = 0;
        const uri = await makeFile(join(runFolder(input.folder, out()), "raw.db"), async (draft) => {
          rows = (await importDays(csv, draft, { from: range.start, to: range.end, region: input.region }, signal)).selected;
        });
        return { data_uri: uri, rows, date_range: range };
      },
    },
  },
});

export const analyticsAgent = defineAgent({
  name: "analytics",
  description: "Cleans and aggregates sales.",
  version: "1.0.0",
  capabilities: {
    aggregate: {
      description: "Totals, regions and products of a range of days, in euros.",
      input: z.object({
        data_uri: z.string(),
        date_range: DateRange,
        region: z.string(),
        rates: z.record(z.string(), z.number().positive()),
      }),
      output: MonthKpis,
      run: async ({ input }) => {
        const raw = pathOf(input.data_uri, out());
        const { lines, columnCount } = readSelected(raw);
        const cleaned = cleanOrders(lines, { rates: input.rates, columnCount });
        const orders = raw.replace(/raw\.db$/, "orders.db");
        await makeFile(orders, (draft) => writeOrders(draft, cleaned));
        using db = new DatabaseSync(orders, { readOnly: true });
        const days = { from: input.date_range.start, to: input.date_range.end };
        return {
          region: input.region,
          date_range: input.date_range,
          ...readTotals(db, days),
          regions: readShares(db, "region", days, null),
          products: readShares(db, "product", days, null).slice(0, 8),
        };
      },
    },
  },
});

export const chartAgent = defineAgent({
  name: "chart",
  description: "Draws charts as SVG.",
  version: "1.0.0",
  capabilities: {
    chart: {
      description: "Draws the top products of the month.",
      input: z.object({ kpis: MonthKpis, folder: z.string() }),
      output: z.object({ uri: z.string(), title: z.string() }),
      run: async ({ input }) => {
        const { title, svg } = drawShares("top_products", "Top products by revenue", input.kpis.products);
        return { title, uri: await writeWhole(join(runFolder(input.folder, out()), "top-products.svg"), svg) };
      },
    },
  },
});

export const reportAgent = defineAgent({
  name: "report",
  description: "Writes sales reports.",
  version: "1.0.0",
  capabilities: {
    report: {
      description: "Writes the month as one page of HTML.",
      input: z.object({ kpis: MonthKpis, folder: z.string() }),
      output: z.object({ uri: z.string() }),
      run: async ({ input }) => ({ uri: await writeWhole(join(runFolder(input.folder, out()), "report.html"), monthPage(input.kpis)) }),
    },
  },
});

/** The days of a month, of which `2025-03` and any of its days are names. */
function monthOf(text: string): z.infer<typeof DateRange> {
  const month = text.slice(0, 7);
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0));
  return { start: `${month}-01`, end: last.toISOString().slice(0, 10) };
}
