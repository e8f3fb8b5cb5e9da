/** The guide's best practices, mistakes and questions (requirements W.q, W.r, W.s) that no other scenario shows. */
import { json } from "node:stream/consumers";

import {
  defineAgent,
  handOver,
  type Json,
  type JsonObject,
  type LocalAgent,
  openOrchestrator,
  remoteAgent,
  serveAgent,
  workflowFromObject,
} from "tutti";
import { type Behaviour, expectAttempts, expectOrder, scripted, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

import { historyOf, listen, ofKind, outputOf, Place, QUICKLY, whenFact } from "../support/scenario.ts";
import { World } from "../support/world.ts";

function workflow(name: string, steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name, version: "1.0.0", steps, ...rest });
}

function textIn(input: Json): string {
  return (input as { readonly text: string }).text;
}

describe("simple workflows, composed", () => {
  const normalise = workflow(
    "normalise",
    { trim: { capability: "trim", with: { text: "${{ input.text }}" } } },
    {
      input: { type: "object", required: ["text"], properties: { text: { type: "string" } } },
      output: "${{ steps.trim.output }}",
    },
  );
  const texts: JsonObject = { workflow: "normalise@^1", input: { text: "${{ input.text }}" } };
  const parents = [
    workflow("greet", { name: { workflow: "normalise@^1", with: { text: "${{ input.text }}" } } }),
    workflow("search", { name: { capability: "run_subworkflow", with: texts } }),
    workflow("index", { name: { capability: "run_subworkflow", with: { workflow: "normalise", params: { text: "${{ input.text }}" } } } }),
  ];

  it("one sub-workflow is a worker of several workflows, also as the capability run_subworkflow (W055, W161, W180, W185)", async () => {
    for (const parent of parents) {
      const trim = scripted("trim", [{ answer: ({ input }) => textIn(input).trim() }]);
      const run = await testWorkflow(parent, { input: { text: " Ada " }, agents: [trim], workflows: [normalise] });
      expect(outputOf(run)).toEqual("Ada");
      // The parent gave one subtask; the work behind it is a run of its own.
      expectAttempts(run, { name: 1 });
      expect(Object.values(run.children).map((facts) => facts.at(-1)?.kind)).toEqual(["runCompleted"]);
    }
  });

  it("a sub-workflow that fails is to its parent a worker that failed: the step may have a fallback (W185)", async () => {
    const parent = workflow(
      "careful",
      { name: { workflow: "normalise@^1", with: { text: "x" }, retry: { attempts: 2, initial: "1s" }, fallback: ["plain"] } },
      { output: "${{ steps.name.output }}" },
    );
    const agents = [scripted("trim", [{ fail: { code: "BROKEN", retryable: false } }]), scripted("plain", [{ answer: "as it was" }])];
    const run = await testWorkflow(parent, { agents, workflows: [normalise] });
    expect(outputOf(run)).toEqual("as it was");
    expect(Object.values(run.children).map((facts) => facts.at(-1)?.kind)).toEqual(["runFailed"]);
  });
});

describe("timeouts at every level", () => {
  const LONG = { timeout: "1w" };
  const HANG: readonly Behaviour[] = [{ hang: true }];
  const work = (more: JsonObject) => ({ work: { capability: "work", retry: { attempts: 1 }, ...more } });

  it.each<[string, JsonObject, JsonObject, string, number]>([
    ["the run", work({}), { timeout: "5m" }, "T4109", 300],
    [
      "a step, with all its attempts",
      work({ timeout: "20s", deadline: "50s", retry: { attempts: 9, initial: "1s", factor: 1 } }),
      {},
      "T4103",
      50,
    ],
    ["an attempt", work({ timeout: "20s" }), {}, "T4103", 20],
    ["silence", work({ idle: "7s" }), {}, "T4103", 7],
    [
      "several at once",
      { work: { parallel: { branches: { a: { capability: "work" }, b: { capability: "work" } }, succeed: { all: true, within: "30s" } } } },
      {},
      "T4116",
      30,
    ],
    ["a group of steps", { work: { deadline: "40s", steps: { inner: { capability: "work" } } } }, {}, "T4103", 40],
    ["a wait for a signal", { work: { wait: { signal: "never", timeout: "2d" } } }, LONG, "T4124", 172_800],
    ["an approval", { work: { approval: { to: ["ann"], title: "?", timeout: "1d" } } }, LONG, "T4122", 86_400],
  ])("%s has a time of its own, and its end is told as that (W116, W165)", async (_what, steps, rest, code, seconds) => {
    const run = await testWorkflow(workflow("patient", steps, rest), { agents: [scripted("work", HANG)] });
    if (run.status === "waiting") await run.advance("3d");
    expect(run.result).toMatchObject({ status: "failed" });
    const { failure } = run.result as Extract<typeof run.result, { status: "failed" }>;
    expect(failure.code === "T4108" ? (failure.details as JsonObject)["code"] : failure.code).toBe(code);
    const took = (run.history.at(-1)?.at ?? 0) - (run.history[0]?.at ?? 0);
    // Silence begins when the agent has the work, which is a moment after the start.
    expect(Math.floor(took / 1_000)).toBe(seconds);
  });

  it("a message has a time to live: who has not accepted it by then is told to stop, and the next attempt begins (W116, W165)", () => {
    const world = new World({
      work: { capability: "work", ttl: "5s", timeout: "1h", retry: { attempts: 2, initial: "1s", jitter: "none" } },
    }).start();
    const [assigned] = world.factsOf("subtaskAssigned");
    expect(assigned).toMatchObject({ acceptBy: world.now + 5_000 });
    world.pass(4_999);
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.pass(1);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ path: "work", reason: "timedOut", failure: { code: "T4103" } }]);
    world.pass(1_000);
    // Who accepts in time has all the time of its attempt.
    world.accept("work");
    world.pass(60_000);
    world.complete("work", "done");
    expect(world.output).toBe("done");
  });
});

describe("a person in the loop", () => {
  it("is told by a system outside, decides days later in another process, and a callback does the same for a system (W195)", async () => {
    await using place = new Place();
    const told: JsonObject[] = [];
    const chat = place.keep(
      await listen(async (request, response) => {
        told.push((await json(request)) as JsonObject);
        response.writeHead(204).end();
      }),
    );
    const payout = workflow(
      "payout",
      {
        told: {
          emit: {
            event: "approval_wanted",
            to: `${chat.url}/slack`,
            data: { run: "${{ run.id }}", amount: "${{ input.amount }}" },
          },
          retry: QUICKLY,
        },
        sign_off: { needs: ["told"], approval: { to: ["role:finance"], title: "Pay ${{ input.amount }} euros?", timeout: "3d" } },
        paid: { if: "steps.sign_off.output.decision == 'approved'", wait: { signal: "paid", timeout: "2d" } },
      },
      { output: { by: "${{ steps.sign_off.output.by }}", receipt: "${{ steps.paid.output.receipt }}" } },
    );
    const first = await place.open([]);
    const handle = await first.start(payout, { amount: 300 }, { id: "payout-1" });
    await whenFact(handle, "waitStarted", "sign_off");
    expect(told).toMatchObject([{ type: "approval_wanted", data: { run: "payout-1", amount: 300 } }]);
    await first.close();

    // Nothing of the wait was in the process that is gone.
    const second = await openOrchestrator({ db: place.db, agents: [] });
    const open = await second.open("payout-1");
    expect(await second.record("payout-1")).toMatchObject({ status: "waiting" });
    await open.approve({ by: "jo" });
    await whenFact(open, "waitStarted", "paid");
    await second.close();

    await using third = await openOrchestrator({ db: place.db, agents: [] });
    const last = await third.open("payout-1");
    expect(await last.signal("paid", { receipt: "R-7" }, "bank")).toBe(true);
    expect(await last.result()).toMatchObject({ status: "completed", output: { by: "jo", receipt: "R-7" } });
    expect(told).toHaveLength(1);
  });
});

describe("shapes that the guides do not have", () => {
  it("a group chat: writer and critic take turns in one conversation, four rounds at most (X034)", async () => {
    const chat = workflow(
      "chat",
      {
        talk: {
          loop: {
            max: 4,
            until: "steps.critic.output.done",
            onExhausted: "last",
            steps: {
              writer: {
                capability: "write",
                conversation: "loop",
                with: { said: "${{ iter.prev == null ? null : iter.prev.critic.output.said }}" },
              },
              critic: { capability: "criticise", conversation: "loop", with: { draft: "${{ steps.writer.output }}" } },
            },
          },
        },
      },
      { output: "${{ steps.talk.output.writer }}" },
    );
    const run = await testWorkflow(chat, {
      agents: [
        scripted("write", [{ answer: "first" }, { answer: "second" }, { answer: "third" }]),
        scripted("criticise", [{ times: 2, answer: { done: false, said: "more" } }, { answer: { done: true, said: "good" } }]),
      ],
    });
    expect(outputOf(run)).toEqual("third");
    expectOrder(run, ["talk#1/writer", "talk#1/critic", "talk#2/writer", "talk#2/critic", "talk#3/writer", "talk#3/critic"]);
    expect(run.calls("write").map(({ input }) => input)).toEqual([{ said: null }, { said: "more" }, { said: "more" }]);
  });

  it("a manager with a ledger: an agent plans, the plan is done, and it plans again until it says that all is done (X034)", async () => {
    const managed = workflow(
      "managed",
      {
        rounds: {
          loop: {
            max: 6,
            until: "steps.judge.output.done",
            steps: {
              work: {
                plan: { capability: "manager", allow: ["research"] },
                with: { known: "${{ iter.prev == null ? {} : iter.prev.work.output }}" },
              },
              judge: { capability: "judge", with: { facts: "${{ steps.work.output }}" } },
            },
          },
        },
      },
      { output: "${{ steps.rounds.output.work }}" },
    );
    const run = await testWorkflow(managed, {
      agents: [
        scripted("manager", [
          { answer: { subtasks: [{ id: "look", capability: "research" }] } },
          {
            answer: {
              subtasks: [
                { id: "look", capability: "research" },
                { id: "compare", capability: "research", needs: ["look"] },
              ],
            },
          },
        ]),
        scripted("research", [{ answer: ({ path }) => path }]),
        scripted("judge", [{ answer: { done: false } }, { answer: { done: true } }]),
      ],
    });
    expect(outputOf(run)).toEqual({ look: "rounds#2/work/look", compare: "rounds#2/work/compare" });
    expect(run.calls("manager").map(({ input }) => input)).toEqual([{ known: {} }, { known: { look: "rounds#1/work/look" } }]);
  });

  it("a handoff among agents of which some live behind A2A: they hand over like the others (B011, X030)", async () => {
    await using place = new Place();
    const heard: unknown[] = [];
    const desk = (name: string, to: string | null) =>
      defineAgent({
        name,
        description: `Is the ${name} desk.`,
        version: "1.0.0",
        capabilities: {
          help: {
            description: "Helps, or hands over.",
            run: ({ input }) => (heard.push(input), to === null ? { settled_by: name } : handOver(to, { message: `from ${name}` })),
          },
        },
      });
    const far = async (agent: LocalAgent) => remoteAgent(place.keep(await serveAgent(agent)).url, { name: agent.name });
    const orchestrator = await place.open([await far(desk("triage", "orders")), desk("orders", "refund"), await far(desk("refund", null))]);
    const help = workflow("help", { desk: { handoff: { agents: ["triage", "orders", "refund"] }, with: { question: "?" } } });

    const handle = await orchestrator.start(help, {});

    expect(await handle.result()).toMatchObject({ status: "completed", output: { settled_by: "refund" } });
    expect(heard).toMatchObject([
      { question: "?" },
      { question: "?", handoff: { from: "triage", message: "from triage" } },
      { question: "?", handoff: { from: "orders", message: "from orders" } },
    ]);
    const remote = ofKind(await historyOf(handle), "subtaskCompleted").filter(({ task }) => task !== undefined);
    expect(remote.map(({ agent }) => agent)).toEqual(["triage", "refund"]);
  });
});

it("a worker in many workflows at once keeps nothing of one for the other: the same agent, different workflows (W194)", async () => {
  const shout = defineAgent({
    name: "shout",
    description: "Says it loudly.",
    version: "1.0.0",
    capabilities: { shout: { description: "Shouts.", run: ({ input }) => textIn(input).toUpperCase() } },
  });
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [shout] });
  const names = ["greet", "search", "index", "report"];
  const handles = await Promise.all(
    names.map((name) =>
      orchestrator.start(workflow(name, { say: { capability: "shout", with: { text: "${{ input.text }}" } } }), { text: name }),
    ),
  );
  const results = await Promise.all(handles.map((handle) => handle.result()));
  expect(results).toMatchObject(names.map((name) => ({ status: "completed", output: name.toUpperCase() })));
});
