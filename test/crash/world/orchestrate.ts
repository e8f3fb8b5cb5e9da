/**
 * A program: opens a database, starts or continues its runs, answers their questions, waits for their
 * end. It prints a line for each start that was acknowledged, and at the end one with what it
 * has passed. Told to die at a failpoint, it kills itself there with SIGKILL.
 */
import { writeSync } from "node:fs";

import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import { setFailpointHook } from "../../../src/base/failpoint.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import type { MailboxHost } from "../../../src/hosts/mailbox/mailbox-host.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import type { Log } from "../../../src/ports/log.ts";
import { Effects } from "../../../src/runtime/effects.ts";
import { Orchestrator, type RunHandle } from "../../../src/runtime/orchestrator.ts";
import { Registry } from "../../../src/runtime/registry.ts";
import { localAgent } from "./agents.ts";
import { mutated, type Mutation } from "./mutations.ts";
import { ANSWER, type Addresses, createEndlessWorkflow, createWorkflow, ENDLESS_TASKS } from "./workflow.ts";

/** `isCanceled`: a run of endless work, which is canceled once agents have taken it. */
export type StartedRun = { readonly id: string; readonly n: number; readonly isCanceled: boolean };
export type WorldDatabase = { readonly path: string; readonly runs: readonly StartedRun[] };
/** The `count`-th time that the failpoint is passed. */
export type FailAt = { readonly name: string; readonly count: number };

export type Life = {
  /** Names this process in the journal of the agents that live in it. */
  readonly life: string;
  readonly database: WorldDatabase;
  readonly addresses: Addresses;
  readonly journals: string;
  readonly failAt: FailAt | null;
  readonly mutation: Mutation;
  readonly isRecovering: boolean;
};

/** What the program prints, a line each. */
export type Report =
  | { readonly kind: "acknowledged"; readonly run: string }
  | { readonly kind: "dying"; readonly name: string; readonly count: number }
  | { readonly kind: "done"; readonly points: readonly string[] };

/** The agents of the sweep answer within milliseconds. */
const RECONCILE_MS = 250;

function report(line: Report): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** The failpoints that were passed, and a way to pass one of the test's own. */
type Passage = { readonly points: readonly string[]; readonly pass: (name: string) => void };

function armFailpoints(failAt: FailAt | null): Passage {
  const points: string[] = [];
  const pass = (name: string): void => {
    points.push(name);
    if (failAt === null || failAt.name !== name || points.filter((point) => point === name).length !== failAt.count) return;
    report({ kind: "dying", ...failAt });
    process.kill(process.pid, "SIGKILL");
  };
  setFailpointHook((name) => {
    pass(name);
    // While a request is on its way no line of ours runs: these two stand for the moments of it.
    if (name !== "send.leaving") return;
    setImmediate(() => pass("send.left"));
    setTimeout(() => pass("send.inFlight"), 2);
  });
  return { points, pass };
}

async function open(life: Life, path: string, pass: Passage["pass"]): Promise<Orchestrator> {
  const factory = createAgentFactory(() => undefined);
  const registry = new Registry(mutated(factory, { ...life, onSent: (agent) => pass(`sent.${agent}`) }));
  registry.register(localAgent({ directory: life.journals, life: life.life }));
  const wiring: { host?: MailboxHost } = {};
  const hostOf = (): MailboxHost => {
    if (wiring.host === undefined) throw new Error("An effect answered before its host was open.");
    return wiring.host;
  };
  const effects = new Effects({ registry, host: hostOf, clock: systemClock, log, random: Math.random, reconcileMs: RECONCILE_MS });
  const host = await openEmbedded({ path, performer: effects, log });
  wiring.host = host;
  host.recover();
  const close = async (): Promise<void> => {
    effects.close();
    await host.close();
  };
  return new Orchestrator({ host, registry, close });
}

const log: Log = (level, event, fields) => {
  if (level === "error") writeSync(2, `${event} ${JSON.stringify(fields)} ${String(fields["error"])}\n`);
};

type Workflows = { readonly sound: Definition; readonly endless: Definition };

async function live(life: Life, { sound, endless }: Workflows, pass: Passage["pass"]): Promise<void> {
  const { database } = life;
  const orchestrator = await open(life, database.path, pass);
  await Promise.all(
    database.runs.map(async ({ id, n, isCanceled }) => {
      if (life.mutation === "acknowledgesEarly") report({ kind: "acknowledged", run: id });
      const handle = await orchestrator.start(isCanceled ? endless : sound, { n }, { id });
      report({ kind: "acknowledged", run: id });
      await Promise.all([handle.result(), isCanceled ? cancelWhenTaken(handle) : answerQuestions(orchestrator, handle)]);
    }),
  );
  await orchestrator.close();
}

async function answerQuestions(orchestrator: Orchestrator, handle: RunHandle): Promise<void> {
  for await (const entry of handle.watch()) {
    if (entry.kind !== "fact" || entry.fact.kind !== "questionAsked") continue;
    await orchestrator.answer(entry.fact.id, ANSWER).catch((error: unknown) => {
      // An earlier life has answered it.
      if (!(error instanceof TuttiError && error.code === "T4004")) throw error;
    });
  }
}

async function cancelWhenTaken(handle: RunHandle): Promise<void> {
  let takenCount = 0;
  for await (const entry of handle.watch()) {
    if (entry.kind !== "fact" || entry.fact.kind !== "subtaskAccepted" || entry.fact.task === undefined) continue;
    takenCount += 1;
    if (takenCount === ENDLESS_TASKS) await handle.cancel("It would take for ever.");
  }
}

async function main(life: Life): Promise<void> {
  const { points, pass } = armFailpoints(life.failAt);
  await live(life, { sound: createWorkflow(life.addresses), endless: createEndlessWorkflow(life.addresses) }, pass);
  report({ kind: "done", points });
  // Connections to agents stay open for the next request; nothing of ours waits for them.
  process.exit(0);
}

await main(JSON.parse(process.argv[2] ?? "{}") as Life);
