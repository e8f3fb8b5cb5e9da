import { describe, expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";
import { mistakes } from "./step-mistakes.ts";

describe("a mistake in handlers and modifiers", () => {
  mistakes([
    [
      "a handler with an order of its own",
      "{ agent: a, onError: { agent: b, needs: before, if: 'true', each: [1] } }",
      [
        "T1011 5:39 5 A step under `onError` has no `needs` of its own: it runs when it is called for, once. Take it out, or make it a step inside `steps: { … }`.",
        "T1011 5:54 2 A step under `onError` has no `if` of its own: it runs when it is called for, once. Take it out, or make it a step inside `steps: { … }`.",
        "T1011 5:66 4 A step under `onError` has no `each` of its own: it runs when it is called for, once. Take it out, or make it a step inside `steps: { … }`.",
      ],
    ],
    ["a handler that is a list", "{ agent: a, onError: [] }", ['T1011 5:18 7 "onError" must be fail, or a nested step, not a list.']],
    ["a handler in a word", "{ agent: a, onError: retry }", ['T1011 5:27 5 "onError" must be fail, or a nested step, not "retry".']],
    [
      "a handler of no kind",
      "{ agent: a, onError: { text: hi } }",
      [
        'T1016 5:18 7 Step "onError" does not say who does the work. Give it `agent: name` or `capability: name`. Other steps have `parallel`, `loop`, `handoff`, `plan`, `approval`, `workflow`, `emit`, `aggregate`, `wait`, `set` and `steps`.',
      ],
    ],
    [
      "a compensation by people",
      "{ agent: a, compensate: { approval: { to: a, title: t } } }",
      ["T1011 5:18 10 A compensation is work for one agent. Give it `agent`, `capability`, `workflow` or `emit`."],
    ],
    [
      "a compensation that is handled and compensated",
      "{ agent: a, compensate: { agent: b, compensate: { agent: c }, output: true, onError: { agent: d } } }",
      [
        "T1011 5:42 10 A compensation has no `compensate`: its result is not read, and if it fails, people are asked. Take it out.",
        "T1011 5:68 6 A compensation has no `output`: its result is not read, and if it fails, people are asked. Take it out.",
        "T1011 5:82 7 A compensation has no `onError`: its result is not read, and if it fails, people are asked. Take it out.",
      ],
    ],
    [
      "onInvalid without a contract",
      "{ agent: a, onInvalid: { repair: 2 } }",
      ["T1012 5:18 9 `onInvalid` means nothing without `output` or `rules`. Say what a valid output is, or take it out."],
    ],
    [
      "repair of a loop",
      "{ loop: { until: 'true', steps: { i: { agent: a } } }, output: true, onInvalid: { repair: 1 } }",
      ["T1011 5:88 6 `repair` fits only a step whose output comes from one agent. Write a nested step, or `fail`."],
    ],
    [
      "a conversation of no loop",
      "{ agent: a, conversation: loop }",
      [
        "T1011 5:32 4 `conversation: loop` stands outside of any loop. Write run for one conversation of the whole run, or move the step into a loop.",
      ],
    ],
    [
      "a conversation that is none",
      "{ agent: a, conversation: runs, deliver: streem }",
      [
        'T1011 5:32 4 "conversation" must be one of fresh, loop, run, caller, not "runs". Did you mean "run"?',
        'T1011 5:47 6 "deliver" must be one of stream, not "streem". Did you mean "stream"?',
      ],
    ],
    [
      "a limit that is none",
      "{ agent: a, limit: { rate: 5 } }",
      ['T1011 5:33 1 "rate" must be a rate such as 10/s, 30/m or 100/h, not 5. Write 5/s.'],
    ],
    ["a limit of nothing", "{ agent: a, limit: {} }", ["T1012 5:18 5 `limit` limits nothing. Write limit: 4, or { rate: 10/s }."]],
    ["a limit too large", "{ agent: a, limit: 0 }", ['T1011 5:25 1 "limit" must be a whole number from 1 to 4096, not 0.']],
    [
      "a budget that is none",
      "{ agent: a, budget: { cost: 0, attempts: 3 } }",
      [
        'T1011 5:34 1 "cost" must be a number above 0, not 0.',
        "T1011 5:37 8 `attempts` is a budget of the run; a step has tokens and cost. Set it under `budget` beside `steps`.",
      ],
    ],
    [
      "a budget of nothing",
      "{ agent: a, budget: {} }",
      ["T1012 5:18 6 `budget` limits nothing. Write { tokens: 20000 }, or { cost: 0.5 }."],
    ],
    [
      "files that are none",
      "{ agent: a, files: x }",
      ['T1011 5:25 1 "files" must be a list of files, or one expression in ${{ }} that gives it, not "x".'],
    ],
    [
      "a file that is none",
      "{ agent: a, files: [{ name: n }, 5] }",
      [
        "T1012 5:26 11 A file has exactly one of `url` and `payload`. Write for example { url: https://files.example.com/a.pdf, mediaType: application/pdf }.",
        "T1011 5:39 1 This must be an object, not 5.",
      ],
    ],
    [
      "a context that is none",
      "{ agent: a, context: { reed: x, write: ['__proto__.x', 'a b'] } }",
      [
        'T1010 5:29 4 unknown key "reed". Did you mean "read"?',
        'T1014 5:46 13 "__proto__.x" cannot be a path in the run\'s context. Write names of letters, digits, "_" and "-", with dots between them.',
        'T1014 5:61 5 "a b" cannot be a path in the run\'s context. Write names of letters, digits, "_" and "-", with dots between them.',
      ],
    ],
    [
      "a context for nobody",
      "{ wait: 3s, context: { read: x } }",
      [
        "T1011 5:18 7 `context` does not fit `wait`; it belongs to `agent`, `capability`, `parallel`, `handoff`, `plan`, `workflow` and `aggregate`. Take it out.",
      ],
    ],
    [
      "times of nothing",
      "{ agent: a, idle: 0s, ttl: soon, deadline: 5 }",
      [
        'T1015 5:24 2 "idle" is a duration of nothing. Leave it out, or write for example 30s.',
        'T1015 5:33 4 "soon" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 2h or 1d.',
        'T1015 5:49 1 "deadline" must be a duration with a unit, not 5. Write 5s, 5m or 5h.',
      ],
    ],
  ]);
});

describe("the budget and the usage of the workflow", () => {
  it.each([
    ["budget: {}", ["T1012 `budget` limits nothing. Write for example { attempts: 100, time: 1h }."]],
    ["budget: { onExceeded: ask }", ["T1012 `budget` limits nothing. Write for example { attempts: 100, time: 1h }."]],
    ["budget: 5", ['T1011 "budget" must be an object, not 5.']],
    [
      "budget: { tokens: 1.5, onExceeded: stop }",
      [
        'T1011 "tokens" must be a whole number from 1 to 9007199254740991, not 1.5.',
        'T1011 "onExceeded" must be one of fail, ask, not "stop".',
      ],
    ],
    [
      "budget: { token: 5, time: 5 }",
      ['T1010 unknown key "token". Did you mean "tokens"?', 'T1015 "time" must be a duration with a unit, not 5. Write 5s, 5m or 5h.'],
    ],
    [
      "usage: { tokens: a..b, cots: c }",
      [
        'T1014 "a..b" cannot be a path in an agent\'s metadata. Write names joined by dots, such as usage.total_tokens.',
        'T1010 unknown key "cots". Did you mean "cost"?',
      ],
    ],
  ])("%s", (line, expected) => {
    const loaded = loadText(`tutti: "1.0"\nname: w\n${line}\nsteps: { a: { capability: c } }\n`, "w.yaml");
    expect(loaded.ok ? [] : loaded.error.map(({ code, message, help }) => `${code} ${message}${help === null ? "" : ` ${help}`}`)).toEqual(
      expected,
    );
  });
});
