/** Where a subtask stands among the others, at its limits; what agents are told of it is in test/scenario. */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { MAX_DEPENDS_ON } from "../../../src/base/limits.ts";
import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import { coordinationOf } from "../../../src/runtime/coordination.ts";
import { assignment } from "./effects-world.ts";

const run = { tenant: DEFAULT_TENANT, id: "run_1" as RunId };

function waitingFor(count: number) {
  const ids = Array.from({ length: count }, (_, index) => `s${index}`);
  const first = Object.fromEntries(ids.map((id) => [id, { capability: "work" }]));
  return workflowFromObject({ name: "wide", steps: { ...first, last: { capability: "work", needs: ids } } });
}

describe("a subtask that has waited for very many", () => {
  it("is told all of them up to the limit, and beyond it none, since a part would mislead", () => {
    const told = (count: number) => coordinationOf({ run, definition: waitingFor(count) }, assignment("last"));
    expect(told(MAX_DEPENDS_ON).depends_on).toHaveLength(MAX_DEPENDS_ON);
    expect(told(MAX_DEPENDS_ON + 1)).toEqual({ workflow_step: MAX_DEPENDS_ON + 2, total_steps: MAX_DEPENDS_ON + 2 });
  });
});

describe("a subtask deep inside", () => {
  it("has its place in the block around it: in items, branches, iterations, groups and handlers", () => {
    const work = { capability: "work" };
    const steps = { first: work, second: { ...work, needs: ["first"] } };
    const definition = workflowFromObject({
      name: "deep",
      steps: {
        all: {
          each: "${{ input.items }}",
          loop: { until: "true", steps: { both: { parallel: { branches: { a: { steps }, b: work } } } } },
        },
        careful: { ...work, onError: { steps } },
      },
    });
    const told = (path: string) => coordinationOf({ run, definition }, assignment(path));
    const second = { workflow_step: 2, total_steps: 2 };
    expect(told("all[3]#2/both/a/second")).toEqual({ ...second, depends_on: ["all[3]#2/both/a/first"] });
    expect(told("all[3]#2/both/b")).toEqual({ execution_mode: "parallel", batch_id: "run_1/all[3]#2/both", batch_size: 2 });
    expect(told("careful/onError/second")).toEqual({ ...second, depends_on: ["careful/onError/first"] });
    expect(told("careful/onError")).toEqual({});
    expect(told("nowhere/inside")).toEqual({});
  });
});
