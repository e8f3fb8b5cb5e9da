import { randomUUID } from "node:crypto";

import { TuttiError } from "../base/errors.ts";
import { given } from "../base/given.ts";
import { DEFAULT_TENANT, parseRunId, type RunId, type RunRef, type Tenant } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import { prepareInput } from "../definition/run-input.ts";
import type { Agent } from "../ports/agents.ts";
import type { Host, RunRecord, StartRequest } from "../ports/host.ts";
import type { Labels, Origin } from "../scheduler/input.ts";
import { giveAnswer } from "./answers.ts";
import { type RunnableWorkflow, takeWorkflow } from "./workflows/built-workflow.ts";
import type { ForkPlan } from "./fork/fork.ts";
import { expectSameFork, type ForkOptions, forkedStart, type PreparedFork, prepareFork } from "./fork/fork-run.ts";
import { openQuestions, type OpenQuestion } from "./open-questions.ts";
import type { RegisterOptions, Registry } from "./registry/registry.ts";
import { RunHandle } from "./run-handle.ts";
import { createSortedId } from "./sorted-id.ts";
import { outputOf } from "./run-result.ts";
import { withoutTaskLabels } from "./task-labels.ts";
import { type GivenWorkflow, NOTHING_BELOW, type Resolved } from "./workflows/versions.ts";
import { WorkflowLibrary } from "./workflows/workflow-library.ts";

export { RunHandle } from "./run-handle.ts";

/** What a start says besides the workflow and its input. */
export type StartOptions = {
  /** The same id with the same workflow and input is the same run. A new one is made when absent. */
  readonly id?: string;
  /** The id was made for this start: the store is not searched for a run of that name. Should there be one, it stays as it is. */
  readonly isFresh?: boolean;
  /** Where the definition's logical agents lead in this run; absent means as the definition says. */
  readonly bindings?: JsonObject;
  readonly labels?: Labels;
  /** Who starts it, for the audit (requirements W145). */
  readonly by?: string;
  /** Jitter and ids derive from it; a random one when absent. */
  readonly seed?: string;
  /** Sub-workflows for this run; they go before those of the process and the stored ones. */
  readonly workflows?: readonly GivenWorkflow[];
  /**
   * The definition is under development: edited without a new version it is stored as that version, a
   * plus and its fingerprint. Otherwise one version with two definitions is refused (T1501).
   */
  readonly draft?: boolean;
  /** The request over A2A that asks for it. */
  readonly origin?: Origin;
  /** W3C `traceparent` of whoever asks for it. */
  readonly trace?: string;
  /** W3C `tracestate` that came with it; it is handed on unchanged. */
  readonly tracestate?: string;
  /** How many orchestrators the request has passed. */
  readonly hops?: number;
};

/**
 * The façade: starts, follows and steers runs (requirements W016, W021–W026). It owns nothing but
 * references; what is durable is in its host.
 */
export class Orchestrator {
  readonly host: Host;
  readonly registry: Registry;
  readonly tenant: Tenant;
  /** Stored workflows, and those that this process brings along for others to refer to. */
  readonly workflows: WorkflowLibrary;
  readonly #close: () => Promise<void>;

  constructor(parts: { readonly host: Host; readonly registry: Registry; readonly tenant?: Tenant; readonly close: () => Promise<void> }) {
    this.host = parts.host;
    this.registry = parts.registry;
    this.tenant = parts.tenant ?? DEFAULT_TENANT;
    this.workflows = new WorkflowLibrary({ host: this.host, registry: this.registry, tenant: this.tenant });
    this.#close = parts.close;
  }

  /** Makes an agent known under its name and its capabilities. */
  register(agent: Agent, options?: RegisterOptions): void {
    this.registry.register(agent, options);
  }

  /**
   * Starts a run, or finds the one that the same request has started.
   * Throws T2001 when the input does not fit, T4002 when the id is taken by another request, T1501 when
   * the version is another definition already, T1502 when a sub-workflow is not to be found.
   */
  async start(workflow: RunnableWorkflow, input: Json, options: StartOptions = {}): Promise<RunHandle> {
    const { definition: written, children } = takeWorkflow(workflow, this.registry);
    const definition = this.registry.fallbacks.complete(written);
    const prepared = prepareInput(definition, input);
    if (!prepared.ok) throw prepared.error;
    return this.#begin(definition, prepared.value, { ...options, workflows: [...(options.workflows ?? []), ...children] });
  }

  /** `more`: what a run says of the one that it was forked from. */
  async #begin(definition: Definition, input: Json, options: StartOptions, more: Partial<StartRequest> = {}): Promise<RunHandle> {
    const run = this.ref(options.id ?? createRunId());
    const { draft = false, workflows = [] } = options;
    const isFresh = options.id === undefined || options.isFresh === true;
    // A run that exists needs no agents any more, and its versions were fixed when it began.
    const isNew = isFresh || (await this.host.get(run)) === null;
    const below = isNew
      ? await this.workflows.resolve(definition, { given: workflows, draft, fixed: more.workflows ?? {} })
      : NOTHING_BELOW;
    // Recorded with the run: the fingerprint leaves them out, so another file may have other ones.
    const bindings: JsonObject = { ...definition.agents, ...below.bindings, ...options.bindings };
    if (isNew) await this.#expectAgents(definition, bindings, below);
    const { version, fingerprint } = await this.workflows.store(definition, draft);
    const request: StartRequest = {
      run,
      seed: options.seed ?? randomUUID(),
      workflow: definition.name,
      version,
      fingerprint,
      input,
      by: options.by ?? "local",
      ...given(options, "labels", "origin", "trace", "tracestate", "hops"),
      ...(Object.keys(bindings).length === 0 ? {} : { bindings }),
      ...(below.below.length === 0 ? {} : { workflows: below.workflows }),
      ...more,
    };
    const receipt = await this.host.start(request, { isFresh });
    return new RunHandle(this.host, run, receipt.created);
  }

  /** Starts a run and waits for its output; the same id again gives the same output without any agent. */
  async run(workflow: RunnableWorkflow, input: Json, options: StartOptions = {}): Promise<Json> {
    const handle = await this.start(workflow, input, options);
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

  /**
   * Answers a question: of an agent, or an approval and what else the run itself asks. The same answer
   * again is fine. Throws T4004 when there is no such question, T4005 when the answer does not fit its
   * schema, T4006 when it has been answered otherwise, with who did. `message`: the A2A message that
   * brought the answer.
   */
  async answer(question: string, answer: Json, by = "local", message?: JsonObject): Promise<RunHandle> {
    const said = { question, answer, by, ...(message === undefined ? {} : { message }) };
    return new RunHandle(this.host, await giveAnswer(this.host, this.tenant, said), false);
  }

  /**
   * What `retry` or `fork` would keep, repeat, and find undone. Starts nothing.
   * Throws T4201 when the run is not over, or has nothing to retry.
   */
  async preview(id: string, kind: "retry" | "fork", options: ForkOptions = {}): Promise<ForkPlan> {
    return (await prepareFork(this.host, await this.record(id), kind, this.#complete(options))).plan;
  }

  /**
   * Runs what failed again, in a new run that begins with the finished results of the old one
   * (issue 3, deliverable 4). A run that completed is retried only from a step that is named. The old
   * run stays as it is. The same `id` with the same request gives the same run.
   *
   * @example
   * const again = await orchestrator.retry("run_7");
   * const output = outputOf(await again.result());
   */
  async retry(id: string, options: ForkOptions & StartOptions = {}): Promise<RunHandle> {
    return this.#startFork(await prepareFork(this.host, await this.record(id), "retry", this.#complete(options)), options);
  }

  /**
   * Runs a finished run again from a step on, in a new run, with values of the input, the run context
   * or the outputs of steps set otherwise. Everything else is as with `retry`.
   *
   * @example
   * await orchestrator.fork("run_7", { from: "report", set: [{ path: "input.month", value: "2025-04" }] });
   */
  async fork(id: string, options: ForkOptions & StartOptions = {}): Promise<RunHandle> {
    return this.#startFork(await prepareFork(this.host, await this.record(id), "fork", this.#complete(options)), options);
  }

  /** A definition that comes from a file gets the registry's fallbacks, as at a start. */
  #complete(options: ForkOptions): ForkOptions {
    const { latest } = options;
    return latest === undefined || latest === true ? options : { ...options, latest: this.registry.fallbacks.complete(latest) };
  }

  async #startFork(prepared: PreparedFork, options: StartOptions): Promise<RunHandle> {
    const { definition, record, plan, isLatest } = prepared;
    // The definition is one that a run has been on; it may be a draft.
    const all = {
      labels: withoutTaskLabels(record.labels),
      draft: true,
      ...options,
      bindings: { ...prepared.bindings, ...options.bindings },
    };
    const handle = await this.#begin(definition, plan.input, all, {
      ...forkedStart(prepared),
      ...(isLatest ? {} : { version: record.version }),
    });
    if (!handle.created) await expectSameFork(this.host, handle.run, prepared);
    return handle;
  }

  /** A run that could not be given to anyone is not started. */
  async #expectAgents(definition: Definition, bindings: JsonObject, below: Resolved): Promise<void> {
    const own = this.registry.cannotBind(definition, bindings);
    if (own === null) await this.registry.load(definition, bindings);
    const reason = own ?? (await this.workflows.cannotRunBelow(below, bindings));
    if (reason === null) return;
    throw new TuttiError("T4115", `Workflow "${definition.name}" cannot run here: ${reason}.`, {
      help: "Bind the agent in the file, in tutti.config.ts or with --agent NAME=URL, or register an agent that has the capability.",
    });
  }

  /** The same host and agents, for the runs of another tenant. It is closed with this one. */
  forTenant(tenant: Tenant): Orchestrator {
    return tenant === this.tenant ? this : new Orchestrator({ host: this.host, registry: this.registry, tenant, close: async () => {} });
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

/** A new run id: sorts by age. */
export function createRunId(): RunId {
  return `run_${createSortedId(Date.now())}` as RunId;
}
