import { COLUMNS, readDate, readPrice, readQuantity, readRegion, readStatus, tidySpaces, UNKNOWN_REGION, type RawRow } from "./fields.ts";

/** One order as the business knows it. Amounts are euro cents. */
export type Order = {
  readonly orderId: string;
  readonly day: string;
  readonly customer: string | null;
  readonly region: string;
  readonly product: string;
  readonly quantity: number;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: "paid" | "refunded";
};

/** Euros for one unit of a currency. */
export type Rates = { readonly [currency: string]: number };

/** What was found, and in how many rows; README.md says what each means. */
export const PROBLEMS = {
  exact_duplicate: "Row repeated letter by letter",
  repeated_order: "Order exported again, spelled differently",
  late_refund: "Repeated order that had been refunded meanwhile",
  stray_whitespace: "Stray white space",
  letter_case: "Mixed upper and lower case",
  region_alias: "Region under another name",
  date_format: "Date not written as YYYY-MM-DD",
  number_format: "Price with symbols or separators",
  currency_from_symbol: "Currency only in the price's symbol",
  foreign_currency: "Amount converted to EUR",
  negative_quantity: "Refund written as a negative quantity",
  missing_region: "Region missing",
  missing_customer: "Customer missing",
  missing_quantity: "Quantity missing, taken as 1",
} as const;

/** Why a row cannot be an order. */
export const REJECTIONS = {
  malformed_row: "Too few or too many columns",
  missing_order_id: "No order id",
  bad_date: "Not a date",
  missing_product: "No product",
  bad_quantity: "Not a quantity",
  bad_price: "Not a price",
  missing_currency: "No currency",
  unknown_currency: "No rate for the currency",
  unknown_status: "Unknown status",
} as const;

export type Problem = keyof typeof PROBLEMS;
export type Rejection = keyof typeof REJECTIONS;
export type Counts<Key extends string> = { readonly [key in Key]: number };

export type Line = { readonly line: number; readonly width: number; readonly row: RawRow };
export type Reject = { readonly line: number; readonly reason: Rejection; readonly row: RawRow };
export type Cleaned = {
  readonly rowsIn: number;
  readonly orders: readonly Order[];
  readonly rejects: readonly Reject[];
  readonly problems: Counts<Problem>;
  readonly rejected: Counts<Rejection>;
};

/**
 * Normalises and de-duplicates rows. A row that repeats an earlier one letter by letter is dropped
 * before anything else is counted. Of several rows of one order the first counts, and a refund wins
 * over a payment whatever the order of the rows. `columnCount` is the width of the header.
 */
export function cleanOrders(lines: Iterable<Line>, { rates, columnCount }: { rates: Rates; columnCount: number }): Cleaned {
  const seen = new Set<string>();
  const orders = new Map<string, Order>();
  const rejects: Reject[] = [];
  const problems = zeros(PROBLEMS);
  const distinct: Line[] = [];
  let rowsIn = 0;
  for (const line of lines) {
    rowsIn += 1;
    const letters = JSON.stringify([line.width, ...COLUMNS.map((column) => line.row[column])]);
    if (seen.has(letters)) problems.exact_duplicate += 1;
    else distinct.push(line);
    seen.add(letters);
  }
  const products = usualSpellings(distinct);
  for (const line of distinct) {
    const read = line.width === columnCount ? readOrder(line.row, rates, products) : "malformed_row";
    if (typeof read === "string") {
      rejects.push({ line: line.line, reason: read, row: line.row });
      continue;
    }
    for (const problem of read.found) problems[problem] += 1;
    const known = orders.get(read.order.orderId);
    orders.set(read.order.orderId, known === undefined ? read.order : merge(known, read.order, problems));
  }
  const rejected = zeros(REJECTIONS);
  for (const reject of rejects) rejected[reject.reason] += 1;
  return { rowsIn, orders: [...orders.values()], rejects, problems, rejected };
}

function merge(known: Order, again: Order, problems: { [problem in Problem]: number }): Order {
  problems.repeated_order += 1;
  if (known.status === again.status) return known;
  problems.late_refund += 1;
  return { ...known, status: "refunded" };
}

/** The most frequent spelling of each product is taken for the right one: no catalogue is needed. */
function usualSpellings(lines: readonly Line[]): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { row } of lines) {
    const name = tidySpaces(row.product ?? "");
    const spellings = counts.get(name.toLowerCase()) ?? new Map<string, number>();
    counts.set(name.toLowerCase(), spellings.set(name, (spellings.get(name) ?? 0) + 1));
  }
  return new Map([...counts].map(([key, spellings]) => [key, mostFrequent(spellings)]));
}

function mostFrequent(spellings: ReadonlyMap<string, number>): string {
  return [...spellings].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

type ReadOrder = { readonly order: Order; readonly found: ReadonlySet<Problem> };

function readOrder(row: RawRow, rates: Rates, products: ReadonlyMap<string, string>): ReadOrder | Rejection {
  const text = (column: keyof RawRow): string => row[column] ?? "";
  const orderId = text("order_id").trim().toUpperCase();
  const day = readDate(text("order_date"));
  const product = products.get(tidySpaces(text("product")).toLowerCase()) ?? "";
  const quantity = text("quantity").trim() === "" ? 1 : readQuantity(text("quantity"));
  const price = readPrice(text("unit_price"));
  const status = readStatus(text("status"));
  if (orderId === "") return "missing_order_id";
  if (day === null) return "bad_date";
  if (product === "") return "missing_product";
  if (quantity === null) return "bad_quantity";
  if (price === null) return "bad_price";
  if (status === null) return "unknown_status";
  const currency = text("currency").trim().toUpperCase() || price.currency;
  if (currency === null) return "missing_currency";
  const rate = rates[currency];
  if (rate === undefined) return "unknown_currency";
  const order: Order = {
    orderId,
    day,
    customer: text("customer_email").trim().toLowerCase() || null,
    region: readRegion(text("region")),
    product,
    quantity: Math.abs(quantity),
    amountCents: Math.round(price.hundredths * Math.abs(quantity) * rate),
    currency,
    status: quantity < 0 ? "refunded" : status,
  };
  return { order, found: findProblems(row, order) };
}

/** What had to be mended to make this order of this row. */
function findProblems(row: RawRow, order: Order): ReadonlySet<Problem> {
  const trimmed = (column: keyof RawRow): string => tidySpaces(row[column] ?? "");
  const differsInCase = (column: keyof RawRow, right: string): boolean =>
    trimmed(column) !== right && trimmed(column).toLowerCase() === right.toLowerCase();
  const lowerStatus = trimmed("status").toLowerCase();
  const region = trimmed("region");
  const checks: { readonly [problem in Problem]?: boolean } = {
    stray_whitespace: COLUMNS.some((column) => (row[column] ?? "") !== trimmed(column)),
    letter_case:
      differsInCase("order_id", order.orderId) ||
      differsInCase("customer_email", order.customer ?? "") ||
      differsInCase("region", order.region) ||
      differsInCase("product", order.product) ||
      differsInCase("currency", order.currency) ||
      differsInCase("status", lowerStatus),
    region_alias: order.region !== UNKNOWN_REGION && region.toLowerCase() !== order.region.toLowerCase(),
    date_format: trimmed("order_date") !== order.day,
    number_format: !/^\d+(?:\.\d{1,2})?$/.test(trimmed("unit_price")),
    currency_from_symbol: trimmed("currency") === "",
    foreign_currency: order.currency !== "EUR",
    negative_quantity: trimmed("quantity").startsWith("-"),
    missing_region: order.region === UNKNOWN_REGION,
    missing_customer: order.customer === null,
    missing_quantity: trimmed("quantity") === "",
  };
  return new Set(keysOf(PROBLEMS).filter((problem) => checks[problem] === true));
}

function zeros<Key extends string>(titles: { readonly [key in Key]: string }): { [key in Key]: number } {
  return Object.fromEntries(keysOf(titles).map((key) => [key, 0])) as { [key in Key]: number };
}

/** The keys of a table of titles, in its order. */
export function keysOf<Key extends string>(titles: { readonly [key in Key]: string }): readonly Key[] {
  return Object.keys(titles) as Key[];
}
