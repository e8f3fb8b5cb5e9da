import { array, assert, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { isOver, type RunState } from "../../../src/scheduler/index.ts";
import { Choices, liveThrough, randomOutcome } from "../../support/random-world.ts";
import { step, World } from "../../support/world.ts";

const RUNS = Number(process.env["TUTTI_RANDOM_RUNS"] ?? 400);
/** Under coverage, beside other work, on a slow machine. */
const TIMEOUT_MS = 60_000 + RUNS * 200;

function randomSteps(choices: Choices): JsonObject {
  const steps: Record<string, JsonObject> = {};
  const count = 1 + choices.below(7);
  for (let index = 0; index < count; index += 1) {
    steps[`s${index}`] = step({
      ...wiring(choices, Object.keys(steps)),
      ...(choices.isOneIn(4) ? { each: "${{ input.items }}", as: "item", concurrency: 1 + choices.below(3) } : {}),
      ...(choices.isOneIn(3) ? { critical: false } : {}),
      ...work(choices),
    });
  }
  return steps;
}

function wiring(choices: Choices, earlier: readonly string[]): JsonObject {
  const needs = earlier.filter(() => choices.isOneIn(3));
  const read = earlier.length > 0 && choices.isOneIn(3) ? earlier[choices.below(earlier.length)] : undefined;
  return {
    ...(needs.length > 0 ? { needs } : {}),
    ...(read === undefined ? {} : { if: `size(steps.${read}.status) > 0` }),
    ...(choices.isOneIn(5) ? { if: choices.isOneIn(2) ? "input.yes" : "input.no" } : {}),
  };
}

function work(choices: Choices): JsonObject {
  return {
    ...(choices.isOneIn(3) ? { fallback: ["spare"] } : {}),
    ...(choices.isOneIn(4) ? { onUnknown: choices.isOneIn(2) ? "resend" : "ask" } : {}),
    ...(choices.isOneIn(5) ? { deadline: "40s" } : {}),
    ...(choices.isOneIn(5) ? { idle: "10s", ttl: "5s" } : {}),
    ...(choices.isOneIn(6) ? { output: { type: "integer", maximum: 3 } } : {}),
    ...(choices.isOneIn(6) ? { onError: step() } : {}),
    ...(choices.isOneIn(8) ? { onInputRequired: step() } : {}),
    ...(choices.isOneIn(5) ? { compensate: { capability: "undo", with: { self: 1 } } } : {}),
    timeout: "30s",
    retry: { attempts: 1 + choices.below(3), initial: "1s" },
  };
}

const JOINS: readonly Json[] = ["all", "any", { atLeast: 1 }, { atLeast: "50%" }, { first: 1, within: "20s" }, { quorum: 2, on: "result" }];

/** Steps of every kind, inside each other to the given depth. Their ids differ at every level. */
function randomTree(choices: Choices, depth: number, prefix: string): JsonObject {
  const steps: Record<string, JsonObject> = {};
  const count = 1 + choices.below(3);
  for (let index = 0; index < count; index += 1) {
    const id = `${prefix}${index}`;
    const isOverItems = choices.isOneIn(4);
    steps[id] = {
      ...wiring(choices, Object.keys(steps)),
      ...(isOverItems ? { each: "${{ input.items }}", as: `item_${id}`, concurrency: 1 + choices.below(3) } : {}),
      ...(choices.isOneIn(4) ? { critical: false } : {}),
      ...(choices.isOneIn(6) ? { onError: step() } : {}),
      ...(choices.isOneIn(8) ? { onTimeout: step() } : {}),
      ...withJoin(choices, randomKind(choices, depth, id), isOverItems),
    };
  }
  return steps;
}

/** A parallel step has its join inside. */
function withJoin(choices: Choices, kind: JsonObject, isOverItems: boolean): JsonObject {
  return isOverItems && !("parallel" in kind) && choices.isOneIn(2)
    ? { ...kind, succeed: JOINS[choices.below(JOINS.length)] ?? "all", ...(choices.isOneIn(2) ? { onDisagree: step() } : {}) }
    : kind;
}

function randomKind(choices: Choices, depth: number, id: string): JsonObject {
  const inner = (): JsonObject => randomTree(choices, depth - 1, `${id}_`);
  switch (choices.below(depth > 0 ? 11 : 6)) {
    case 0:
      return { wait: choices.isOneIn(2) ? "5s" : { signal: choices.isOneIn(2) ? "go" : "stop", timeout: "1m" } };
    case 1:
      return {
        approval: { to: ["role:x"], title: "Go on?", remind: "1m", timeout: "6m", onTimeout: choices.isOneIn(2) ? "reject" : "fail" },
      };
    case 2:
      return choices.isOneIn(2)
        ? { set: { [`c.${id}`]: "${{ input.yes }}" } }
        : { aggregate: { from: "${{ input.items }}", strategy: "sum" } };
    case 6:
      return {
        parallel: {
          branches: { [`${id}_a`]: step(work(choices)), [`${id}_b`]: { steps: inner() }, [`${id}_c`]: step() },
          succeed: JOINS[choices.below(JOINS.length)] ?? "all",
        },
      };
    case 7:
      return {
        loop: { max: 1 + choices.below(3), until: "iter.number > 1", onExhausted: choices.isOneIn(2) ? "last" : "fail", steps: inner() },
      };
    case 8:
      return { steps: inner(), ...(choices.isOneIn(3) ? { deadline: "30s" } : {}) };
    case 9:
      return { handoff: { agents: { [`${id}_x`]: { capability: "x" }, [`${id}_y`]: { capability: "y" } }, max: 3 } };
    case 10:
      return { plan: { capability: "planner", allow: ["work"], maxSubtasks: 4 } };
    default:
      return step(work(choices));
  }
}

/** Agents that now and then hand over, or plan. */
function sayAnything(path: string, choices: Choices) {
  if (path.endsWith("/makePlan") && !choices.isOneIn(4)) {
    const subtasks = [
      { id: "one", capability: "work" },
      { id: "two", capability: "work", needs: ["one"], critical: false },
    ];
    return { kind: "completed", reply: { data: [{ subtasks }] } } as const;
  }
  if (path.endsWith("_x") && choices.isOneIn(2)) {
    return { kind: "completed", reply: { data: [{ handoff_to: path.slice(path.lastIndexOf("/") + 1).replace(/x$/, "y") }] } } as const;
  }
  return randomOutcome(path, choices);
}

describe("random runs", { timeout: TIMEOUT_MS }, () => {
  it("of random workflows, agents, people and times keep every invariant, replay to the same state, and end", () => {
    assert(
      property(array(nat(10_000), { minLength: 30, maxLength: 120 }), (numbers) => {
        const choices = new Choices(numbers);
        const input = { yes: true, no: false, items: [1, 2, 3].slice(0, choices.below(4)) };
        liveThrough(new World(randomSteps(choices)).start(input), choices);
      }),
      { numRuns: RUNS },
    );
  });

  it("of workflows inside workflows of every kind keep every invariant, replay to the same state, and end", () => {
    assert(
      property(array(nat(10_000), { minLength: 30, maxLength: 160 }), (numbers) => {
        const choices = new Choices(numbers);
        const input = { yes: true, no: false, items: [1, 2, 3].slice(0, choices.below(4)) };
        const budget = choices.isOneIn(6) ? { budget: { attempts: 6, onExceeded: choices.isOneIn(2) ? "ask" : "fail" } } : {};
        const world = new World(randomTree(choices, 2, "s"), budget).start(input);
        liveThrough(world, choices, sayAnything);
        expectEachIsOverOnce(world);
      }),
      { numRuns: RUNS },
    );
  });

  it("give the same output in whatever order the agents answer, where no join is a race", () => {
    assert(
      property(
        array(nat(10_000), { minLength: 30, maxLength: 160 }),
        array(nat(10_000), { minLength: 5, maxLength: 60 }),
        (numbers, order) => {
          const outputs = [new Choices([0]), new Choices(order)].map((turns) => {
            const choices = new Choices(numbers);
            const tree = withoutRaces(randomTree(choices, 2, "s")) as JsonObject;
            return outputOf(new World(tree, {}, { replays: false }).start({ yes: true, no: false, items: [3, 1, 2] }), turns);
          });
          // As text: the order of an object's keys is a part of what agents see.
          expect(JSON.stringify(outputs[1])).toBe(JSON.stringify(outputs[0]));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** No subtask completes, fails or is decided twice. */
function expectEachIsOverOnce({ facts }: World): void {
  const over = facts.flatMap((fact) => {
    const isEnd = fact.kind === "subtaskCompleted" || fact.kind === "subtaskFailed" || fact.kind === "approvalDecided";
    return isEnd ? [fact.path] : [];
  });
  expect(over).toEqual([...new Set(over)]);
}

/** Every kind that does not ask who comes first, or when. */
function withoutRaces(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutRaces);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value as JsonObject).filter(
    ([key]) => !["succeed", "onDisagree", "wait", "approval", "critical"].includes(key),
  );
  const rest = Object.fromEntries(entries.map(([key, inner]) => [key, withoutRaces(inner)]));
  return "wait" in (value as JsonObject) || "approval" in (value as JsonObject) ? { ...rest, capability: "work" } : rest;
}

/** Agents whose answer depends on the work alone, asked in an order that is chosen. */
function outputOf(world: World, turns: Choices): Json {
  for (let round = 0; round < 400 && !isOver(world.state as RunState); round += 1) {
    const paths = world.openPaths();
    const path = paths[turns.below(Math.max(1, paths.length))];
    if (path === undefined) world.pass(60_000);
    else if (path.endsWith("/makePlan"))
      world.complete(path, {
        subtasks: [
          { id: "one", capability: "work" },
          { id: "two", capability: "work" },
        ],
      });
    else world.complete(path, path.length % 3);
  }
  return [world.status, world.output];
}
