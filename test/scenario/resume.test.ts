/** Runs go on where they stood: after the process has gone, and after a pause (requirements W.i, FAQ 10). */
import { type Agent, defineAgent, type Orchestrator, remoteAgent, serveAgent, TuttiError, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, Place, whenFact } from "../support/scenario.ts";

const chain = workflowFromObject({
  name: "chain",
  version: "1.0.0",
  steps: {
    fetch: { capability: "work", with: { step: "fetch", value: 1 } },
    clean: { capability: "work", with: { step: "clean", value: "${{ steps.fetch.output + 1 }}" } },
    report: { capability: "work", with: { step: "report", value: "${{ steps.clean.output + 1 }}" } },
  },
  output: "${{ steps.report.output }}",
});

/** One process's worth of workers: keeps what they were given, and holds one step until its gate opens. */
class Workers {
  readonly given: { readonly step: string; readonly key: string }[] = [];
  readonly held = new Gate();
  readonly begun = new Gate();
  readonly agent: Agent;

  constructor(heldStep: string | null) {
    this.agent = defineAgent({
      name: "worker",
      description: "Gives back a value.",
      version: "1.0.0",
      capabilities: {
        work: {
          description: "Works.",
          run: async ({ input, key }) => {
            const { step, value } = input as { readonly step: string; readonly value: number };
            this.given.push({ step, key });
            if (step === heldStep) {
              this.begun.open();
              await this.held.opened;
            }
            return value;
          },
        },
      },
    });
  }

  get steps(): readonly string[] {
    return this.given.map(({ step }) => step);
  }
}

describe("after the process has gone", () => {
  it("a run goes on with what is not done: finished subtasks are kept, the open one is given again under its key (W041, W090, W097, W098, W111, W170)", async () => {
    await using place = new Place();
    const before = new Workers("clean");
    const first = await place.open([before.agent]);
    await first.start(chain, {}, { id: "run-1" });
    await before.begun.opened;
    await first.close();

    const after = new Workers(null);
    const second = await place.open([after.agent]);

    expect(await (await second.open("run-1")).result()).toMatchObject({ status: "completed", output: 3 });
    expect([before.steps, after.steps]).toEqual([
      ["fetch", "clean"],
      ["clean", "report"],
    ]);
    expect(after.given[0]?.key).toBe(before.given[1]?.key);
    const facts = await historyOf(await second.open("run-1"));
    expect(ofKind(facts, "subtaskCompleted").map(({ path }) => path)).toEqual(["fetch", "clean", "report"]);
  });

  it("a remote agent's task is found again, and its work is neither repeated nor lost (W041, W098, W111)", async () => {
    await using place = new Place();
    const workers = new Workers("clean");
    const served = place.keep(await serveAgent(workers.agent as Parameters<typeof serveAgent>[0]));
    const remote = () => remoteAgent(served.url, { name: "worker" });
    const first = await place.open([remote()]);
    const task = await whenTaskIsKnown(first);
    await first.close();
    workers.held.open();

    const second = await place.open([remote()]);

    expect(await (await second.open("run-1")).result()).toMatchObject({ status: "completed", output: 3 });
    expect(workers.steps).toEqual(["fetch", "clean", "report"]);
    const completed = ofKind(await historyOf(await second.open("run-1")), "subtaskCompleted");
    expect(completed.find(({ path }) => path === "clean")?.task?.taskId).toBe(task);
  });

  it("a run whose agents this process does not have waits unchanged, and goes on in one that has them (W090)", async () => {
    await using place = new Place();
    const before = new Workers("clean");
    const first = await place.open([before.agent]);
    await first.start(chain, {}, { id: "run-1" });
    await before.begun.opened;
    await first.close();

    const without = await place.open([]);
    expect(await without.record("run-1")).toMatchObject({ status: "running" });
    const factCount = (await without.host.history(without.ref("run-1"), 1, 100)).length;
    await without.close();

    const after = new Workers(null);
    const third = await place.open([after.agent]);
    const handle = await third.open("run-1");
    expect(await handle.result()).toMatchObject({ status: "completed", output: 3 });
    expect((await historyOf(handle)).length).toBeGreaterThan(factCount);
  });
});

/** Starts the chain, and waits until the step that is held has its task at the agent on record. */
async function whenTaskIsKnown(orchestrator: Orchestrator): Promise<string> {
  const handle = await orchestrator.start(chain, {}, { id: "run-1" });
  return (await whenFact(handle, "subtaskAccepted", "clean")).task?.taskId ?? "";
}

describe("pause", () => {
  it("begins nothing new and keeps what finishes; resume goes on from there, also in another process (W092, W190)", async () => {
    await using place = new Place();
    const before = new Workers("fetch");
    const first = await place.open([before.agent]);
    const handle = await first.start(chain, {}, { id: "run-1" });
    await before.begun.opened;

    expect(await handle.pause("ada")).toBe(true);
    before.held.open();
    await whenFact(handle, "subtaskCompleted", "fetch");

    expect(await first.record("run-1")).toMatchObject({ status: "paused" });
    await first.close();
    expect(before.steps).toEqual(["fetch"]);

    const after = new Workers(null);
    const second = await place.open([after.agent]);
    const paused = await second.open("run-1");
    expect(await second.record("run-1")).toMatchObject({ status: "paused" });
    expect(after.steps).toEqual([]);
    expect(await paused.resume("ada")).toBe(true);
    expect(await paused.result()).toMatchObject({ status: "completed", output: 3 });
    expect(after.steps).toEqual(["clean", "report"]);
    expect(ofKind(await historyOf(paused), "runResumed")).toMatchObject([{ by: "ada" }]);
  });
});

it("nobody else can manage the runs of a database that has an owner (W162, W173)", async () => {
  await using place = new Place();
  const { agent } = new Workers(null);
  await place.open([agent]);
  const second = await place.open([agent]).catch((error: unknown) => error);
  expect(second).toBeInstanceOf(TuttiError);
  expect(second).toMatchObject({ code: "T5001" });
});
