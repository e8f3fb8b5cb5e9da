/** What a run makes of agents that fail: the guide's failure handling (requirements W.k), with its error names (W.l). */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import {
  AgentUnavailableError,
  CyclicDependencyError,
  defineAgent,
  fail,
  InvalidWorkerOutputError,
  NetworkError,
  remoteAgent,
  serveAgent,
  workflowFromObject,
  WorkflowExecutionError,
  WorkflowSubtaskFailedError,
  WorkflowTimeoutError,
  type JsonObject,
} from "tutti";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, openInMemory, Place, QUICKLY, silent } from "../support/scenario.ts";

const worker = defineAgent({
  name: "worker",
  description: "Works, or not.",
  version: "1.0.0",
  capabilities: {
    echo: { description: "Gives back its input.", run: ({ input }) => input },
    broken: { description: "Fails for good.", run: () => fail("NO_DATA", "there is no data") },
  },
});

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "test", version: "1.0.0", steps, ...rest });
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => Promise.reject(new Error("It should have failed.")),
    (error: unknown) => error,
  );
}

describe("optional and critical steps", () => {
  it("a failed optional step gives null, is in the history, and the run goes on without it (W034, W113, W166, W177)", async () => {
    await using orchestrator = await openInMemory([worker]);
    const definition = workflow({
      extra: { capability: "broken", critical: false },
      main: { capability: "echo", with: { extra: "${{ steps.extra.output }}" } },
    });
    const handle = await orchestrator.start(definition, {});
    expect(await handle.result()).toMatchObject({ status: "completed", output: { extra: null } });
    const [failed] = ofKind(await historyOf(handle), "subtaskFailed");
    expect(failed).toMatchObject({ path: "extra", tolerated: true, failure: { code: "NO_DATA", message: "there is no data" } });
  });

  it("optional steps run at the same time as others, and one that fails leaves the others alone (X006)", async () => {
    const everyoneIsThere = new Gate();
    let present = 0;
    const meeting = defineAgent({
      name: "meeting",
      description: "Three that wait for each other.",
      version: "1.0.0",
      capabilities: {
        meet: {
          description: "Comes back once all three are there; one of them fails then.",
          run: async ({ input }) => {
            if ((present += 1) === 3) everyoneIsThere.open();
            await everyoneIsThere.opened;
            return input === null ? fail("NO_DATA", "nothing to say") : "here";
          },
        },
      },
    });
    await using orchestrator = await openInMemory([meeting]);
    const definition = workflow({
      first: { capability: "meet", critical: false },
      second: { capability: "meet", critical: false, with: { x: 1 } },
      main: { capability: "meet", with: { x: 1 } },
    });
    expect(await orchestrator.run(definition, {})).toEqual({ first: null, second: "here", main: "here" });
  });

  it("a failed critical step fails the run, by name and with its reason, and stops the others (W112, W114, W122, W124, X009)", async () => {
    const stopped = new Gate();
    const slow = defineAgent({
      name: "slow",
      description: "Works until it is stopped.",
      version: "1.0.0",
      capabilities: {
        slow: {
          description: "Waits.",
          run: async ({ signal }) => {
            await once(signal, "abort");
            stopped.open();
          },
        },
      },
    });
    await using orchestrator = await openInMemory([worker, slow]);
    const error = await rejection(orchestrator.run(workflow({ sibling: { capability: "slow" }, key: { capability: "broken" } }), {}));
    expect(error).toBeInstanceOf(WorkflowExecutionError);
    expect(error).toMatchObject({ code: "T4108", message: expect.stringMatching(/key.*there is no data/) });
    expect((error as Error).cause).toBeInstanceOf(WorkflowSubtaskFailedError);
    expect((error as Error).cause).toMatchObject({ subtaskId: "key" });
    await stopped.opened;
  });
});

describe("outputs that break their contract", () => {
  it.each([
    ["the schema", { output: { type: "object", required: ["kpis"] } }],
    ["a business rule", { rules: ["output.revenue >= 0"] }],
  ])("%s: the step fails as an invalid output, and nothing after it sees it (W038, W105, W119, W169)", async (_what, contract) => {
    await using orchestrator = await openInMemory([worker]);
    const definition = workflow({
      kpis: { capability: "echo", with: { revenue: -1 }, ...contract },
      report: { capability: "echo", with: { kpis: "${{ steps.kpis.output }}" } },
    });
    const handle = await orchestrator.start(definition, {});
    const facts = await historyOf(handle);
    expect(ofKind(facts, "subtaskFailed")).toMatchObject([{ path: "kpis", reason: "invalid", failure: { code: "T4102" } }]);
    // The agent may mend it once, and is told what was wrong.
    expect(ofKind(facts, "subtaskAssigned").map(({ path, attempt }) => [path, attempt])).toEqual([
      ["kpis", 1],
      ["kpis", 2],
    ]);
    expect(ofKind(facts, "attemptFailed")).toMatchObject([{ path: "kpis", repair: { problems: [expect.any(String)] } }]);
    const error = await rejection(orchestrator.run(definition, {}, { id: handle.id }));
    expect((error as Error).cause).toBeInstanceOf(InvalidWorkerOutputError);
  });
});

describe("timeouts", () => {
  it("a run past its own timeout cancels what is open, here and at a remote agent, and fails by name (W035, W036, W115, W123)", async () => {
    await using place = new Place();
    const stopped = { near: new Gate(), far: new Gate() };
    const hanger = (name: "near" | "far") =>
      defineAgent({
        name,
        description: "Works until it is stopped.",
        version: "1.0.0",
        capabilities: {
          hang: {
            description: "Waits.",
            run: async ({ signal }) => {
              await once(signal, "abort");
              stopped[name].open();
            },
          },
        },
      });
    const served = place.keep(await serveAgent(hanger("far"), { drainMs: 0, log: silent }));
    await using orchestrator = await openInMemory([hanger("near"), remoteAgent(served.url, { name: "far" })]);
    const definition = workflow({ near: { agent: "near" }, far: { agent: "far", skill: "hang" } }, { timeout: "600ms" });
    const handle = await orchestrator.start(definition, {});

    const facts = await historyOf(handle);

    expect(ofKind(facts, "subtaskCanceled").map(({ path }) => path)).toEqual(expect.arrayContaining(["near", "far"]));
    expect(facts.at(-1)).toMatchObject({ kind: "runFailed", failure: { code: "T4109" } });
    await Promise.all([stopped.near.opened, stopped.far.opened]);
    expect(await rejection(orchestrator.run(definition, {}, { id: handle.id }))).toBeInstanceOf(WorkflowTimeoutError);
  });
});

describe("agents that cannot be reached, or have no room", () => {
  it("an agent that is away is tried three times, and is told as a network failure (W106, W109, W121)", async () => {
    const url = await addressOfNobody();
    await using orchestrator = await openInMemory([remoteAgent(url, { name: "away" })]);
    const definition = workflow({ ask: { agent: "away", skill: "any", retry: QUICKLY } });
    const handle = await orchestrator.start(definition, {});
    const facts = await historyOf(handle);
    expect(ofKind(facts, "subtaskAssigned").map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(((await rejection(orchestrator.run(definition, {}, { id: handle.id }))) as Error).cause).toBeInstanceOf(NetworkError);
  });

  it("a capability that no agent turns out to have is told as an agent that is not available (W120)", async () => {
    await using place = new Place();
    const served = place.keep(await serveAgent(worker));
    await using orchestrator = await openInMemory([remoteAgent(served.url, { name: "worker" })]);
    const error = await rejection(orchestrator.run(workflow({ ask: { capability: "none_has_it", retry: QUICKLY } }), {}));
    expect((error as Error).cause).toBeInstanceOf(AgentUnavailableError);
  });

  it("overload is tried again, no earlier than the agent asks for (W127, W193, X014)", async () => {
    let calls = 0;
    const busy = defineAgent({
      name: "busy",
      description: "Has no room at first.",
      version: "1.0.0",
      capabilities: {
        work: {
          description: "Refuses once.",
          run: () => ((calls += 1) === 1 ? fail("AGENT_OVERLOADED", "too busy", { retryable: true, retryAfterMs: 40 }) : "done"),
        },
      },
    });
    await using orchestrator = await openInMemory([busy]);
    const handle = await orchestrator.start(workflow({ work: { capability: "work", retry: QUICKLY } }), {});
    const facts = await historyOf(handle);
    const [failed] = ofKind(facts, "attemptFailed");
    expect(failed).toMatchObject({ failure: { code: "AGENT_OVERLOADED" } });
    expect((failed?.retryAt ?? 0) - (failed?.at ?? 0)).toBeGreaterThanOrEqual(40);
    expect(ofKind(facts, "subtaskAssigned")[1]?.at).toBeGreaterThanOrEqual(failed?.retryAt ?? Number.POSITIVE_INFINITY);
    expect(await handle.result()).toMatchObject({ status: "completed", output: "done" });
  });

  it("every attempt asks the registry anew, so that another instance may answer a retry (W042, W108)", async () => {
    const instance = (name: string, answer: () => unknown) =>
      defineAgent({
        name,
        description: "One of two.",
        version: "1.0.0",
        capabilities: { work: { description: "Works.", run: answer as () => string } },
      });
    await using orchestrator = await openInMemory([
      instance("first", () => fail("DOWN", "I am down", { retryable: true })),
      instance("second", () => "done"),
    ]);
    const handle = await orchestrator.start(workflow({ work: { capability: "work", retry: QUICKLY } }), {});
    const facts = await historyOf(handle);
    expect(ofKind(facts, "attemptFailed").map(({ agent }) => agent)).toEqual(["first"]);
    expect(ofKind(facts, "subtaskCompleted").map(({ agent }) => agent)).toEqual(["second"]);
  });
});

it("a circle of dependencies is refused before anything starts, with its path (W117, W125, X007)", () => {
  const circle = () =>
    workflow({ a: { capability: "echo", needs: ["c"] }, b: { capability: "echo", needs: ["a"] }, c: { capability: "echo", needs: ["b"] } });
  expect(circle).toThrow(CyclicDependencyError);
  expect(circle).toThrow(/a → .*→ a|a.*b.*c/);
});

/** A port that was just free, on which nobody listens. */
async function addressOfNobody(): Promise<string> {
  const server: Server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
