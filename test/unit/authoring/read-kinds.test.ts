import { describe, expect, it } from "vitest";

import { DEFAULTS } from "../../../src/definition/definition.ts";
import { BARE, agent, ask, asked, capability, read, table, work } from "./normal-steps.ts";

describe("parallel", () => {
  const parallel = (branches: object, more: object = {}) => ({
    kind: "parallel",
    ...BARE,
    branches,
    succeed: { rule: { kind: "all" } },
    ...more,
  });
  table([
    [
      "the same work for several agents, named after them",
      "{ parallel: { agents: [Check-A.b, { agent: z, skill: s }, { capability: w }], succeed: any }, text: hi, with: { a: 1 }, timeout: 3s, fallback: f }",
      parallel(
        Object.fromEntries(
          (
            [
              ["check_a_b", agent("Check-A.b")],
              ["z", agent("z", "s")],
              ["w", capability("w")],
            ] as const
          ).map(([id, target]) => [id, work(target, { text: "hi", with: { a: 1 }, timeoutMs: 3_000, fallback: [capability("f")] })]),
        ),
        { succeed: { rule: { kind: "first", count: 1 } } },
      ),
    ],
    [
      "the contract, the context and what concerns an agent go to each of them; the rest stays",
      "{ parallel: { agents: [a, b] }, output: true, rules: output > 1, context: { read: q }, onRejected: { agent: r }, onError: { agent: e }, critical: false, deadline: 1m, if: true, needs: before }",
      parallel(
        Object.fromEntries(
          ["a", "b"].map((name) => [
            name,
            work(agent(name), {
              output: true,
              rules: ["output > 1"],
              repair: 1,
              context: { read: ["q"], write: [] },
              handlers: { onRejected: work(agent("r")) },
            }),
          ]),
        ),
        { critical: false, deadlineMs: 60_000, if: "true", needs: ["before"], handlers: { onError: work(agent("e")) } },
      ),
    ],
    [
      "branches of their own, one of them a group",
      "{ parallel: { branches: { credit: { agent: a }, both: { steps: { p: { agent: b }, q: { agent: c, needs: p } } } }, succeed: { first: 1, within: 9s } }, output: true }",
      parallel(
        {
          credit: work(agent("a")),
          both: { kind: "group", ...BARE, steps: { p: work(agent("b")), q: work(agent("c"), { needs: ["p"] }) } },
        },
        { succeed: { rule: { kind: "first", count: 1 }, withinMs: 9_000 }, output: true },
      ),
    ],
    [
      "a handler for disagreement, inside",
      `{ parallel: { agents: [a, b], succeed: { quorum: 2, on: result }, onDisagree: { ${ask} } } }`,
      parallel(
        { a: work(agent("a")), b: work(agent("b")) },
        { succeed: { rule: { kind: "quorum", count: 2, on: "result" } }, handlers: { onDisagree: asked() } },
      ),
    ],
    [
      "or beside it",
      `{ parallel: { agents: [a, b] }, onDisagree: { ${ask} } }`,
      parallel({ a: work(agent("a")), b: work(agent("b")) }, { handlers: { onDisagree: asked() } }),
    ],
  ]);
});

describe("loops and groups", () => {
  const loop = (more: object) => ({ kind: "loop", ...BARE, max: 5, onExhausted: "fail", ...more });
  const write = { write: work(agent("a")) };
  table([
    [
      "a group",
      "{ steps: { write: { agent: a } }, each: [1], critical: false }",
      { kind: "group", ...BARE, each: { items: [1], as: "item", concurrency: 1_000 }, critical: false, steps: write },
    ],
    [
      "until a condition holds",
      "{ loop: { until: steps.write.output.good, steps: { write: { agent: a } } } }",
      loop({ steps: write, until: { kind: "condition", source: "steps.write.output.good" } }),
    ],
    [
      "until a score is reached",
      "{ loop: { max: 3, score: steps.write.output.s, steps: { write: { agent: a } } } }",
      loop({ steps: write, max: 3, until: { kind: "score", source: "steps.write.output.s", threshold: 0.9 } }),
    ],
    [
      "the best draft when it is not",
      "{ loop: { score: steps.write.output.s, threshold: 7, onExhausted: best, steps: { write: { agent: a } } } }",
      loop({ steps: write, until: { kind: "score", source: "steps.write.output.s", threshold: 7 }, onExhausted: "best" }),
    ],
    [
      "a handler when it is not",
      `{ loop: { until: "false", steps: { write: { agent: a } } }, onExhausted: { ${ask} } }`,
      loop({ steps: write, until: { kind: "condition", source: "false" }, handlers: { onExhausted: asked() } }),
    ],
    [
      "a conversation of the loop",
      '{ loop: { until: "false", steps: { write: { agent: a, conversation: loop } } } }',
      loop({ steps: { write: work(agent("a"), { conversation: "loop" }) }, until: { kind: "condition", source: "false" } }),
    ],
  ]);

  it("inner steps need each other, and what they need further out their holder needs", () => {
    const step = read(
      '{ loop: { until: steps.b.output, steps: { a: { agent: a, needs: before }, b: { agent: b, with: { q: "${{ steps.a.output }}" } } } } }',
    );
    expect(step).toMatchObject({ needs: ["before"], steps: { a: { needs: [] }, b: { needs: ["a"] } } });
  });
});

describe("handoff", () => {
  const handoff = (agents: object, more: object = {}) => ({
    kind: "handoff",
    ...BARE,
    agents,
    start: Object.keys(agents)[0],
    max: 10,
    ...more,
  });
  table([
    [
      "agents on the same work; the contract is that of the last",
      "{ handoff: { agents: [triage, { capability: billing }] }, text: hi, output: { type: object }, context: { write: q } }",
      handoff(
        {
          triage: work(agent("triage"), { text: "hi", context: { read: [], write: ["q"] } }),
          billing: work(capability("billing"), { text: "hi", context: { read: [], write: ["q"] } }),
        },
        { output: { type: "object" } },
      ),
    ],
    [
      "who begins, and how often",
      "{ handoff: { agents: [Triage, billing], start: Triage, max: 3 } }",
      handoff({ triage: work(agent("Triage")), billing: work(agent("billing")) }, { max: 3 }),
    ],
    [
      "agents under names of their own, with words of their own",
      "{ handoff: { agents: { first: { agent: triage, text: own, timeout: 1s }, second: { agent: triage, skill: s } }, start: second }, text: hi, idle: 5s, timeout: 3s }",
      handoff(
        {
          first: work(agent("triage"), { text: "own", timeoutMs: 1_000, idleMs: 5_000 }),
          second: work(agent("triage", "s"), { text: "hi", timeoutMs: 3_000, idleMs: 5_000 }),
        },
        { start: "second" },
      ),
    ],
    [
      "when the turns are used up",
      `{ handoff: { agents: [a, b] }, onExhausted: { ${ask} } }`,
      handoff({ a: work(agent("a")), b: work(agent("b")) }, { handlers: { onExhausted: asked() } }),
    ],
  ]);
});

describe("plan", () => {
  const plan = (planner: object, more: object = {}) => ({
    kind: "plan",
    ...BARE,
    planner,
    capabilities: ["search", "sum"],
    maxSubtasks: 20,
    maxDepth: 1,
    subtask: { timeoutMs: DEFAULTS.attemptTimeoutMs, retry: DEFAULTS.retry },
    ...more,
  });
  table([
    ["with every default", "{ plan: { agent: p, allow: [search, sum, sum] } }", plan(work(agent("p"), { repair: 1 }))],
    [
      "what stands beside it is for the planner, what stands inside for the subtasks",
      "{ plan: { capability: p, allow: [search, sum], maxSubtasks: 3, maxDepth: 2, timeout: 5s, retry: { attempts: 1 } }, text: go, timeout: 9s, output: true, onInvalid: { repair: 2 }, onRejected: { agent: r }, onError: { agent: e } }",
      plan(work(capability("p"), { text: "go", timeoutMs: 9_000, repair: 2, handlers: { onRejected: work(agent("r")) } }), {
        maxSubtasks: 3,
        maxDepth: 2,
        subtask: { timeoutMs: 5_000, retry: { ...DEFAULTS.retry, attempts: 1 } },
        output: true,
        handlers: { onError: work(agent("e")) },
      }),
    ],
    [
      "people approve it",
      "{ plan: { agent: p, allow: [search, sum], approve: { to: ann, title: Go on?, timeout: 1d, onTimeout: reject } } }",
      plan(work(agent("p"), { repair: 1 }), { approve: asked({ timeoutMs: 86_400_000, onTimeout: "reject" }) }),
    ],
  ]);
});

describe("approval", () => {
  table([
    ["the shortest", `{ ${ask} }`, asked()],
    [
      "all that can be said",
      '{ approval: { to: [ann, "role:compliance", ann], title: "Send ${{ input.n }}?", show: { a: "${{ steps.before.output }}" }, form: { type: object }, remind: 8h, escalate: { after: 1d, to: boss }, timeout: 2d, onTimeout: approve } }',
      asked({
        needs: ["before"],
        to: ["ann", "role:compliance"],
        title: "Send ${{ input.n }}?",
        show: { a: "${{ steps.before.output }}" },
        form: { type: "object" },
        remindMs: 28_800_000,
        escalate: { afterMs: 86_400_000, to: ["boss"] },
        timeoutMs: 172_800_000,
        onTimeout: "approve",
      }),
    ],
    [
      "a step when the time is up",
      "{ approval: { to: ann, title: Go on?, timeout: 2d, onTimeout: { agent: a } } }",
      asked({ timeoutMs: 172_800_000, handlers: { onTimeout: work(agent("a")) } }),
    ],
  ]);
});

describe("sub-workflows and events", () => {
  const child = (range: string, more: object = {}) => work({ kind: "workflow", name: "brief", range }, more);
  const log = { kind: "sink", sink: "log", event: "done" };
  table([
    [
      "a workflow in a range of versions",
      "{ workflow: brief@^2, with: { a: 1 }, timeout: 1h }",
      child("^2", { with: { a: 1 }, timeoutMs: 3_600_000 }),
    ],
    ["in any version", "{ workflow: brief }", child("*")],
    [
      "as the guides spell it",
      "{ capability: run_subworkflow, with: { workflow: brief@1.2.0, input: { a: 1 } } }",
      child("1.2.0", { with: { a: 1 } }),
    ],
    [
      "with params",
      "{ capability: run_subworkflow, with: { workflow: brief, params: '${{ input }}' } }",
      child("*", { with: "${{ input }}" }),
    ],
    ["an event to the log", "{ emit: done }", work(log)],
    ["with data", "{ emit: { event: done, to: log, data: [1] } }", work(log, { with: [1] })],
    [
      "to a webhook",
      "{ emit: { event: done, to: 'https://x.example.com/h' }, retry: { attempts: 1 } }",
      work({ ...log, sink: "webhook", url: "https://x.example.com/h" }, { retry: { ...DEFAULTS.retry, attempts: 1 } }),
    ],
    [
      "to a webhook, in full",
      "{ emit: { event: done, to: { webhook: 'https://x.example.com/h' } } }",
      work({ ...log, sink: "webhook", url: "https://x.example.com/h" }),
    ],
  ]);
});

describe("aggregate, wait and set", () => {
  const combined = (more: object) => ({ kind: "aggregate", ...BARE, needs: ["before"], from: "${{ steps.before.output }}", ...more });
  const from = 'from: "${{ steps.before.output }}"';
  const waited = (wait: object) => ({ kind: "wait", ...BARE, wait });
  table([
    ["merge by a key", `{ aggregate: { ${from}, strategy: merge, key: item.url } }`, combined({ strategy: "merge", key: "item.url" })],
    ["the best by a score", `{ aggregate: { ${from}, strategy: best, by: item.score } }`, combined({ strategy: "best", by: "item.score" })],
    ["an expression", `{ aggregate: { ${from}, value: size(items) } }`, combined({ strategy: "expression", value: "size(items)" })],
    [
      "an agent",
      `{ aggregate: { ${from}, agent: a, skill: s }, with: { tone: dry }, output: true }`,
      work(agent("a", "s"), { needs: ["before"], with: { results: "${{ steps.before.output }}", tone: "dry" }, output: true, repair: 1 }),
    ],
    ["a capability", "{ aggregate: { from: [1, 2], capability: c } }", work(capability("c"), { with: { results: [1, 2] } })],
    ["a duration", "{ wait: 5m }", waited({ kind: "duration", value: "5m" })],
    ["a duration that is computed", '{ wait: { for: "${{ input.pause }}" } }', waited({ kind: "duration", value: "${{ input.pause }}" })],
    ["an instant", "{ wait: { until: 2026-12-01T09:00:00Z } }", waited({ kind: "instant", value: "2026-12-01T09:00:00Z" })],
    ["a signal", "{ wait: { signal: paid } }", waited({ kind: "signal", name: "paid", timeoutMs: null })],
    [
      "a signal, for some time",
      "{ wait: { signal: paid, timeout: 2d } }",
      waited({ kind: "signal", name: "paid", timeoutMs: 172_800_000 }),
    ],
    [
      "the run context",
      '{ set: { "intermediate.uri": "${{ steps.before.output }}", n: 1 } }',
      { kind: "set", ...BARE, needs: ["before"], values: { "intermediate.uri": "${{ steps.before.output }}", n: 1 } },
    ],
  ]);
});
