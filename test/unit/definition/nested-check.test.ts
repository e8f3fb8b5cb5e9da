import { describe, expect, it } from "vitest";

import { TuttiError } from "../../../src/base/errors.ts";
import type { Json } from "../../../src/base/json.ts";
import { MAX_PROBLEMS } from "../../../src/base/limits.ts";
import { checkAgents, checkDefinition } from "../../../src/definition/check.ts";
import { isStepId } from "../../../src/definition/step-id.ts";
import { compile } from "../../../src/definition/compile.ts";
import type { Definition, Step, Steps, Target } from "../../../src/definition/definition.ts";
import { withInferredNeeds } from "../../../src/definition/infer-needs.ts";
import { aggregateStep, approval, group, handoff, loop, minimal, parallel, plan, set, step, wait } from "./definitions.ts";

function problemsIn(steps: Steps, parts: Partial<Definition> = {}): readonly Json[] {
  const definition = withInferredNeeds(minimal({ steps, ...parts }));
  const problems = checkDefinition(definition);
  if (problems.length > 0) expect(() => compile(definition)).toThrow(TuttiError);
  return problems.map(({ code, path, message, help }) => ({ code, path, message, help }));
}

function nested(depth: number): Step {
  return depth === 0 ? step() : group({ [`g${depth}`]: nested(depth - 1) });
}

const BAD = "${{ nope }}";
const agent = (name: string): Target => ({ kind: "agent", agent: name, skill: null });

describe("a mistake deep inside is found at its place in the file", () => {
  const places: readonly (readonly [string, Steps, readonly (string | number)[]])[] = [
    ["a loop", { x: loop({ write: step({ with: BAD }) }, "true") }, ["x", "loop", "steps", "write", "with"]],
    ["a loop's condition", { x: loop({ a: step() }, "nope") }, ["x", "loop", "until"]],
    ["a loop's score", { x: loop({ a: step() }, "", { until: { kind: "score", source: "nope", threshold: 1 } }) }, ["x", "loop", "score"]],
    ["a branch", { x: parallel({ a: step({ with: { b: [BAD] } }) }) }, ["x", "parallel", "branches", "a", "with", "b", 0]],
    ["a group", { x: group({ a: step({ if: "nope" }) }) }, ["x", "steps", "a", "if"]],
    ["an agent of a handoff", { x: handoff({ a: step({ text: BAD }) }) }, ["x", "handoff", "agents", "a", "text"]],
    ["a handler", { x: step({ handlers: { onError: step({ text: BAD }) } }) }, ["x", "onError", "text"]],
    [
      "a handler's approval",
      { x: parallel({ a: step() }, { handlers: { onDisagree: approval({ title: BAD }) } }) },
      ["x", "onDisagree", "approval", "title"],
    ],
    ["a compensation", { x: step({ compensate: step({ with: BAD }) }) }, ["x", "compensate", "with"]],
    ["a planner", { x: plan({ planner: step({ with: BAD }) }) }, ["x", "with"]],
    ["the approval of a plan", { x: plan({ approve: approval({ show: BAD }) }) }, ["x", "plan", "approve", "show"]],
    ["an approval", { x: approval({ title: BAD }) }, ["x", "approval", "title"]],
    ["an aggregate", { x: aggregateStep({ key: "nope" }) }, ["x", "aggregate", "key"]],
    ["a wait", { x: wait({ kind: "duration", value: BAD }) }, ["x", "wait", "for"]],
    ["a set", { x: set({ "a.b": BAD }) }, ["x", "set", "a.b"]],
    ["an event", { x: step({ target: { kind: "sink", sink: "log", event: "e" }, with: BAD }) }, ["x", "emit", "data"]],
    [
      "a vote of branches",
      { x: parallel({ a: step() }, { succeed: { rule: { kind: "quorum", count: 1, on: "nope" } } }) },
      ["x", "parallel", "succeed", "on"],
    ],
    [
      "a vote of items",
      {
        x: step({
          each: { items: [1], as: "i", concurrency: 1 },
          succeed: { rule: { kind: "quorum", count: 1, on: "i" } },
        }),
      },
      ["x", "succeed", "on"],
    ],
  ];
  it.each(places)("%s", (_, steps, path) => {
    expect(problemsIn(steps)).toMatchObject([{ code: "T1202", path: ["steps", ...path] }]);
  });

  it("schemas too", () => {
    const bad = { type: "strin" };
    const steps = {
      x: loop({ a: step({ output: bad }), b: approval({ form: bad }) }, "true"),
      p: plan({ approve: approval({ form: bad }) }),
    };
    expect(checkDefinition(minimal({ steps })).map(({ code, path }) => [code, path.join(".")])).toEqual([
      ["T1101", "steps.x.loop.steps.a.output.type"],
      ["T1101", "steps.x.loop.steps.b.approval.form.type"],
      ["T1101", "steps.p.plan.approve.form.type"],
    ]);
  });
});

describe("names", () => {
  it("an inner step cannot be called as one further out, and may be called as one elsewhere", () => {
    expect(problemsIn({ a: group({ a: step() }), b: group({ c: step() }), d: group({ c: loop({ d: step() }, "true") }) })).toMatchObject([
      { code: "T1014", path: ["steps", "a", "steps", "a"], message: '"a" is the id of a step further out as well.' },
      { code: "T1014", path: ["steps", "d", "steps", "c", "loop", "steps", "d"] },
    ]);
    const handler = group({ a: step() });
    expect(problemsIn({ a: step({ handlers: { onError: handler } }) })).toMatchObject([
      { code: "T1014", path: ["steps", "a", "onError", "steps", "a"] },
    ]);
  });

  it("an item cannot be called as one further out", () => {
    const each = { items: [1], as: "x", concurrency: 1 };
    expect(problemsIn({ a: group({ b: step({ each }) }, { each }) })).toMatchObject([
      { code: "T1014", path: ["steps", "a", "steps", "b", "as"], help: expect.stringContaining("further out") as string },
    ]);
  });

  it("no step is called as what undoes one", () => {
    expect(isStepId("compensate")).toBe(false);
    expect(problemsIn({ compensate: step() })).toMatchObject([{ code: "T1014" }]);
  });

  it("names of other places have no value", () => {
    expect(problemsIn({ a: step({ text: "${{ iter.number }} ${{ error.code }} ${{ item }} ${{ items }} ${{ result }}" }) })).toMatchObject(
      ["iter", "error", "item", "items", "result"].map((name) => ({ code: "T1202", message: `The name "${name}" has no value here.` })),
    );
  });

  it("the last iteration has the steps of its loop, with the fields of steps", () => {
    const rules = [
      "iter.prev.a.output == 1",
      "size(iter.prev.b.output) > 0",
      "iter.prev.b.output",
      "iter.prev.a.outptu",
      "size(iter.prev.a.nope)",
      "iter.last",
    ];
    const free = ["iter.prev.a", "has(iter.prev.a.output)", 'iter.prev["a"].text', "iter.?prev.a.orValue(1)", "size(iter.prev[input.x])"];
    expect(problemsIn({ x: loop({ a: step({ rules: [...rules, ...free] }) }, "true") })).toMatchObject([
      { code: "T1301", message: 'unknown step "b".', path: ["steps", "x", "loop", "steps", "a", "rules", 1] },
      { code: "T1301", help: 'Did you mean "a"?' },
      { code: "T1202", message: `A step's result has no "outptu".` },
      { code: "T1202", message: `A step's result has no "nope".` },
      { code: "T1202", message: `"iter" has no "last".` },
    ]);
    expect(problemsIn({ x: loop({ a: step({ if: "iter.prev.zebra.output" }) }, "true") })).toMatchObject([
      { code: "T1301", help: "iter.prev has the steps of this loop." },
    ]);
  });
});

describe("the graph", () => {
  it("a step inside another is read through it, and the message says how", () => {
    const steps = { x: loop({ write: step() }, "true"), y: step({ text: "${{ steps.write.output }}" }) };
    expect(problemsIn(steps)).toMatchObject([{ code: "T1301", help: 'It stands inside "x": read steps.x.output.write.' }]);
    const each = { items: [1], as: "i", concurrency: 1 };
    const hidden: Steps = {
      list: group({ one: step() }, { each }),
      desk: handoff({ two: step() }),
      deep: parallel({ b: group({ three: step() }) }),
      read: step({ rules: ["steps.one.output", "steps.two.output", "steps.three.output", "steps.onError.output"] }),
      own: step({ handlers: { onError: step() } }),
    };
    expect(problemsIn(hidden).map((found) => (found as { help: string | null }).help)).toEqual([
      null,
      null,
      'It stands inside "deep": read steps.deep.output.b.three.',
      null,
    ]);
  });

  it("branches neither read nor await each other, and read what is around them", () => {
    const steps = {
      a: step(),
      x: parallel({ b: step({ with: "${{ steps.a.output }}" }), c: step({ text: "${{ steps.b.output }}" }), d: step({ needs: ["c"] }) }),
      y: handoff({ e: step(), f: step({ if: "size(steps.e.output) > 0" }), g: step({ if: "steps.zzz.output" }) }),
    };
    expect(problemsIn(steps)).toMatchObject([
      {
        code: "T1304",
        path: ["steps", "x", "parallel", "branches", "c", "text"],
        message: expect.stringContaining('"c" and "b"') as string,
      },
      { code: "T1304", path: ["steps", "x", "parallel", "branches", "d", "needs"] },
      { code: "T1304", path: ["steps", "y", "handoff", "agents", "f", "if"] },
      { code: "T1301", path: ["steps", "y", "handoff", "agents", "g", "if"] },
    ]);
  });

  it("circles are found in every block, and through the steps around", () => {
    expect(
      problemsIn({
        x: loop({ a: step({ needs: ["b"] }), b: step({ text: "${{ steps.a.output }}" }) }, "true"),
        y: group({ c: step({ if: "steps.y.output" }) }),
      }),
    ).toMatchObject([
      { code: "T1303", path: ["steps", "x", "loop", "steps", "a"], message: "Steps wait for each other in a circle: a → b → a." },
      { code: "T1303", path: ["steps", "y"], message: 'Step "y" waits for itself.' },
    ]);
    const self = { x: parallel({ a: step({ if: "steps.a.output" }) }) };
    expect(problemsIn(self)).toMatchObject([{ code: "T1303", path: ["steps", "x", "parallel", "branches", "a"] }]);
  });

  it("a step that is needed further out and whose needs were never inferred is told", () => {
    const definition = minimal({
      steps: { a: step(), x: group({ b: step({ needs: ["a"] }) }), y: step({ handlers: { onError: step({ needs: ["nope"] }) } }) },
    });
    expect(checkDefinition(definition)).toMatchObject([
      { code: "T1301", path: ["steps", "x", "steps", "b", "needs"], message: '"a" does not stand beside this step.' },
      { code: "T1301", path: ["steps", "y", "onError", "needs"], message: 'unknown step "nope".' },
    ]);
    expect(checkDefinition(minimal({ steps: { a: step(), x: group({ b: step({ if: "steps.a.output" }) }) } }))).toMatchObject([
      { code: "T1012", path: ["steps", "x", "needs"], message: 'Step "x" reads "a" and does not wait for it.' },
    ]);
  });
});

describe("size", () => {
  it("eight steps may stand around a step, and no more", () => {
    expect(problemsIn({ a: nested(8) })).toEqual([]);
    expect(problemsIn({ a: nested(9) })).toMatchObject([
      { code: "T1017", message: "The step stands inside of 9 others; the limit is 8.", path: ["steps", "a", ...steps(9)] },
    ]);
    expect(problemsIn({ a: nested(1_000) })).toMatchObject([{ code: "T1017" }]);

    function steps(depth: number): readonly string[] {
      return Array.from({ length: depth }, (_, index) => ["steps", `g${depth - index}`]).flat();
    }
  });

  it("inner steps count", () => {
    const many = (count: number): Steps => Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, step()]));
    expect(problemsIn({ a: group(many(9_999)) })).toEqual([]);
    expect(problemsIn({ a: group(many(10_000)) })).toMatchObject([
      { code: "T1017", message: "The workflow has 10001 steps; the limit is 10000." },
    ]);
    expect(problemsIn({ a: group(many(30_000)) })).toMatchObject([
      { message: "The workflow has 20000 or more steps; the limit is 10000." },
    ]);
    const handled = (): Step => step({ handlers: { onError: step(), onTimeout: step() }, compensate: step() });
    expect(problemsIn(Object.fromEntries(Array.from({ length: 2_501 }, (_, index) => [`s${index}`, handled()])))).toMatchObject([
      { code: "T1017" },
    ]);
  });

  it("of thousands of mistakes only the first are looked for", () => {
    const wrong = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`s${index}`, step({ if: `steps.x${index}.output` })]));
    // Processor time, which says the same whatever else the machine does.
    const before = process.cpuUsage();
    const problems = checkDefinition(withInferredNeeds(minimal({ steps: wrong })));
    const { user } = process.cpuUsage(before);
    expect(problems).toHaveLength(MAX_PROBLEMS);
    expect(problems[0]?.declared).toHaveLength(50);
    expect(user / 1_000).toBeLessThan(4_000);
  });
});

describe("what a kind of step cannot do without", () => {
  const each = { items: [1, 2], as: "i", concurrency: 1 };
  const two = { a: step(), b: step() };
  const cases: readonly (readonly [string, Step, Json])[] = [
    ["branches", parallel({}), { code: "T1012", path: ["steps", "x", "parallel", "branches"] }],
    ["steps of a loop", loop({}, "true"), { code: "T1012", path: ["steps", "x", "loop", "steps"] }],
    ["steps of a group", group({}), { code: "T1012", path: ["steps", "x", "steps"] }],
    ["agents to hand over to", handoff({}), { code: "T1012", path: ["steps", "x", "handoff", "agents"] }],
    [
      "a first agent that is one of them",
      handoff({ triage: step() }, { start: "triag" }),
      { code: "T1301", path: ["steps", "x", "handoff", "start"], help: 'Did you mean "triage"?' },
    ],
    ["capabilities of a plan", plan({ capabilities: [] }), { code: "T1012", path: ["steps", "x", "plan", "allow"] }],
    ["a signal's name", wait({ kind: "signal", name: "", timeoutMs: 1 }), { code: "T1012", path: ["steps", "x", "wait", "signal"] }],
    [
      "reminders that leave people in peace",
      approval({ remindMs: 1 }),
      { code: "T1011", path: ["steps", "x", "approval", "remind"], help: "The shortest time between two is 1m." },
    ],
    [
      "reminders of a plan likewise",
      plan({ approve: approval({ remindMs: 59_999 }) }),
      { code: "T1011", path: ["steps", "x", "plan", "approve", "remind"] },
    ],
    ["something to set", set({}), { code: "T1012", path: ["steps", "x", "set"] }],
    ["a duration that is one", wait({ kind: "duration", value: "5 minutes" }), { code: "T1015", path: ["steps", "x", "wait", "for"] }],
    ["a duration that is no list", wait({ kind: "duration", value: [5] }), { code: "T1015" }],
    ["a duration in the future", wait({ kind: "duration", value: -1 }), { code: "T1015" }],
    ["a duration within reason", wait({ kind: "duration", value: "9999w" }), { code: "T1015" }],
    [
      "an instant with a zone",
      wait({ kind: "instant", value: "2026-12-01T09:00:00" }),
      { code: "T1011", path: ["steps", "x", "wait", "until"] },
    ],
    ["an instant that exists", wait({ kind: "instant", value: "2026-13-01T09:00:00Z" }), { code: "T1011" }],
    ["an instant that is a text", wait({ kind: "instant", value: { at: "x".repeat(100) } }), { code: "T1011" }],
    [
      "enough branches",
      parallel(two, { succeed: { rule: { kind: "atLeast", count: 3 } } }),
      { code: "T1305", path: ["steps", "x", "parallel", "succeed"], message: "It wants 3 results, and there are only 2 branches." },
    ],
    ["enough branches for the first", parallel(two, { succeed: { rule: { kind: "first", count: 3 } } }), { code: "T1305" }],
    ["enough branches for a quorum", parallel(two, { succeed: { rule: { kind: "quorum", count: 3, on: "result" } } }), { code: "T1305" }],
    [
      "enough items",
      step({ each, succeed: { rule: { kind: "atLeast", count: 3 } } }),
      { code: "T1305", path: ["steps", "x", "succeed"], message: "It wants 3 results, and there are only 2 items." },
    ],
    ["a count", parallel(two, { succeed: { rule: { kind: "atLeast", count: 0 } } }), { code: "T1305" }],
    ["a whole count", parallel(two, { succeed: { rule: { kind: "first", count: 1.5 } } }), { code: "T1305" }],
    [
      "a percentage",
      parallel(two, { succeed: { rule: { kind: "atLeastPercent", percent: 120 } } }),
      { code: "T1305", message: "A join wants 120 % of the results." },
    ],
    ["a path", set({ "a..b": 1 }), { code: "T1014", path: ["steps", "x", "set", "a..b"] }],
    ["a path that stays in the data", set({ "a.__proto__.b": 1 }), { code: "T1014" }],
    ["a path within reason", set({ [Array.from({ length: 17 }, () => "a").join(".")]: 1 }), { code: "T1014" }],
    [
      "a path of names that the run takes",
      set({ ["a".repeat(65)]: 1 }),
      { code: "T1014", help: "A name in it has at most 64 characters." },
    ],
    [
      "paths apart",
      set({ "a.b": 1, "a-b": 1, a: 1, ab: 1 }),
      { code: "T1014", path: ["steps", "x", "set", "a.b"], message: '"a.b" is a part of another path that is written here.' },
    ],
    [
      "paths to read",
      step({ context: { read: ["a", "b c"], write: [] } }),
      { code: "T1014", path: ["steps", "x", "context", "read", 1], message: `"b c" cannot be a path in the run's context.` },
    ],
    [
      "paths to write",
      step({ context: { read: [], write: ["constructor"] } }),
      { code: "T1014", path: ["steps", "x", "context", "write", 0] },
    ],
  ];
  it.each(cases)("%s", (_, wrong, expected) => {
    expect(problemsIn({ x: wrong })).toMatchObject([expected]);
  });

  it("is not missed where it is there, or is known only in a run", () => {
    const fine: Steps = {
      half: parallel(two, { succeed: { rule: { kind: "atLeastPercent", percent: 50 }, withinMs: 5 } }),
      all: parallel({ c: step(), d: step() }, { succeed: { rule: { kind: "quorum", count: 2, on: "result" } } }),
      computed: step({ each: { ...each, items: "${{ input.list }}" }, succeed: { rule: { kind: "first", count: 9 } } }),
      alone: step({ succeed: { rule: { kind: "first", count: 9 } } }),
      empty: step({ each: { ...each, items: [] }, succeed: { rule: { kind: "first", count: 9 } } }),
      later: wait({ kind: "duration", value: "${{ input.pause }}" }),
      number: wait({ kind: "duration", value: 1500 }),
      instant: wait({ kind: "instant", value: "2026-12-01T09:00+01:00" }),
      when: wait({ kind: "instant", value: "$context.when" }),
      set: set({ "intermediate.data_uri": "x", "intermediate.data-uri": "y", inter: 1 }),
      may: step({ context: { read: ["a.b"], write: ["c-d_E.0"] } }),
    };
    expect(problemsIn(fine)).toEqual([]);
  });

  it("a mistake in a time's expression is told once", () => {
    expect(problemsIn({ x: wait({ kind: "duration", value: "${{ 5" }) })).toMatchObject([{ code: "T1201" }]);
  });

  it("an agent has one vote, in however many branches it stands", () => {
    const agents: Definition["agents"] = { one: { kind: "local", name: "one" }, any: { kind: "capability", capability: "work" } };
    const quorum = (...targets: readonly Target[]): Steps => ({
      x: parallel(Object.fromEntries(targets.map((target, index) => [`b${index}`, step({ target })])), {
        succeed: { rule: { kind: "quorum", count: 2, on: "result" } },
      }),
    });
    expect(problemsIn(quorum(agent("one"), agent("one")), { agents })).toMatchObject([
      { code: "T1305", message: "It wants 2 agents that agree, and has only 1 different one." },
    ]);
    expect(problemsIn(quorum(agent("one"), agent("one"), agent("any")), { agents })).toEqual([]);
    expect(problemsIn(quorum(agent("any"), agent("any")), { agents })).toEqual([]);
    expect(problemsIn(quorum(agent("elsewhere"), agent("elsewhere")), { agents })).toEqual([]);
    const spare = step({ target: agent("one"), fallback: [agent("any")] });
    const mixed = parallel(
      { a: spare, b: spare, c: group({ d: step() }) },
      { succeed: { rule: { kind: "quorum", count: 3, on: "result" } } },
    );
    expect(problemsIn({ x: mixed }, { agents })).toEqual([]);
    const three = parallel(
      { a: step({ target: agent("one") }), b: step({ target: agent("one") }), c: step() },
      { succeed: { rule: { kind: "quorum", count: 3, on: "result" } } },
    );
    expect(problemsIn({ x: three }, { agents })).toMatchObject([
      { message: "It wants 3 agents that agree, and has only 2 different ones." },
    ]);
  });
});

describe("agents that nobody declares", () => {
  it("are found at any depth, with their place in the file", () => {
    const work = (name: string, fallback: readonly Target[] = []) => step({ target: agent(name), fallback });
    const definition = minimal({
      steps: {
        a: loop({ b: parallel({ c: work("u1"), d: step({ target: { kind: "workflow", name: "w", range: "*" } }) }) }, "true"),
        e: step({ handlers: { onError: work("u2") }, compensate: work("u3") }),
        f: plan({ planner: work("u4", [agent("u5")]) }),
        g: handoff({ h: work("u6") }),
        i: step({ target: { kind: "sink", sink: "log", event: "e" } }),
      },
    });
    expect(checkAgents(definition).map(({ path }) => path.join("."))).toEqual([
      "steps.a.loop.steps.b.parallel.branches.c.agent",
      "steps.e.onError.agent",
      "steps.e.compensate.agent",
      "steps.f.plan.agent",
      "steps.f.fallback.0",
      "steps.g.handoff.agents.h.agent",
    ]);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`s${index}`, work(`u${index}`)]));
    expect(checkAgents(minimal({ steps: many }))).toHaveLength(MAX_PROBLEMS);
  });
});
