import type { EChartsCoreOption } from "echarts/core";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

import type { ChartKind } from "./chart-kinds.ts";
import { COLORS } from "./colors.ts";
import { escapeMarkup, shortDay, shortEuros, weekday, wholeEuros } from "./format.ts";
import type { Kpis, Share } from "./kpis.ts";

use([BarChart, LineChart, GridComponent, LegendComponent, SVGRenderer]);

/** A picture with its words: the title, and what a person who cannot see it would want to know. */
export type Picture = { readonly title: string; readonly description: string; readonly svg: string };
export type Chart = Picture & { readonly kind: ChartKind };

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
const WIDTH = 576;
/** The grid shrinks until the labels of its axes are inside the picture. */
const FIT = { outerBoundsMode: "same", outerBoundsContain: "axisLabel" } as const;

/** Draws one chart as a self-contained SVG, without a browser. */
export function drawChart(kind: ChartKind, kpis: Kpis): Chart {
  return { kind, ...render(kind, PLANS[kind](kpis)) };
}

/** Draws parts of a whole as bars, under an id of the caller's. */
export function drawShares(id: string, title: string, shares: readonly Share[]): Picture {
  return render(id, planShares(title, shares));
}

function render(id: string, plan: Plan): Picture {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: plan.height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT, color: COLORS.ink }, ...plan.option });
    const { title, description } = plan;
    return { title, description, svg: withWords(chart.renderToSVGString(), { id, title, description }) };
  } finally {
    chart.dispose();
  }
}

type Plan = { readonly title: string; readonly description: string; readonly height: number; readonly option: EChartsCoreOption };

const PLANS: { readonly [kind in ChartKind]: (kpis: Kpis) => Plan } = {
  revenue_by_day: planDays,
  weekly_trend: planWeeks,
  revenue_by_region: (kpis) => planShares("Revenue by region", kpis.regions),
  top_products: (kpis) => planShares("Top products by revenue", kpis.products),
};

function planDays(kpis: Kpis): Plan {
  const best = kpis.days.reduce(
    (top, day) => (day.revenue_eur > top.revenue_eur ? day : top),
    kpis.days[0] ?? { day: kpis.from, revenue_eur: 0 },
  );
  return {
    title: "Revenue by day",
    description: `${kpis.days.map(({ day, revenue_eur }) => `${weekday(day)} ${wholeEuros(revenue_eur)}`).join(", ")}. The best day was ${weekday(best.day)}.`,
    height: 250,
    option: {
      grid: { left: 8, right: 8, top: 40, bottom: 4, ...FIT },
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 18, icon: "roundRect", textStyle: { color: COLORS.muted } },
      xAxis: categories(kpis.days.map(({ day }) => `${weekday(day).slice(0, 3)}\n${shortDay(day)}`)),
      yAxis: euroAxis(),
      series: [
        {
          name: "Week before",
          type: "bar",
          barGap: "8%",
          barMaxWidth: 22,
          itemStyle: { color: COLORS.pale, borderRadius: [3, 3, 0, 0] },
          data: kpis.days.map((day) => day.previous_revenue_eur),
        },
        {
          name: "This week",
          type: "bar",
          barMaxWidth: 22,
          itemStyle: { color: COLORS.accent, borderRadius: [3, 3, 0, 0] },
          data: kpis.days.map((day) => day.revenue_eur),
        },
      ],
    },
  };
}

function planWeeks(kpis: Kpis): Plan {
  return {
    title: `Revenue over ${kpis.weeks.length} weeks`,
    description: `${kpis.weeks.map(({ week, revenue_eur }) => `${week} ${wholeEuros(revenue_eur)}`).join(", ")}.`,
    height: 210,
    option: {
      grid: { left: 8, right: 18, top: 26, bottom: 4, ...FIT },
      xAxis: { ...categories(kpis.weeks.map(({ week, from }) => `${week.slice(5)}\n${shortDay(from)}`)), boundaryGap: false },
      yAxis: euroAxis(),
      series: [
        {
          type: "line",

          symbol: "circle",
          symbolSize: 7,
          lineStyle: { width: 2.5, color: COLORS.accent },
          itemStyle: { color: COLORS.accent },
          areaStyle: { color: COLORS.accent, opacity: 0.08 },
          data: kpis.weeks.map(({ revenue_eur }, index) => ({
            value: revenue_eur,
            label: {
              show: index === kpis.weeks.length - 1,
              formatter: shortEuros(revenue_eur),
              position: "top",
              color: COLORS.ink,
              fontWeight: 600,
            },
          })),
        },
      ],
    },
  };
}

function planShares(title: string, shares: readonly Share[]): Plan {
  const rows = shares.toReversed();
  return {
    title,
    description: `${shares.map(({ name, revenue_eur, share }) => `${name} ${wholeEuros(revenue_eur)} (${Math.round(share * 100)}%)`).join(", ")}.`,
    height: 28 + rows.length * 30,
    option: {
      grid: { left: 8, right: 104, top: 6, bottom: 6, ...FIT },
      xAxis: { type: "value", show: false },
      yAxis: {
        type: "category",
        data: rows.map(({ name }) => name),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: COLORS.ink, fontSize: 12, width: 170, overflow: "truncate" },
      },
      series: [
        {
          type: "bar",

          barWidth: 16,
          itemStyle: { color: COLORS.accent, borderRadius: [0, 3, 3, 0] },
          data: rows.map(({ revenue_eur, share }) => ({
            value: Math.max(0, revenue_eur),
            label: {
              show: true,
              position: "right",
              formatter: `${shortEuros(revenue_eur)}  ·  ${Math.round(share * 100)}%`,
              color: COLORS.muted,
            },
          })),
        },
      ],
    },
  };
}

function categories(names: readonly string[]): { readonly [option: string]: unknown } {
  return {
    type: "category",
    data: names,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: COLORS.line } },
    axisLabel: { color: COLORS.muted, fontSize: 11, lineHeight: 15, interval: 0 },
  };
}

function euroAxis(): { readonly [option: string]: unknown } {
  return {
    type: "value",
    splitNumber: 4,
    splitLine: { lineStyle: { color: COLORS.line } },
    axisLabel: { color: COLORS.muted, fontSize: 11, formatter: (value: number) => shortEuros(value).replace(".0k", "k") },
  };
}

/** What the library adds for pointers: a picture in an e-mail has none, and numbers of a process differ. */
const FOR_POINTERS = / (?:ecmeta_\w+|class)="[^"]*"|<style[^>]*>[\s\S]*?<\/style>/g;

/** Gives the picture a name and a description, and ids of its own: several stand in one page. */
function withWords(
  svg: string,
  { id, title, description }: { readonly id: string; readonly title: string; readonly description: string },
): string {
  const own = svg.replaceAll(FOR_POINTERS, "").replace(/\bzr\d+-/g, `${id}-`);
  const words = `<title id="${id}-title">${escapeMarkup(title)}</title><desc id="${id}-desc">${escapeMarkup(description)}</desc>`;
  return own.replace(
    /^<svg ([^>]*)>/,
    (_, attributes: string) =>
      `<svg ${attributes} role="img" aria-labelledby="${id}-title ${id}-desc" style="display:block;max-width:100%;height:auto">${words}`,
  );
}
