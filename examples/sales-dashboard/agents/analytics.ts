import { dirname } from "node:path";

import { defineAgent } from "tutti";

import { computeKpis } from "../lib/kpis.ts";
import { KpisInput, KpisOutput } from "../lib/schemas.ts";
import { performOnce } from "../lib/work.ts";
import { pathOf } from "../lib/workspace.ts";
import { answer } from "./answer.ts";

/** Works out the figures of the week with SQL. */
export const analyticsAgent = defineAgent({
  name: "analytics",
  description: "Computes the key figures of a week of sales, and how they changed.",
  version: "1.0.0",
  capabilities: {
    compute_kpis: {
      description:
        "Revenue, orders, average order value, refund rate, changes against the week before, regions, products, days and the trend.",
      tags: ["sales", "kpi"],
      input: KpisInput,
      output: KpisOutput,
      run: (call) =>
        answer(() => {
          const { week, weeks, region } = call.input;
          const database = pathOf(call.input.orders_uri);
          return performOnce(call, { agent: "analytics", folder: dirname(database), stages: 3 }, async (stage) => {
            await stage(0, "loading");
            await stage(30, "aggregating");
            const kpis = computeKpis(database, week, { region, weeks });
            await stage(80, "comparing");
            return kpis;
          });
        }),
    },
  },
});
