import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { cleanOrders, type Cleaned } from "../../../examples/sales-dashboard/lib/clean-orders.ts";
import { importOrders, type Ask, type Slice } from "../../../examples/sales-dashboard/lib/import-orders.ts";
import { readSelected, writeOrders } from "../../../examples/sales-dashboard/lib/order-store.ts";
import { RATES } from "../../../examples/sales-dashboard/sample/shop.ts";

export const SAMPLE = fileURLToPath(new URL("../../../examples/sales-dashboard/sample/orders.csv", import.meta.url));

export type Prepared = { readonly slice: Slice; readonly cleaned: Cleaned; readonly database: string };

/** Imports and cleans a file as the agents do, in a new folder. */
export async function prepare(csv = SAMPLE, ask: Partial<Ask> = {}): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), "sales-"));
  const raw = join(folder, "raw.db");
  const database = join(folder, "orders.db");
  const slice = await importOrders(csv, raw, { week: "latest", weeks: 8, region: "all", ...ask }, AbortSignal.timeout(10_000));
  const { lines, columnCount } = readSelected(raw);
  const cleaned = cleanOrders(lines, { rates: RATES, columnCount });
  writeOrders(database, cleaned);
  return { slice, cleaned, database };
}
