/** Faults that a review has found in plans, handoffs, forks, and in what it costs to have thousands of something. */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { planFork } from "../../../src/runtime/fork/fork.ts";
import { Candidates } from "../../../src/scheduler/candidates.ts";
import { countsOf } from "../../../src/scheduler/counts.ts";
import { ownMap } from "../../../src/scheduler/empty.ts";
import type { RunState } from "../../../src/scheduler/index.ts";
import { pollOf } from "../../../src/scheduler/poll.ts";
import { longestWaiting } from "../../../src/scheduler/signal-waits.ts";
import type { ForkRequest } from "../../../src/runtime/fork/fork.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

function planned(plan: JsonObject, rest: JsonObject = {}): World {
  return new World({
    before: step(),
    p: { needs: ["before"], plan: { agent: "planner", allow: ["work", "danger"], ...plan }, ...rest },
  }).start();
}

describe("a plan", () => {
  it.each(["constructor", "true", "in"])("with a subtask that cannot be a step is sent back: %s", (id) => {
    const world = planned({});
    world.complete("before");
    world.complete("p/makePlan", [{ id, capability: "work" }]);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ path: "p/makePlan", reason: "invalid" }]);
    expect(world.factsOf("attemptFailed")[0]?.repair?.problems).toEqual([expect.stringContaining(`subtask "${id}" needs an id`)]);
  });

  const NESTED = [
    { id: "before", capability: "work" },
    { id: "sub", capability: "work", needs: ["before"], plan: true },
  ];
  const APPROVE = { approve: { to: ["ann"], title: "${{ 'After ' + steps.before.output }}" } };

  it("inside another is approved by people like that one, in the words of the definition alone", () => {
    const world = planned({ maxDepth: 2, ...APPROVE });
    world.complete("before", "audit");
    world.complete("p/makePlan", NESTED);
    world.reply("approved");
    world.complete("p/before", "nothing at all");
    world.complete("p/sub/makePlan", [{ id: "x", capability: "danger" }]);
    expect(world.working()).toEqual([]);
    expect(world.factsOf("waitStarted")).toMatchObject([
      { path: "p/approvePlan", question: { prompt: "After audit" } },
      { path: "p/sub/approvePlan", question: { prompt: "After audit", data: { plan: [{ id: "x" }] } } },
    ]);
    world.reply("approved");
    expect(world.working()).toEqual(["p/sub/x"]);
    world.complete("p/sub/x", 1);
    expect(world.status).toBe("completed");
  });

  it("inside another that is not approved fails, and with it the one around it", () => {
    const world = planned({ maxDepth: 2, ...APPROVE });
    world.complete("before", "audit");
    world.complete("p/makePlan", NESTED);
    world.reply("approved");
    world.complete("p/before");
    world.complete("p/sub/makePlan", [{ id: "x", capability: "danger" }]);
    world.reply("rejected");
    expect(world.failure?.message).toContain("The plan of p/sub was not approved");
  });

  it.each([
    ["repaired as often as that one", {}, 1],
    ["not repaired where that one is not", { onInvalid: "fail" }, 0],
  ])("inside another is %s", (_name, rest, repairs) => {
    const world = planned({ maxDepth: 2 }, { ...ONCE, ...rest });
    world.complete("before");
    world.complete("p/makePlan", [{ id: "sub", capability: "work", plan: true }]);
    world.complete("p/sub/makePlan", [{ id: "x", capability: "nope" }]);
    expect(world.factsOf("attemptFailed")).toHaveLength(repairs);
    expect(world.status).toBe(repairs === 0 ? "failed" : "running");
  });
});

describe("a handoff of many turns", () => {
  it("has a history as long as what was said, and every agent still gets all of it", () => {
    const turns = 40;
    const said = "x".repeat(10_000);
    const handoff = { agents: { a: { agent: "one" }, b: { agent: "two" } }, max: turns };
    const world = new World({ h: { handoff, with: { q: "hi" } } }, {}, { replays: false }).start();
    for (let number = 1; number < turns; number += 1) {
      const [path = ""] = world.openPaths();
      world.complete(path, { handoff_to: number % 2 === 1 ? "b" : "a", message: said });
    }
    expect(world.given(`h#${turns}/b`)).toMatchObject({ q: "hi", handoff: { from: "a", message: said } });
    expect((world.given(`h#${turns}/b`) as { handoff: { history: Json[] } }).handoff.history).toHaveLength(turns - 1);
    expect(JSON.stringify(world.facts).length).toBeLessThan(2 * turns * said.length);
  });

  it("tells an agent who handed over also when it is tried again", () => {
    const handoff = { agents: { a: { agent: "one" }, b: { agent: "two" } } };
    const world = new World({ h: { handoff, retry: { attempts: 2, initial: "1s", jitter: "none" } } }).start();
    world.complete("h#1/a", { handoff_to: "b", message: "yours" });
    world.fail("h#2/b");
    world.pass(1_000);
    expect(world.given("h#2/b")).toMatchObject({ handoff: { from: "a", message: "yours" } });
  });
});

describe("a plain text that is JSON with a number too large for one", () => {
  const reply = (text: string) => ({ kind: "completed", reply: { text } }) as const;

  it("breaks the contract of its step, as any text that is not JSON", () => {
    const world = new World({ a: step({ ...ONCE, output: { type: "object" }, onInvalid: "fail" }) }).start();
    world.answer("a", reply('{ "x": 1e999 }'));
    expect(world.failure?.message).toContain("the text is not one JSON value");
  });
});

describe("a fork", () => {
  const STEPS = {
    a: { set: { "n.a": "a" } },
    b: { needs: ["a"], set: { "n.b": "b", "n.both": "b", "list.of": [1, 2], deep: { x: { y: 1 } } } },
    c: step({ ...ONCE, needs: ["b"] }),
  };

  function planOf({ program, state }: World, more: Partial<ForkRequest> = {}) {
    if (state === null) throw new Error("The run has begun.");
    return planFork({ program, state, from: null, set: [], latest: null, undone: new Map(), ...more });
  }

  function failed(world: World): World {
    world.fail("c");
    expect(world.status).toBe("failed");
    return world;
  }

  function forkOf(world: World, more: Partial<ForkRequest> = {}): World {
    const { given } = planOf(world, more);
    return new World(STEPS).start({}, "run_2", { given });
  }

  it("of a fork does not keep what repeated steps have written", () => {
    const fork = failed(forkOf(failed(new World(STEPS).start())));
    expect(fork.state?.context).toMatchObject({ n: { a: "a", b: "b", both: "b" } });
    expect(planOf(fork, { from: "b" }).given.context).toEqual({ n: { a: "a" } });
    expect(planOf(fork, { from: "a" }).given).toEqual({ steps: {}, context: {} });
  });

  it("keeps what a person has set, in the place of what it changes", () => {
    const set = [
      { path: "context.mine", value: 1 },
      { path: "context.n.both", value: "set" },
      { path: "context.list", value: "all" },
      { path: "context.deep.x.y", value: 2 },
    ];
    const fork = failed(forkOf(failed(new World(STEPS).start()), { set }));
    expect(fork.state?.context).toEqual({ mine: 1, n: { a: "a", b: "b", both: "set" }, list: "all", deep: { x: { y: 2 } } });
    expect(planOf(fork, { from: "b" }).given.context).toEqual({ mine: 1, n: { a: "a" } });
  });

  it("goes by the order of the steps in the definition that it goes on with", () => {
    const world = failed(new World({ a: { set: { n: "a" } }, b: { set: { n: "b" } }, c: step(ONCE) }).start());
    const latest = new World({ b: { set: { n: "b" } }, x: step(), a: { set: { n: "a" } }, c: step(ONCE) }).program;
    expect(world.state?.context).toEqual({ n: "b" });
    expect(planOf(world, { latest }).given.writes).toEqual([{ rank: [0, 0], path: "n", value: "b" }]);
  });

  it("of an old history begins with a context that nobody has written", () => {
    const world = new World(STEPS).start({}, "run_2", { given: { steps: {}, context: { n: { old: 1 } } } });
    expect(world.state?.context).toMatchObject({ n: { old: 1, a: "a" } });
    expect(planOf(failed(world), { from: "a" }).given.context).toEqual({ n: { old: 1 } });
  });
});

/** A world whose step `e` has begun with these items. */
function wide(count: number, rest: JsonObject): World {
  const world = new World({ e: { each: "${{ input }}", concurrency: count, ...rest } }, {}, { replays: false });
  return world.start(Array.from({ length: count }, (_, index) => index));
}

describe("signals", () => {
  it("go to those who have waited the longest, past those whose wait is over and those who wait for another", () => {
    const wait = (signal: string, more: JsonObject = {}): JsonObject => ({ wait: { signal, ...more }, critical: false });
    const world = new World({
      a: wait("s", { timeout: "1s" }),
      o: wait("t"),
      b: wait("s"),
      c: wait("s"),
      d: { ...wait("s"), needs: ["o"] },
    }).start();
    world.signal("other");
    world.pass(1_000);
    world.signal("s", 1);
    expect(world.factsOf("subtaskCompleted").map(({ path }) => path)).toEqual(["b"]);
    world.signal("t");
    world.signal("s", 2);
    world.signal("s", 3);
    expect(world.factsOf("subtaskCompleted").map(({ path }) => path)).toEqual(["b", "o", "c", "d"]);
  });

  it("find their wait in a state that was read anew", () => {
    const world = wide(3, { wait: { signal: "s" } });
    const copy = structuredClone(world.state);
    expect(copy === null ? null : longestWaiting(copy.waits, "s")).toBe("e[0]");
    expect(copy === null ? null : longestWaiting(copy.waits, "t")).toBeNull();
  });

  it("are each taken once, by thousands of waits", () => {
    const world = new World({ e: { each: "${{ input }}", concurrency: 300, wait: { signal: "s" } } }).start(
      Array.from({ length: 300 }, (_, index) => index),
    );
    for (let number = 0; number < 300; number += 1) world.signal("s", number);
    expect(world.output).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });
});

describe("votes", () => {
  const vote = (voter: number, principal: string, value: Json) => ({ voter: String(voter), principal, value });

  it("are counted as they come: one for each principal, the first in declared order", () => {
    const votes = [vote(5, "p", "x"), vote(3, "q", "x")];
    expect(pollOf(votes, Number).most).toBe(2);
    votes.push(vote(4, "p", "y"));
    expect(pollOf(votes, Number)).toMatchObject({
      most: 1,
      voters: new Map([
        ['"x"', 1],
        ['"y"', 1],
      ]),
    });
    votes.push(vote(6, "q", "y"), vote(1, "r", "y"), vote(2, "p", "z"));
    expect(pollOf(votes, Number)).toMatchObject({ most: 1 });
    votes.push(vote(7, "s", "x"), vote(8, "t", "z"));
    expect(pollOf(votes, Number).most).toBe(2);
  });

  it("come to the same when they are counted at once", () => {
    const votes = [vote(5, "p", 1), vote(3, "q", 1), vote(4, "p", 2), vote(1, "r", 2), vote(0, "q", 2)];
    const growing = votes.slice(0, 1);
    for (const next of votes.slice(1)) {
      pollOf(growing, Number);
      growing.push(next);
    }
    expect(pollOf(growing, Number)).toEqual(pollOf(votes, Number));
    expect(pollOf(votes, Number).most).toBe(3);
  });

  it("of a principal that count no more do not decide what was agreed upon", () => {
    const world = wide(4, { capability: "w", succeed: { quorum: 2, on: "result" } });
    world.completeAs("p", "e[0]", "x");
    world.completeAs("p", "e[1]", "y");
    world.completeAs("q", "e[3]", "x");
    expect(world.state?.end).toMatchObject({ kind: "completed" });
  });
});

describe("steps that may have become ready", () => {
  const { program } = new World({ a: step(), b: step() });
  const [a, b] = program.steps;
  if (a === undefined || b === undefined) throw new Error("There are two steps.");

  it("come out in order, without those of a frame that is at an end", () => {
    const candidates = new Candidates();
    for (const [frame, each] of [
      ["f", a],
      ["g", a],
      ["f", b],
    ] as const)
      candidates.push({ frame, step: each });
    expect(candidates.hasIn("f")).toBe(true);
    candidates.forget("f");
    expect(candidates.hasIn("f")).toBe(false);
    candidates.push({ frame: "f", step: b });
    expect(candidates.hasIn("f")).toBe(true);
    expect([candidates.take(), candidates.take(), candidates.take()]).toEqual([
      { frame: "g", step: a },
      { frame: "f", step: b },
      undefined,
    ]);
    candidates.push({ frame: "f", step: a });
    expect(candidates.take()).toEqual({ frame: "f", step: a });
  });
});

describe("what is counted beside the state", () => {
  it("is the same as in a state that was read anew", () => {
    const branches = { a: step(), b: step(), c: step({ ...ONCE }), d: step({ if: "false" }), e: step() };
    const world = new World({ p: { parallel: { branches, succeed: { atLeast: 1 } } } }).start();
    world.complete("p/a");
    world.complete("p/b");
    world.fail("p/c");
    const steps = world.state?.scopes["p"]?.steps ?? {};
    expect(countsOf(steps)).toEqual({ completed: 2, failed: 1, canceled: 0, skipped: 1 });
    expect(countsOf(structuredClone(steps))).toEqual(countsOf(steps));
  });

  it("costs one look over what is open, however many more open after it", () => {
    let looks = 0;
    const entries = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`e[${index}]`, { kind: "signal", name: "s", until: null } as const]),
    );
    const open: RunState["waits"] = new Proxy(entries, {
      ownKeys(target) {
        looks += 1;
        return Reflect.ownKeys(target);
      },
    });
    for (let number = 0; number < 50; number += 1) expect(ownMap(open)).toBe(open);
    expect(looks).toBe(1);
    for (let number = 0; number < 50; number += 1) expect(longestWaiting(open, "s")).toBe("e[0]");
    expect(looks).toBe(2);
  });
});
