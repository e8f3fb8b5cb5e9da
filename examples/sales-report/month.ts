import { z } from "zod";

/** Both ends included. */
export const DateRange = z.object({ start: z.string(), end: z.string() });

const Share = z.object({
  name: z.string(),
  revenue_eur: z.number(),
  orders: z.int(),
  units: z.int(),
  share: z.number(),
  change: z.number().nullable(),
});

/** The figures of a month, in euros. */
export const MonthKpis = z.object({
  region: z.string(),
  date_range: DateRange,
  revenue_eur: z.number(),
  gross_revenue_eur: z.number(),
  refunds_eur: z.number(),
  orders: z.int(),
  units: z.int(),
  customers: z.int(),
  average_order_value_eur: z.number(),
  refund_rate: z.number(),
  regions: z.array(Share).readonly(),
  products: z.array(Share).readonly(),
});
