/** The agents of the sweep. Each writes down that a handler began and ended, whatever becomes of the answer. */
import { setTimeout as delay } from "node:timers/promises";

import { ask, fail, handOver, message, refuse, result } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import type { Call } from "../../../src/agents/function-call.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import * as journal from "./journal.ts";
import type { RemoteName } from "./addresses.ts";

type Numbered = { readonly n: number };
type Handler = (input: Numbered, call: Call) => unknown;
/** Where it is written, and by which process. */
type Diary = { readonly directory: string; readonly life: string };

/** The agents of the other process, by name. */
export function remoteAgents(diary: Diary): { readonly [Name in RemoteName]: LocalAgent } {
  const one = (name: RemoteName, handler: Handler): LocalAgent => agent(diary, name, { [name]: handler });
  return {
    quick: agent(diary, "quick", { tenfold: ({ n }) => ({ value: n * 10 }), words: ({ n }) => message(`n is ${n}`) }),
    slow: one("slow", async ({ n }) => {
      await delay(30 + ((n * 17) % 50));
      return { value: n * n };
    }),
    plain: one("plain", async ({ n }) => {
      await delay(20 + ((n * 11) % 30));
      return { value: n + 100 };
    }),
    flaky: one("flaky", ({ n }, { assignment }) =>
      assignment.attempt < 3 ? fail("BUSY", "Not now.", { retryable: true }) : { value: n * 3 },
    ),
    refuser: one("refuser", () => refuse("Not my job.")),
    asker: one("asker", (_input, { answer }) => (answer === undefined ? ask("Which colour?") : { colour: answer })),
    hanger: one("hanger", async ({ n }, { assignment, signal }) => {
      if (assignment.attempt === 1) await delay(HANG_MS, undefined, { signal }).catch(() => undefined);
      return { value: n + 7 };
    }),
    turner: one("turner", async ({ n }) => {
      await delay(25);
      return { value: n + 1 };
    }),
    critic: one("critic", ({ n }) => ({ good: n >= 3 })),
    mender: one("mender", ({ n }, { repair }) => ({ value: repair === null ? `${n}?` : n * 4 })),
    scribe: agent(diary, "scribe", { write, recall: (_input, { context }) => ({ notes: context["notes"] ?? null }) }),
    triage: one("triage", ({ n }) => handOver("back", { message: `It is about ${n}.` })),
    undoer: agent(diary, "undoer", {
      undo: ({ n }) => ({ undone: n }),
      undo_later: ({ n }, { assignment }) => (assignment.attempt < 3 ? fail("STUBBORN", "Not yet.", { retryable: true }) : { undone: n }),
    }),
  };
}

/** Writes into the run context what it was given, and what others write, too. */
function write({ n }: Numbered, { input }: Call) {
  const { as } = input as { readonly as: string };
  return result({ written: n }, { contextUpdate: { [`notes.${as}`]: n, "notes.shared": as } });
}

/** Far longer than the step waits; it is bounded only so that nothing lives for ever. */
const HANG_MS = 30_000;

/** The agent in the orchestrator's own process. */
export function localAgent(diary: Diary): LocalAgent {
  return agent(diary, "local", {
    seed: ({ n }) => ({ items: [n, n + 1, n + 2] }),
    double: ({ n }) => ({ value: n * 2 }),
    flaky: async ({ n }, { assignment }) => {
      await delay(5);
      return assignment.attempt < 3 ? fail("BUSY", "Not now.", { retryable: true }) : { value: n * 5 };
    },
    rescue: ({ n }) => ({ value: n * 11 }),
    broken: () => fail("BROKEN", "It never works."),
    bulk: (_input, { input }) => ({ text: "x".repeat((input as { readonly bytes: number }).bytes) }),
    total: (_input, { input }) => ({ value: totalOf(input as Totals) }),
    tenfold: ({ n }) => ({ value: n * 10 }),
    write,
    colour: () => "green",
    plan: ({ n }) => ({
      subtasks: [
        { id: "one", capability: "double", with: { n } },
        { id: "two", capability: "follow", needs: ["one"] },
      ],
    }),
    follow: (_input, { input }) => ({ value: (input as { readonly results: { readonly one: Valued } }).results.one.value + 1 }),
    undo: ({ n }) => ({ undone: n }),
  });
}

type Valued = { readonly value: number };
type Totals = {
  readonly single: readonly number[];
  readonly squares: readonly Valued[];
  readonly plain: readonly Valued[];
  readonly doubles: readonly Valued[];
};

function totalOf({ single, squares, plain, doubles }: Totals): number {
  return [...single, ...[...squares, ...plain, ...doubles].map(({ value }) => value)].reduce((left, right) => left + right, 0);
}

function agent(diary: Diary, name: string, handlers: { readonly [capability: string]: Handler }): LocalAgent {
  const capabilities = Object.entries(handlers).map(([capability, handler]) => [
    capability,
    capabilityOf(diary, { name, capability, handler }),
  ]);
  return defineAgent({
    name,
    description: `The ${name} agent of the crash sweep.`,
    version: "1.0.0",
    capabilities: Object.fromEntries(capabilities),
  });
}

function capabilityOf(
  diary: Diary,
  { name, capability, handler }: { readonly name: string; readonly capability: string; readonly handler: Handler },
) {
  return {
    description: capability,
    run: async (call: Call) => {
      const { workflow_id: run, subtask_id: path, attempt } = call.assignment;
      const who = { life: diary.life, agent: name, capability, run, path, attempt, turn: call.exchanges.length + 1, key: call.key };
      journal.write(diary.directory, { event: "begin", at: Date.now(), ...who });
      const answer = await handler(call.input as unknown as Numbered, call);
      journal.write(diary.directory, { event: "end", at: Date.now(), isAborted: call.signal.aborted, ...who });
      return answer;
    },
  };
}
