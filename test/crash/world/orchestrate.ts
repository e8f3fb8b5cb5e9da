/**
 * A program: opens a database, starts or continues its runs, is the world around them, waits for their
 * end. It prints a line for everything that was acknowledged, and at the end one with what it has
 * passed. Told to die at a failpoint, it kills itself there with SIGKILL.
 */
import { writeSync } from "node:fs";

import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { setFailpointHook } from "../../../src/base/failpoint.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import type { Host } from "../../../src/ports/host.ts";
import type { Log } from "../../../src/ports/log.ts";
import { Effects } from "../../../src/runtime/effects/effects.ts";
import { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import type { Addresses } from "./addresses.ts";
import { localAgent } from "./agents.ts";
import { createEndless, createUndone } from "./endings.ts";
import { createGoverned } from "./governed.ts";
import { hostOfFate, mutated, type Mutation } from "./mutations.ts";
import { type Acknowledgement, attend } from "./outside.ts";
import { createBelow, createLingering, createShapes } from "./shapes.ts";
import { createWorkflow } from "./workflow.ts";

/** Which workflow a run is of. `endless` is canceled once agents have taken its work; `undone` fails. */
export type RunKind = "sound" | "shapes" | "endless" | "undone" | "governed";
export type StartedRun = { readonly id: string; readonly n: number; readonly kind: RunKind };
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
  | ({ readonly kind: "acknowledged" } & Acknowledgement)
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
  const wiring: { host?: Host } = {};
  const hostOf = (): Host => {
    if (wiring.host === undefined) throw new Error("An effect answered before its host was open.");
    return wiring.host;
  };
  const effects = new Effects({ registry, host: hostOf, clock: systemClock, log, random: Math.random, reconcileMs: RECONCILE_MS });
  const host = await openEmbedded({ path, performer: effects, log });
  wiring.host = hostOfFate(host, life);
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

type Workflows = { readonly [Kind in RunKind]: Definition } & { readonly inside: readonly { readonly definition: Definition }[] };

function createWorkflows(at: Addresses): Workflows {
  return {
    sound: createWorkflow(at),
    shapes: createShapes(at),
    endless: createEndless(at),
    undone: createUndone(at),
    governed: createGoverned(at),
    inside: [{ definition: createBelow(at) }, { definition: createLingering(at) }],
  };
}

async function live(life: Life, workflows: Workflows, pass: Passage["pass"]): Promise<void> {
  const { database } = life;
  const orchestrator = await open(life, database.path, pass);
  const acknowledged = (what: Acknowledgement): void => report({ kind: "acknowledged", ...what });
  await Promise.all(
    database.runs.map(async (run) => {
      const { id, n, kind } = run;
      if (life.mutation === "acknowledgesEarly") acknowledged({ run: id, fact: "runStarted" });
      const handle = await orchestrator.start(workflows[kind], { n }, { id, workflows: workflows.inside });
      acknowledged({ run: id, fact: "runStarted" });
      await Promise.all([handle.result(), attend({ orchestrator, acknowledged, pass }, run, handle)]);
    }),
  );
  await orchestrator.close();
}

async function main(life: Life): Promise<void> {
  // What the first request would load: a death while it is on its way is then one on the wire.
  await Promise.all([import("../../../src/agents/remote-agent.ts"), import("../../../src/runtime/egress/connection-pools.ts")]);
  const { points, pass } = armFailpoints(life.failAt);
  await live(life, createWorkflows(life.addresses), pass);
  report({ kind: "done", points });
  // Connections to agents stay open for the next request; nothing of ours waits for them.
  process.exit(0);
}

await main(JSON.parse(process.argv[2] ?? "{}") as Life);
