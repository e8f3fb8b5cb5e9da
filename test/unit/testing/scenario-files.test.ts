/** Scenario files: what they can say, what becomes of it, and where their mistakes are. */
import { describe, expect, it } from "vitest";

import { ScenarioFolder } from "./scenario-folder.ts";

const TWICE = `
steps:
  first: { capability: cap_a, with: { value: "\${{ input.initial_value }}" } }
  second: { capability: cap_b, with: { value: "\${{ steps.first.output }}" } }
output: \${{ steps.second.output }}`;

const ADD = `
agents:
  cap_a: { answer: "\${{ input.value + 1 }}" }
  cap_b: { answer: "\${{ input.value + 1 }}" }
`;

describe("a scenario", () => {
  it("passes when everything is as it says: output, attempts, order, calls, facts and time", async () => {
    using folder = new ScenarioFolder(TWICE);
    const { problems, scenarios } = await folder.run(`${ADD}
scenarios:
  - name: five becomes seven
    input: { initial_value: 5 }
    agents:
      cap_b: [{ fail: { code: NETWORK_TIMEOUT, retryAfter: 10s }, times: 2 }, { answer: "\${{ input.value + 1 }}" }]
    expect:
      exactly: 7
      attempts: { first: 1, second: 3 }
      order: [first, second]
      calls: { cap_a: 1, cap_b: 3 }
      skipped: []
      facts: [{ kind: attemptFailed, path: second }, { kind: attemptFailed, failure: { code: NETWORK_TIMEOUT } }]
      within: 1m`);
    expect(problems).toEqual([]);
    expect(scenarios).toMatchObject([{ name: "five becomes seven", passed: true, status: "completed", mismatches: [] }]);
  });

  it("that fails says what differs, with the line and both values", async () => {
    using folder = new ScenarioFolder(TWICE);
    const { scenarios } = await folder.run(`${ADD}
scenarios:
  - name: wrong
    input: { initial_value: 5 }
    expect:
      output: 8
      attempts: { second: 2 }
      order: [second, first]
      facts: [{ kind: attemptFailed }]`);
    expect(scenarios[0]?.mismatches).toEqual([
      { what: "output", line: 11, message: "The output differs.", expected: 8, actual: 7 },
      { what: "attempts/second", line: 12, message: "second has 1 attempt, not 2.", expected: 2, actual: 1 },
      {
        what: "order",
        line: 13,
        message: "first began before second was over.",
        expected: ["second", "first"],
        actual: ["first", "second"],
      },
      { what: "facts/0", line: 14, message: 'No fact of the history holds {"kind":"attemptFailed"}.' },
    ]);
  });

  it.each([
    ["a cancel, some time after a step has begun", "{ at: second, after: 5s, cancel: enough }", "{ status: canceled, within: 6s }"],
    ["a cancel in the moment in which a step begins", "{ at: second, cancel: enough }", "{ status: canceled, within: 1s }"],
    ["a pause", "{ at: first, pause: true }", "{ status: paused }"],
    ["a restart, after which the work goes on", "{ at: second, after: 5s, restart: true }", "{ exactly: 1, calls: { cap_b: 1 } }"],
    ["an event from the start of the run", "{ after: 7s, cancel: enough }", "{ status: canceled, within: 8s }"],
  ])("has %s", async (_what, event, expectation) => {
    using folder = new ScenarioFolder(TWICE);
    const { problems, scenarios } = await folder.run(`${ADD}
scenarios:
  - name: events
    input: { initial_value: 5 }
    agents: { cap_b: { script: [{ slow: 1m, answer: 1 }], remote: true } }
    events: [${event}]
    expect: ${expectation}`);
    expect(problems).toEqual([]);
    expect(scenarios.map(({ mismatches }) => mismatches)).toEqual([[]]);
  });

  it("lets a paused run go on", async () => {
    using folder = new ScenarioFolder(TWICE);
    const { scenarios } = await folder.run(`${ADD}
scenarios:
  - name: pause
    input: { initial_value: 5 }
    events: [{ at: first, pause: true }, { at: first, after: 1h, resume: true }]
    expect: { exactly: 7, facts: [{ kind: runPaused }, { kind: runResumed }] }`);
    expect(scenarios.map(({ mismatches, elapsedMs }) => ({ mismatches, elapsedMs }))).toEqual([{ mismatches: [], elapsedMs: 3_600_000 }]);
  });

  it("answers an agent's question, or leaves it open", async () => {
    using folder = new ScenarioFolder(TWICE);
    const { scenarios } = await folder.run(`
agents: { cap_a: { ask: "How much?", next: { answer: "\${{ call.answers[0] + 1 }}" } }, cap_b: { answer: "\${{ input.value }}" } }
scenarios:
  - name: answered
    input: { initial_value: 5 }
    events: [{ at: first, after: 2h, answer: 41 }]
    expect: { exactly: 42 }
  - name: open
    input: { initial_value: 5 }
    expect: { questions: [first] }
  - name: never asked
    input: { initial_value: 5 }
    agents: { cap_a: { answer: 1 } }
    events: [{ at: first, answer: 41 }]
    expect: { exactly: 1 }`);
    expect(scenarios.map(({ passed }) => passed)).toEqual([true, true, false]);
    expect(scenarios[2]?.mismatches).toMatchObject([
      { what: "events", message: 'The event "answer" at first did not happen: the run did not get there.' },
    ]);
  });

  it("approves, rejects, sends signals, and lets a time run out", async () => {
    using folder = new ScenarioFolder(`
timeout: 9d
steps:
  go: { wait: { signal: go } }
  desk:
    steps:
      sign: { needs: [], approval: { to: [ada], title: "Send?", timeout: 2d, onTimeout: reject, form: { type: object, required: [note] } } }
      send: { if: steps.sign.output.decision == "approved", capability: send, with: { note: "\${{ steps.sign.output.form.note }}" } }
    needs: [go]
output: "\${{ steps.desk.output.sign.decision }}"`);
    const { problems, scenarios } = await folder.run(`
agents: { send: { answer: sent } }
scenarios:
  - name: approved
    events: [{ at: go, after: 1d, signal: { name: go, payload: 1 } }, { at: desk/sign, after: 1h, approve: { note: fine } }]
    expect: { exactly: approved, order: [go, desk/sign, desk/send], calls: { send: 1 }, within: 25h }
  - name: rejected
    events: [{ signal: go }, { at: desk/sign, reject: { note: bad } }]
    expect: { exactly: rejected, skipped: [desk/send] }
  - name: nobody
    events: [{ signal: go }]
    expect: { questions: [desk/sign] }
  - name: nobody for days
    events: [{ signal: go }]
    advance: 2d
    expect: { exactly: rejected }
  - name: a form that does not fit
    events: [{ signal: go }, { at: desk/sign, approve: true }]
    expect: { questions: [desk/sign] }`);
    expect(problems).toEqual([]);
    expect(scenarios.map(({ name, mismatches }) => ({ name, mismatches }))).toMatchObject([
      { name: "approved", mismatches: [] },
      { name: "rejected", mismatches: [] },
      { name: "nobody", mismatches: [] },
      { name: "nobody for days", mismatches: [] },
      {
        name: "a form that does not fit",
        mismatches: [{ what: "events", message: expect.stringMatching(/^The event "answer" at desk\/sign was refused: /) }],
      },
    ]);
  });

  it("fails as it says, by code", async () => {
    using folder = new ScenarioFolder(TWICE);
    const { scenarios } = await folder.run(`
agents: { cap_a: { reject: "not today" }, cap_b: { answer: 1 } }
scenarios:
  - name: rejected
    input: { initial_value: 5 }
    expect: { failure: { code: T4108 }, calls: { cap_a: 1, cap_b: 0 } }
  - name: another code
    input: { initial_value: 5 }
    expect: { failure: { code: T4109 } }`);
    expect(scenarios.map(({ passed }) => passed)).toEqual([true, false]);
    expect(scenarios[1]?.mismatches).toMatchObject([{ what: "failure/code", expected: "T4109", actual: "T4108" }]);
  });

  it("that cannot begin fails alone", async () => {
    using folder = new ScenarioFolder(`input: { type: object, required: [month] }${TWICE.replace("input.initial_value", "input.month")}`);
    const { scenarios } = await folder.run(`${ADD}
scenarios:
  - { name: without input, expect: {} }
  - { name: with input, input: { month: 1 }, expect: { exactly: 3 } }`);
    expect(scenarios.map(({ passed }) => passed)).toEqual([false, true]);
    expect(scenarios[0]?.mismatches).toMatchObject([{ what: "run", message: expect.stringContaining("month") }]);
  });

  it("gives the same result every time", async () => {
    using folder = new ScenarioFolder(TWICE);
    const text = `${ADD}
scenarios:
  - name: jitter
    input: { initial_value: 5 }
    agents: { cap_b: [{ fail: X, times: 2 }, { answer: 1 }] }
    expect: { exactly: 1 }`;
    expect(await folder.run(text)).toEqual(await folder.run(text));
  });
});

describe("a mistake in a scenario file has its code and place:", () => {
  it.each([
    ["an agent that nobody asks", "agents: { cap_x: { answer: 1 } }", "T2206 2:11"],
    ["an act that does not exist", "agents: { cap_a: { anser: 1 } }", "T1010 2:20"],
    ["two acts", "agents: { cap_a: { answer: 1, hang: true } }", "T1016 2:31"],
    ["no act", "agents: { cap_a: { times: 2 } }", "T1016 2:11"],
    ["no behaviour", "agents: { cap_a: [] }", "T1011 2:11"],
    ["a duration without a unit", "agents: { cap_a: { answer: 1, slow: 5 } }", "T1015 2:37"],
    ["an expression with an unknown name", 'agents: { cap_a: { answer: "${{ inptu.x }}" } }', "T1202 2:33"],
    ["a count below one", "agents: { cap_a: { answer: 1, times: 0 } }", "T1011 2:38"],
    ["an unknown key", "agent: {}", "T1010 2:1"],
    ["an event at no step", "scenarios: [{ name: x, events: [{ at: frist, pause: true }] }]", "T2206 2:39"],
    ["an event of nothing", "scenarios: [{ name: x, events: [{ after: 1h }] }]", "T1016 2:33"],
    ["an answer to nobody", "scenarios: [{ name: x, events: [{ answer: 1 }] }]", "T1012 2:33"],
    ["an unknown event", "scenarios: [{ name: x, events: [{ kill: 1 }] }]", "T1010 2:35"],
    ["an unknown expectation", "scenarios: [{ name: x, expect: { ordr: [] } }]", "T1010 2:34"],
    ["attempts of no step", "scenarios: [{ name: x, expect: { attempts: { thrid: 1 } } }]", "T2206 2:46"],
    ["calls of nobody", "scenarios: [{ name: x, expect: { calls: { cap_x: 1 } } }]", "T2206 2:43"],
    ["a skipped step that is none", "scenarios: [{ name: x, expect: { skipped: [thrid] } }]", "T2206 2:44"],
    ["a status that is none", "scenarios: [{ name: x, expect: { status: done } }]", "T1011 2:42"],
    ["a scenario without a name", "scenarios: [{ input: 1 }]", "T1012 2:13"],
  ])("%s", async (_what, line, place) => {
    using folder = new ScenarioFolder(TWICE);
    const { problems, scenarios } = await folder.run(line.startsWith("scenarios") ? line : `${line}\nscenarios: [{ name: x }]`);
    expect(problems.map(({ code, line: row, column }) => `${code} ${row}:${column}`)).toEqual([place]);
    expect(scenarios).toEqual([]);
  });

  it("no scenarios, no workflow, a workflow that is not there, and one that is broken", async () => {
    using folder = new ScenarioFolder("steps: { first: { capability: cap_a, nedds: [x] } }");
    const codesOf = async (text: string) => {
      const { runScenarioFile } = await import("../../../src/testing/run-scenario-file.ts");
      return (await runScenarioFile(folder.write("x.scenario.yaml", text))).problems.map(({ code }) => code);
    };
    expect(await codesOf("scenarios: []")).toEqual(["T1012"]);
    expect(await codesOf("workflow: ./none.tutti.yaml")).toEqual(["T1001"]);
    expect(await codesOf("workflow: ./test.tutti.yaml")).toEqual(["T1010"]);
    expect(await codesOf("[")).toEqual(["T1002"]);
    folder.write("good.tutti.yaml", `tutti: "1.0"\nname: good\nsteps: { a: { capability: c } }`);
    expect(await codesOf("workflow: ./good.tutti.yaml")).toEqual(["T1011"]);
  });
});
