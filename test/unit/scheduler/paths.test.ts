/** Paths, taken apart and put together. */
import { describe, expect, it } from "vitest";

import { compile } from "../../../src/definition/compile.ts";
import { frameIn, frameOf, indexOf, iteratedBy, listPathOf, ownerOf, pathIn, ROOT, stepOf } from "../../../src/scheduler/path.ts";
import { step, World } from "../../support/world.ts";

describe("a path", () => {
  it.each([
    ["a", { frame: ROOT, step: "a", index: null, list: "a", loop: null }],
    ["a[3]", { frame: ROOT, step: "a", index: 3, list: "a", loop: null }],
    ["a/b", { frame: "a", step: "b", index: null, list: "a/b", loop: null }],
    ["a[3]#2/b/c[1]", { frame: "a[3]#2/b", step: "c", index: 1, list: "a[3]#2/b/c", loop: "a[3]" }],
    ["a#2/b#7/c", { frame: "a#2/b#7", step: "c", index: null, list: "a#2/b#7/c", loop: "a#2/b" }],
  ])("%s says which step it is, where it stands, and in which list and loop", (path, { frame, step: id, index, list, loop }) => {
    expect([frameOf(path), stepOf(path), indexOf(path), listPathOf(path), iteratedBy(path)]).toEqual([frame, id, index, list, loop]);
    expect(pathIn(frame, index === null ? id : `${id}[${index}]`)).toBe(path);
  });

  it("of a frame says who holds it", () => {
    expect(ownerOf("a#2")).toBe("a");
    expect(ownerOf("a#2/b")).toBe("a#2/b");
    expect(frameIn("a", 2)).toBe("a#2");
    expect(frameIn("a", 0)).toBe("a");
  });
});

describe("a conversation of a loop", () => {
  it("is that of the run for a step that a stored definition has outside of any loop", () => {
    const { definition } = new World({ a: step({ conversation: "run" }) }).program;
    const [[id, found] = ["", undefined]] = Object.entries(definition.steps);
    if (found?.kind !== "delegate") throw new Error("The definition has one step, for an agent.");
    const world = new World({ a: step() });
    Object.assign(world, { program: compile({ ...definition, steps: { [id]: { ...found, conversation: "loop" } } }) });
    world.start();
    expect(world.open.get("a")).toMatchObject({ conversation: "run" });
  });
});
