import { DatabaseSync } from "node:sqlite";

import type { Cleaned, Line } from "./clean-orders.ts";
import { COLUMNS } from "./fields.ts";
import { weekOf } from "./weeks.ts";

/** The selected rows of an imported file, in the order of the file. */
export function readSelected(database: string): { readonly lines: readonly Line[]; readonly columnCount: number } {
  using db = new DatabaseSync(database, { readOnly: true });
  const columnCount = Number(db.prepare("select column_count from meta").get()?.["column_count"]);
  const rows = db.prepare(`select line, width, ${COLUMNS.join(", ")} from raw where selected = 1 order by line`).all();
  const lines = rows.map((row) => ({ line: Number(row["line"]), width: Number(row["width"]), row: toRaw(row) }));
  return { lines, columnCount };
}

function toRaw(row: { readonly [column: string]: unknown }): Line["row"] {
  const text = (column: string): string | null => (typeof row[column] === "string" ? row[column] : null);
  return {
    order_id: text("order_id"),
    order_date: text("order_date"),
    customer_email: text("customer_email"),
    region: text("region"),
    product: text("product"),
    quantity: text("quantity"),
    unit_price: text("unit_price"),
    currency: text("currency"),
    status: text("status"),
  };
}

const SCHEMA = `
  create table orders (
    order_id text primary key, day text not null, week text not null, customer text, region text not null,
    product text not null, quantity integer not null, amount_cents integer not null, currency text not null, status text not null
  ) strict;
  create index orders_by_day on orders (day);
  create table rejects (line integer primary key, reason text not null, row text not null) strict;
`;

/** Writes clean orders, and the rows that could not be cleaned with the reason, to a new SQLite file. */
export function writeOrders(database: string, cleaned: Cleaned): void {
  using db = new DatabaseSync(database);
  db.exec("pragma journal_mode = off; pragma synchronous = off;");
  db.exec(SCHEMA);
  db.exec("begin");
  const order = db.prepare("insert into orders values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const one of cleaned.orders) {
    order.run(
      one.orderId,
      one.day,
      weekOf(one.day).name,
      one.customer,
      one.region,
      one.product,
      one.quantity,
      one.amountCents,
      one.currency,
      one.status,
    );
  }
  const reject = db.prepare("insert into rejects values (?, ?, ?)");
  for (const one of cleaned.rejects) reject.run(one.line, one.reason, JSON.stringify(one.row));
  db.exec("commit");
}
