/** Steps that need nobody: they are over in the turn in which they begin (requirements W101–W104). */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

function combined(aggregate: JsonObject, input: Json = {}, rest: JsonObject = {}): World {
  return new World({ s: { aggregate, ...rest } }).start(input);
}

describe("an aggregate", () => {
  it.each<readonly [string, JsonObject, Json]>([
    ["sums", { strategy: "sum" }, 6],
    ["counts", { strategy: "count" }, 4],
    ["gives the first of the tied values in declared order", { strategy: "majority" }, 1],
    ["evaluates an expression over its items", { value: "size(items) + input.plus" }, 14],
    ["sees the item in its key", { strategy: "majority", key: "item > 1" }, 1],
  ])("%s", (_name, how, expected) => {
    expect(combined({ from: "${{ input.list }}", ...how }, { list: [1, 2, 1, 2], plus: 10 }).output).toBe(expected);
  });

  it("leaves out what was tolerated, and keeps what is falsy", () => {
    const world = new World({
      f: step({ each: "${{ [1, 2, 3] }}", critical: false, retry: { attempts: 1 } }),
      s: { aggregate: { from: "${{ steps.f.output }}", strategy: "list" } },
    }).start();
    world.complete("f[0]", 0);
    world.fail("f[1]");
    world.complete("f[2]", "");
    expect(world.output).toEqual([0, ""]);
  });

  it("counts votes that are objects", () => {
    const list = [{ a: 1, b: 2 }, { c: 1 }, { b: 2, a: 1 }];
    expect(combined({ from: "${{ input }}", strategy: "majority" }, list).output).toEqual({ a: 1, b: 2 });
  });

  it.each<readonly [string, JsonObject, Json]>([
    ["nothing to choose from", { strategy: "first" }, []],
    ["what is no list", { strategy: "sum" }, "abc"],
    ["what is no list, for an expression", { value: "size(items)" }, 7],
  ])("of %s fails, and says why (T4125)", (_name, how, input) => {
    const world = combined({ from: "${{ input }}", ...how }, input);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "s", reason: "invalid", failure: { code: "T4125" } }]);
  });

  it.each<readonly [string, JsonObject]>([
    ["source", { from: "${{ input.no.such }}", strategy: "sum" }],
    ["expression", { from: [1], value: "items[0].no.such" }],
  ])("whose %s has no value fails (T4101)", (_name, how) => {
    expect(combined(how).factsOf("subtaskFailed")).toMatchObject([{ reason: "expression", failure: { code: "T4101" } }]);
  });

  it("keeps its contract, or fails", () => {
    const world = combined({ from: [1, 2], strategy: "sum" }, {}, { output: { type: "integer", maximum: 2 } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "invalid", failure: { code: "T4102" } }]);
  });

  it("by an agent is work like any other", () => {
    const world = combined({ from: [1, 2], capability: "combine" });
    expect(world.given("s")).toEqual({ results: [1, 2] });
  });

  it("over a list that fails for one item is that item's failure", () => {
    const world = new World({
      s: { each: "${{ [1, 'x'] }}", critical: false, aggregate: { from: "${{ [item] }}", strategy: "sum" } },
    }).start();
    expect(world.output).toEqual([1, null]);
  });
});
