/** The real performer, given commands by hand; a host that keeps what it is told. */
import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type RunId, type RunRef } from "../../../src/base/ids.ts";
import type { Definition, UsageKeys } from "../../../src/definition/definition.ts";
import type { Agent } from "../../../src/ports/agents.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import type { Host, PlacedCommand, PostedInput } from "../../../src/ports/host.ts";
import { Effects } from "../../../src/runtime/effects/effects.ts";
import { type RegisterOptions, Registry } from "../../../src/runtime/registry/registry.ts";
import type { Assignment, Command } from "../../../src/scheduler/index.ts";
import type { Intent, RemoteTask } from "../../../src/scheduler/input.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";

type Told = { readonly run: string; readonly input: PostedInput };
type Line = { readonly event: string; readonly fields: { readonly [name: string]: unknown } };
type Answered = Extract<PostedInput, { kind: "answered" }>;

export class EffectsWorld implements Disposable {
  readonly told: Told[] = [];
  readonly chunks: string[] = [];
  readonly lines: Line[] = [];
  readonly payloads = new Map<string, Uint8Array>();
  readonly registry = new Registry(createAgentFactory(() => undefined));
  readonly effects: Effects;
  /** Binds the logical agents of the commands. */
  bindings: PlacedCommand["bindings"] = null;
  usage: UsageKeys | undefined;
  /** How many orchestrators the runs' requests have passed. */
  hops = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: { readonly agents?: readonly Agent[]; readonly clock?: Clock } = {}) {
    for (const agent of options.agents ?? []) this.register(agent);
    this.effects = new Effects({
      registry: this.registry,
      host: () => this.#host(),
      clock: options.clock ?? systemClock,
      log: (_level, event, fields) => void this.lines.push({ event, fields }),
      random: () => 0.5,
    });
  }

  [Symbol.dispose](): void {
    this.effects.close();
  }

  register(agent: Agent, options?: RegisterOptions): void {
    this.registry.register(agent, options);
  }

  perform(run: string, command: Command, recovered = false): void {
    const ref: RunRef = { tenant: DEFAULT_TENANT, id: run as RunId };
    this.effects.perform({
      run: ref,
      runKey: `default/${run}`,
      workflow: "test",
      definition: this.usage === undefined ? DEFINITION : { ...DEFINITION, usage: this.usage },
      bindings: this.bindings,
      command,
      recovered,
      hops: this.hops,
    });
  }

  /** Everything that a run was told, by kind and path. */
  of(run: string): readonly string[] {
    return this.told.filter((told) => told.run === run).map(({ input }) => `${input.kind} ${"path" in input ? input.path : ""}`);
  }

  /** The first answer to a path; waits until it is there. */
  async answerTo(run: string, path: string): Promise<Answered> {
    for (;;) {
      const found = this.told.find((told) => told.run === run && told.input.kind === "answered" && told.input.path === path);
      if (found?.input.kind === "answered") return found.input;
      await this.next();
    }
  }

  async outcomeOf(run: string, path: string): Promise<Outcome> {
    return (await this.answerTo(run, path)).outcome;
  }

  /** Resolves when the host is told something more. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #host(): Host {
    const host: Pick<Host, "post" | "stream" | "getPayload" | "inspect"> = {
      post: async (run, input) => {
        this.told.push({ run: run.id, input });
        for (const wake of this.#waiting) wake();
        this.#waiting.clear();
        return { applied: true };
      },
      stream: (_run, chunk) => void this.chunks.push(chunk.text),
      getPayload: async (_tenant, hash) => this.payloads.get(hash) ?? null,
      inspect: async () => null,
    };
    return host as Host;
  }
}

const DEFINITION: Definition = workflowFromObject({ name: "test", version: "1.0.0", steps: { a: { capability: "work" } } });

export function assignment(path: string, more: Partial<Assignment> = {}): Assignment {
  return {
    path,
    attempt: 1,
    turn: 1,
    target: { kind: "capability", capability: "work" },
    input: null,
    text: null,
    deadlineAt: Date.UTC(2030, 0, 1),
    exchanges: [],
    task: null,
    ...more,
  };
}

export function delegate(path: string, more: Partial<Assignment> = {}): Command {
  return { kind: "delegate", ...assignment(path, more) };
}

export function intentFor(agent: string, path: string): Intent {
  return { agent, url: "http://far.test", binding: "JSONRPC", tenant: "", messageId: `m-${path}`, contextId: "c-1" };
}

export function taskOf(agent: string, path: string): RemoteTask {
  return { agent, url: "http://far.test", binding: "JSONRPC", tenant: "", taskId: `t-${path}`, contextId: "c-1" };
}
