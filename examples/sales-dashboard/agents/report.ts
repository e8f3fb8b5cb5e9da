import { readFileSync } from "node:fs";
import { join } from "node:path";

import { defineAgent } from "tutti";

import { reportHtml } from "../lib/report-html.ts";
import { reportText } from "../lib/report-text.ts";
import { subjectOf } from "../lib/report.ts";
import { ReportInput, ReportOutput } from "../lib/schemas.ts";
import { performOnce } from "../lib/work.ts";
import { pathOf, runFolder, writeWhole } from "../lib/workspace.ts";
import { answer } from "./answer.ts";

/** Assembles the e-mail: one HTML file with the charts in it, and the same as text. */
export const reportAgent = defineAgent({
  name: "report",
  description: "Writes the weekly sales e-mail from figures and charts.",
  version: "1.0.0",
  capabilities: {
    write_report: {
      description: "Puts figures, charts and the state of the data into one self-contained HTML file and a text version.",
      tags: ["report", "html"],
      input: ReportInput,
      output: ReportOutput,
      run: (call) =>
        answer(() => {
          const { kpis, quality } = call.input;
          const folder = runFolder(call.input.folder);
          return performOnce(call, { agent: "report", folder, stages: 2 }, async (stage) => {
            await stage(0, "collecting");
            const drawn = (call.input.charts ?? []).filter((chart) => chart !== null);
            const charts = drawn.map(({ title, uri }) => ({ title, svg: readFileSync(pathOf(uri), "utf8") }));
            await stage(50, "writing");
            const report = { kpis, charts, quality, run: call.assignment.workflow_id };
            const html = await writeWhole(join(folder, "report.html"), reportHtml(report));
            const text = await writeWhole(join(folder, "report.txt"), reportText(report));
            return { subject: subjectOf(kpis), html_uri: html, text_uri: text, charts: charts.length };
          });
        }),
    },
  },
});
