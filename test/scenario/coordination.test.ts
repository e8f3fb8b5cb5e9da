/** What a worker is told of its place among the others (requirements L.j), here and over A2A. */
import { defineAgent, type JsonObject, type LocalAgent, remoteAgent, result, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, Place } from "../support/scenario.ts";

type Told = { readonly [name: string]: unknown };

const COORDINATION = new Set(["workflow_step", "total_steps", "depends_on", "execution_mode", "batch_id", "batch_size"]);

/** Keeps what it is told of its place, by subtask. */
function worker(more: { readonly when?: () => Promise<void>; readonly plan?: JsonObject } = {}) {
  const told = new Map<string, Told>();
  const begun: string[] = [];
  const agent: LocalAgent = defineAgent({
    name: "worker",
    description: "Works.",
    version: "1.0.0",
    capabilities: {
      work: {
        description: "Gives back its input.",
        run: async ({ input, assignment }) => {
          begun.push(assignment.subtask_id);
          told.set(assignment.subtask_id, Object.fromEntries(Object.entries(assignment).filter(([name]) => COORDINATION.has(name))));
          await more.when?.();
          return result(input);
        },
      },
      plan: { description: "Plans.", run: () => result(more.plan ?? {}) },
    },
  });
  return { agent, told, begun };
}

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "pipeline", version: "1.0.0", steps, ...rest });
}

const WORK = { agent: "worker", skill: "work" };

describe.each(["in this process", "behind A2A"])("a worker %s", (where) => {
  async function run(
    { agent, told }: ReturnType<typeof worker>,
    definition: ReturnType<typeof workflow>,
    status = "completed",
  ): Promise<{ readonly [path: string]: Told }> {
    await using place = new Place();
    const url = where === "behind A2A" ? place.keep(await serveAgent(agent)).url : null;
    const orchestrator = await place.open([url === null ? agent : remoteAgent(url, { name: "worker" })]);
    expect(await (await orchestrator.start(definition, {}, { id: "wf_1" })).result()).toMatchObject({ status });
    return Object.fromEntries(told);
  }

  it("is told the number of its step, how many there are, and which it waited for (L051, X039)", async () => {
    const steps = {
      // Written in another order than they are done.
      report: { ...WORK, needs: ["sentiment", "topics"] },
      fetch: WORK,
      clean: { ...WORK, with: "${{ steps.fetch.output }}" },
      sentiment: { ...WORK, needs: ["clean"] },
      topics: { ...WORK, needs: ["clean"] },
    };
    expect(await run(worker(), workflow(steps))).toEqual({
      fetch: { workflow_step: 1, total_steps: 5 },
      clean: { workflow_step: 2, total_steps: 5, depends_on: ["fetch"] },
      sentiment: { workflow_step: 3, total_steps: 5, depends_on: ["clean"] },
      topics: { workflow_step: 4, total_steps: 5, depends_on: ["clean"] },
      report: { workflow_step: 5, total_steps: 5, depends_on: ["sentiment", "topics"] },
    });
  });

  it("is told that it is one of a batch: the items of a list, and the branches of a step, each with one id (L052, X041)", async () => {
    const steps = {
      list: { ...WORK, each: "${{ [1, 2, 3] }}", as: "n" },
      both: { parallel: { branches: { left: WORK, right: WORK } } },
    };
    const item = { workflow_step: 1, total_steps: 2, execution_mode: "parallel", batch_id: "wf_1/list", batch_size: 3 };
    const branch = { execution_mode: "parallel", batch_id: "wf_1/both", batch_size: 2 };
    expect(await run(worker(), workflow(steps))).toEqual({
      "list[0]": item,
      "list[1]": item,
      "list[2]": item,
      "both/left": branch,
      "both/right": branch,
    });
  });

  it("is told its place among the steps of its iteration, and of its plan (L051)", async () => {
    const steps = {
      draft: { loop: { max: 2, until: "iter.number == 2", steps: { write: WORK, review: { ...WORK, needs: ["write"] } } } },
      research: { plan: { agent: "worker", skill: "plan", allow: ["work"] } },
    };
    const subtasks = [
      { id: "find", capability: "work" },
      { id: "compare", capability: "work", needs: ["find"] },
    ];
    expect(await run(worker({ plan: { subtasks } }), workflow(steps))).toEqual({
      "draft#1/write": { workflow_step: 1, total_steps: 2 },
      "draft#1/review": { workflow_step: 2, total_steps: 2, depends_on: ["draft#1/write"] },
      "draft#2/write": { workflow_step: 1, total_steps: 2 },
      "draft#2/review": { workflow_step: 2, total_steps: 2, depends_on: ["draft#2/write"] },
      "research/find": { workflow_step: 1, total_steps: 2 },
      "research/compare": { workflow_step: 2, total_steps: 2, depends_on: ["research/find"] },
    });
  });

  it("is told no number where there is none: what stands in for a step, and what undoes one, are beside nothing", async () => {
    const steps = {
      booked: { ...WORK, compensate: WORK },
      checked: { ...WORK, needs: ["booked"], output: { type: "object", required: ["ok"] }, onError: { ...WORK, with: { ok: true } } },
      paid: { ...WORK, needs: ["checked"], output: { type: "object", required: ["ok"] }, onInvalid: "fail" },
    };
    const told = await run(worker(), workflow(steps), "failed");
    expect(told["checked/onError"]).toEqual({});
    expect(told["booked/compensate"]).toEqual({});
  });
});

it("each task is given only when the one before has completed, and after the last nothing more is (L050, X040)", async () => {
  await using place = new Place();
  const gate = new Gate();
  const { agent, begun } = worker({ when: () => gate.opened });
  const served = place.keep(await serveAgent(agent));
  const orchestrator = await place.open([remoteAgent(served.url, { name: "worker" })]);
  const chain = workflow({ first: WORK, second: { ...WORK, needs: ["first"] }, third: { ...WORK, needs: ["second"] } });

  const handle = await orchestrator.start(chain, {});
  for await (const entry of handle.watch()) if (entry.kind === "fact" && entry.fact.kind === "subtaskAccepted") break;
  expect(begun).toEqual(["first"]);
  gate.open();

  expect(await handle.result()).toMatchObject({ status: "completed" });
  expect(begun).toEqual(["first", "second", "third"]);
  const order = (await historyOf(handle)).flatMap((fact) =>
    fact.kind === "messageIntended" || fact.kind === "subtaskCompleted" ? [`${fact.kind} ${fact.path}`] : [],
  );
  expect(order).toEqual(["first", "second", "third"].flatMap((path) => [`messageIntended ${path}`, `subtaskCompleted ${path}`]));
});

it("a batch waits for all of its tasks, and all that failed are told, not only the first (L052, X041)", async () => {
  await using place = new Place();
  const picky = defineAgent({
    name: "picky",
    description: "Takes even numbers only.",
    version: "1.0.0",
    capabilities: {
      work: {
        description: "Takes even numbers only.",
        run: ({ input }) => {
          const { n } = input as { readonly n: number };
          if (n % 2 === 1) throw new TypeError(`${n} is odd`);
          return { n };
        },
      },
    },
  });
  const orchestrator = await place.open([picky]);
  const batch = workflow(
    { all: { each: "${{ [1, 2, 3, 4] }}", as: "n", capability: "work", with: { n: "${{ n }}" }, critical: false } },
    { output: { results: "${{ steps.all.output }}", failed: "${{ steps.all.errors.map(place, place) }}" } },
  );
  const handle = await orchestrator.start(batch, {});
  expect(await handle.result()).toMatchObject({ output: { results: [null, { n: 2 }, null, { n: 4 }], failed: ["0", "2"] } });
  expect(ofKind(await historyOf(handle), "subtaskFailed").map(({ path, failure }) => [path, failure.message])).toEqual([
    ["all[0]", expect.stringContaining("1 is odd")],
    ["all[2]", expect.stringContaining("3 is odd")],
  ]);
});
