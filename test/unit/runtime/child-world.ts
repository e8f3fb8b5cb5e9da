/**
 * The real effects and a real host, with one run whose only step is performed by the test alone: it
 * gives the effects the commands for a sub-workflow, as a scheduler does, and sees what comes back.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type RunId, type RunRef } from "../../../src/base/ids.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import type { MailboxHost } from "../../../src/hosts/mailbox/mailbox-host.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import type { Performer, PlacedCommand } from "../../../src/ports/host.ts";
import { Effects } from "../../../src/runtime/effects/effects.ts";
import { childIdOf } from "../../../src/runtime/effects/effect-keys.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import type { Command, Fact } from "../../../src/scheduler/index.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { turns } from "./far-world.ts";

export const ABOVE = ref("above");

/** One step that nobody performs but the test. */
const above = workflowFromObject({
  name: "above",
  version: "1.0.0",
  timeout: "60d",
  steps: { a: { capability: "by_hand", timeout: "30d", retry: { attempts: 1 } } },
});

/** A sub-workflow with an input of its own. */
export const below = workflowFromObject({
  name: "below",
  version: "2.1.0",
  timeout: "30d",
  input: { type: "object", required: ["n"], properties: { n: { type: "integer" }, unit: { type: "string", default: "m" } } },
  steps: { work: { capability: "work", with: { n: "${{ input.n }}", unit: "${{ input.unit }}" }, timeout: "10d", retry: { attempts: 1 } } },
});

/** What the agent of the sub-workflow has got, and what the test lets it answer. */
export class Worker {
  readonly inputs: Json[] = [];
  readonly #answers: ((outcome: Outcome) => void)[] = [];
  readonly agent: LocalAgent = {
    kind: "local",
    name: "worker",
    description: "",
    version: "1",
    capabilities: ["work", "by_hand"].map((name) => ({ name, description: "", tags: [], inputSchema: null, outputSchema: null })),
    perform: ({ input }) => {
      this.inputs.push(input);
      return new Promise((resolve) => this.#answers.push(resolve));
    },
  };

  answer(outcome: Outcome): void {
    for (const resolve of this.#answers.splice(0)) resolve(outcome);
  }

  complete(value: Json): void {
    this.answer({ kind: "completed", reply: { data: [value] } });
  }
}

export type HostKind = "memory" | "embedded";

export class ChildWorld implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly worker = new Worker();
  readonly #kind: HostKind;
  readonly #store = new MemoryStore();
  readonly #folder = mkdtempSync(join(tmpdir(), "tutti-below-"));
  #effects: Effects | undefined;
  #host: MailboxHost | undefined;
  /** Commands of the run above, which the host has given and nobody has performed. */
  readonly given: PlacedCommand[] = [];

  constructor(kind: HostKind) {
    this.#kind = kind;
  }

  get host(): MailboxHost {
    if (this.#host === undefined) throw new Error("The world is not open.");
    return this.#host;
  }

  get effects(): Effects {
    if (this.#effects === undefined) throw new Error("The world is not open.");
    return this.#effects;
  }

  /** Opens the product; again, as another process after this one has ended. */
  async open(): Promise<this> {
    await this.#close();
    this.clock.forgetTimers();
    const registry = new Registry(createAgentFactory(() => undefined));
    registry.register(this.worker.agent);
    const effects = new Effects({ registry, host: () => this.host, clock: this.clock, log: () => undefined, random: () => 0.5 });
    const performer: Performer = {
      perform: (placed) => {
        if (placed.run.id === ABOVE.id) this.given.push(placed);
        else effects.perform(placed);
      },
      cannotRecover: () => null,
    };
    const parts = { performer, clock: this.clock };
    this.#host =
      this.#kind === "memory"
        ? openMemory({ store: this.#store, ...parts })
        : await openEmbedded({ path: join(this.#folder, "tutti.db"), control: false, ...parts });
    this.#effects = effects;
    this.#host.recover();
    return this;
  }

  /** The run above, with the definition of the one below stored. */
  async begin(definition: Definition = below, bindings?: JsonObject): Promise<void> {
    const fingerprint = await this.host.define(DEFAULT_TENANT, above);
    const workflow = {
      name: definition.name,
      version: definition.version ?? "0.0.0",
      fingerprint: await this.host.define(DEFAULT_TENANT, definition),
    };
    await this.host.start({
      run: ABOVE,
      seed: "s",
      workflow: "above",
      version: "1.0.0",
      fingerprint,
      input: {},
      by: "ada",
      labels: { team: "red" },
      workflows: { [`${definition.name}@*`]: workflow },
      hops: 3,
      ...(bindings === undefined ? {} : { bindings }),
    });
    this.#below = { ...workflow, depth: 1, endBy: this.clock.now() + 86_400_000 };
  }

  #below: Extract<Command, { kind: "delegate" }>["workflow"];

  /** Gives the effects the work of the step, as a sub-workflow. */
  delegate(input: Json = { n: 1 }, { recovered = false, text = null as string | null, bindings = null as JsonObject | null } = {}): void {
    const workflow = this.#below;
    if (workflow === undefined) throw new Error("The run above has not begun.");
    this.perform(
      {
        kind: "delegate",
        path: "a",
        attempt: 1,
        turn: 1,
        target: { kind: "workflow", name: workflow.name, range: "*" },
        input,
        text,
        deadlineAt: this.clock.now() + 86_400_000,
        exchanges: [],
        task: null,
        workflow,
      },
      { recovered, bindings },
    );
  }

  abort({ recovered = false } = {}): void {
    this.perform({ kind: "abort", path: "a", attempt: 1, turn: 1, task: null, intent: null }, { recovered, bindings: null });
  }

  steer(paused: boolean): void {
    this.perform({ kind: "steer", path: "a", attempt: 1, turn: 1, paused }, { recovered: false, bindings: null });
  }

  perform(command: Command, { recovered, bindings }: { readonly recovered: boolean; readonly bindings: JsonObject | null }): void {
    const definition: Definition = { ...above, steps: { ...above.steps, a: withWorkflow(above) } };
    this.effects.perform({ run: ABOVE, runKey: "default/above", workflow: "above", definition, bindings, command, recovered });
  }

  /** The run below, as it is recorded. */
  child() {
    return this.host.get(CHILD);
  }

  async factsOf(run: RunRef): Promise<readonly Fact[]> {
    return (await this.host.history(run, 1, 1_000)).map(({ fact }) => fact);
  }

  async status(run: RunRef): Promise<string | undefined> {
    return (await this.host.get(run))?.status;
  }

  /** Lets the event loop turn until something is so. */
  async until(test: () => Promise<boolean> | boolean): Promise<void> {
    for (let turn = 0; turn < 2_000; turn += 1) {
      if (await test()) return;
      await turns(1);
    }
    throw new Error("It never came to this.");
  }

  async #close(): Promise<void> {
    this.#effects?.close();
    await this.#host?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const CHILD = { tenant: DEFAULT_TENANT, id: childIdOf(ABOVE, { path: "a", attempt: 1, turn: 1 }) };

/** The step as a workflow file would have it: its target is the run below. */
function withWorkflow({ steps }: Definition): Definition["steps"][string] {
  const { a } = steps;
  if (a?.kind !== "delegate") throw new Error("The step is a delegate step.");
  return { ...a, target: { kind: "workflow", name: "below", range: "*" } };
}

export function ref(id: string): RunRef {
  return { tenant: DEFAULT_TENANT, id: id as RunId };
}
