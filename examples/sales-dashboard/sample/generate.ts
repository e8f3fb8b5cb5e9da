/**
 * Makes the sample and the truth about it: `node --conditions=source examples/sales-dashboard/sample/generate.ts`.
 * Orders are drawn first, then a mess is made of them, and each mess is counted as it is made: the
 * counts owe nothing to the code that cleans.
 */
import { writeFileSync } from "node:fs";

import { keysOf, PROBLEMS, REJECTIONS, type Counts, type Order, type Problem, type Rejection } from "../lib/clean-orders.ts";
import { COLUMNS, UNKNOWN_REGION, type RawRow } from "../lib/fields.ts";
import { messUp, otherDate, spoil, type MessyRow } from "./mess.ts";
import { createRandom, type Random } from "./random.ts";
import { drawOrder, type TrueOrder } from "./shop.ts";

const SEED = 20250406;
const ORDER_COUNT = 4_640;
const REPEATED_COUNT = 120;
const LATE_REFUND_COUNT = 35;
const DUPLICATE_COUNT = 180;
/** How many rows nobody can read, of each kind. */
const SPOILT: Counts<Rejection> = {
  malformed_row: 9,
  missing_order_id: 5,
  bad_date: 12,
  missing_product: 6,
  bad_quantity: 7,
  bad_price: 9,
  missing_currency: 4,
  unknown_currency: 5,
  unknown_status: 3,
};

export type Truth = {
  readonly rows: number;
  readonly orders: readonly Order[];
  readonly problems: Counts<Problem>;
  readonly rejected: Counts<Rejection>;
};

/** The sample as CSV, and what is true of it. */
export function generateSample(): { readonly csv: string; readonly truth: Truth } {
  const random = createRandom(SEED);
  const orders = Array.from({ length: ORDER_COUNT }, (_, index) => drawOrder(index, random));
  orders.sort((left, right) => left.day.localeCompare(right.day));
  const repeated = new Set(sampleOf(ORDER_COUNT, REPEATED_COUNT, random));
  const counts = new Map<Problem, number>();
  const add = (problem: Problem, count = 1): void => void counts.set(problem, (counts.get(problem) ?? 0) + count);

  const rows: RawRow[] = [];
  const truth: Order[] = [];
  orders.forEach((order, index) => {
    const messy = messUp(order, random, { mayLose: !repeated.has(index) });
    for (const problem of messy.problems) add(problem);
    rows.push(messy.row);
    truth.push(toTruth(order, messy));
  });
  const single = [...rows];
  let lateRefunds = 0;
  for (const index of repeated) {
    const order = orders[index];
    const known = truth[index];
    if (order === undefined || known === undefined) continue;
    const late = order.status === "paid" && lateRefunds < LATE_REFUND_COUNT;
    const again = repeatRow(late ? { ...order, status: "refunded" } : order, single[index], random);
    for (const problem of again.problems) add(problem);
    insert(rows, again.row, random);
    add("repeated_order");
    if (!late) continue;
    lateRefunds += 1;
    add("late_refund");
    truth[index] = { ...known, status: "refunded" };
  }
  for (const index of sampleOf(single.length, DUPLICATE_COUNT, random)) insert(rows, single[index], random);
  add("exact_duplicate", DUPLICATE_COUNT);
  for (const reason of keysOf(REJECTIONS)) {
    for (let count = 0; count < SPOILT[reason]; count += 1) {
      insert(rows, spoil(drawOrder(ORDER_COUNT + rows.length, random), reason, random), random);
    }
  }
  const problems = Object.fromEntries(keysOf(PROBLEMS).map((problem) => [problem, counts.get(problem) ?? 0])) as Counts<Problem>;
  return { csv: toCsv(rows, random), truth: { rows: rows.length, orders: truth, problems, rejected: SPOILT } };
}

/** A second row for an order, which no reader could take for the first one letter by letter. */
function repeatRow(order: TrueOrder, first: RawRow | undefined, random: Random): MessyRow {
  for (;;) {
    const again = messUp(order, random, { mayLose: false });
    const date = otherDate(order.day, random);
    if (date === first?.order_date) continue;
    const spaced = again.row.order_date !== again.row.order_date?.trim();
    if (spaced) continue;
    return { row: { ...again.row, order_date: date }, problems: new Set([...again.problems, "date_format"]) };
  }
}

function toTruth(order: TrueOrder, messy: MessyRow): Order {
  const { priceHundredths: _, ...rest } = order;
  return {
    ...rest,
    customer: messy.problems.has("missing_customer") ? null : order.customer,
    region: messy.problems.has("missing_region") ? UNKNOWN_REGION : order.region,
  };
}

function sampleOf(total: number, count: number, random: Random): readonly number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.whole(0, total - 1));
  return [...chosen];
}

function insert(rows: RawRow[], row: RawRow | undefined, random: Random): void {
  if (row !== undefined) rows.splice(random.whole(0, rows.length), 0, row);
}

function toCsv(rows: readonly RawRow[], random: Random): string {
  const write = (row: RawRow): string =>
    COLUMNS.map((column) => row[column])
      .filter((text) => text !== null)
      .map((text) => (/[",\n]/.test(text) || random.chance(0.04) ? `"${text.replaceAll('"', '""')}"` : text))
      .join(",");
  // With a byte order mark, as spreadsheets write it.
  return `\uFEFF${COLUMNS.join(",")}\n${rows.map(write).join("\n")}\n`;
}

if (import.meta.main) {
  const { csv, truth } = generateSample();
  writeFileSync(new URL("./orders.csv", import.meta.url), csv);
  const { orders, ...counts } = truth;
  writeFileSync(new URL("./truth.json", import.meta.url), `${JSON.stringify({ ...counts, orders: orders.length }, null, 2)}\n`);
  process.stderr.write(`Wrote ${truth.rows} rows of ${orders.length} orders.\n`);
}
