/** Waits for a time or a signal, and signals before, at and after their wait. */
import { describe, expect, it } from "vitest";

import { MAX_DURATION_MS, MAX_SIGNALS } from "../../../src/base/limits.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const AFTER = step({ with: { got: "${{ steps.w.output }}" } });

function waiting(wait: Json, input: Json = {}, rest: JsonObject = {}): World {
  return new World({ w: { wait, ...rest }, after: AFTER }, { timeout: "30d" }).start(input);
}

describe("a wait for a time", () => {
  it.each<readonly [string, Json, Json]>([
    ["a duration", "5m", {}],
    ["a duration that is computed", { for: "${{ input.long }}" }, { long: "5m" }],
    ["an instant", { until: "1970-01-01T00:21:40Z" }, {}],
    ["an instant that is computed", { until: "${{ input.at }}" }, { at: "1970-01-01T00:21:40.000Z" }],
  ])("is over after %s, not earlier, and gives the instant", (_name, wait, input) => {
    const world = waiting(wait, input);
    expect(world.status).toBe("waiting");
    world.pass(299_999);
    expect(world.working()).toEqual([]);
    world.pass(1);
    expect(world.given("after")).toEqual({ got: "1970-01-01T00:21:40.000Z" });
  });

  it("for an instant that is past is over at once", () => {
    const world = waiting({ until: "1970-01-01T00:00:01Z" });
    world.pass(0);
    expect(world.working()).toEqual(["after"]);
  });

  it.each<readonly [string, Json, Json]>([
    ["a duration that is none", { for: "${{ input.x }}" }, { x: "soon" }],
    ["an instant that is none", { until: "${{ input.x }}" }, { x: "tomorrow" }],
    ["more than ten years", { until: "${{ input.x }}" }, { x: new Date(1_000_000 + MAX_DURATION_MS + 1).toISOString() }],
  ])("fails for %s (T4123)", (_name, wait, input) => {
    const world = waiting(wait, input);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "w", reason: "expression", failure: { code: "T4123" } }]);
  });

  it("whose time has no value fails (T4101)", () => {
    expect(waiting({ for: "${{ input.no.such }}" }).factsOf("subtaskFailed")).toMatchObject([{ failure: { code: "T4101" } }]);
  });

  it("goes on in a pause, which is for work: after the resume it is over", () => {
    const world = waiting("5m");
    world.pause();
    world.pass(600_000);
    world.resume();
    world.pass(0);
    expect(world.working()).toEqual(["after"]);
  });
});

describe("a signal", () => {
  it("that comes before its wait is kept for it", () => {
    const world = new World({ first: step(), w: { needs: ["first"], wait: { signal: "go" } }, after: AFTER }).start();
    world.signal("go", { n: 1 });
    expect(world.status).toBe("running");
    world.complete("first");
    expect(world.given("after")).toEqual({ got: { n: 1 } });
  });

  it("that comes more than once before its wait is kept as often, and taken one after the other", () => {
    const x = { needs: ["w"], wait: { signal: "go" } };
    const world = new World(
      { first: step(), w: { needs: ["first"], wait: { signal: "go" } }, x },
      { output: "${{ steps.x.output }}" },
    ).start();
    for (const n of [1, 2, 3]) world.signal("go", n);
    world.complete("first");
    expect(world.output).toBe(2);
  });

  it("that comes while its wait waits ends it, with its payload", () => {
    const world = waiting({ signal: "go" });
    world.signal("stop", 1);
    expect(world.status).toBe("waiting");
    world.signal("go", 2);
    expect(world.given("after")).toEqual({ got: 2 });
  });

  it.each<Json>([null, 0, "", false, [], {}])("may say %j: falsy payloads are payloads", (payload) => {
    const world = waiting({ signal: "go" });
    world.signal("go", payload);
    expect(world.given("after")).toEqual({ got: payload });
  });

  it("that comes after its wait is over is kept for the next one, and wakes nobody", () => {
    const world = new World({
      w: { wait: { signal: "go" } },
      x: { needs: ["w"], wait: { signal: "go" } },
      after: step({ with: { x: "${{ steps.x.output }}" } }),
    }).start();
    world.signal("go", 1);
    world.signal("go", 2);
    expect(world.given("after")).toEqual({ x: 2 });
    world.signal("go", 3);
    expect(world.working()).toEqual(["after"]);
  });

  it("is taken once: of two that wait the one that has waited longer, in the order in which signals came", () => {
    const world = new World({ a: { wait: { signal: "go" } }, b: { wait: { signal: "go" } } }).start();
    world.signal("go", 1);
    expect(world.state?.steps).toHaveProperty("a");
    expect(world.state?.steps).not.toHaveProperty("b");
    world.signal("go", 2);
    expect(world.status).toBe("completed");
    expect(world.factsOf("subtaskCompleted").map(({ path, output }) => [path, output])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  it("finds its wait among waits of other sorts, whichever began first", () => {
    const world = new World({
      w: { wait: { signal: "go" } },
      x: { needs: ["w"], wait: "1h" },
      y: { needs: ["w"], wait: { signal: "go" } },
      ok: { needs: ["w"], approval: { to: ["role:x"], title: "?" } },
    }).start();
    world.signal("go", 1);
    world.signal("go", 2);
    expect(world.state?.steps).toMatchObject({ w: { output: 1 }, y: { output: 2 } });
    expect(Object.keys(world.state?.waits ?? {})).toEqual(["x", "ok"]);
  });

  it("at the very instant of its wait's timeout wins if it comes first", () => {
    const world = waiting({ signal: "go", timeout: "1h" });
    world.now += 3_600_000;
    world.signal("go", "just in time");
    expect(world.pass(0)).toEqual([]);
    expect(world.given("after")).toEqual({ got: "just in time" });
  });

  it("at the very instant of its wait's timeout, but second, is too late (T4124)", () => {
    const world = waiting({ signal: "go", timeout: "1h" }, {}, { critical: false });
    world.pass(3_600_000);
    world.signal("go", "too late");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "w", reason: "timedOut", failure: { code: "T4124" } }]);
    expect(world.given("after")).toEqual({ got: null });
  });

  it("in a pause ends its wait, and what follows begins after the pause", () => {
    const world = waiting({ signal: "go" });
    world.pause();
    world.signal("go", 1);
    expect(world.working()).toEqual([]);
    world.resume();
    expect(world.given("after")).toEqual({ got: 1 });
  });

  it.each(["__proto__", "", "a b", "9", "x".repeat(129)])("of a name that no wait can have changes nothing: %s", (name) => {
    const world = waiting({ signal: "go" });
    expect(world.signal(name, 1)).toEqual([]);
  });

  it("of a name that every object has is not there before it comes", () => {
    const world = new World({ w: { wait: { signal: "constructor" } }, x: { wait: { signal: "constructor" } }, after: AFTER }).start();
    expect(world.status).toBe("waiting");
    world.signal("toString", 1);
    world.signal("constructor", 2);
    expect(world.given("after")).toEqual({ got: 2 });
  });

  it("too many are not kept, but one that is waited for is always taken", () => {
    const world = new World({ w: { wait: { signal: "go" } }, after: AFTER }, {}, { replays: false }).start();
    for (let count = 0; count < MAX_SIGNALS; count += 1) world.signal("other", count);
    expect(world.signal("other", 1)).toEqual([]);
    world.signal("go", 1);
    expect(world.given("after")).toEqual({ got: 1 });
  });

  it("to a run that is ending changes nothing", () => {
    const world = new World({ a: step(), w: { wait: { signal: "go" } } }).start();
    world.accept("a");
    world.cancel();
    expect(world.signal("go", 1)).toEqual([]);
    expect(world.state?.waits).toEqual({});
  });

  it("a wait for it over a list takes one for each item", () => {
    const world = new World({ w: { each: "${{ input }}", concurrency: 1, wait: { signal: "go" } } }).start([1, 2]);
    world.signal("go", "a");
    world.signal("go", "b");
    expect(world.output).toEqual(["a", "b"]);
  });

  it("a wait that must fit a contract fails with a payload that does not", () => {
    const world = waiting({ signal: "go" }, {}, { output: { type: "integer" } });
    world.signal("go", "x");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "w", reason: "invalid", failure: { code: "T4102" } }]);
  });
});
