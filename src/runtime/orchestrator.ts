import { randomUUID } from "node:crypto";

import { v7 } from "uuid";

import { TuttiError } from "../base/errors.ts";
import { DEFAULT_TENANT, parseRunId, type RunId, type RunRef, type Tenant } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import { prepareInput } from "../definition/run-input.ts";
import type { Agent } from "../ports/agents.ts";
import type { Host, PostedInput, RunRecord } from "../ports/host.ts";
import type { Labels } from "../scheduler/input.ts";
import { openQuestions, type OpenQuestion } from "./open-questions.ts";
import type { Registry } from "./registry.ts";
import { outputOf, readResult, type RunResult } from "./run-result.ts";

export type StartOptions = {
  /** The same id with the same workflow and input is the same run. A new one is made when absent. */
  readonly id?: string;
  /** Where the definition's logical agents lead in this run; absent means as the definition says. */
  readonly bindings?: JsonObject;
  readonly labels?: Labels;
  /** Who starts it, for the audit (requirements W145). */
  readonly by?: string;
};

/**
 * The façade: starts, follows and steers runs (requirements W016, W021–W026). It owns nothing but
 * references; what is durable is in its host.
 */
export class Orchestrator {
  readonly host: Host;
  readonly registry: Registry;
  readonly tenant: Tenant;
  readonly #close: () => Promise<void>;

  constructor(parts: { readonly host: Host; readonly registry: Registry; readonly tenant?: Tenant; readonly close: () => Promise<void> }) {
    this.host = parts.host;
    this.registry = parts.registry;
    this.tenant = parts.tenant ?? DEFAULT_TENANT;
    this.#close = parts.close;
  }

  /** Makes an agent known under its name and its capabilities. */
  register(agent: Agent): void {
    this.registry.register(agent);
  }

  /**
   * Starts a run, or finds the one that the same request has started.
   * Throws T2001 when the input does not fit, T4002 when the id is taken by another request.
   */
  async start(written: Definition, input: Json, options: StartOptions = {}): Promise<RunHandle> {
    const definition = this.registry.fallbacks.complete(written);
    const prepared = prepareInput(definition, input);
    if (!prepared.ok) throw prepared.error;
    const run = this.ref(options.id ?? createRunId());
    await this.#expectAgents(definition, options, run);
    const fingerprint = await this.host.define(this.tenant, definition);
    // Recorded with the run: the fingerprint leaves them out, so another file may have other ones.
    const bindings: JsonObject = { ...definition.agents, ...options.bindings };
    const receipt = await this.host.start({
      run,
      seed: randomUUID(),
      workflow: definition.name,
      version: versionOf(definition, fingerprint),
      fingerprint,
      input: prepared.value,
      by: options.by ?? "local",
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      ...(Object.keys(bindings).length === 0 ? {} : { bindings }),
    });
    return new RunHandle(this.host, run, receipt.created);
  }

  /** Starts a run and waits for its output; the same id again gives the same output without any agent. */
  async run(definition: Definition, input: Json, options: StartOptions = {}): Promise<Json> {
    const handle = await this.start(definition, input, options);
    return outputOf(await handle.result());
  }

  /** A handle on a run that exists. Throws T4001 when it does not. */
  async open(id: string): Promise<RunHandle> {
    const run = this.ref(id);
    await this.record(id);
    return new RunHandle(this.host, run, false);
  }

  async record(id: string): Promise<RunRecord> {
    const record = await this.host.get(this.ref(id));
    if (record !== null) return record;
    throw new TuttiError("T4001", `There is no run ${id}.`, { help: "`tutti list` shows the runs of this database." });
  }

  /** Every question that waits for an answer. */
  questions(limit = 100): Promise<readonly OpenQuestion[]> {
    return openQuestions(this.host, this.tenant, limit);
  }

  /** Answers a question. Throws T4004 when it is not open. */
  async answer(question: string, answer: Json, by = "local"): Promise<RunHandle> {
    const found = await this.host.lookUp(this.tenant, "question", question);
    const posted = found === null ? null : await this.host.post(found.run, { kind: "questionAnswered", question, answer, by });
    if (found === null || posted?.applied !== true) {
      throw new TuttiError("T4004", `Question ${question} is not open: it does not exist, has been answered, or its run has ended.`, {
        help: "`tutti questions` lists the open ones.",
      });
    }
    return new RunHandle(this.host, found.run, false);
  }

  /** A run that could not be given to anyone is not started; one that exists needs no agents any more. */
  async #expectAgents(definition: Definition, options: StartOptions, run: RunRef): Promise<void> {
    if (options.id !== undefined && (await this.host.get(run)) !== null) return;
    const reason = this.registry.cannotBind(definition, options.bindings ?? null);
    if (reason === null) return this.registry.load(definition, options.bindings ?? null);
    throw new TuttiError("T4115", `Workflow "${definition.name}" cannot run here: ${reason}.`, {
      help: "Bind the agent in the file, in tutti.config.ts or with --agent NAME=URL, or register an agent that has the capability.",
    });
  }

  /** Ends the process's part in all runs; they go on when a process opens the database again. */
  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  ref(id: string): RunRef {
    const parsed = parseRunId(id);
    if (!parsed.ok) throw new TuttiError("T2002", parsed.error);
    return { tenant: this.tenant, id: parsed.value };
  }
}

/** One run, to be followed and steered. */
export class RunHandle {
  readonly run: RunRef;
  /** False when the same request had started it before. */
  readonly created: boolean;
  readonly #host: Host;

  constructor(host: Host, run: RunRef, created: boolean) {
    this.#host = host;
    this.run = run;
    this.created = created;
  }

  get id(): RunId {
    return this.run.id;
  }

  /** Waits for the end of the run. */
  async result(signal?: AbortSignal): Promise<RunResult> {
    // An open wait keeps the process alive; the host's own timers do not.
    const keepAlive = setInterval(() => undefined, 60_000);
    try {
      return await readResult(this.#host, await this.#host.whenOver(this.run, signal));
    } finally {
      clearInterval(keepAlive);
    }
  }

  /** The facts of the run from a sequence number on, as they come, until its end. */
  watch(fromSeq = 1, signal?: AbortSignal): ReturnType<Host["watch"]> {
    return this.#host.watch(this.run, fromSeq, signal);
  }

  cancel(reason = "canceled by the caller", by = "local"): Promise<boolean> {
    return this.#post({ kind: "cancelRequested", reason, by });
  }

  /** Nothing new is assigned until `resume`; what is in flight goes on (requirements W190). */
  pause(by = "local"): Promise<boolean> {
    return this.#post({ kind: "pauseRequested", by });
  }

  /** Lets a paused run go on, and a quarantined one try the inputs again that it had stumbled over. */
  async resume(by = "local"): Promise<boolean> {
    const record = await this.#host.get(this.run);
    if (record?.status !== "quarantined") return this.#post({ kind: "resumeRequested", by });
    await this.#host.release(this.run);
    return true;
  }

  /** True when it changed something; false when the run was already so, or is over. */
  async #post(input: PostedInput): Promise<boolean> {
    return (await this.#host.post(this.run, input)).applied;
  }
}

/** A new run id: sorts by age. */
export function createRunId(): RunId {
  return `run_${v7().replaceAll("-", "")}` as RunId;
}

/** While a version is not named, or may still change, its fingerprint tells two of them apart. */
function versionOf(definition: Definition, fingerprint: string): string {
  return definition.version ?? `0.0.0+${fingerprint.slice(0, 12)}`;
}
