import { describe, expect, it } from "vitest";

import { agent, ask, asked, load, read, table, work } from "./normal-steps.ts";

describe("a step for one agent", () => {
  table([
    [
      "idle, ttl and deadline",
      "{ agent: a, idle: 5s, ttl: 3s, deadline: 1h }",
      work(agent("a"), { idleMs: 5_000, ttlMs: 3_000, deadlineMs: 3_600_000 }),
    ],
    ["a conversation of the run", "{ agent: a, conversation: run }", work(agent("a"), { conversation: "run" })],
    ["a conversation of its own says nothing", "{ agent: a, conversation: fresh }", work(agent("a"))],
    ["a streamed answer", "{ agent: a, deliver: stream }", work(agent("a"), { deliver: "stream" })],
    [
      "files as addresses and references",
      "{ agent: a, files: [https://f.example.com/a.pdf, { payload: p, mediaType: text/plain, name: n }] }",
      work(agent("a"), { files: [{ url: "https://f.example.com/a.pdf" }, { payload: "p", mediaType: "text/plain", name: "n" }] }),
    ],
    ["files from an expression", '{ agent: a, files: "${{ input.files }}" }', work(agent("a"), { files: "${{ input.files }}" })],
    ["a limit is a number at once", "{ agent: a, limit: 4 }", work(agent("a"), { limit: { concurrency: 4 } })],
    ["or a rate", "{ agent: a, limit: { concurrency: 4, rate: 30/m } }", work(agent("a"), { limit: { concurrency: 4, perSecond: 0.5 } })],
    ["a budget", "{ agent: a, budget: { tokens: 500, cost: 0.5 } }", work(agent("a"), { budget: { tokens: 500, cost: 0.5 } })],
    [
      "paths of the context",
      "{ agent: a, context: { read: sales.region, write: [draft] } }",
      work(agent("a"), { context: { read: ["sales.region"], write: ["draft"] } }),
    ],
    [
      "words for outcomes that change nothing",
      "{ agent: a, onUnknown: fail, onRejected: fallback, onInputRequired: ask, onAuthRequired: ask, onError: fail }",
      work(agent("a")),
    ],
    [
      "words for outcomes that do",
      "{ agent: a, onUnknown: ask, onRejected: fail, onInputRequired: fail, onAuthRequired: fail }",
      work(agent("a"), { onUnknown: "ask", onRejected: "fail", onInputRequired: "fail", onAuthRequired: "fail" }),
    ],
    [
      "a handler for each outcome",
      "{ agent: a, onError: { agent: b }, onUnknown: { agent: c }, onRejected: { agent: d }, onInputRequired: { agent: e }, onAuthRequired: { agent: f }, onTimeout: { agent: g } }",
      work(agent("a"), {
        handlers: {
          onError: work(agent("b")),
          onUnknown: work(agent("c")),
          onRejected: work(agent("d")),
          onInputRequired: work(agent("e")),
          onAuthRequired: work(agent("f")),
          onTimeout: work(agent("g")),
        },
      }),
    ],
    ["a contract is repaired once", "{ agent: a, output: { type: object } }", work(agent("a"), { output: { type: "object" }, repair: 1 })],
    [
      "or as often as is written",
      "{ agent: a, rules: output > 1, onInvalid: { repair: 3 } }",
      work(agent("a"), { rules: ["output > 1"], repair: 3 }),
    ],
    ["or never", "{ agent: a, rules: output > 1, onInvalid: fail }", work(agent("a"), { rules: ["output > 1"] })],
    ["never, in numbers", "{ agent: a, rules: output > 1, onInvalid: { repair: 0 } }", work(agent("a"), { rules: ["output > 1"] })],
    [
      "once, and then a handler",
      "{ agent: a, output: true, onInvalid: { agent: b } }",
      work(agent("a"), { output: true, repair: 1, handlers: { onInvalid: work(agent("b")) } }),
    ],
    [
      "twice, and then a handler",
      "{ agent: a, output: true, onInvalid: { repair: 2, then: { agent: b } } }",
      work(agent("a"), { output: true, repair: 2, handlers: { onInvalid: work(agent("b")) } }),
    ],
    [
      "what undoes it",
      '{ agent: a, compensate: { agent: a, skill: undo, with: { id: "${{ steps.x.output.id }}" } } }',
      work(agent("a"), { compensate: work(agent("a", "undo"), { with: { id: "${{ steps.x.output.id }}" } }) }),
    ],
  ]);
});

describe("a list", () => {
  const list = { each: { items: [1, 2], as: "item", concurrency: 1_000 } };
  const cases: readonly (readonly [string, object | undefined])[] = [
    ["all", undefined],
    ["{ all: true }", undefined],
    ["{ all: true, within: 30s }", { rule: { kind: "all" }, withinMs: 30_000 }],
    ["any", { rule: { kind: "first", count: 1 } }],
    ["{ any: true, within: 1m }", { rule: { kind: "first", count: 1 }, withinMs: 60_000 }],
    ["{ first: 2 }", { rule: { kind: "first", count: 2 } }],
    ["{ atLeast: 2 }", { rule: { kind: "atLeast", count: 2 } }],
    ["{ atLeast: 75% }", { rule: { kind: "atLeastPercent", percent: 75 } }],
    ["{ quorum: 2, on: result.verdict }", { rule: { kind: "quorum", count: 2, on: "result.verdict" } }],
  ];
  it.each(cases)("succeed: %s", (succeed, normal) => {
    expect(read(`{ agent: a, each: [1, 2], succeed: ${succeed} }`)).toEqual(
      work(agent("a"), { ...list, ...(normal === undefined ? {} : { succeed: normal }) }),
    );
  });
  it("and what happens when the votes disagree", () => {
    expect(read(`{ agent: a, each: [1, 2], succeed: { quorum: 2, on: result }, onDisagree: { ${ask} } }`)).toMatchObject({
      handlers: { onDisagree: asked() },
    });
  });
});

describe("the whole workflow", () => {
  const steps = "steps:\n  a: { capability: c }\n";
  it("has a budget", () => {
    const budget = "{ attempts: 9, subtasks: 8, time: 1h, tokens: 7, cost: 0.5, depth: 2, hops: 0, onExceeded: ask }";
    expect(load(`budget: ${budget}\n${steps}`).budget).toEqual({
      attempts: 9,
      subtasks: 8,
      wallMs: 3_600_000,
      tokens: 7,
      cost: 0.5,
      depth: 2,
      hops: 0,
      onExceeded: "ask",
    });
    expect(load(`budget: { tokens: 7 }\n${steps}`).budget).toEqual({ tokens: 7, onExceeded: "fail" });
  });
  it("says where agents report what they used", () => {
    expect(load(`usage: { tokens: usage.total_tokens, cost: usage.cost, model: model }\n${steps}`).usage).toEqual({
      tokens: "usage.total_tokens",
      cost: "usage.cost",
      model: "model",
    });
  });
  it("says nothing about either when the file does not", () => {
    const definition = load(steps);
    expect("budget" in definition || "usage" in definition).toBe(false);
  });
  it("holds steps eight deep", () => {
    const deep = (levels: number): string => (levels === 0 ? "{ agent: a }" : `{ steps: { s${levels}: ${deep(levels - 1)} } }`);
    expect(load(`steps: { s: ${deep(8)} }\n`).steps["s"]).toMatchObject({ kind: "group" });
  });
});
