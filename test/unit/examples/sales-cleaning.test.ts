import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Order } from "../../../examples/sales-dashboard/lib/clean-orders.ts";
import { readDate, readPrice, readQuantity, readRegion, readStatus } from "../../../examples/sales-dashboard/lib/fields.ts";
import { InputError } from "../../../examples/sales-dashboard/lib/input-error.ts";
import { parseWeek, shiftWeek, weekOf } from "../../../examples/sales-dashboard/lib/weeks.ts";
import { generateSample } from "../../../examples/sales-dashboard/sample/generate.ts";
import { prepare, SAMPLE } from "./sample.ts";

const HEADER = "order_id,order_date,customer_email,region,product,quantity,unit_price,currency,status";

function csvOf(...lines: readonly string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), "sales-")), "orders.csv");
  writeFileSync(path, [HEADER, ...lines].join("\n"));
  return path;
}

function byId(orders: readonly Order[]): readonly Order[] {
  return orders.toSorted((left, right) => left.orderId.localeCompare(right.orderId));
}

describe("the sample of the sales dashboard", () => {
  const sample = generateSample();

  it("is exactly what its generator makes", () => {
    expect(readFileSync(SAMPLE, "utf8")).toBe(sample.csv);
  });

  it("comes with the truth that README.md tells", () => {
    const { orders, ...counts } = sample.truth;
    const told: unknown = JSON.parse(readFileSync(new URL("../../../examples/sales-dashboard/sample/truth.json", import.meta.url), "utf8"));
    expect(told).toEqual({ ...counts, orders: orders.length });
    const readme = readFileSync(new URL("../../../examples/sales-dashboard/README.md", import.meta.url), "utf8");
    for (const [name, count] of [...Object.entries(counts.problems), ...Object.entries(counts.rejected)]) {
      expect(readme).toMatch(new RegExp(`\\| \`${name}\` \\|.*\\| ${count.toLocaleString("en")} \\|`));
    }
  });

  it("is cleaned to exactly the orders that it was made from, and every problem is counted", async () => {
    const { cleaned } = await prepare();
    expect(cleaned.rowsIn).toBe(sample.truth.rows);
    expect(cleaned.problems).toEqual(sample.truth.problems);
    expect(cleaned.rejected).toEqual(sample.truth.rejected);
    expect(byId(cleaned.orders)).toEqual(byId(sample.truth.orders));
  });

  it("loses no row: each is an order, a repeat, or set aside with its reason", async () => {
    const { cleaned } = await prepare();
    const { exact_duplicate: exact, repeated_order: repeated } = cleaned.problems;
    expect(cleaned.orders.length + exact + repeated + cleaned.rejects.length).toBe(cleaned.rowsIn);
  });

  it("gives only the orders of a region that is asked for", async () => {
    const { cleaned } = await prepare(SAMPLE, { region: "APAC" });
    const expected = sample.truth.orders.filter((order) => order.region === "APAC");
    expect(byId(cleaned.orders)).toEqual(byId(expected));
  });

  it("gives only the weeks that are asked for", async () => {
    const { slice, cleaned } = await prepare(SAMPLE, { week: "2025-W10", weeks: 2 });
    expect(slice.week).toEqual({ name: "2025-W10", from: "2025-03-03", to: "2025-03-09" });
    const expected = sample.truth.orders.filter(({ day }) => day >= "2025-02-24" && day <= "2025-03-09");
    expect(byId(cleaned.orders)).toEqual(byId(expected));
  });
});

describe("a file of orders", () => {
  it("may have its columns in any order, and others besides", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "sales-")), "orders.csv");
    writeFileSync(
      path,
      [
        "Status , note,currency,unit_price,quantity,product,region,customer_email,order_date,order_id",
        'paid,"a ""b"", c",EUR,"1.200,50",2,Mug,emea,A@B.C,31.03.2025,x1',
      ].join("\r\n"),
    );
    const { cleaned } = await prepare(path);
    expect(cleaned.orders).toEqual([
      {
        orderId: "X1",
        day: "2025-03-31",
        customer: "a@b.c",
        region: "EMEA",
        product: "Mug",
        quantity: 2,
        amountCents: 240_100,
        currency: "EUR",
        status: "paid",
      },
    ]);
  });

  it("has its newest whole week found, whatever stray date it holds", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, index) => `o${index},2025-03-${String(3 + (index % 14)).padStart(2, "0")},a@b.c,EMEA,Mug,1,10,EUR,paid`,
    );
    const { slice } = await prepare(csvOf(...rows, "late,2052-03-03,a@b.c,EMEA,Mug,1,10,EUR,paid"));
    expect(slice.week.name).toBe("2025-W11");
  });

  it.each([
    ["order_id\n1", "has no column order_date"],
    [HEADER, "has no rows"],
    [`${HEADER}\n"1,2`, "is not CSV"],
    [`${HEADER}\no1,never,a@b.c,EMEA,Mug,1,10,EUR,paid`, "has a date"],
  ])("that cannot be used is refused with the reason: %j", async (text, reason) => {
    const path = join(mkdtempSync(join(tmpdir(), "sales-")), "orders.csv");
    writeFileSync(path, text);
    const failure: unknown = await prepare(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect(String(failure)).toContain(reason);
  });

  it("that does not exist is refused", async () => {
    await expect(prepare("/no/such/orders.csv")).rejects.toThrow("There is no file /no/such/orders.csv.");
  });

  it("counts a refund that comes before its payment", async () => {
    const { cleaned } = await prepare(
      csvOf("o1,2025-03-03,a@b.c,EMEA,Mug,1,10,EUR,refunded", "O1,2025-03-03,a@b.c,EMEA,Mug,1,10,EUR,paid"),
    );
    expect(cleaned.orders).toMatchObject([{ orderId: "O1", status: "refunded" }]);
    expect(cleaned.problems).toMatchObject({ repeated_order: 1, late_refund: 1, exact_duplicate: 0 });
  });
});

describe("readers", () => {
  it.each([
    ["2025-03-31", "2025-03-31"],
    [" 2025-03-31T23:59:59Z", "2025-03-31"],
    ["31.3.2025", "2025-03-31"],
    ["03/04/2025", "2025-03-04"],
    ["1 March 2025", "2025-03-01"],
    ["29.02.2024", "2024-02-29"],
    ["29.02.2025", null],
    ["2025-13-01", null],
    ["1 Mai 2025", null],
    ["", null],
  ])("read the date %j as %j", (text, day) => {
    expect(readDate(text)).toBe(day);
  });

  it.each([
    ["12", 1200, null],
    ["1234.5", 123_450, null],
    ["1,234.50", 123_450, null],
    ["1.234,50", 123_450, null],
    ["1.234.567", 123_456_700, null],
    ["12,900", 1_290_000, null],
    ["12,9", 1290, null],
    ["1'234.50", 123_450, null],
    ["€ 12.50", 1250, "EUR"],
    ["12,50 €", 1250, "EUR"],
    ["$0.10", 10, "USD"],
  ])("read the price %j", (text, hundredths, currency) => {
    expect(readPrice(text)).toEqual({ hundredths, currency });
  });

  it.each(["", "free", "-5", "1.2.3,4,5", "12.50.00 EUR", "1e5"])("do not read %j as a price", (text) => {
    expect(readPrice(text)).toBeNull();
  });

  it("read quantities, regions and states in their spellings", () => {
    expect(["3", " -2 ", "2.0", "0", "1.5", "two"].map(readQuantity)).toEqual([3, -2, 2, null, null, null]);
    expect(["emea ", "Europe, Middle East and Africa", "Asia-Pacific", "Mars", ""].map(readRegion)).toEqual([
      "EMEA",
      "EMEA",
      "APAC",
      "Unknown",
      "Unknown",
    ]);
    expect(["PAID", "", "Returned", "?"].map(readStatus)).toEqual(["paid", "paid", "refunded", null]);
  });

  it("know ISO weeks across the turn of a year", () => {
    expect(weekOf("2024-12-30")).toEqual({ name: "2025-W01", from: "2024-12-30", to: "2025-01-05" });
    expect(weekOf("2027-01-03").name).toBe("2026-W53");
    expect(parseWeek("2025-W53")).toBeNull();
    expect(parseWeek("2026-W53")?.from).toBe("2026-12-28");
    expect(shiftWeek(weekOf("2025-01-01"), -1).name).toBe("2024-W52");
  });
});
