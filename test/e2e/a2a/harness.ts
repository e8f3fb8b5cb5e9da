import { randomUUID } from "node:crypto";

import type { Call } from "../../../src/agents/function-call.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { ask, askAuth, fail, message, refuse, result } from "../../../src/agents/answers.ts";
import type { Json } from "../../../src/base/json.ts";
import type { LocalAgent, RemoteAgent, Sent, Watch, Work } from "../../../src/ports/agents.ts";
import type { Intent, Progress, RemoteTask } from "../../../src/scheduler/input.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";

/** A promise that a test fulfils: events instead of sleeps. */
export type Gate = { readonly opened: Promise<void>; open(): void };
export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export function work(capability: string, input: Json, more: Partial<Work> = {}): Work {
  const assignment = {
    sender: "orchestrator/test/1.0.0",
    receiver: "agent",
    workflow_id: "run_1",
    workflow_type: "test",
    subtask_id: "step",
    attempt: 1,
    correlation_id: "c-1",
    ttl_ms: 30_000,
    operation: capability,
    timestamp: new Date().toISOString(),
    hop_count: 1,
  };
  return { key: "default/run_1/step/1/1", capability, input, text: null, exchanges: [], task: null, assignment, ...more };
}

export type Seen = { readonly watch: Watch; readonly progress: Progress[]; readonly chunks: string[]; stop(): void };
export function watching(on: { readonly progress?: (progress: Progress) => void; readonly chunk?: (text: string) => void } = {}): Seen {
  const stopper = new AbortController();
  const progress: Progress[] = [];
  const chunks: string[] = [];
  const watch: Watch = {
    signal: stopper.signal,
    progress(told) {
      progress.push(told);
      on.progress?.(told);
    },
    chunk(text) {
      chunks.push(text);
      on.chunk?.(text);
    },
  };
  return { watch, progress, chunks, stop: () => stopper.abort() };
}

export const never = (): AbortSignal => new AbortController().signal;

export async function intentFor(agent: RemoteAgent, more: Partial<Intent> = {}): Promise<Intent> {
  const described = await agent.describe(never());
  if (!described.ok) throw new Error(`The agent cannot be described: ${JSON.stringify(described.outcome)}`);
  const { url, binding, tenant } = described.identity;
  return { agent: agent.name, url, binding, tenant, messageId: randomUUID(), contextId: randomUUID(), ...more };
}

export function taskOf(sent: Sent): RemoteTask {
  if (sent.kind !== "task") throw new Error(`There is no task: ${JSON.stringify(sent)}`);
  return sent.task;
}

/** What a runtime does, without its durability: describe, send, attend. */
export async function give(agent: RemoteAgent, given: Work, seen: Seen = watching()): Promise<Outcome> {
  const sent = await agent.send(given, await intentFor(agent), seen.watch.signal);
  if (sent.kind === "answer" || sent.kind === "notSent") return sent.outcome;
  if (sent.kind !== "task") throw new Error(`It was not sent: ${JSON.stringify(sent)}`);
  return sent.over ?? agent.attend(sent.task, seen.watch);
}

export type Stage = {
  readonly agent: LocalAgent;
  /** How often a handler was called. */
  callCount: number;
  readonly started: Gate;
  /** Lets `slow` give the pieces of its answer: those who are there see them. */
  readonly speak: Gate;
  readonly release: Gate;
  readonly stopped: Gate;
};

/** An agent that can do everything an agent can do; its gates pace it. */
export function stage(): Stage {
  const here: Stage = { agent: undefined as never, callCount: 0, started: gate(), speak: gate(), release: gate(), stopped: gate() };
  const counted = <Value>(value: Value): Value => {
    here.callCount += 1;
    return value;
  };
  const agent = defineAgent({
    name: "stage",
    description: "Does whatever a test needs.",
    version: "1.0.0",
    capabilities: {
      double: {
        description: "Doubles n.",
        input: { type: "object", required: ["n"], properties: { n: { type: "number" } } },
        run: ({ input }) => counted({ n: (input as { n: number }).n * 2 }),
      },
      hello: { description: "Says hello.", run: () => counted(message("Hello.")) },
      words: { description: "Answers in words.", run: ({ text }) => counted(`You said ${text ?? "nothing"}.`) },
      files: { description: "Makes files.", run: () => counted(FILES) },
      question: {
        description: "Asks for a colour.",
        run: ({ answer, exchanges }) => counted(answer === undefined ? COLOUR : result({ colour: answer, asked: exchanges.length })),
      },
      auth: {
        description: "Asks for access.",
        run: ({ answer }) => counted(answer === undefined ? askAuth("Allow access to the mailbox.") : "Done."),
      },
      refuse: { description: "Refuses.", run: () => counted(refuse("Not my job.")) },
      busy: { description: "Fails for now.", run: () => counted(BUSY) },
      broken: {
        description: "Throws.",
        run: () => {
          here.callCount += 1;
          throw new Error("password=hunter2");
        },
      },
      slow: { description: "Works until it is released, and tells how it goes.", run: (call) => workSlowly(call, here) },
    },
  });
  return Object.assign(here, { agent });
}

async function workSlowly({ progress, chunk, signal }: Call, here: Stage): Promise<string> {
  here.callCount += 1;
  signal.addEventListener("abort", () => here.stopped.open());
  here.started.open();
  progress({ percent: 10, phase: "begin", note: "Begun." });
  await Promise.race([here.speak.opened, here.release.opened, here.stopped.opened]);
  chunk("one ");
  chunk("two");
  await Promise.race([here.release.opened, here.stopped.opened]);
  return "one two three";
}

const COLOUR = ask("Which colour?", { schema: { type: "string" }, data: { choices: ["red", "blue"] } });
const BUSY = fail("RATE_LIMIT_EXCEEDED", "Come again later.", { retryable: true, retryAfterMs: 1500, details: { limit: 3 } });
const FILES = result(
  { ok: true },
  {
    text: "Two files.",
    artifacts: [
      { name: "a.svg", mediaType: "image/svg+xml", bytes: "PHN2Zy8+" },
      { name: "kpis", mediaType: "application/json", data: { total: 3 } },
    ],
    usage: { tokens: 7 },
  },
);
