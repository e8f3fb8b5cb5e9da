import { describe } from "vitest";

import { mistakes } from "./step-mistakes.ts";

describe("a mistake in one of the other kinds", () => {
  mistakes([
    ["handoff without agents", "{ handoff: { max: 3 } }", ["T1012 5:8 7 `handoff` has no agents. Give it `agents: [triage, billing]`."]],
    [
      "handoff with one",
      "{ handoff: { agents: [a] } }",
      ["T1012 5:19 6 A handoff needs two agents or more. With one agent it is an ordinary step."],
    ],
    [
      "handoff to nobody",
      "{ handoff: { agents: [triage, billing], start: triaje } }",
      ['T1301 5:53 6 "triaje" cannot begin: it is none of the agents that hand over to each other. Did you mean "triage"?'],
    ],
    [
      "handoff to a wait",
      "{ handoff: { agents: { a: { agent: a }, b: { wait: 3s } } } }",
      ['T1011 5:46 1 "b" is no agent. Give it `agent`, `capability` or `workflow`.'],
    ],
    [
      "handoff in words",
      "{ handoff: { agents: a } }",
      ['T1011 5:27 1 "agents" must be a list of agents, or an object with one for each id, not "a".'],
    ],
    [
      "a plan without a planner",
      "{ plan: { allow: [a] } }",
      ["T1012 5:8 4 `plan` does not say who makes the plan. Give it exactly one of `agent` and `capability`."],
    ],
    [
      "a plan with two planners",
      "{ plan: { agent: a, capability: b, allow: [a] } }",
      ["T1012 5:8 4 `plan` has `agent` and `capability`. Give it exactly one of `agent` and `capability`."],
    ],
    [
      "a plan that may do nothing",
      "{ plan: { agent: a } }",
      ["T1012 5:8 4 The plan may ask for nothing. List under `allow` what its subtasks may ask for."],
    ],
    [
      "an approval of nobody",
      "{ approval: { title: t } }",
      ['T1012 5:8 8 `approval` does not say whom it asks. Add for example to: ["role:compliance"].'],
    ],
    [
      "an approval of an empty list",
      "{ approval: { to: [], title: t } }",
      ['T1012 5:8 8 `approval` does not say whom it asks. Add for example to: ["role:compliance"].'],
    ],
    [
      "an approval without a title",
      "{ approval: { to: a } }",
      ["T1012 5:8 8 `approval` has no title. Add the question in words: title: Send the brief?"],
    ],
    ["an approval in a word", "{ approval: yes }", ['T1011 5:18 3 "approval" must be an object with `to`, `title` and `show`, not "yes".']],
    [
      "an approval without a time",
      "{ approval: { to: a, title: t, onTimeout: reject } }",
      ["T1012 5:37 9 `onTimeout` means nothing without a `timeout` beside it. Add `timeout`, for example 2d, or take it out."],
    ],
    [
      "an approval with two handlers",
      "{ approval: { to: a, title: t, timeout: 1d, onTimeout: { agent: a } }, onTimeout: { agent: b } }",
      ["T1011 5:77 9 `onTimeout` stands inside `approval` and beside it. Keep one of them."],
    ],
    [
      "an approval in a wrong word",
      "{ approval: { to: a, title: t, timeout: 1d, onTimeout: aprove } }",
      ['T1011 5:61 6 "onTimeout" must be one of approve, reject, fail, or a nested step, not "aprove". Did you mean "approve"?'],
    ],
    [
      "an escalation that never comes",
      "{ approval: { to: a, title: t, escalate: { to: b } } }",
      ["T1012 5:37 8 `escalate` does not say when. Add for example after: 1d."],
    ],
    [
      "what is shown",
      "{ approval: { to: a, title: t, show: 5 } }",
      ['T1011 5:43 1 "show" must be an object of what is shown, or one expression in ${{ }} that gives it, not 5.'],
    ],
    [
      "a workflow that is computed",
      "{ workflow: '${{ input.w }}' }",
      [
        'T1011 5:18 16 "workflow" must be the name of a workflow, such as publish_brief@^2, not "${{ input.w }}". Which workflow it is must be known before the run.',
      ],
    ],
    [
      "a range that is none",
      "{ workflow: brief@new }",
      ['T1011 5:18 9 "new" is no range of versions. Write for example brief@^2, brief@1.2.0, or brief alone.'],
    ],
    [
      "a sub-workflow without a name",
      "{ capability: run_subworkflow, with: { workflow: '${{ input.w }}' } }",
      [
        'T1011 5:55 16 "workflow" must be the name of a workflow, such as publish_brief@^2, not "${{ input.w }}". Which workflow it is must be known before the run.',
      ],
    ],
    [
      "a sub-workflow with other keys",
      "{ capability: run_subworkflow, with: { workflow: brief, inputs: {} } }",
      ['T1010 5:62 6 unknown key "inputs". Did you mean "input"?'],
    ],
    ["an event without a name", "{ emit: { to: log } }", ["T1012 5:8 4 The event has no name. Add for example event: brief_published."]],
    [
      "an event with a strange name",
      "{ emit: 'a b' }",
      ['T1014 5:14 5 "a b" cannot be the name of an event. Use letters, digits, ".", ":", "/", "_" and "-", beginning with a letter.'],
    ],
    [
      "an event to nowhere",
      "{ emit: { event: e, to: somewhere } }",
      ['T1011 5:30 9 "to" must be `log`, or the address of a webhook, not "somewhere". Write a URL that begins with https://.'],
    ],
    [
      "an event to a broker",
      "{ emit: { event: e, to: 'nats://x' } }",
      ['T1011 5:30 10 "to" must be `log`, or the address of a webhook, not "nats://x". Brokers are not supported by this version yet.'],
    ],
    [
      "parameters of an event",
      "{ emit: e, with: { a: 1 } }",
      [
        "T1011 5:17 4 `with` does not fit `emit`; it belongs to `agent`, `capability`, `parallel`, `handoff`, `plan`, `workflow` and `aggregate`. Write emit: { event: …, data: … }.",
      ],
    ],
    [
      "an aggregate of nothing",
      "{ aggregate: { strategy: list } }",
      ['T1012 5:8 9 `aggregate` does not say what it combines. Add from: "${{ steps.x.output }}".'],
    ],
    [
      "an aggregate without a way",
      "{ aggregate: { from: [] } }",
      [
        "T1012 5:8 9 `aggregate` does not say how. Add strategy: one of list, dict, merge, concat, majority, first, best, sum, average, min, max, count, expression; or `value`, or `agent`.",
      ],
    ],
    [
      "an aggregate in a strange way",
      "{ aggregate: { from: [], strategy: marge } }",
      [
        'T1011 5:41 5 "strategy" must be one of list, dict, merge, concat, majority, first, best, sum, average, min, max, count, expression, not "marge". Did you mean "merge"?',
      ],
    ],
    [
      "a key that is not used",
      "{ aggregate: { from: [], strategy: sum, key: item.a } }",
      [
        "T1012 5:46 3 `key` means nothing with the strategy sum; it belongs to `dict`, `merge` and `majority`. Take it out, or choose another strategy.",
      ],
    ],
    [
      "an expression that is missing",
      "{ aggregate: { from: [], strategy: expression } }",
      ["T1012 5:31 8 The strategy expression has no `value`. Add for example value: size(items)."],
    ],
    [
      "an agent with a strategy",
      "{ aggregate: { from: [], agent: a, strategy: sum } }",
      ["T1011 5:41 8 `strategy` means nothing where an agent combines. Take it out, or take the agent out."],
    ],
    [
      "two aggregators",
      "{ aggregate: { from: [], agent: a, capability: b } }",
      ["T1016 5:41 10 `aggregate` has `agent` and `capability`. Keep one of them."],
    ],
    [
      "a text for a strategy",
      "{ aggregate: { from: [], strategy: sum }, text: hi }",
      [
        "T1011 5:48 4 `text` fits `aggregate` only where an agent combines. Take it out, or add `agent` or `capability` inside `aggregate`.",
      ],
    ],
    [
      "parameters in words",
      "{ aggregate: { from: [], agent: a }, with: '${{ input }}' }",
      ['T1011 5:49 14 "with" must be an object, to which the results are added, not "${{ input }}".'],
    ],
    [
      "a wait for what",
      "{ wait: '${{ input.x }}' }",
      [
        "T1012 5:14 16 `wait` does not say what the expression gives. Write { for: ${{ input.x }} } for a duration, or { until: ${{ input.x }} } for an instant.",
      ],
    ],
    [
      "a wait for nothing",
      "{ wait: {} }",
      ["T1012 5:8 4 `wait` does not say for what. Give it exactly one of `for`, `until` and `signal`."],
    ],
    [
      "a wait for two things",
      "{ wait: { for: 3s, signal: s } }",
      ["T1012 5:8 4 `wait` has `for` and `signal` at once. Give it exactly one of `for`, `until` and `signal`."],
    ],
    ["a wait in numbers", "{ wait: 5 }", ['T1015 5:14 1 "wait" must be a duration with a unit. Write 5s, 5m or 5h.']],
    ["a wait too long", "{ wait: 900w }", ['T1015 5:14 4 A duration is from 0 to 3660d, and this one is "900w".']],
    [
      "an instant without a zone",
      "{ wait: { until: 2026-12-01 } }",
      ['T1011 5:23 10 "2026-12-01" is not an instant; write a date, a time and a zone, such as 2026-12-01T09:00:00Z.'],
    ],
    [
      "a timeout of a time",
      "{ wait: { for: 3s, timeout: 1s } }",
      ["T1012 5:25 7 `timeout` bounds the wait for a signal; other waits end by themselves. Take it out."],
    ],
    [
      "a signal without a name",
      "{ wait: { signal: 'a b' } }",
      ['T1014 5:24 5 "a b" cannot be the name of a signal. Use letters, digits, ".", ":", "_" and "-", beginning with a letter.'],
    ],
    ["a set of nothing", "{ set: {} }", ["T1012 5:8 3 It writes nothing. Write a path and its value."]],
    [
      "a set that is none",
      "{ set: [] }",
      [
        'T1011 5:8 3 "set" must be an object of paths and their values, not a list. Write for example set: { "intermediate.data_uri": "${{ … }}" }.',
      ],
    ],
    [
      "a set of a strange path",
      "{ set: { 'a..b': 1 } }",
      ['T1014 5:15 6 "a..b" cannot be a path in the run\'s context. Write names of letters, digits, "_" and "-", with dots between them.'],
    ],
    [
      "a set of a path twice",
      "{ set: { a: 1, a.b: 2 } }",
      [
        'T1014 5:21 3 "a.b" is a part of another path that is written here. Write the whole value under one of them: what stands in an object has no order.',
      ],
    ],
  ]);
});
