import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { defineAgent } from "tutti";

import { importOrders, type Slice } from "../lib/import-orders.ts";
import { QueryInput, QueryOutput } from "../lib/schemas.ts";
import { performOnce } from "../lib/work.ts";
import { makeFile, runFolder } from "../lib/workspace.ts";
import { answer } from "./answer.ts";

/** Pulls raw sales data: a CSV of orders into SQLite, and from it the asked weeks and region. */
export const dataAgent = defineAgent({
  name: "data",
  description: "Reads order exports and answers with the rows of the asked weeks and region, as they are.",
  version: "1.0.0",
  capabilities: {
    query_orders: {
      description: "Imports a CSV of orders into SQLite and selects the weeks up to the asked one. The rows come by reference.",
      tags: ["sales", "sqlite"],
      input: QueryInput,
      output: QueryOutput,
      run: (call) =>
        answer(() => {
          const { input } = call;
          const folder = runFolder(input.folder);
          return performOnce(call, { agent: "data", folder, stages: 2 }, async (stage) => {
            await stage(0, "importing");
            let slice: Slice | undefined;
            const uri = await makeFile(join(folder, "raw.db"), async (draft) => {
              slice = await importOrders(csvPath(input.csv), draft, input, call.signal);
            });
            if (slice === undefined) throw new Error("The import ended without a result.");
            await stage(90, "selecting");
            const { rows, selected, week, weeks } = slice;
            return { orders_uri: uri, rows, selected, week, weeks, region: input.region };
          });
        }),
    },
  },
});

/** `sample` is the file that comes with the example. */
function csvPath(csv: string): string {
  return csv === "sample" ? fileURLToPath(new URL("../sample/orders.csv", import.meta.url)) : resolve(csv);
}
