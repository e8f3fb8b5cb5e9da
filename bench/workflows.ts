import { workflowFromObject } from "../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../src/definition/definition.ts";
import { defineAgent } from "../src/agents/function-agent.ts";
import { ask } from "../src/agents/answers.ts";

/** Adds one: the least that an agent can do, so that what is measured is the engine. */
export const adder = defineAgent({
  name: "adder",
  description: "Adds one to a number.",
  version: "1.0.0",
  capabilities: {
    add: { description: "Adds one.", run: ({ input }) => ({ value: valueOf(input) + 1 }) },
    wait_for_person: { description: "Asks, and so waits.", run: () => ask("Go on?") },
  },
});

function valueOf(input: unknown): number {
  const value: unknown = typeof input === "object" && input !== null && "value" in input ? input.value : 0;
  return typeof value === "number" ? value : 0;
}

export function chain(length: number): Definition {
  const steps: Record<string, { capability: string; with: { value: string } }> = {};
  for (let index = 1; index <= length; index += 1) {
    steps[`s${index}`] = {
      capability: "add",
      with: { value: index === 1 ? "${{ input.value }}" : `\${{ steps.s${index - 1}.output.value }}` },
    };
  }
  return workflowFromObject({
    tutti: "1.0",
    name: `chain_${length}`,
    version: "1.0.0",
    steps,
    output: `\${{ steps.s${length}.output.value }}`,
  });
}

export const fanOut: Definition = workflowFromObject({
  tutti: "1.0",
  name: "fan_out",
  version: "1.0.0",
  steps: {
    work: { each: "${{ input.items }}", as: "item", capability: "add", with: { value: "${{ item }}" } },
  },
  output: { count: "${{ size(steps.work.output) }}" },
});

export const waiting: Definition = workflowFromObject({
  tutti: "1.0",
  name: "waiting",
  version: "1.0.0",
  steps: { first: { capability: "add", with: { value: 1 } }, person: { needs: ["first"], capability: "wait_for_person" } },
});

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
