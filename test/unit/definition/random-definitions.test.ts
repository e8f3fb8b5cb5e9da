import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { TuttiError } from "../../../src/base/errors.ts";
import { checkDefinition } from "../../../src/definition/check.ts";
import { compile } from "../../../src/definition/compile.ts";
import { compiledNodesOf, compileSteps } from "../../../src/definition/compile-step.ts";
import { withInferredNeeds } from "../../../src/definition/infer-needs.ts";
import type { Block, StepProgram } from "../../../src/definition/program.ts";
import { eachStep, mapSteps } from "../../../src/definition/walk.ts";
import { anyDefinition, runnableDefinition } from "./random-definitions.ts";

/** Every block of a program, inner ones included. */
function blocksOf(block: Block): readonly Block[] {
  const inside = (step: StepProgram): readonly Block[] => [
    ...(step.block === null ? [] : blocksOf(step.block)),
    ...Object.values(step.inner).flatMap(inside),
  ];
  return [block, ...block.steps.flatMap(inside)];
}

describe("any definition at all", () => {
  it("compiles, or is refused with the problems that the check finds, and nothing else is thrown", () => {
    fc.assert(
      fc.property(anyDefinition, fc.boolean(), (raw, infers) => {
        const definition = infers ? withInferredNeeds(raw) : raw;
        const problems = checkDefinition(definition);
        try {
          compile(definition);
          expect(problems).toEqual([]);
        } catch (thrown) {
          if (!(thrown instanceof TuttiError)) throw thrown;
          expect(thrown.code).toBe(problems[0]?.code);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("inferring needs twice changes nothing, and nothing but needs is changed", () => {
    fc.assert(
      fc.property(anyDefinition, (raw) => {
        const once = withInferredNeeds(raw);
        expect(withInferredNeeds(structuredClone(once))).toEqual(once);
        const bare = (definition: typeof raw) => mapSteps(definition, (step) => ({ ...step, needs: [] }));
        expect(bare(once)).toEqual(bare(raw));
        expect(JSON.stringify(bare(once))).toBe(JSON.stringify(bare(raw)));
      }),
      { numRuns: 300 },
    );
  });

  it("is walked whole: every step once, holders first, as the compiled tree has them", () => {
    fc.assert(
      fc.property(anyDefinition, (definition) => {
        const placed = eachStep(definition);
        let changed = 0;
        mapSteps(definition, (step) => {
          changed += 1;
          return step;
        });
        expect(changed).toBe(placed.length);
        const workflow = compileSteps(definition);
        expect(workflow === null ? [] : compiledNodesOf(workflow).map(({ path, step }) => [path, step])).toEqual(
          placed.map(({ path, step }) => [path, step]),
        );
        for (const [index, { holder }] of placed.entries()) if (holder !== null) expect(placed.indexOf(holder)).toBeLessThan(index);
      }),
      { numRuns: 200 },
    );
  });
});

describe("any definition that can run", () => {
  it("has no problems, and every block is in an order that respects its needs", () => {
    fc.assert(
      fc.property(runnableDefinition, (raw) => {
        const definition = withInferredNeeds(raw);
        expect(checkDefinition(definition)).toEqual([]);
        for (const { steps, stepById } of blocksOf(compile(definition))) {
          expect(steps.map(({ index }) => index)).toEqual([...steps.keys()]);
          for (const step of steps) {
            expect(stepById.get(step.id)).toBe(step);
            for (const need of step.step.needs) {
              const needed = stepById.get(need) as StepProgram;
              expect(needed.index).toBeLessThan(step.index);
              expect(needed.dependents.filter((other) => other === step)).toHaveLength(1);
            }
            expect(step.dependents.every((other) => other.step.needs.includes(step.id))).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
