import { join } from "node:path";

import { defineAgent } from "tutti";

import { cleanOrders } from "../lib/clean-orders.ts";
import { readSelected, writeOrders } from "../lib/order-store.ts";
import { CleanInput, CleanOutput } from "../lib/schemas.ts";
import { performOnce } from "../lib/work.ts";
import { makeFile, pathOf, runFolder } from "../lib/workspace.ts";
import { answer } from "./answer.ts";

/** Normalises and de-duplicates orders, and counts what it found. */
export const cleanAgent = defineAgent({
  name: "clean",
  description: "Normalises and de-duplicates raw orders, and says what was wrong with them.",
  version: "1.0.0",
  capabilities: {
    clean_orders: {
      description: "Turns raw rows into orders in euros, one row an order; rows that nobody can read are set aside with the reason.",
      tags: ["sales", "quality"],
      input: CleanInput,
      output: CleanOutput,
      run: (call) =>
        answer(() => {
          const folder = runFolder(call.input.folder);
          return performOnce(call, { agent: "clean", folder, stages: 3 }, async (stage) => {
            await stage(0, "reading");
            const { lines, columnCount } = readSelected(pathOf(call.input.orders_uri));
            await stage(30, "normalising");
            const cleaned = cleanOrders(lines, { rates: call.input.rates, columnCount });
            await stage(80, "writing");
            const uri = await makeFile(join(folder, "orders.db"), (draft) => writeOrders(draft, cleaned));
            return {
              orders_uri: uri,
              rows_in: cleaned.rowsIn,
              orders: cleaned.orders.length,
              problems: cleaned.problems,
              rejected: cleaned.rejected,
            };
          });
        }),
    },
  },
});
