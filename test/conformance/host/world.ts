import type { RunId, RunRef, Tenant } from "../../../src/base/ids.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { Json } from "../../../src/base/json.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import type { Host, HistoryEntry, Performer, PlacedCommand, PostReceipt, StartReceipt } from "../../../src/ports/host.ts";
import type { Fact, RunState } from "../../../src/scheduler/index.ts";
import type { EffectId, Intent, Origin, RemoteTask } from "../../../src/scheduler/input.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import type { HostHarness } from "./harness.ts";

/** Writes down what it is to perform, and does none of it: the tests are the agents. */
export class Recorder implements Performer {
  performed: PlacedCommand[] = [];
  onPerform: (placed: PlacedCommand) => void = () => undefined;
  /** Workflows whose agents this process does not have. */
  readonly unbound = new Set<string>();
  /** How often the host has asked whether a run can go on here. */
  lookCount = 0;

  perform(placed: PlacedCommand): void {
    this.performed.push(placed);
    this.onPerform(placed);
  }

  cannotRecover(definition: Definition): string | null {
    this.lookCount += 1;
    return this.unbound.has(definition.name) ? `The agents of ${definition.name} are not here.` : null;
  }

  /** The commands of a run, as `kind path/attempt/turn`. */
  of(run: RunRef): string[] {
    return this.performed
      .filter((placed) => placed.run.id === run.id && placed.run.tenant === run.tenant)
      .map(({ command: { kind, path, attempt, turn } }) => `${kind} ${path}/${attempt}/${turn}`);
  }
}

type StartParts = {
  readonly input?: Json;
  readonly labels?: { readonly [name: string]: string };
  readonly tenant?: Tenant;
  readonly origin?: Origin;
};
type AnswerParts = Partial<EffectId> & {
  readonly path: string;
  readonly outcome?: Outcome;
  readonly output?: Json;
  readonly task?: RemoteTask;
};

/** One storage with a host on it, and all that a test needs to be the world around it. */
export class World {
  readonly harness: HostHarness;
  readonly clock = new ManualClock();
  performer = new Recorder();
  #host: Host | undefined;
  #barrierCount = 0;

  constructor(harness: HostHarness) {
    this.harness = harness;
  }

  get host(): Host {
    if (this.#host === undefined) throw new Error("The host is not open.");
    return this.#host;
  }

  /**
   * Opens the host; again, after a crash. The commands that are performed from then on are a new list.
   * Without `settle`, the host has had no turn yet.
   */
  async open({ settle = true, unbound = [] as readonly string[] } = {}): Promise<void> {
    this.clock.forgetTimers();
    this.performer.onPerform = () => undefined;
    this.performer = new Recorder();
    for (const name of unbound) this.performer.unbound.add(name);
    this.#host = await this.harness.open({ performer: this.performer, clock: this.clock });
    if (settle) await this.settle();
  }

  /** Resolves after a turn in which everything that was due had its chance. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) {
      this.#barrierCount += 1;
      await this.host.moveCursor(DEFAULT_TENANT, "barrier", this.#barrierCount);
    }
  }

  async advance(byMs: number): Promise<void> {
    this.clock.advance(byMs);
    await this.settle();
  }

  async start(
    id: string,
    definition: Definition,
    { input = {}, labels, tenant = DEFAULT_TENANT, origin }: StartParts = {},
  ): Promise<StartReceipt> {
    const fingerprint = await this.host.define(tenant, definition);
    return this.host.start({
      run: refOf(id, tenant),
      seed: id,
      workflow: definition.name,
      version: "1.0.0",
      fingerprint,
      input,
      by: "test",
      ...(labels === undefined ? {} : { labels }),
      ...(origin === undefined ? {} : { origin }),
    });
  }

  answer(run: RunRef, { path, attempt = 1, turn = 1, outcome, output = null, task }: AnswerParts): Promise<PostReceipt> {
    const told: Outcome = outcome ?? { kind: "completed", reply: { data: [output] } };
    return this.host.post(run, {
      kind: "answered",
      path,
      attempt,
      turn,
      agent: "tester",
      outcome: told,
      ...(task === undefined ? {} : { task }),
    });
  }

  progress(run: RunRef, path: string, note: string): Promise<PostReceipt> {
    return this.host.post(run, { kind: "progressed", path, attempt: 1, turn: 1, progress: { note } });
  }

  cancel(run: RunRef): Promise<PostReceipt> {
    return this.host.post(run, { kind: "cancelRequested", reason: "not needed", by: "test" });
  }

  /** A remote agent takes the work of a step: intent first, then the task. */
  async acceptRemotely(run: RunRef, path: string): Promise<RemoteTask> {
    await this.host.post(run, { kind: "intended", path, attempt: 1, turn: 1, intent: intentOf(run, path) });
    const task: RemoteTask = {
      agent: "far",
      url: "https://far.example.com",
      binding: "JSONRPC",
      tenant: "",
      taskId: `task-${run.id}-${path}`,
      contextId: `context-${run.id}`,
    };
    await this.host.post(run, { kind: "accepted", path, attempt: 1, turn: 1, agent: "far", task });
    return task;
  }

  async facts(run: RunRef, fromSeq = 1): Promise<readonly Fact[]> {
    return (await this.entries(run, fromSeq)).map((entry) => entry.fact);
  }

  async entries(run: RunRef, fromSeq = 1): Promise<readonly HistoryEntry[]> {
    return this.host.history(run, fromSeq, 1_000_000);
  }

  async kinds(run: RunRef): Promise<string[]> {
    return (await this.facts(run)).map((fact) => fact.kind);
  }

  async state(run: RunRef): Promise<RunState> {
    const state = await this.host.inspect(run);
    if (state === null) throw new Error(`Run ${run.id} has no state.`);
    return state;
  }

  async status(run: RunRef): Promise<string | undefined> {
    return (await this.host.get(run))?.status;
  }
}

/** What a promise comes to within a few turns of the host; else "nothing yet". */
export function soon<Result>(world: World, promise: Promise<Result>): Promise<Result | "nothing yet"> {
  return Promise.race([promise, world.settle().then(() => "nothing yet" as const)]);
}

export type OpenWorld = () => Promise<World>;

export function refOf(id: string, tenant: Tenant = DEFAULT_TENANT): RunRef {
  return { tenant, id: id as RunId };
}

export function tenantOf(name: string): Tenant {
  return name as Tenant;
}

export function intentOf(run: RunRef, path: string): Intent {
  const url = "https://far.example.com";
  return { agent: "far", url, binding: "JSONRPC", tenant: "", messageId: `message-${run.id}-${path}`, contextId: `context-${run.id}` };
}

export function failure(retryable: boolean): Outcome {
  return { kind: "failed", failure: { code: "AGENT_BROKEN", message: "It broke.", retryable } };
}
