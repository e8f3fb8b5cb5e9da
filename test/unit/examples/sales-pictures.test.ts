import { XMLParser, XMLValidator } from "fast-xml-parser";
import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { beforeAll, describe, expect, it } from "vitest";

import { CHART_KINDS } from "../../../examples/sales-dashboard/lib/chart-kinds.ts";
import { drawChart, type Chart } from "../../../examples/sales-dashboard/lib/charts.ts";
import { wholeEuros } from "../../../examples/sales-dashboard/lib/format.ts";
import { computeKpis, type Kpis } from "../../../examples/sales-dashboard/lib/kpis.ts";
import { reportHtml } from "../../../examples/sales-dashboard/lib/report-html.ts";
import { reportText } from "../../../examples/sales-dashboard/lib/report-text.ts";
import { subjectOf, type Report } from "../../../examples/sales-dashboard/lib/report.ts";
import { prepare, type Prepared } from "./sample.ts";

const NASTY = `<script>alert("1")</script> & 'co'`;
let prepared: Prepared;
let kpis: Kpis;

beforeAll(async () => {
  prepared = await prepare();
  kpis = computeKpis(prepared.database, prepared.slice.week, { region: "all", weeks: 8 });
});

function reportOf(figures: Kpis, charts: readonly Chart[]): Report {
  const { rowsIn, orders, problems, rejected } = prepared.cleaned;
  return { kpis: figures, charts, quality: { rows_in: rowsIn, orders: orders.length, problems, rejected }, run: "run_1" };
}

function withNames(name: string): Kpis {
  return {
    ...kpis,
    region: name,
    products: kpis.products.map((product) => ({ ...product, name })),
    regions: kpis.regions.map((region) => ({ ...region, name })),
  };
}

describe.each(CHART_KINDS)("the chart %s", (kind) => {
  it("is well-formed XML with a name and a description for those who cannot see it", () => {
    const { svg, title, description } = drawChart(kind, kpis);
    expect(XMLValidator.validate(svg)).toBe(true);
    const root = (new XMLParser({ ignoreAttributes: false }).parse(svg) as { svg: Record<string, unknown> }).svg;
    expect(root["@_role"]).toBe("img");
    expect(root["title"]).toMatchObject({ "#text": title, "@_id": `${kind}-title` });
    expect(root["desc"]).toMatchObject({ "#text": description.trim() });
    expect(root["@_aria-labelledby"]).toBe(`${kind}-title ${kind}-desc`);
  });

  it("is the same picture each time, and needs nothing from elsewhere", () => {
    const { svg } = drawChart(kind, kpis);
    expect(drawChart(kind, kpis).svg).toBe(svg);
    expect(svg.replaceAll(/xmlns(?::xlink)?="[^"]*"/g, "")).not.toMatch(/https?:|<script|<image|url\((?!#)|@font-face/);
  });

  it("stays well-formed whatever the names are, and for a week without sales", () => {
    const { svg } = drawChart(kind, withNames(NASTY));
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).not.toContain("<script");
    const empty: Kpis = {
      ...kpis,
      products: [],
      regions: [],
      weeks: [],
      days: kpis.days.map((day) => ({ ...day, revenue_eur: 0, previous_revenue_eur: 0 })),
    };
    expect(XMLValidator.validate(drawChart(kind, empty).svg)).toBe(true);
  });
});

it("bars are as long as their revenue", () => {
  const { svg } = drawChart("revenue_by_region", kpis);
  const widths = [...svg.matchAll(/<path d="M([\d.]+) [\d.]+L([\d.]+) /g)].map(([, from, to]) => Number(to) - Number(from)).toReversed();
  const revenues = kpis.regions.map(({ revenue_eur }) => revenue_eur);
  expect(widths).toHaveLength(revenues.length);
  // The ends are rounded by three pixels, so long bars tell more.
  expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo((revenues[0] ?? 0) / (revenues[1] ?? 1), 1);
});

describe("the report", () => {
  const page = (
    figures: Kpis,
  ): { readonly html: string; readonly elements: readonly DefaultTreeAdapterTypes.Element[]; readonly errors: readonly string[] } => {
    const html = reportHtml(
      reportOf(
        figures,
        CHART_KINDS.map((kind) => drawChart(kind, figures)),
      ),
    );
    const errors: string[] = [];
    const document = parse(html, { onParseError: ({ code, startLine }) => errors.push(`${code} in line ${startLine}`) });
    return { html, elements: elementsOf(document), errors };
  };

  it("is valid HTML that stands alone: no script, no link, no picture or font from elsewhere", () => {
    const { html, elements, errors } = page(kpis);
    expect(errors).toEqual([]);
    const names = new Set(elements.map((element) => element.tagName));
    for (const name of ["script", "link", "img", "iframe", "object", "form"]) expect(names).not.toContain(name);
    expect(html.replaceAll(/xmlns(?::xlink)?="[^"]*"/g, "")).not.toMatch(/https?:|url\((?!#)|@import/);
  });

  it("holds every chart, and no id twice", () => {
    const { elements } = page(kpis);
    expect(elements.filter((element) => element.tagName === "svg")).toHaveLength(CHART_KINDS.length);
    const ids = elements.map((element) => attribute(element, "id")).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names its language, its title and every column", () => {
    const { elements } = page(kpis);
    expect(
      attribute(
        elements.find((element) => element.tagName === "html"),
        "lang",
      ),
    ).toBe("en");
    expect(elements.filter((element) => element.tagName === "h1")).toHaveLength(1);
    for (const head of elements.filter((element) => element.tagName === "th")) expect(attribute(head, "scope")).toMatch(/^(?:row|col)$/);
    for (const table of elements.filter((element) => element.tagName === "table")) {
      expect(attribute(table, "role") === "presentation" || elementsOf(table).some((element) => element.tagName === "th")).toBe(true);
    }
  });

  it("shows the figures, in HTML and in text", () => {
    const { html } = page(kpis);
    const text = reportText(reportOf(kpis, []));
    for (const shown of [wholeEuros(kpis.revenue_eur), "5,000 rows gave 4,640 orders", ...kpis.regions.map(({ name }) => name)]) {
      expect(html).toContain(shown);
      expect(text).toContain(shown);
    }
    expect(text.split("\n")[0]).toBe(subjectOf(kpis));
  });

  it("shows names as text, whatever they are", () => {
    const { html, errors } = page(withNames(NASTY));
    expect(errors).toEqual([]);
    expect(html).not.toContain("<script");
    expect(html).toContain("&lt;script&gt;");
  });

  it("can be written for a week that has none before it, and without charts", () => {
    const first: Kpis = { ...kpis, previous: null, change: { revenue: null, orders: null, average_order_value: null } };
    expect(page(first).errors).toEqual([]);
    expect(reportText(reportOf(first, []))).toContain("there is no week before to compare with");
  });
});

function elementsOf(node: DefaultTreeAdapterTypes.ParentNode): readonly DefaultTreeAdapterTypes.Element[] {
  return node.childNodes.flatMap((child) => ("tagName" in child ? [child, ...elementsOf(child)] : []));
}

function attribute(element: DefaultTreeAdapterTypes.Element | undefined, name: string): string | undefined {
  return element?.attrs.find((one) => one.name === name)?.value;
}
