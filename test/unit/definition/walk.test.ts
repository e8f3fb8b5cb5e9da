import { describe, expect, it } from "vitest";

import { eachStep, longNameOf, mapSteps } from "../../../src/definition/walk.ts";
import { approval, group, handoff, loop, minimal, parallel, plan, step } from "./definitions.ts";

describe("all steps of a definition", () => {
  const definition = minimal({
    steps: {
      draft: loop({ write: step({ compensate: step() }), check: parallel({ a: step(), b: group({ c: step() }) }) }, "true"),
      todo: plan({ approve: approval(), handlers: { onError: step() } }),
      bare: plan(),
      desk: handoff({ triage: step() }),
    },
  });

  it("come with their names, roles and places, holders first", () => {
    expect(
      eachStep(definition).map((placed) => [
        longNameOf(placed),
        placed.role,
        placed.depth,
        placed.path.join("."),
        placed.kindPath.join("."),
      ]),
    ).toEqual([
      ["draft", "step", 0, "steps.draft", "steps.draft.loop"],
      ["draft/write", "step", 1, "steps.draft.loop.steps.write", "steps.draft.loop.steps.write"],
      ["draft/write/compensate", "compensate", 2, "steps.draft.loop.steps.write.compensate", "steps.draft.loop.steps.write.compensate"],
      ["draft/check", "step", 1, "steps.draft.loop.steps.check", "steps.draft.loop.steps.check.parallel"],
      [
        "draft/check/a",
        "branch",
        2,
        "steps.draft.loop.steps.check.parallel.branches.a",
        "steps.draft.loop.steps.check.parallel.branches.a",
      ],
      [
        "draft/check/b",
        "branch",
        2,
        "steps.draft.loop.steps.check.parallel.branches.b",
        "steps.draft.loop.steps.check.parallel.branches.b",
      ],
      [
        "draft/check/b/c",
        "step",
        3,
        "steps.draft.loop.steps.check.parallel.branches.b.steps.c",
        "steps.draft.loop.steps.check.parallel.branches.b.steps.c",
      ],
      ["todo", "step", 0, "steps.todo", "steps.todo.plan"],
      ["todo/makePlan", "makePlan", 1, "steps.todo", "steps.todo.plan"],
      ["todo/approvePlan", "approvePlan", 1, "steps.todo.plan.approve", "steps.todo.plan.approve"],
      ["todo/onError", "onError", 1, "steps.todo.onError", "steps.todo.onError"],
      ["bare", "step", 0, "steps.bare", "steps.bare.plan"],
      ["bare/makePlan", "makePlan", 1, "steps.bare", "steps.bare.plan"],
      ["desk", "step", 0, "steps.desk", "steps.desk.handoff"],
      ["desk/triage", "agent", 1, "steps.desk.handoff.agents.triage", "steps.desk.handoff.agents.triage"],
    ]);
  });

  it("can be bounded", () => {
    expect(eachStep(definition, { limit: 3 })).toHaveLength(3);
    expect(eachStep(definition, { deepest: 0 }).map(({ id }) => id)).toEqual(["draft", "todo", "bare", "desk"]);
  });

  it("change all at once, wherever they stand", () => {
    const names: string[] = [];
    const changed = mapSteps(definition, (each, name, inBlock) => {
      names.push(inBlock ? name : `(${name})`);
      return { ...each, critical: false };
    });
    expect(eachStep(changed).every(({ step: { critical } }) => !critical)).toBe(true);
    expect(eachStep(changed).map(({ path }) => path)).toEqual(eachStep(definition).map(({ path }) => path));
    expect(names).toEqual([
      "(compensate)",
      "write",
      "a",
      "c",
      "b",
      "check",
      "draft",
      "(onError)",
      "(makePlan)",
      "(approvePlan)",
      "todo",
      "(makePlan)",
      "bare",
      "triage",
      "desk",
    ]);
  });
});
