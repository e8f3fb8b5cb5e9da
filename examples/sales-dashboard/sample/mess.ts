import type { Column, RawRow } from "../lib/fields.ts";
import type { Problem, Rejection } from "../lib/clean-orders.ts";
import type { Random } from "./random.ts";
import type { TrueOrder } from "./shop.ts";

/** A row of the sample, and what the cleaning must find in it. */
export type MessyRow = { readonly row: RawRow; readonly problems: ReadonlySet<Problem> };

const ALIASES: { readonly [region: string]: readonly [string, ...string[]] } = {
  EMEA: ["Europe", "Europe, Middle East & Africa", "E M E A"],
  AMER: ["North America"],
  APAC: ["Asia-Pacific", "Asia Pacific"],
  LATAM: ["Latin America"],
};
const SYMBOLS: { readonly [currency: string]: string } = { EUR: "€", USD: "$", GBP: "£", JPY: "¥" };
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Writes an order as a tidy export would. */
export function tidyRow(order: TrueOrder): MessyRow {
  const row = {
    order_id: order.orderId,
    order_date: order.day,
    customer_email: order.customer,
    region: order.region,
    product: order.product,
    quantity: String(order.quantity),
    unit_price: (order.priceHundredths / 100).toFixed(2),
    currency: order.currency,
    status: order.status,
  };
  return { row, problems: new Set(order.currency === "EUR" ? [] : ["foreign_currency"]) };
}

/** Makes a mess of a row: each kind with its own chance, and at most one kind in one field. */
export function messUp(order: TrueOrder, random: Random, { mayLose }: { mayLose: boolean }): MessyRow {
  const tidy = tidyRow(order);
  const row: { [column in Column]: string | null } = { ...tidy.row };
  const problems = new Set(tidy.problems);
  const change = (column: Column, text: string, problem: Problem): void => {
    row[column] = text;
    problems.add(problem);
  };
  if (random.chance(0.22)) change("order_date", otherDate(order.day, random), "date_format");
  messUpPrice(order, random, change);
  if (random.chance(0.06)) change("region", random.pick(ALIASES[order.region] ?? ["?"]), "region_alias");
  else if (random.chance(0.05)) change("region", order.region.toLowerCase(), "letter_case");
  else if (mayLose && random.chance(0.012)) change("region", random.pick(["", "n/a"]), "missing_region");
  if (random.chance(0.07)) change("product", random.pick([order.product.toUpperCase(), order.product.toLowerCase()]), "letter_case");
  if (mayLose && random.chance(0.02)) change("customer_email", "", "missing_customer");
  else if (random.chance(0.05)) change("customer_email", order.customer.toUpperCase(), "letter_case");
  if (random.chance(0.03)) change("order_id", order.orderId.toLowerCase(), "letter_case");
  messUpSale(order, random, change);
  if (random.chance(0.09)) {
    const column = random.pick(["order_id", "customer_email", "product", "currency", "order_date"] as const);
    // White space around an empty field would say nothing to anyone.
    if (row[column] !== "") change(column, random.pick([`  ${row[column]}`, `${row[column]} `, ` ${row[column]}\t`]), "stray_whitespace");
  }
  return { row, problems };
}

type Change = (column: Column, text: string, problem: Problem) => void;

function messUpPrice(order: TrueOrder, random: Random, change: Change): void {
  const symbol = SYMBOLS[order.currency];
  const plain = (order.priceHundredths / 100).toFixed(2);
  if (symbol !== undefined && random.chance(0.06)) {
    change("unit_price", `${symbol} ${grouped(order.priceHundredths, ",", ".")}`, "number_format");
    if (random.chance(0.4)) change("currency", "", "currency_from_symbol");
  } else if (random.chance(0.06)) {
    change("unit_price", random.pick([plain.replace(".", ","), grouped(order.priceHundredths, ".", ",")]), "number_format");
  }
}

function messUpSale(order: TrueOrder, random: Random, change: Change): void {
  if (order.status === "refunded" && random.chance(0.3)) {
    change("quantity", String(-order.quantity), "negative_quantity");
  } else if (order.quantity === 1 && random.chance(0.015)) {
    change("quantity", "", "missing_quantity");
  }
  if (random.chance(0.04)) change("status", order.status.toUpperCase(), "letter_case");
}

function grouped(hundredths: number, group: string, decimal: string): string {
  const [whole = "0", rest = "00"] = (hundredths / 100).toFixed(2).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, group)}${decimal}${rest}`;
}

/** The same day in another spelling. */
export function otherDate(day: string, random: Random): string {
  const [year = "", month = "", date = ""] = day.split("-");
  return random.pick([
    `${date}.${month}.${year}`,
    `${month}/${date}/${year}`,
    `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}`,
    `${day}T${String(random.whole(0, 23)).padStart(2, "0")}:15:00Z`,
  ]);
}

/** Spoils one field so that nobody can say what was meant. */
export function spoil(order: TrueOrder, reason: Rejection, random: Random): RawRow {
  const row = tidyRow(order).row;
  const by: { readonly [reason in Rejection]: Partial<RawRow> } = {
    malformed_row: { quantity: null, unit_price: null, currency: null, status: null },
    missing_order_id: { order_id: random.pick(["", "  "]) },
    bad_date: { order_date: random.pick(["2025-02-30", "n/a", "yesterday", "31.02.2025"]) },
    missing_product: { product: "" },
    bad_quantity: { quantity: random.pick(["0", "two", "1.5"]) },
    bad_price: { unit_price: random.pick(["", "free", "-", "12.50.00 EUR"]) },
    missing_currency: { currency: "" },
    unknown_currency: { currency: random.pick(["XXX", "DOGE"]) },
    unknown_status: { status: random.pick(["pending?", "test"]) },
  };
  return { ...row, ...by[reason] };
}
