/** The charts of the report, in its order. */
export const CHART_KINDS = ["revenue_by_day", "weekly_trend", "revenue_by_region", "top_products"] as const;
export type ChartKind = (typeof CHART_KINDS)[number];
