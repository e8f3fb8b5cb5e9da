/** Who works on what: the table and the states of requirements W.h, as `tutti get` shows them. */
import { once } from "node:events";
import { Writable } from "node:stream";

import { defineAgent, fail, type Orchestrator, remoteAgent, type RunHandle, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import type { Cli } from "../../src/cli/cli.ts";
import { createProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { RunBoard } from "../../src/runtime/board/run-board.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { Gate, historyOf, ofKind, openInMemory, Place, QUICKLY, silent, whenFact } from "../support/scenario.ts";

/** What `tutti get RUN --json` prints about a database that a process, this one, owns. */
async function get(place: Place, run: string): Promise<unknown> {
  let printed = "";
  const out = new Writable({ write: (chunk: Buffer, _encoding, done) => ((printed += chunk.toString()), done()) });
  const terminal = new Terminal({ out, err: out, environment: {} });
  const cli: Cli = {
    openOrchestrator: () => Promise.reject(new Error("Reading needs no owner.")),
    openServer: () => Promise.reject(new Error("Nothing is served here.")),
    surveyWorkflow: () => Promise.reject(new Error("Nothing is simulated here.")),
    runScenarioFile: () => Promise.reject(new Error("Nothing is tested here.")),
    terminal,
    environment: {},
    directory: place.folder,
    program: "",
    keyboard: null,
    readInput: () => Promise.resolve(""),
    exit: () => undefined,
  };
  const program = await createProgram(cli, "0.0.0");
  await program.parseAsync(["node", "tutti", "get", run, "--json", "--db", place.db]);
  return JSON.parse(printed);
}

it("the table of subtasks says who has each since when, the attempts, and the last progress (W043, W084, W086)", async () => {
  await using place = new Place();
  const gates = { reported: new Gate(), go: new Gate() };
  let attempts = 0;
  const agent = defineAgent({
    name: "data-agent",
    description: "Queries, at the second attempt.",
    version: "1.0.0",
    capabilities: {
      query: {
        description: "Queries.",
        run: async ({ progress }) => {
          if ((attempts += 1) === 1) return fail("NETWORK_TIMEOUT", "no answer", { retryable: true });
          progress({ percent: 40, note: "12 of 30 tables" });
          await gates.go.opened;
          return { rows: 30 };
        },
      },
    },
  });
  const orchestrator = await place.open([agent]);
  const report = workflowFromObject({
    name: "report",
    version: "1.0.0",
    steps: {
      query: { agent: "data-agent", retry: QUICKLY },
      aggregate: { agent: "data-agent", with: { rows: "${{ steps.query.output.rows }}" } },
    },
  });
  const handle = await orchestrator.start(report, {}, { id: "wf_123" });
  const { at } = await whenFact(handle, "subtaskProgressed", "query");
  const assigned = (await orchestrator.host.history(handle.run, 1, 100))
    .map(({ fact }) => fact)
    .filter((fact) => fact.kind === "subtaskAssigned");

  expect(await get(place, "wf_123")).toMatchObject({
    run: "wf_123",
    status: "running",
    subtasks: [
      {
        workflow_id: "wf_123",
        subtask_id: "query",
        status: "running",
        assigned_to: "data-agent",
        started_at: new Date(assigned[1]?.at ?? 0).toISOString(),
        attempts: 2,
        last_progress: { percent: 40, note: "12 of 30 tables" },
      },
      {
        workflow_id: "wf_123",
        subtask_id: "aggregate",
        status: "pending",
        assigned_to: null,
        started_at: null,
        attempts: 0,
        last_progress: null,
      },
    ],
  });
  expect(at).toBeGreaterThanOrEqual(assigned[1]?.at ?? Number.POSITIVE_INFINITY);
  gates.go.open();
  await handle.result();
  expect(await get(place, "wf_123")).toMatchObject({ status: "completed", subtasks: [{ status: "completed" }, { status: "completed" }] });
});

describe("the states of a subtask", () => {
  it("are the guide's seven, each seen in the history of runs with a remote agent that hangs once, and with one that fails (W044, W085, W087, W088, X017)", async () => {
    await using place = new Place();
    const served = place.keep(await serveAgent(hangsOnce(), { drainMs: 0, log: silent }));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "far" })]);
    const hangs = workflowFromObject({ name: "hangs", steps: { work: { agent: "far", skill: "work", timeout: "400ms", retry: QUICKLY } } });
    const fails = workflowFromObject({
      name: "fails",
      steps: { work: { agent: "far", skill: "fail", retry: { ...QUICKLY, attempts: 2 } } },
    });

    const first = await statesOf(orchestrator, await orchestrator.start(hangs, {}));
    const second = await statesOf(orchestrator, await orchestrator.start(fails, {}));

    // An agent that answers at once is never seen running.
    expect(first.filter((state, index) => index < 6 || state !== "running")).toEqual([
      "pending",
      "assigned",
      "running",
      "failed",
      "retrying",
      "assigned",
      "completed",
    ]);
    expect(second.filter((state) => state !== "running")).toEqual(["pending", "assigned", "retrying", "assigned", "failed_permanent"]);
    const all = new Set([...first, ...second]);
    expect(all).toEqual(new Set(["pending", "assigned", "running", "completed", "failed", "retrying", "failed_permanent"]));
  });

  it("work in this process is running once its agent says something of it (W083, X017)", async () => {
    const agent = defineAgent({
      name: "near",
      description: "Reports.",
      version: "1.0.0",
      capabilities: { work: { description: "Works.", run: ({ progress }) => (progress({ percent: 50 }), "done") } },
    });
    await using orchestrator = await openInMemory([agent]);
    const handle = await orchestrator.start(workflowFromObject({ name: "near", steps: { work: { agent: "near" } } }), {});
    expect(await statesOf(orchestrator, handle)).toEqual(["pending", "assigned", "running", "completed"]);
  });
});

it("progress told every tenth of a second is recorded once a second (W012, W175, W201)", async () => {
  const clock = new ManualClock();
  const talker = defineAgent({
    name: "talker",
    description: "Reports all the time.",
    version: "1.0.0",
    capabilities: {
      work: {
        description: "Reports a hundred times in ten seconds.",
        run: ({ progress }) => {
          for (let percent = 0; percent < 100; percent += 1) {
            progress({ percent });
            clock.advance(100);
          }
          return "done";
        },
      },
    },
  });
  await using orchestrator = await openInMemory([talker], clock);
  const handle = await orchestrator.start(workflowFromObject({ name: "talk", steps: { work: { agent: "talker" } } }), {});
  const facts = await historyOf(handle);
  expect(ofKind(facts, "subtaskProgressed").map(({ progress }) => progress.percent)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
});

/** Never answers its first task; and an agent whose other skill always fails. */
function hangsOnce() {
  let tasks = 0;
  return defineAgent({
    name: "far",
    description: "Hangs once.",
    version: "1.0.0",
    capabilities: {
      work: {
        description: "Works at the second attempt.",
        run: async ({ signal, progress }) => {
          if ((tasks += 1) > 1) return progress({ percent: 50 });
          await once(signal, "abort");
        },
      },
      fail: { description: "Fails.", run: () => fail("BUSY", "later", { retryable: true }) },
    },
  });
}

/** The states of a run's only subtask, in order, each where it begins. */
async function statesOf(orchestrator: Orchestrator, handle: RunHandle): Promise<readonly string[]> {
  const facts = await historyOf(handle);
  const { run, fingerprint } = await orchestrator.record(handle.id);
  const definition = await orchestrator.host.definition(run.tenant, fingerprint);
  if (definition === null) throw new Error("A run has its definition.");
  const board = new RunBoard(definition);
  const states = ["pending"];
  for (const fact of facts) {
    board.apply(fact);
    const state = board.steps[0]?.status ?? "";
    if (state !== states.at(-1)) states.push(state);
  }
  return states;
}
