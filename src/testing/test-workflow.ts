import { resolve } from "node:path";

import { TuttiError } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { loadFile } from "../authoring/file/load-file.ts";
import { renderProblems } from "../authoring/file/render-problem.ts";
import type { Definition } from "../definition/definition.ts";
import type { Agent } from "../ports/agents.ts";
import type { Log } from "../ports/log.ts";
import type { RunnableWorkflow } from "../runtime/workflows/built-workflow.ts";
import type { GivenWorkflow } from "../runtime/workflows/versions.ts";
import { TestRun } from "./test-run.ts";
import { type TestAgent, TestWorld } from "./test-world.ts";

/** A definition, what the builder makes, or the path of a workflow file. */
export type Testable = RunnableWorkflow | string;

/** What a test run is given; all of it has a default. */
export type TestOptions = {
  /** Who does the work: scripts, or agents of functions. They stand in for agents and capabilities of their name. */
  readonly agents?: readonly TestAgent[];
  readonly input?: Json;
  /** Jitter and ids derive from it: the same seed gives the same history. */
  readonly seed?: string;
  /** The id of the run. */
  readonly id?: string;
  /** Sub-workflows that the run may start. */
  readonly workflows?: readonly Testable[];
  /** The instant at which the test begins, in milliseconds since 1970. */
  readonly startAt?: number;
  readonly log?: Log;
};

/**
 * Runs a workflow in virtual time, without any network, until it is over or waits for somebody
 * (requirements W146–W152). A day of delays takes milliseconds.
 * Throws T2001 when the input does not fit, T4115 when nobody can do a step, and the file's problems.
 *
 * @example
 * const run = await testWorkflow(report, { agents: [scripted("data", [{ answer: { rows: 3 } }])] });
 * expectOutput(run, { rows: 3 });
 */
export async function testWorkflow(workflow: Testable, options: TestOptions = {}): Promise<TestRun> {
  const run = await begin(workflow, options, false);
  await run.untilIdle();
  return run;
}

/** Starts a workflow as `testWorkflow` does, and leaves time to you: `advance`, `untilIdle`. */
export async function startWorkflow(workflow: Testable, options: TestOptions = {}): Promise<TestRun> {
  const run = await begin(workflow, options, true);
  await run.settle();
  return run;
}

/** Starts a run; `prepare` may arrange what happens around it. */
export async function begin(
  workflow: Testable,
  options: TestOptions,
  isByHand: boolean,
  prepare: (world: TestWorld) => void = () => undefined,
): Promise<TestRun> {
  const { definition, bindings, lent, children } = await read(workflow);
  const { agents = [], input = {}, seed = "seed", id = "run_test", workflows = [] } = options;
  const others = await Promise.all(workflows.map(read));
  const world = new TestWorld({
    agents,
    modules: modulesOf({ ...definition.agents, ...bindings }),
    lent: [...lent, ...others.flatMap((other) => other.lent)],
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.startAt === undefined ? {} : { startAt: options.startAt }),
  });
  prepare(world);
  const names = agents.flatMap((agent) => (agent.kind === "scripted" ? agent.capabilities : [agent.name]));
  const stood = Object.fromEntries(names.map((name) => [name, { kind: "local", name: ownerOf(agents, name) }]));
  await world.orchestrator.start(definition, input, {
    id,
    seed,
    by: "test",
    bindings: { ...bindings, ...stood },
    draft: true,
    workflows: [...others.flatMap((other) => [standingIn(other, stood), ...other.children]), ...children],
  });
  return new TestRun({ world, run: world.orchestrator.ref(id), definition, isByHand });
}

/** A sub-workflow whose agents are those of the test, as far as they have scripts. */
function standingIn({ definition, bindings }: Readied, stood: JsonObject): GivenWorkflow {
  return { definition, bindings: { ...bindings, ...stood } };
}

/** The agent behind a name: an agent's own name goes before what another one can do. */
function ownerOf(agents: readonly TestAgent[], name: string): string {
  const byName = agents.find((agent) => agent.name === name);
  return (byName ?? agents.find((agent) => agent.kind === "scripted" && agent.capabilities.includes(name)))?.name ?? name;
}

type Readied = {
  readonly definition: Definition;
  readonly bindings: JsonObject;
  readonly lent: readonly (readonly [string, Agent])[];
  readonly children: readonly GivenWorkflow[];
};

async function read(workflow: Testable): Promise<Readied> {
  if (typeof workflow !== "string") return take(workflow);
  const loaded = await loadFile(workflow);
  if (!loaded.ok) throw new TuttiError(loaded.error[0]?.code ?? "T1002", renderProblems(loaded.error));
  const { definition, baseDirectory } = loaded.value;
  return { definition, bindings: moduleBindings(definition, baseDirectory), lent: [], children: [] };
}

/** A definition, with the agents and the sub-workflows that the builder was given as objects. */
function take(workflow: RunnableWorkflow): Readied {
  if (!("build" in workflow)) return { definition: workflow, bindings: {}, lent: [], children: [] };
  const below = workflow.children.map(take);
  const own = [...workflow.agentObjects].flatMap(([name, agent]): (readonly [string, Agent])[] => (isAgent(agent) ? [[name, agent]] : []));
  return {
    definition: workflow.build(),
    bindings: {},
    lent: [...own, ...below.flatMap(({ lent }) => lent)],
    children: below.flatMap(({ definition, children }) => [{ definition }, ...children]),
  };
}

/** The builder knows agents by their names alone. */
function isAgent(agent: object): agent is Agent {
  return "perform" in agent || "attend" in agent;
}

function modulesOf(bindings: JsonObject): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(bindings).flatMap(([name, binding]) =>
      isJsonObject(binding) && typeof binding["specifier"] === "string" ? [[name, binding["specifier"]] as const] : [],
    ),
  );
}

/** Modules are named from the folder of the file. */
function moduleBindings({ agents }: Definition, folder: string): JsonObject {
  return Object.fromEntries(
    Object.entries(agents).flatMap(([name, binding]) => {
      if (binding.kind !== "module") return [];
      const hash = binding.specifier.lastIndexOf("#");
      const path = resolve(folder, hash === -1 ? binding.specifier : binding.specifier.slice(0, hash));
      return [[name, { kind: "module", specifier: hash === -1 ? path : `${path}${binding.specifier.slice(hash)}` }]];
    }),
  );
}
