import { describe, expect, it } from "vitest";

import { step, World } from "../../support/world.ts";

const EACH = { each: "${{ input.items }}", as: "item", with: { n: "${{ item }}", at: "${{ index }}" } };

describe("each", () => {
  it("one subtask an item, results in the order of the items, whatever the order of arrival", () => {
    const world = new World({ f: step(EACH) }).start({ items: ["x", "y", "z"] });
    expect(world.openPaths()).toEqual(["f[0]", "f[1]", "f[2]"]);
    world.complete("f[2]", "Z");
    world.complete("f[0]", "X");
    world.complete("f[1]", "Y");
    expect(world.output).toEqual(["X", "Y", "Z"]);
  });

  it("an empty list yields an empty list at once", () => {
    const world = new World({ f: step(EACH) }).start({ items: [] });
    expect(world.status).toBe("completed");
    expect(world.output).toEqual([]);
  });

  it("no more items are in flight than the step's concurrency", () => {
    const world = new World({ f: step({ ...EACH, concurrency: 2 }) }).start({ items: [1, 2, 3, 4] });
    expect(world.openPaths()).toEqual(["f[0]", "f[1]"]);
    world.complete("f[1]");
    expect(world.openPaths()).toEqual(["f[0]", "f[2]"]);
  });

  it("a tolerated failure is null in the list, with its error under its index", () => {
    const world = new World({
      f: step({ ...EACH, critical: false, retry: { attempts: 1 } }),
      g: step({ with: { e: "${{ steps.f.errors }}" } }),
    }).start({ items: [1, 2] });
    world.fail("f[1]");
    world.complete("f[0]", "one");
    expect(world.open.get("g")).toMatchObject({ input: { e: { 1: { code: "X" } } } });
    expect(world.state?.steps["f"]?.output).toEqual(["one", null]);
  });

  it("a critical failure of one item fails the run at once and cancels the others (X004)", () => {
    const world = new World({ f: step({ ...EACH, retry: { attempts: 1 } }) }).start({ items: [1, 2, 3] });
    world.fail("f[1]");
    expect(world.status).toBe("failed");
    expect(world.factsOf("subtaskCanceled").map((fact) => fact.path)).toEqual(["f[0]", "f[2]"]);
  });

  it("an item is retried by itself", () => {
    const world = new World({ f: step({ ...EACH, retry: { attempts: 2, initial: "1s", jitter: "none" } }) }).start({ items: [1, 2] });
    world.fail("f[0]");
    world.complete("f[1]", 2);
    world.pass(1_000);
    world.complete("f[0]", 1);
    expect(world.output).toEqual([1, 2]);
    expect(world.state?.steps["f"]?.attempts).toBe(3);
  });

  it("an item whose expression fails is a failure of that item alone", () => {
    const world = new World({ f: step({ ...EACH, with: { n: "${{ 10 / item }}" }, critical: false }) }).start({ items: [0, 5, 0, 2] });
    expect(world.openPaths()).toEqual(["f[1]", "f[3]"]);
    world.complete("f[1]", 2);
    world.complete("f[3]", 5);
    expect(world.output).toEqual([null, 2, null, 5]);
  });

  it("a hundred thousand items that all fail at once end the step without a deep stack", () => {
    const world = new World({ f: step({ ...EACH, with: { n: "${{ 1 / item }}" }, critical: false }) }, {}, { replays: false });
    world.start({ items: Array.from({ length: 100_000 }, () => 0) });
    expect(world.status).toBe("completed");
  });

  it.each([
    ["a text", "abc"],
    ["an object", { a: 1 }],
  ])("a value that is %s is not a list (T4111)", (_name, items) => {
    const world = new World({ f: step(EACH) }).start({ items });
    expect(world.failure?.details).toMatchObject({ code: "T4111" });
  });

  it("a list longer than the limit is refused before anything is assigned (T4111)", () => {
    const world = new World({ f: step(EACH) }).start({ items: Array.from({ length: 250_001 }, () => 0) });
    expect(world.failure?.message).toContain("250001");
    expect(world.factsOf("subtaskAssigned")).toEqual([]);
  });

  it("a list read from a skipped step skips the step", () => {
    const world = new World({ a: step({ if: "false" }), f: step({ ...EACH, each: "${{ steps.a.output }}" }) }).start({});
    expect(world.factsOf("stepSkipped").map((fact) => fact.step)).toEqual(["a", "f"]);
  });

  it("rules of an item see the item", () => {
    const world = new World({ f: step({ ...EACH, rules: ["output == item * 2"], onInvalid: "fail", critical: false }) }).start({
      items: [1, 2],
    });
    world.complete("f[0]", 2);
    world.complete("f[1]", 5);
    expect(world.output).toEqual([2, null]);
  });
});
