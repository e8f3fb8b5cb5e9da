import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { compile } from "../../../src/definition/compile.ts";
import type { Definition, HandlerName, Step, Steps } from "../../../src/definition/definition.ts";
import { withInferredNeeds } from "../../../src/definition/infer-needs.ts";
import type { Block, InnerName, Scope, StepProgram, StepResult } from "../../../src/definition/program.ts";
import { eachStep, longNameOf } from "../../../src/definition/walk.ts";
import { aggregateStep, approval, group, handoff, loop, minimal, parallel, plan, set, step, wait } from "./definitions.ts";
import { scopeOf } from "./scope.ts";

function programOf(steps: Steps, parts: Partial<Definition> = {}) {
  return compile(withInferredNeeds(minimal({ steps, ...parts })));
}

function stepIn(block: Block | null, id: string): StepProgram {
  const found = block?.stepById.get(id);
  if (found === undefined) throw new Error(`There is no ${id}.`);
  return found;
}

function innerOf(program: StepProgram, name: InnerName): StepProgram {
  const found = program.inner[name];
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

function done(output: Json, more: Partial<StepResult> = {}): StepResult {
  return { status: "completed", output, attempts: 1, ...more };
}

/** A scope inside of another. */
function inside(outer: Scope, steps: Scope["steps"], more: Partial<Scope> = {}): Scope {
  const { input, context, run } = outer;
  return { input, context, run, steps, outer, ...more };
}

describe("blocks inside steps", () => {
  const steps: Steps = {
    topic: step(),
    draft: loop(
      {
        review: step({ with: { text: "${{ steps.write.output }}", n: "${{ iter.number }}" } }),
        write: step({ with: { topic: "${{ steps.topic.output }}", last: "${{ iter.prev == null ? '' : iter.prev.review.output.note }}" } }),
      },
      "steps.review.output.score >= 0.9 || iter.number == 5",
    ),
    checks: parallel(
      { a: step({ with: { draft: "${{ steps.draft.output.write }}" } }), b: group({ c: step(), d: step({ needs: ["c"] }) }) },
      { succeed: { rule: { kind: "quorum", count: 2, on: "result.verdict" } } },
    ),
    desk: handoff({ triage: step(), billing: step({ text: "Hello ${{ steps.checks.agreed }}" }) }),
  };
  const program = programOf(steps);

  it("are in an order of their own, with edges and places in the block", () => {
    const { block } = stepIn(program, "draft");
    expect(block?.steps.map(({ id, index }) => [id, index])).toEqual([
      ["write", 0],
      ["review", 1],
    ]);
    expect(stepIn(block, "write").dependents).toEqual([stepIn(block, "review")]);
    const checks = stepIn(program, "checks").block;
    expect(checks?.steps.map(({ id, dependents }) => [id, dependents.length])).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
    const inner = stepIn(checks, "b").block;
    expect(stepIn(inner, "c").dependents).toEqual([stepIn(inner, "d")]);
    expect(stepIn(program, "desk").block?.steps.map(({ id }) => id)).toEqual(["triage", "billing"]);
    expect(stepIn(program, "topic").block).toBe(null);
  });

  it("read what is around them, which the step around them waits for", () => {
    expect(program.steps.map(({ id, step: { needs } }) => [id, needs])).toEqual([
      ["topic", []],
      ["draft", ["topic"]],
      ["checks", ["draft"]],
      ["desk", ["checks"]],
    ]);
    expect(stepIn(stepIn(program, "draft").block, "write").step.needs).toEqual([]);
    expect(stepIn(stepIn(program, "draft").block, "review").step.needs).toEqual(["write"]);
  });

  it("find steps further out, and the iteration, at run time", () => {
    const around = scopeOf({}, { steps: { topic: done("bees") } });
    const write = stepIn(stepIn(program, "draft").block, "write");
    const first = inside(around, {}, { iter: { number: 1, prev: null } });
    expect(write.with?.(first)).toEqual({ ok: true, value: { topic: "bees", last: "" } });
    const second = inside(around, {}, { iter: { number: 2, prev: { review: done({ note: "shorter" }), write: done("x") } } });
    expect(write.with?.(second)).toEqual({ ok: true, value: { topic: "bees", last: "shorter" } });
  });

  it("a loop's condition reads the steps inside it, which are no needs", () => {
    const { until } = stepIn(program, "draft").parts;
    const over = (score: number, number: number) =>
      until?.(inside(scopeOf(), { review: done({ score }) }, { iter: { number, prev: null } }));
    expect(over(0.95, 1)).toEqual({ ok: true, value: true });
    expect(over(0.5, 1)).toEqual({ ok: true, value: false });
    expect(over(0.5, 5)).toEqual({ ok: true, value: true });
  });

  it("a vote sees one result", () => {
    const { vote } = stepIn(program, "checks").parts;
    expect(vote?.(scopeOf({}, { result: { verdict: { a: 1 } } }))).toEqual({ ok: true, value: { a: 1 } });
    expect(vote?.(scopeOf())).toMatchObject({ ok: false, error: { message: "There is no result here." } });
  });

  it("a failure names the steps further out that were read", () => {
    const billing = stepIn(stepIn(program, "desk").block, "billing");
    const scope = inside(scopeOf({}, { steps: { checks: { status: "skipped", attempts: 0 } } }), {});
    expect(billing.text?.(scope)).toEqual({
      ok: false,
      error: { source: "steps.checks.agreed", message: 'Step "checks" is skipped and has no agreed.', reads: ["checks"] },
    });
    const agreed = inside(scopeOf({}, { steps: { checks: done({}, { agreed: "yes" }) } }), {});
    expect(billing.text?.(agreed)).toEqual({ ok: true, value: "Hello yes" });
  });
});

describe("names at several levels", () => {
  const program = programOf({
    outer: group(
      {
        inner: step({
          each: { items: "${{ team.people }}", as: "person", concurrency: 1 },
          with: { team: "${{ team.name }}", person: "${{ person }}", at: "${{ index }}", maybe: "${{ steps.?first.output.orValue(0) }}" },
        }),
        plain: step({ with: { team: "${{ team.name }}", at: "${{ index }}" } }),
      },
      { each: { items: "${{ input.teams }}", as: "team", concurrency: 1 } },
    ),
    first: step(),
    rounds: loop({ small: loop({ work: step({ with: "${{ iter }}" }) }, "iter.number == 2") }, "iter.prev != null"),
  });

  it("an item is found by its name, however far out; the index is that of the nearest", () => {
    const around = scopeOf({}, { steps: { first: done(7) }, item: { name: "team", value: { name: "red" }, index: 4 } });
    const { block } = stepIn(program, "outer");
    const person = inside(around, {}, { item: { name: "person", value: "Ann", index: 1 } });
    expect(stepIn(block, "inner").with?.(person)).toEqual({ ok: true, value: { team: "red", person: "Ann", at: 1, maybe: 7 } });
    expect(stepIn(block, "plain").with?.(inside(around, {}))).toEqual({ ok: true, value: { team: "red", at: 4 } });
    expect(stepIn(block, "plain").with?.(scopeOf())).toMatchObject({ ok: false, error: { message: "There is no team here." } });
  });

  it("the iteration is that of the nearest loop", () => {
    const work = stepIn(stepIn(stepIn(program, "rounds").block, "small").block, "work");
    const outer = inside(scopeOf(), {}, { iter: { number: 3, prev: {} } });
    const inner = inside(outer, {}, { iter: { number: 1, prev: null } });
    expect(work.with?.(inner)).toEqual({ ok: true, value: { number: 1, prev: null } });
    expect(work.with?.(inside(outer, {}))).toEqual({ ok: true, value: { number: 3, prev: {} } });
    expect(work.with?.(scopeOf())).toMatchObject({ ok: false, error: { message: "There is no iteration here." } });
  });
});

describe("steps that stand in no block", () => {
  const handler: Step = approval({
    title: "${{ error.reason }} in ${{ steps.before.output }}, ${{ person }}",
    show: { asked: "${{ error.?question.orValue(null) }}" },
  });
  const program = programOf({
    before: step(),
    other: step(),
    work: step({
      each: { items: "${{ input.people }}", as: "person", concurrency: 1 },
      handlers: {
        onError: handler,
        onInvalid: group({ fix: step({ with: "${{ error.details }}" }) }),
        onDisagree: step({ text: "${{ error.message }}" }),
      },
      compensate: step({ with: { id: "${{ steps.work.output.id }}", by: "${{ steps.other.output }}", who: "${{ person }}" } }),
    }),
    todo: plan({
      planner: step({ with: { after: "${{ steps.work.output }}" } }),
      approve: approval({ title: "Run ${{ steps.other.output }}?", form: true }),
    }),
  });
  const work = stepIn(program, "work");

  it("have their name as id, no place in an order, and what they read is a need of their step", () => {
    const named = (Object.keys(work.inner) as (HandlerName | "compensate")[]).map((name) => innerOf(work, name));
    expect(named.map(({ id, index, dependents, step: { needs } }) => [id, index, dependents.length, needs.length])).toEqual([
      ["onError", 0, 0, 0],
      ["onInvalid", 0, 0, 0],
      ["onDisagree", 0, 0, 0],
      ["compensate", 0, 0, 0],
    ]);
    expect(work.step.needs).toEqual(["before", "other"]);
    expect(stepIn(program, "todo").step.needs).toEqual(["other", "work"]);
    expect(Object.keys(stepIn(program, "todo").inner)).toEqual(["makePlan", "approvePlan"]);
  });

  it("a handler sees the failure, its item, and what its step could read", () => {
    const scope = scopeOf(
      {},
      { steps: { before: done("A") }, item: { name: "person", value: "Ann", index: 0 }, error: { reason: "failed" } },
    );
    expect(innerOf(work, "onError").parts.title?.(scope)).toEqual({ ok: true, value: "failed in A, Ann" });
    expect(innerOf(work, "onError").parts.show?.(scope)).toEqual({ ok: true, value: { asked: null } });
    const fix = stepIn(innerOf(work, "onInvalid").block, "fix");
    expect(fix.with?.(inside(scopeOf({}, { error: { details: [1] } }), {}))).toEqual({ ok: true, value: [1] });
    expect(fix.with?.(scopeOf())).toMatchObject({ ok: false, error: { message: "There is no error here." } });
  });

  it("a compensation reads the result of the step that it undoes", () => {
    const scope = scopeOf({}, { steps: { work: done({ id: 9 }), other: done("o") }, item: { name: "person", value: "Ann", index: 0 } });
    expect(innerOf(work, "compensate").with?.(scope)).toEqual({ ok: true, value: { id: 9, by: "o", who: "Ann" } });
  });

  it("the planner and the approval of a plan see what the plan sees", () => {
    const todo = stepIn(program, "todo");
    const scope = scopeOf({}, { steps: { work: done([1]), other: done("it") } });
    expect(innerOf(todo, "makePlan").with?.(scope)).toEqual({ ok: true, value: { after: [1] } });
    expect(innerOf(todo, "approvePlan").parts.title?.(scope)).toEqual({ ok: true, value: "Run it?" });
    expect(innerOf(todo, "approvePlan").form?.({})).toEqual([]);
    expect([todo.form, todo.text, todo.with, todo.block]).toEqual([null, null, null, null]);
  });
});

describe("the parts of each kind", () => {
  const program = programOf({
    best: aggregateStep({ strategy: "best", by: "item.score * 2", key: "item.id + string(index)" }),
    sum: aggregateStep({ strategy: "expression", value: "items.map(i, i + 1)" }),
    none: aggregateStep({ from: null }),
    pause: wait({ kind: "duration", value: "${{ input.pause }}" }),
    until: wait({ kind: "instant", value: "2026-12-01T09:00:00Z" }),
    signal: wait({ kind: "signal", name: "go", timeoutMs: null }),
    note: set({ "a.b": "${{ input.n }}", c: null }),
    send: step({ files: [{ url: "${{ input.url }}" }], target: { kind: "sink", sink: "log", event: "done" } }),
    score: loop({ w: step() }, "", { until: { kind: "score", source: "steps.w.output.score", threshold: 0.9 } }),
    votes: step({
      each: { items: [1, 2], as: "n", concurrency: 2 },
      succeed: { rule: { kind: "quorum", count: 2, on: "result" }, withinMs: 5 },
    }),
    ask: approval({ title: "Go?", onTimeout: "reject" }),
  });
  const partsOf = (id: string): StepProgram["parts"] => stepIn(program, id).parts;

  it("are there for what the step has, and for nothing else", () => {
    expect(program.steps.map(({ id, parts }) => [id, Object.keys(parts)])).toEqual([
      ["best", ["from", "key", "by"]],
      ["sum", ["from", "value"]],
      ["none", ["from"]],
      ["pause", ["wait"]],
      ["until", ["wait"]],
      ["signal", []],
      ["note", ["values"]],
      ["send", ["files"]],
      ["score", ["until"]],
      ["votes", ["vote"]],
      ["ask", ["title"]],
    ]);
  });

  it("give their values", () => {
    const item = { name: "item", value: { score: 2, id: "x" }, index: 3 };
    expect(partsOf("best").by?.(scopeOf({}, { item }))).toEqual({ ok: true, value: 4 });
    expect(partsOf("best").key?.(scopeOf({}, { item }))).toEqual({ ok: true, value: "x3" });
    expect(partsOf("sum").value?.(scopeOf({}, { items: [1, 2] }))).toEqual({ ok: true, value: [2, 3] });
    expect(partsOf("sum").value?.(scopeOf())).toMatchObject({ ok: false, error: { message: "There is no items here." } });
    expect(partsOf("none").from?.(scopeOf())).toEqual({ ok: true, value: null });
    expect(partsOf("pause").wait?.(scopeOf({ pause: "5m" }))).toEqual({ ok: true, value: "5m" });
    expect(partsOf("until").wait?.(scopeOf())).toEqual({ ok: true, value: "2026-12-01T09:00:00Z" });
    expect(partsOf("note").values?.(scopeOf({ n: 1 }))).toEqual({ ok: true, value: { "a.b": 1, c: null } });
    expect(partsOf("send").files?.(scopeOf({ url: "u" }))).toEqual({ ok: true, value: [{ url: "u" }] });
    expect(partsOf("score").until?.(scopeOf({}, { steps: { w: done({ score: 1 }) } }))).toEqual({ ok: true, value: 1 });
  });
});

describe("needs that are inferred", () => {
  function needsOf(definition: Definition, name: string): readonly string[] {
    const found = eachStep(definition).find((placed) => longNameOf(placed) === name);
    if (found === undefined) throw new Error(`There is no ${name}.`);
    return found.step.needs;
  }

  it("bubble up to the step that stands beside the one that is read, and leave the inner ones", () => {
    const definition = withInferredNeeds(
      minimal({
        steps: {
          a: step(),
          b: step(),
          deep: group({
            near: step(),
            one: group({ two: step({ needs: ["a", "near", "nowhere"], if: "steps.b.output" }) }),
          }),
          caught: step({ handlers: { onError: step({ needs: ["a"], text: "${{ steps.b.output }}" }) } }),
          undone: step({ compensate: step({ needs: ["b"], with: { id: "${{ steps.undone.output }}" } }) }),
        },
      }),
    );
    expect(needsOf(definition, "deep")).toEqual(["a", "b"]);
    expect(needsOf(definition, "deep/one")).toEqual(["near"]);
    expect(needsOf(definition, "deep/one/two")).toEqual(["nowhere"]);
    expect(needsOf(definition, "caught")).toEqual(["a", "b"]);
    expect(needsOf(definition, "caught/onError")).toEqual([]);
    expect(needsOf(definition, "undone")).toEqual(["b"]);
    expect(withInferredNeeds(definition)).toEqual(definition);
  });

  it("a definition over the limits stays as it is, for the check to refuse", () => {
    const large = minimal({ steps: Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`s${index}`, step()])) });
    expect(withInferredNeeds(large)).toBe(large);
  });
});
