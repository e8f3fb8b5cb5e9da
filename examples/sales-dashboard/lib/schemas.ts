import { z } from "zod";

import { CHART_KINDS } from "./chart-kinds.ts";
import { keysOf, PROBLEMS, REJECTIONS } from "./clean-orders.ts";
import { REGIONS } from "./fields.ts";

/** The contracts between the agents. References are `file:` URIs in the workspace. */
const count = z.int().min(0);
const money = z.number();
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const change = z.number().nullable();

export const Folder = z.string().min(1).max(200);
export const Reference = z.string().regex(/^file:/);
export const Region = z.enum(["all", ...REGIONS]);
export const WeekSlice = z.object({ name: z.string(), from: day, to: day });

export const QueryInput = z.object({
  csv: z.string().min(1),
  week: z
    .string()
    .regex(/^(latest|\d{4}-W\d{2})$/)
    .default("latest"),
  weeks: z.int().min(2).max(52).default(8),
  region: Region.default("all"),
  folder: Folder,
});
export const QueryOutput = z.object({ orders_uri: Reference, rows: count, selected: count, week: WeekSlice, weeks: count, region: Region });

export const CleanInput = z.object({ orders_uri: Reference, rates: z.record(z.string(), z.number().positive()), folder: Folder });
const counts = <Key extends string>(titles: { readonly [key in Key]: string }): z.ZodObject<{ [key in Key]: z.ZodInt }> =>
  z.object(Object.fromEntries(keysOf(titles).map((key) => [key, count])) as { [key in Key]: z.ZodInt });
export const CleanOutput = z.object({
  orders_uri: Reference,
  rows_in: count,
  orders: count,
  problems: counts(PROBLEMS),
  rejected: counts(REJECTIONS),
});

const totals = {
  revenue_eur: money,
  gross_revenue_eur: money,
  refunds_eur: money,
  orders: count,
  units: count,
  customers: count,
  average_order_value_eur: money,
  refund_rate: z.number().min(0).max(1),
};
const share = z.object({ name: z.string(), revenue_eur: money, orders: count, units: count, share: z.number(), change });
export const KpisOutput = z.object({
  week: z.string(),
  from: day,
  to: day,
  region: z.string(),
  ...totals,
  previous: z.object(totals).nullable(),
  change: z.object({ revenue: change, orders: change, average_order_value: change }),
  days: z.array(z.object({ day, revenue_eur: money, orders: count, previous_revenue_eur: money })).readonly(),
  regions: z.array(share).readonly(),
  products: z.array(share).readonly(),
  weeks: z.array(z.object({ week: z.string(), from: day, revenue_eur: money, orders: count })).readonly(),
});
export const KpisInput = z.object({ orders_uri: Reference, week: WeekSlice, weeks: count, region: Region });

export const ChartInput = z.object({ kind: z.enum(CHART_KINDS), kpis: KpisOutput, folder: Folder });
export const ChartOutput = z.object({
  kind: z.enum(CHART_KINDS),
  title: z.string(),
  description: z.string(),
  uri: Reference,
  bytes: count,
});

export const ReportInput = z.object({
  kpis: KpisOutput,
  quality: CleanOutput.omit({ orders_uri: true }),
  /** Null where a chart could not be drawn: the report goes out without it. */
  charts: z.array(ChartOutput.nullable()).nullable(),
  folder: Folder,
});
export const ReportOutput = z.object({ subject: z.string(), html_uri: Reference, text_uri: Reference, charts: count });
