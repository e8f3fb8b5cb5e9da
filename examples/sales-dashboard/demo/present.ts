import { fileURLToPath } from "node:url";
import { relative } from "node:path";

import { z } from "zod";

import { changeText, dayRange, exactEuros, percent, whole, wholeEuros } from "../lib/format.ts";
import { KpisOutput } from "../lib/schemas.ts";
import { pathsOf, type Audit } from "./audit.ts";
import type { HistoryFact } from "./orchestrator.ts";
import { bad, bold, CROSS, dim, good, heading, point, rows, say, strong, TICK } from "./terminal.ts";

/** What `tutti run --json` prints for this workflow. */
export const RunResult = z.object({
  run: z.unknown(),
  status: z.string(),
  output: z
    .object({ subject: z.string(), report_uri: z.string(), text_uri: z.string(), rows: z.number(), charts: z.number(), kpis: KpisOutput })
    .nullish(),
});
type Output = NonNullable<z.infer<typeof RunResult>["output"]>;

/** The figures and where the report is. */
export function presentResult(output: Output): void {
  const { kpis } = output;
  heading(`Week ${Number(kpis.week.slice(-2))}, ${dayRange(kpis.from, kpis.to)}${kpis.region === "all" ? "" : `, ${kpis.region}`}`);
  const refunds = kpis.previous === null ? "" : `was ${percent(kpis.previous.refund_rate)}`;
  const figures = [
    ["Net revenue", wholeEuros(kpis.revenue_eur), changeText(kpis.change.revenue)],
    ["Orders", whole(kpis.orders), changeText(kpis.change.orders)],
    ["Average order", exactEuros(kpis.average_order_value_eur), changeText(kpis.change.average_order_value)],
    ["Refund rate", percent(kpis.refund_rate), refunds],
  ];
  rows(figures, paintFigure);
  say();
  rows(
    kpis.products.slice(0, 3).map((product) => [product.name, wholeEuros(product.revenue_eur), changeText(product.change)]),
    paintFigure,
  );
  say();
  const path = fileURLToPath(output.report_uri);
  say(
    `  ${bold("Report")}  ${strong(relative(process.cwd(), path) || path)} ${dim(`(from ${whole(output.rows)} rows, with ${output.charts} charts)`)}`,
  );
}

function paintFigure(text: string, column: number): string {
  if (column === 1) return bold(text);
  if (column === 0) return text;
  if (text.includes("+")) return good(text);
  return text.includes("−") ? bad(text) : dim(text);
}

/** What the history holds after a crash: the one thing that is left of the orchestrator. */
export function presentHistory(facts: readonly HistoryFact[]): void {
  const finished = pathsOf(facts, "subtaskCompleted");
  const open = pathsOf(facts, "subtaskAccepted").filter((path) => !finished.includes(path));
  say(
    dim(`  Its history has ${facts.length} facts: finished ${finished.join(", ") || "nothing"}; at work ${open.join(", ") || "nothing"}.`),
  );
}

/** What the crash cost. True when nothing was done twice and nothing was lost. */
export function presentAudit(audit: Audit): boolean {
  heading("What the crash cost");
  const clean = audit.repeated.length === 0 && audit.executions === audit.subtasks;
  point(TICK, "kept", `${audit.kept.join(", ")}: their results came from the history, no agent was asked again`);
  if (audit.reattached.length === 0) point(dim("·"), "re-attached", "nothing was at work at a known remote task when it died");
  for (const { path, taskId, url } of audit.reattached)
    point(TICK, "re-attached", `${path}: task ${taskId.slice(0, 8)} at ${url} went on meanwhile and was found again`);
  point(clean ? TICK : CROSS, "repeated", clean ? "nothing" : bad(audit.repeated.join(", ") || "the counts differ"));
  say(dim(`    The agents' own journal has ${audit.executions} executions for ${audit.subtasks} subtasks.`));
  return clean;
}
