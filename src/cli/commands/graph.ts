import { Command } from "commander";

import { describeStep, describeTarget, handlersOfStep, shownInside, succeedWords } from "../../authoring/graph/describe-step.ts";
import { toMermaid } from "../../authoring/graph/mermaid.ts";
import type { Definition, Step, StepId, Steps } from "../../definition/definition.ts";
import { orderOf } from "../../definition/graph.ts";
import { innerBlockOf } from "../../definition/walk.ts";
import type { Cli } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { described } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { alignRows, clean } from "../text.ts";
import { loadWorkflow } from "../workflow-file.ts";

export function graphCommand(cli: Cli): Command {
  return described(new Command("graph"), {
    what: "Show the steps of a workflow and what waits for what.",
    example: "tutti graph report.tutti.yaml --mermaid > report.mmd",
  })
    .argument("<file>", "a workflow file, or its name")
    .option("--mermaid", "as a Mermaid flow chart")
    .action(async (named: string, options: { readonly mermaid?: boolean }) => cli.exit(await graph(cli, named, options)));
}

async function graph(cli: Cli, named: string, options: { readonly mermaid?: boolean }): Promise<ExitCode> {
  const { definition } = await loadWorkflow(cli, named, []);
  if (options.mermaid === true) cli.terminal.print(toMermaid(definition).trimEnd());
  else tell(cli.terminal, definition);
  return EXIT.ok;
}

/** Steps by the stage in which they can begin; steps of one stage run side by side. Inner steps stand under their holder. */
function tell(terminal: Terminal, definition: Definition): void {
  terminal.print(`${definition.name}${definition.version === null ? "" : `@${definition.version}`}`);
  const rows = rowsOf(definition.steps, { stage: "", indent: "" });
  for (const line of alignRows(rows, terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY)) terminal.print(line);
}

type Row = readonly [stage: string, id: string, what: string, notes: string];
type Place = { readonly stage: string; readonly indent: string };

function rowsOf(steps: Steps, place: Place): readonly Row[] {
  let earlier = 0;
  return stagesOf(steps).flatMap(([id, stage]) => {
    const step = steps[id] as Step;
    const number = stage === earlier ? "" : `${place.stage}${stage}`;
    earlier = stage;
    const row: Row = [number.padStart(2), place.indent + id, describeStep(step), notesOf(step).join("  ")];
    return [row, ...innerRows(step, { stage: `${place.stage}${stage}.`, indent: `${place.indent}  ` })];
  });
}

/** What a step holds: its block in stages of its own, a plan's own steps, and what stands in for it. */
function innerRows(step: Step, place: Place): readonly Row[] {
  const block = innerBlockOf(step);
  const inside = block === null ? shownInside(step).map(({ id, step: inner }) => loneRow(id, inner, place)) : rowsOf(block.steps, place);
  const handlers = handlersOfStep(step).flatMap(({ name, step: inner }) => [
    loneRow(name, inner, place),
    ...innerRows(inner, { ...place, indent: `${place.indent}  ` }),
  ]);
  return [...inside, ...handlers];
}

function loneRow(id: string, step: Step, { indent }: Place): Row {
  return ["", indent + id, describeStep(step), notesOf(step).join("  ")];
}

/** Steps with the length of the longest way to them, from 1; in the order of these, then of the file. */
function stagesOf(steps: Steps): readonly (readonly [StepId, number])[] {
  const order = orderOf(steps);
  const stageById = new Map<StepId, number>();
  for (const id of order.ok ? order.value : []) {
    const needs = steps[id]?.needs ?? [];
    stageById.set(id, 1 + needs.reduce((longest, need) => Math.max(longest, stageById.get(need) ?? 0), 0));
  }
  return Object.keys(steps)
    .map((id): readonly [StepId, number] => [id, stageById.get(id) ?? 0])
    .toSorted(([, left], [, right]) => left - right);
}

function notesOf(step: Step): readonly string[] {
  const fallback = step.kind === "delegate" ? step.fallback : [];
  return [
    step.needs.length === 0 ? "" : `← ${step.needs.join(", ")}`,
    step.each === null ? "" : `each ${step.each.as}, ${step.each.concurrency} at a time`,
    step.succeed === undefined || step.kind === "parallel" ? "" : succeedWords(step.succeed),
    step.if === null ? "" : `if ${clean(step.if)}`,
    step.critical ? "" : "optional",
    fallback.length === 0 ? "" : `fallback ${fallback.map(describeTarget).join(", ")}`,
  ].filter((note) => note !== "");
}
