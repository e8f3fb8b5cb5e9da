import { describe } from "vitest";

import { mistakes } from "./step-mistakes.ts";

describe("a mistake in a step that holds steps, or in the keys of a step", () => {
  mistakes([
    ["a misspelt modifier", "{ agent: a, compensat: { agent: b } }", ['T1010 5:18 9 unknown key "compensat". Did you mean "compensate"?']],
    [
      "a misspelt key inside a kind",
      "{ loop: { util: x, until: 'true', steps: { i: { agent: a } } } }",
      ['T1010 5:16 4 unknown key "util". Did you mean "until"?'],
    ],
    [
      "a key of another kind",
      "{ agent: a, branches: {} }",
      ["T1011 5:18 8 `branches` does not fit `agent`; it stands inside `parallel`. Take it out, or make it a step of that kind."],
    ],
    [
      "a key of another kind beside it",
      "{ loop: { until: 'true', steps: { i: { agent: a } } }, text: hi }",
      [
        "T1011 5:61 4 `text` does not fit `loop`; it belongs to `agent`, `capability`, `parallel`, `handoff`, `plan`, `workflow` and `aggregate`. Write it at the inner steps.",
      ],
    ],
    [
      "a key that belongs inside",
      "{ loop: { until: 'true', steps: { i: { agent: a } } }, max: 3 }",
      ["T1011 5:61 3 `max` belongs inside `loop`. Write loop: { max: … }."],
    ],
    [
      "a key that belongs beside",
      "{ loop: { until: 'true', timeout: 3s, steps: { i: { agent: a } } } }",
      ["T1011 5:31 7 `timeout` does not belong inside `loop`. Set it beside `loop`, as a key of the step."],
    ],
    [
      "a key of a step inside a kind",
      "{ approval: { to: a, title: t, critical: false } }",
      ["T1011 5:37 8 `critical` does not belong inside `approval`. Set it beside `approval`, as a key of the step."],
    ],
    ["two kinds", "{ agent: a, wait: 3s }", ['T1016 5:18 4 Step "x" has `agent` and `wait`; a step is of one kind. Make two steps of it.']],
    [
      "two kinds of which one belongs inside",
      "{ loop: { until: 'true' }, steps: { i: { agent: a } } }",
      ['T1016 5:33 5 Step "x" has `loop` and `steps`; a step is of one kind. Set `steps` inside `loop`.'],
    ],
    [
      "an aggregator beside",
      "{ aggregate: { from: [] }, agent: a }",
      ['T1016 5:8 9 Step "x" has `agent` and `aggregate`; a step is of one kind. Set `agent` inside `aggregate`.'],
    ],
    [
      "a loop that does not say when",
      "{ loop: { steps: { i: { agent: a } } } }",
      [
        "T1012 5:8 4 The loop does not say when it is done. Add `until` with a condition, or `score` with an expression that gives a number.",
      ],
    ],
    [
      "a loop that says it twice",
      "{ loop: { until: 'true', score: '1', steps: { i: { agent: a } } } }",
      ["T1011 5:31 5 The loop has `until` and `score`. Keep one of them."],
    ],
    [
      "a threshold alone",
      "{ loop: { until: 'true', threshold: 1, steps: { i: { agent: a } } } }",
      ["T1012 5:31 9 `threshold` means nothing without `score`. Add `score`, or take it out."],
    ],
    ["a loop without steps", "{ loop: { until: 'true' } }", ["T1012 5:8 4 The loop has no steps. Give it `steps: { … }` inside `loop`."]],
    [
      "a loop with no steps",
      "{ loop: { until: 'true', steps: {} } }",
      ["T1012 5:31 5 There are no steps in `steps`. Give it at least one step."],
    ],
    [
      "a loop without end",
      "{ loop: { until: 'true', max: 1001, steps: { i: { agent: a } } } }",
      ['T1011 5:36 4 "max" must be a whole number from 1 to 1000, not 1001.'],
    ],
    [
      "the best draft without a score",
      "{ loop: { until: 'true', onExhausted: best, steps: { i: { agent: a } } } }",
      [
        "T1012 5:44 4 `onExhausted: best` needs a `score`: without one, no draft is better than another. Write `score` in place of `until`, or `last`.",
      ],
    ],
    [
      "a handler inside a loop",
      "{ loop: { until: 'true', onExhausted: { agent: b }, steps: { i: { agent: a } } } }",
      ["T1011 5:31 11 Inside `loop`, `onExhausted` is one of fail, best and last. Set a nested step beside `loop`, as a key of the step."],
    ],
    [
      "a word beside a loop",
      "{ loop: { until: 'true', steps: { i: { agent: a } } }, onExhausted: last }",
      ["T1011 5:61 11 `onExhausted: last` belongs inside `loop`. Write loop: { onExhausted: last, … }."],
    ],
    [
      "a handler that never runs",
      "{ loop: { until: 'true', onExhausted: last, steps: { i: { agent: a } } }, onExhausted: { agent: b } }",
      ["T1012 5:80 11 With `onExhausted: last` the loop never fails so, and the handler never runs. Keep one of them."],
    ],
    ["a loop that is none", "{ loop: 5 }", ['T1011 5:14 1 "loop" must be an object with `max`, `until` and `score`, not 5.']],
    [
      "parallel without branches",
      "{ parallel: { succeed: any } }",
      ["T1012 5:8 8 `parallel` has no branches. Give it exactly one: `agents` for the same work, or `branches` for different work."],
    ],
    [
      "parallel with both",
      "{ parallel: { agents: [a, b], branches: { c: { agent: c } } } }",
      [
        "T1012 5:8 8 `parallel` has `agents` and `branches`. Give it exactly one: `agents` for the same work, or `branches` for different work.",
      ],
    ],
    [
      "parallel with one",
      "{ parallel: { agents: [a] } }",
      ["T1012 5:20 6 `parallel` has only one branch. Give it two or more, or make it an ordinary step."],
    ],
    [
      "parallel with none",
      "{ parallel: { agents: [] } }",
      ["T1012 5:20 6 `parallel` has no branch. Give it two or more, or make it an ordinary step."],
    ],
    [
      "one branch",
      "{ parallel: { branches: { c: { agent: c } } } }",
      ["T1012 5:20 8 `parallel` has only one branch. Give it two or more, or make it an ordinary step."],
    ],
    [
      "two branches of one name",
      "{ parallel: { agents: [A-b, a_b] } }",
      ['T1014 5:34 3 Two of the agents would both be called "a_b". Give them ids of their own: write an object with a key for each.'],
    ],
    ["agents that are none", "{ parallel: { agents: a } }", ['T1011 5:28 1 "agents" must be a list of agents, not "a".']],
    [
      "an agent that is none",
      "{ parallel: { agents: [a, 5, { agent: b, capability: c }] } }",
      [
        "T1011 5:32 1 This must be the name of an agent, or an object with one of `agent` and `capability`, not 5.",
        "T1011 5:35 27 This must be the name of an agent, or an object with one of `agent` and `capability`, not an object.",
      ],
    ],
    [
      "a text beside branches",
      "{ parallel: { branches: { c: { agent: c }, d: { agent: d } } }, text: hi }",
      ["T1011 5:70 4 `text` beside `parallel` is given to its `agents`, and here are `branches`. Write it at each branch that needs it."],
    ],
    [
      "succeed beside parallel",
      "{ parallel: { agents: [a, b] }, succeed: any }",
      ["T1011 5:38 7 `succeed` belongs inside `parallel`. Write parallel: { agents: […], succeed: … }."],
    ],
    [
      "a quorum that is too large",
      "{ parallel: { agents: [a, b], succeed: { quorum: 3, on: result } } }",
      ["T1305 5:36 7 It wants 3 results, and there are only 2 branches. Ask for at most 2."],
    ],
    [
      "a quorum on nothing",
      "{ parallel: { agents: [a, b], succeed: { quorum: 2 } } }",
      ["T1012 5:36 7 `quorum` does not say on what value. Add for example on: result.verdict, or on: result for the whole."],
    ],
    [
      "on without quorum",
      "{ parallel: { agents: [a, b], succeed: { first: 1, on: result } } }",
      ["T1012 5:57 2 `on` means nothing without `quorum`. Write { quorum: 2, on: … }, or take it out."],
    ],
    [
      "succeed in two ways",
      "{ parallel: { agents: [a, b], succeed: { first: 1, all: true } } }",
      ["T1011 5:47 5 `succeed` has `all` and `first` at once. Keep one of them."],
    ],
    [
      "succeed that says nothing",
      "{ parallel: { agents: [a, b], succeed: { within: 3s } } }",
      ["T1012 5:36 7 `succeed` does not say how many. Write all, any, { atLeast: 2 }, { first: 2 } or { quorum: 2, on: result.verdict }."],
    ],
    [
      "succeed that is none",
      "{ parallel: { agents: [a, b], succeed: most } }",
      ['T1011 5:45 4 "succeed" must be all, any, { atLeast: 2 }, { first: 2 } or { quorum: 2, on: result.verdict }, not "most".'],
    ],
    [
      "a percentage that is none",
      "{ parallel: { agents: [a, b], succeed: { atLeast: 120% } } }",
      ['T1011 5:56 4 "atLeast" must be a whole number, or a percentage from 1% to 100% such as "75%", not "120%".'],
    ],
    [
      "succeed without a list",
      "{ agent: a, succeed: any }",
      ["T1012 5:18 7 `succeed` means nothing without `each`. Add `each: ${{ … }}` with a list, or take it out."],
    ],
    [
      "onDisagree without succeed",
      "{ agent: a, each: [1], onDisagree: { agent: b } }",
      [
        "T1012 5:29 10 `onDisagree` means nothing without `succeed`. Add for example succeed: { quorum: 2, on: result.verdict }, or take it out.",
      ],
    ],
    [
      "a branch that waits for another",
      "{ parallel: { branches: { p: { agent: a }, q: { agent: b, needs: p } } } }",
      [
        'T1304 5:71 1 A branch cannot wait for another branch: "p" runs at the same time. Put both into one branch with `steps: { … }`, or make them steps beside each other.',
      ],
    ],
    [
      "a branch that reads another",
      "{ parallel: { branches: { p: { agent: a }, q: { agent: b, with: { v: '${{ steps.p.output }}' } } } } }",
      [
        'T1304 5:86 1 "q" and "p" run side by side, so neither can read or await the other. What depends on a branch comes after all of them, or both stand in one branch of several `steps`.',
      ],
    ],
    [
      "a step that nobody sees",
      "{ loop: { until: 'true', steps: { inner: { agent: a, needs: befor } } } }",
      ['T1301 5:66 5 unknown step "befor". Did you mean "before"?'],
    ],
    [
      "a name further out taken again",
      "{ loop: { until: 'true', steps: { before: { agent: a } } } }",
      ['T1014 5:40 6 "before" is the id of a step further out as well. Give one of them another id, so that each can be read.'],
    ],
    [
      "an expression given to several agents",
      "{ parallel: { agents: [a, b] }, text: '${{ nope }}' }",
      ['T1202 5:49 4 The name "nope" is not known.'],
    ],
    [
      "an expression in a handler",
      "{ agent: a, onError: { agent: b, text: '${{ error.mesage }} ${{ nope }}' } }",
      ['T1202 5:70 4 The name "nope" is not known.'],
    ],
  ]);
});
