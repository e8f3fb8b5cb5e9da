/** An agent has one vote (requirement W160), in whatever steps and handlers it stands. */
import { describe, expect, it } from "vitest";

import { checkDefinition } from "../../../src/definition/check.ts";
import type { Definition, Step } from "../../../src/definition/definition.ts";
import { approval, group, loop, minimal, parallel, set, step } from "./definitions.ts";

const AGENTS: Definition["agents"] = { one: { kind: "local", name: "one" }, two: { kind: "local", name: "two" } };
const one = step({ target: { kind: "agent", agent: "one", skill: null } });
const two = step({ target: { kind: "agent", agent: "two", skill: null } });

/** The problems of a quorum of two, in which one branch is agent "one". */
function problemsBeside(branch: Step): readonly string[] {
  const jury = parallel({ a: one, b: branch }, { succeed: { rule: { kind: "quorum", count: 2, on: "result" } } });
  return checkDefinition(minimal({ steps: { x: jury }, agents: AGENTS })).map(({ message }) => message);
}

describe("a quorum of two branches", () => {
  it.each<[string, Step]>([
    ["a group", group({ q: one })],
    ["a group in a group", group({ q: group({ r: one }) })],
    ["a loop", loop({ q: one }, "true")],
    ["a step and its handler", { ...one, handlers: { onError: one } }],
    ["a step and the answers of another to its questions", { ...one, handlers: { onInputRequired: two } }],
  ])("can never be reached where both are one agent: %s", (_, branch) => {
    expect(problemsBeside(branch)).toEqual(["It wants 2 agents that agree, and has only 1 different one."]);
  });

  it.each<[string, Step]>([
    ["another agent in a group", group({ q: two })],
    ["a group of two agents", group({ q: one, r: two })],
    ["a group in which something else is done", group({ q: one, r: set({ a: 1 }) })],
    ["a group that goes on without its agent", group({ q: { ...one, critical: false } })],
    ["a group that may leave its agent out", group({ q: { ...one, if: "input.x == 1" } })],
    ["another agent as a handler", { ...one, handlers: { onError: two } }],
    ["a list, which may be empty", { ...one, each: { items: [1], as: "i", concurrency: 1 } }],
    ["people", approval()],
  ])("may be reached with %s", (_, branch) => {
    expect(problemsBeside(branch)).toEqual([]);
  });
});
