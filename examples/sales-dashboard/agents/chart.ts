import { join } from "node:path";

import { defineAgent } from "tutti";

import { drawChart } from "../lib/charts.ts";
import { ChartInput, ChartOutput } from "../lib/schemas.ts";
import { performOnce } from "../lib/work.ts";
import { runFolder, writeWhole } from "../lib/workspace.ts";
import { answer } from "./answer.ts";

/** Draws charts as SVG, without a browser. */
export const chartAgent = defineAgent({
  name: "chart",
  description: "Draws one chart of the figures as an accessible SVG.",
  version: "1.0.0",
  capabilities: {
    draw_chart: {
      description: "Draws revenue by day, the weekly trend, revenue by region or the top products. The picture comes by reference.",
      tags: ["chart", "svg"],
      input: ChartInput,
      output: ChartOutput,
      run: (call) =>
        answer(() => {
          const folder = runFolder(call.input.folder);
          return performOnce(call, { agent: "chart", folder, stages: 2 }, async (stage) => {
            await stage(0, "drawing");
            const { kind, title, description, svg } = drawChart(call.input.kind, call.input.kpis);
            await stage(80, "writing");
            const uri = await writeWhole(join(folder, "charts", `${kind}.svg`), svg);
            return { kind, title, description, uri, bytes: Buffer.byteLength(svg) };
          });
        }),
    },
  },
});
