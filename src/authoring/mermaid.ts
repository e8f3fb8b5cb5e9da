import type { Definition, Step, Target } from "../definition/definition.ts";
import { edgesOf } from "../definition/graph.ts";

/**
 * The workflow as a Mermaid flow chart: an edge for each dependency, a dashed one to each fallback,
 * a stack for each `each`, a dashed border for what the run can go on without.
 */
export function toMermaid(definition: Definition): string {
  const steps = Object.entries(definition.steps);
  const lines = [
    "flowchart TD",
    ...steps.map(([id, step]) => `  ${nodeName(id)}${shapeOf(id, step)}`),
    ...edgesOf(definition.steps).map(({ source, target }) => edge(source, target, definition)),
    ...steps.flatMap(([id, step]) => fallbackLines(id, step)),
    ...optionalLines(steps),
  ];
  return `${lines.join("\n")}\n`;
}

/** Mermaid has words of its own, such as `end`; a prefix keeps ids out of their way. */
function nodeName(id: string): string {
  return `s_${id}`;
}

function shapeOf(id: string, step: Step): string {
  const label = `${id}<br/><small>${escaped(targetName(step.target))}</small>${step.each === null ? "" : `<br/><small>each ${escaped(step.each.as)}</small>`}`;
  return step.each === null ? `["${label}"]` : `@{ shape: procs, label: "${label}" }`;
}

function targetName(target: Target): string {
  if (target.kind === "capability") return target.capability;
  return target.skill === null ? target.agent : `${target.agent}: ${target.skill}`;
}

function edge(source: string, target: string, definition: Definition): string {
  const isConditional = definition.steps[target]?.if !== null;
  return `  ${nodeName(source)} ${isConditional ? "-- if -->" : "-->"} ${nodeName(target)}`;
}

function fallbackLines(id: string, step: Step): readonly string[] {
  return step.fallback.flatMap((target, index) => {
    const name = `f_${id}_${index + 1}`;
    return [`  ${name}(["${escaped(targetName(target))}"])`, `  ${nodeName(id)} -. fallback .-> ${name}`];
  });
}

function optionalLines(steps: readonly (readonly [string, Step])[]): readonly string[] {
  const optional = steps.filter(([, step]) => !step.critical).map(([id]) => nodeName(id));
  return optional.length === 0 ? [] : ["  classDef optional stroke-dasharray: 5 5", `  class ${optional.join(",")} optional`];
}

function escaped(text: string): string {
  return text.replace(/[&<>"#]/g, (character) => `#${character.codePointAt(0)};`);
}
