import { Command } from "commander";

import { toMermaid } from "../../authoring/mermaid.ts";
import type { Definition, Step, StepId } from "../../definition/definition.ts";
import { nameOfTarget } from "../../runtime/run-board.ts";
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

/** Steps by the stage in which they can begin; steps of one stage run side by side. */
function tell(terminal: Terminal, definition: Definition): void {
  const stages = stagesOf(definition.steps);
  let earlier = 0;
  const rows = stages.map(([id, stage]) => {
    const step = definition.steps[id] as Step;
    const number = stage === earlier ? "" : String(stage);
    earlier = stage;
    const needs = step.needs.length === 0 ? "" : `← ${step.needs.join(", ")}`;
    return [number.padStart(2), id, whoOf(step), [needs, ...notesOf(step)].filter((text) => text !== "").join("  ")];
  });
  terminal.print(`${definition.name}${definition.version === null ? "" : `@${definition.version}`}`);
  for (const line of alignRows(rows, terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY)) terminal.print(line);
}

/** Steps with the length of the longest way to them, from 1; in the order of these, then of the file. */
function stagesOf(steps: Definition["steps"]): readonly (readonly [StepId, number])[] {
  const stageById = new Map<StepId, number>();
  // The definition has no circles, so each round places at least one step.
  for (let left = Object.keys(steps); left.length > 0; left = left.filter((id) => !stageById.has(id))) {
    for (const id of left) {
      const needs = (steps[id] as Step).needs.map((need) => stageById.get(need));
      if (needs.every((stage) => stage !== undefined)) stageById.set(id, 1 + Math.max(0, ...needs));
    }
  }
  return Object.keys(steps)
    .map((id): readonly [StepId, number] => [id, stageById.get(id) ?? 0])
    .toSorted(([, left], [, right]) => left - right);
}

function whoOf({ target }: Step): string {
  return target.kind === "agent"
    ? `agent ${target.agent}${target.skill === null ? "" : `: ${target.skill}`}`
    : `capability ${target.capability}`;
}

function notesOf(step: Step): readonly string[] {
  return [
    step.each === null ? "" : `each ${step.each.as}, ${step.each.concurrency} at a time`,
    step.if === null ? "" : `if ${clean(step.if)}`,
    step.critical ? "" : "optional",
    step.fallback.length === 0 ? "" : `fallback ${step.fallback.map(nameOfTarget).join(", ")}`,
  ].filter((note) => note !== "");
}
