import type { Definition, DelegateStep, Step, Steps } from "../../definition/definition.ts";
import { edgesOf } from "../../definition/graph.ts";
import { innerBlockOf } from "../../definition/walk.ts";
import { describeStep, describeTarget, handlersOfStep, shownInside } from "./describe-step.ts";

/**
 * The workflow as a Mermaid flow chart: an edge for each dependency, a box around inner steps, a
 * rhomb for a question to people, a stack for each `each`, dashed edges to fallbacks, handlers and
 * compensations, a dashed border for what the run can go on without.
 */
export function toMermaid(definition: Definition): string {
  const chart: Chart = { lines: ["flowchart TD"], optional: [] };
  drawSteps(definition.steps, { prefix: "s_", indent: "  " }, chart);
  const { lines, optional } = chart;
  const classes = optional.length === 0 ? [] : ["  classDef optional stroke-dasharray: 5 5", `  class ${optional.join(",")} optional`];
  return `${[...lines, ...classes].join("\n")}\n`;
}

type Chart = { readonly lines: string[]; readonly optional: string[] };
type Place = { readonly prefix: string; readonly indent: string };

/** A block: its nodes, then its edges, then what stands in for them. */
function drawSteps(steps: Steps, place: Place, chart: Chart): void {
  const entries = Object.entries(steps);
  for (const [id, step] of entries) drawStep(id, step, place, chart);
  for (const { source, target } of edgesOf(steps)) {
    const isConditional = steps[target]?.if !== null;
    chart.lines.push(`${place.indent}${place.prefix}${source} ${isConditional ? "-- if -->" : "-->"} ${place.prefix}${target}`);
  }
  for (const [id, step] of entries) drawBeside(id, step, place, chart);
}

// A node is called by the way to it. Step ids have no capitals, so `_IN_` and `_ON_` are no part of one;
// and Mermaid has words of its own, such as `end`, from which the first prefix keeps them apart.
function drawStep(id: string, step: Step, { prefix, indent }: Place, chart: Chart): void {
  const name = `${prefix}${id}`;
  if (!step.critical) chart.optional.push(name);
  const inside = shownInside(step);
  if (inside.length === 0) {
    chart.lines.push(`${indent}${name}${shapeOf(id, step)}`);
    return;
  }
  const place: Place = { prefix: `${name}_IN_`, indent: `${indent}  ` };
  chart.lines.push(`${indent}subgraph ${name}["${labelOf(id, step)}"]`, `${place.indent}direction TB`);
  const block = innerBlockOf(step);
  if (block !== null) drawSteps(block.steps, place, chart);
  else drawPlan(inside, place, chart);
  chart.lines.push(`${indent}end`);
}

/** A planner, perhaps a person, and subtasks that nobody knows yet. */
function drawPlan(inside: ReturnType<typeof shownInside>, place: Place, chart: Chart): void {
  const names = [...inside.map(({ id }) => `${place.prefix}${id}`), `${place.prefix}subtasks`];
  for (const { id, step } of inside) drawStep(id, step, place, chart);
  chart.lines.push(`${place.indent}${place.prefix}subtasks@{ shape: procs, label: "subtasks" }`);
  for (const [index, name] of names.slice(1).entries()) chart.lines.push(`${place.indent}${String(names[index])} --> ${name}`);
  for (const { id, step } of inside) drawBeside(id, step, place, chart);
}

/** Fallbacks, handlers and the compensation of a step. */
function drawBeside(id: string, step: Step, place: Place, chart: Chart): void {
  const { prefix, indent } = place;
  const name = `${prefix}${id}`;
  if (step.kind === "delegate") chart.lines.push(...fallbackLines(step, name, indent));
  for (const handler of handlersOfStep(step)) {
    const inner: Place = { prefix: `${name}_ON_`, indent };
    drawStep(handler.name, handler.step, inner, chart);
    chart.lines.push(`${indent}${name} -. ${handler.name} .-> ${inner.prefix}${handler.name}`);
    drawBeside(handler.name, handler.step, inner, chart);
  }
}

function fallbackLines(step: DelegateStep, name: string, indent: string): readonly string[] {
  return step.fallback.flatMap((target, index) => {
    const fallback = `${name.replace(/^s_/, "f_")}_${index + 1}`;
    return [`${indent}${fallback}(["${escaped(describeTarget(target))}"])`, `${indent}${name} -. fallback .-> ${fallback}`];
  });
}

function labelOf(id: string, step: Step): string {
  const what = step.kind === "delegate" ? describeTarget(step.target) : describeStep(step);
  return `${escaped(id)}<br/><small>${escaped(what)}</small>${step.each === null ? "" : `<br/><small>each ${escaped(step.each.as)}</small>`}`;
}

function shapeOf(id: string, step: Step): string {
  const label = labelOf(id, step);
  if (step.each !== null) return `@{ shape: procs, label: "${label}" }`;
  switch (step.kind) {
    case "delegate":
      if (step.target.kind === "workflow") return `[["${label}"]]`;
      return step.target.kind === "sink" ? `>"${label}"]` : `["${label}"]`;
    case "approval":
      return `{"${label}"}`;
    case "aggregate":
      return `[/"${label}"\\]`;
    case "wait":
      return `@{ shape: delay, label: "${label}" }`;
    case "set":
      return `[("${label}")]`;
    case "parallel":
    case "group":
    case "loop":
    case "handoff":
    case "plan":
      return `["${label}"]`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"#]/g, (character) => `#${character.codePointAt(0)};`);
}
