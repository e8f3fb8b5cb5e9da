/**
 * Sub-workflows: work whose target is a workflow becomes a run of its own (design.md, fact 10).
 *
 * 1. The id of the run below follows from the key of the effect. So the same command, given again
 *    after a crash, finds the run that the first one started, and never starts a second.
 * 2. What the run below gets was recorded by the run above before either began: version, bindings,
 *    depth, deadline. Nothing is looked up anew.
 * 3. The run above waits without a place at the gate; only starting a run takes one. So any number of
 *    runs that wait keep nobody from the work that they wait for.
 * 4. The end is told as it was: an output, the failure with its code, or that it was canceled.
 * 5. Of several pauses and resumes the last one counts, also when it is older than the run below.
 */
import { present } from "../../base/assert.ts";
import { TuttiError } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { given } from "../../base/given.ts";
import type { RunId, RunRef } from "../../base/ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { CANCEL_PATIENCE_MS } from "../../base/limits.ts";
import { prepareInput } from "../../definition/run-input.ts";
import { pause } from "../../ports/clock.ts";
import type { PlacedCommand, RunRecord, StartRequest } from "../../ports/host.ts";
import type { Assignment, Command, Fact, RunState } from "../../scheduler/index.ts";
import type { EffectId } from "../../scheduler/input.ts";
import type { Failure, Outcome } from "../../scheduler/outcome.ts";
import { bindingsBelow, bindingsForBelow } from "../workflows/child-bindings.ts";
import { childIdOf, keyOfEffect, messageIdOf } from "./effect-keys.ts";
import type { EffectContext } from "./effects.ts";
import { describeFailure } from "./failures.ts";
import type { Flight } from "./flight.ts";
import { resultOf } from "../run-result.ts";
import { withoutTaskLabels } from "../task-labels.ts";
import { referencesOf, resolveWorkflows } from "../workflows/versions.ts";

export type ChildContext = Pick<EffectContext, "host" | "courier" | "gate" | "clock" | "log" | "registry">;

type RunStarted = Extract<Fact, { kind: "runStarted" }>;

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** Runs above whose first fact is kept: what an `each` starts, it starts from one. */
const STARTS_KEPT = 64;

export class ChildRuns {
  readonly #context: ChildContext;
  readonly #starts = new Map<string, Promise<RunStarted>>();
  /** What runs below have been told last, and have yet to be given: true is a pause. */
  readonly #wanted = new Map<string, boolean>();
  readonly #steering = new Set<string>();

  constructor(context: ChildContext) {
    this.#context = context;
  }

  /** Starts the run below, or finds it, and brings its end to the run above. */
  async perform(flight: Flight, command: Assignment): Promise<void> {
    const child = childOf(flight.placed.run, command);
    try {
      const refusal = await this.#start(flight, command, child);
      if (flight.isStopped) return;
      if (refusal !== null) return await this.#answer(flight, command, child, refusal);
      const accepted = { kind: "accepted", agent: agentOf(child), ...idOf(command) } as const;
      await this.#context.courier.bring(flight.placed.run, accepted);
      failpoint("child.accepted");
      if (this.#wanted.has(child.id)) await this.#steer(flight.placed.run, child);
      const over = await this.#whenOver(child, flight.signal);
      failpoint("child.over");
      if (over !== null && !flight.isStopped) await this.#conclude(flight, command, over);
    } catch (error) {
      // The process is ending: the next one is given the same command.
      if (!isClosed(error)) throw error;
    } finally {
      this.#wanted.delete(child.id);
    }
  }

  /**
   * Cancels the run below, and says what it came to: it may have completed meanwhile. Silent when it
   * takes longer than the run above waits; it goes on canceling by itself.
   */
  async abort(flight: Flight, command: Extract<Command, { kind: "abort" }>): Promise<void> {
    const { run } = flight.placed;
    const child = childOf(run, command);
    try {
      if ((await this.#context.host().get(child)) === null) {
        return await this.#answer(flight, command, child, canceled(`The sub-workflow of ${command.path} was canceled before it began.`));
      }
      const reason = `run ${run.id}, which it belongs to, does not need it any more`;
      await this.#context.courier.bring(child, { kind: "cancelRequested", reason, by: agentOf(run) });
      failpoint("child.canceled");
      const over = await this.#withinPatience(flight, (signal) => this.#whenOver(child, signal));
      if (over !== null && !flight.isStopped) await this.#conclude(flight, command, over);
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
  }

  /** Pauses the run below with the run above, or lets it go on. */
  steer({ run }: Pick<PlacedCommand, "run">, command: Extract<Command, { kind: "steer" }>): void {
    const child = childOf(run, command);
    this.#wanted.set(child.id, command.paused);
    this.#steer(run, child).catch((error: unknown) => {
      if (!isClosed(error)) this.#context.log("warn", "workflow_not_steered", { workflow_id: child.id, paused: command.paused, error });
    });
  }

  async #steer(run: RunRef, child: RunRef): Promise<void> {
    if (this.#steering.has(child.id)) return;
    this.#steering.add(child.id);
    try {
      for (let wanted = this.#wanted.get(child.id); wanted !== undefined; wanted = this.#wanted.get(child.id)) {
        // A run that has yet to begin is told when it has.
        if ((await this.#context.host().get(child)) === null) return;
        if (wanted || !(await this.#isHeldByBudget(child)))
          await this.#context.courier.bring(child, { kind: wanted ? "pauseRequested" : "resumeRequested", by: agentOf(run) });
        if (this.#wanted.get(child.id) === wanted) this.#wanted.delete(child.id);
      }
    } finally {
      this.#steering.delete(child.id);
    }
  }

  /** What only waits for people to decide about its budget is not let go on by a run above, which may say so again after a restart. */
  async #isHeldByBudget(child: RunRef): Promise<boolean> {
    const state = await this.#context.host().inspect(child);
    return state !== null && state.budgetQuestion !== null && state.pausedBesides !== true;
  }

  /** Null when the run below is there, by now or since before; else why it cannot be. */
  async #start(flight: Flight, command: Assignment, child: RunRef): Promise<Outcome | null> {
    const { gate, clock } = this.#context;
    const { runKey } = flight.placed;
    await new Promise<void>((begin) => gate.enter(runKey, begin));
    try {
      for (let delayMs = FIRST_DELAY_MS; !flight.isStopped; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
        try {
          return await this.#startOnce(flight, command, child);
        } catch (error) {
          if (isClosed(error)) throw error;
          // A full disk passes; until it does, nobody knows whether the run below is there.
          if (!(error instanceof TuttiError && error.retryable)) return { kind: "failed", failure: describeFailure(error) };
        }
        await pause(clock, delayMs);
      }
      return null;
    } finally {
      gate.leave(runKey);
    }
  }

  async #startOnce(flight: Flight, command: Assignment, child: RunRef): Promise<Outcome | null> {
    const host = this.#context.host();
    const { run } = flight.placed;
    const known = await host.get(child);
    if (known !== null)
      return known.parent === run.id ? null : failed("T4002", `Run ${child.id} exists, and does not belong to run ${run.id}.`);
    const request = await this.#request(flight, command, child);
    if ("kind" in request) return request;
    if (flight.isStopped) return null;
    failpoint("child.starting");
    await host.start(request);
    failpoint("child.started");
    return null;
  }

  /** Everything that the run below starts with; or why it cannot be started. */
  async #request(flight: Flight, command: Assignment, child: RunRef): Promise<StartRequest | Outcome> {
    const host = this.#context.host();
    const { run, bindings: above } = flight.placed;
    const { depth, endBy, ...workflow } = present(command.workflow, `The sub-workflow of ${command.path} has a version.`);
    const definition = await host.definition(run.tenant, workflow.fingerprint);
    if (definition === null) return failed("T5009", `Workflow ${workflow.name}@${workflow.version} is not in this database.`);
    const input = prepareInput(definition, inputOf(command));
    if (!input.ok) return { kind: "rejected", failure: failureOf(input.error) };
    const bindings = bindingsBelow(definition, workflow, above);
    const reason = this.#context.registry.cannotBind(definition, bindings);
    if (reason !== null) return failed("T4115", `Workflow ${workflow.name}@${workflow.version} cannot run here: ${reason}.`, true);
    const start = await this.#startOf(flight.placed);
    const { labels, workflows: fixed = {} } = start;
    const hasBelow = referencesOf(definition).length > 0;
    const { workflows } = hasBelow
      ? await resolveWorkflows(definition, { host, tenant: run.tenant, given: [], fixed })
      : { workflows: null };
    const recorded = hasBelow ? { ...bindings, ...bindingsForBelow(above) } : bindings;
    return {
      run: child,
      seed: messageIdOf(run, command),
      workflow: workflow.name,
      version: workflow.version,
      fingerprint: workflow.fingerprint,
      input: input.value,
      by: agentOf(run),
      parent: { run: run.id, effect: keyOfEffect(run, command) },
      depth,
      endBy,
      ...(labels === undefined ? {} : { labels: withoutTaskLabels(labels) }),
      ...given(start, "hops", "trace", "tracestate"),
      ...(workflows === null ? {} : { workflows }),
      ...(Object.keys(recorded).length === 0 ? {} : { bindings: recorded }),
    };
  }

  /** The first fact of the run above. It never changes, and may hold a large input. */
  #startOf({ run, runKey }: PlacedCommand): Promise<RunStarted> {
    const known = this.#starts.get(runKey);
    if (known !== undefined) return known;
    const reading = this.#context
      .host()
      .history(run, 1, 1)
      .then(([entry]) => {
        if (entry?.fact.kind === "runStarted") return entry.fact;
        throw new TuttiError("T4001", `Run ${run.id} has no beginning.`);
      });
    reading.catch(() => this.#starts.delete(runKey));
    const [oldest] = this.#starts.keys();
    if (this.#starts.size >= STARTS_KEPT && oldest !== undefined) this.#starts.delete(oldest);
    this.#starts.set(runKey, reading);
    return reading;
  }

  /** The record of a run that is over; null when nobody waits any more. A run in quarantine is not over. */
  async #whenOver(child: RunRef, signal: AbortSignal): Promise<RunRecord | null> {
    for (;;) {
      const record = await this.#context.host().whenOver(child, signal);
      if (record.endedAt !== null) return record;
      if (signal.aborted) return null;
      if (record.status === "quarantined") await this.#nextFact(child, signal);
    }
  }

  async #nextFact(child: RunRef, signal: AbortSignal): Promise<void> {
    const host = this.#context.host();
    const state = await host.inspect(child);
    for await (const entry of host.watch(child, (state?.seq ?? 0) + 1, signal)) if (entry.kind === "fact") return;
  }

  async #withinPatience<Value>(flight: Flight, wait: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const patience = new AbortController();
    const forget = this.#context.clock.schedule(CANCEL_PATIENCE_MS, () => patience.abort());
    try {
      return await wait(AbortSignal.any([patience.signal, flight.signal]));
    } finally {
      forget();
    }
  }

  async #outcomeOf(record: RunRecord): Promise<Outcome> {
    const state = await this.#context.host().inspect(record.run);
    const result = resultOf(record, state);
    const who = `Run ${record.run.id} of workflow ${record.workflow}@${record.version}`;
    switch (result.status) {
      case "completed":
        return { kind: "completed", reply: { data: [result.output], ...usageOf(state) } };
      case "failed":
        return { kind: "failed", failure: failureBelow(record, `${who} failed: ${result.failure.message}`, result.failure) };
      case "canceled":
        return canceled(`${who} was canceled by ${result.by}: ${result.reason}.`, { run: record.run.id });
      case "quarantined":
      case "open":
        throw new TuttiError("T9001", `${who} has an end and is not over.`);
    }
  }

  async #conclude(flight: Flight, command: EffectId, over: RunRecord): Promise<void> {
    // Two runs of one workflow are one voice: whoever wrote it has one vote.
    await this.#answer(flight, command, over.run, await this.#outcomeOf(over), `workflow:${over.workflow}`);
  }

  async #answer(flight: Flight, command: EffectId, child: RunRef, outcome: Outcome, principal?: string): Promise<void> {
    flight.isConcluded = true;
    await this.#context.courier.bring(flight.placed.run, {
      kind: "answered",
      agent: agentOf(child),
      outcome,
      ...(principal === undefined ? {} : { principal }),
      ...idOf(command),
    });
    failpoint("child.answered");
  }
}

/** The run that an effect of another run starts. */
function childOf(run: RunRef, effect: EffectId): RunRef {
  return { tenant: run.tenant, id: childIdOf(run, effect) };
}

/** What the run below used counts for the run above, too. */
function usageOf(state: Pick<RunState, "spent"> | null): { readonly usage?: JsonObject } {
  const { tokens = 0, cost = 0 } = state?.spent ?? {};
  return tokens === 0 && cost === 0 ? {} : { usage: { tokens, cost } };
}

/** How a run is named where an agent or a person is expected. */
function agentOf({ id }: { readonly id: RunId }): string {
  return `run:${id}`;
}

function idOf({ path, attempt, turn }: EffectId): EffectId {
  return { path, attempt, turn };
}

/** `with`, and `text` as its property of that name unless it has one. */
function inputOf({ input, text }: Pick<Assignment, "input" | "text">): Json {
  const whole = input ?? {};
  return text === null || !isJsonObject(whole) || Object.hasOwn(whole, "text") ? whole : { ...whole, text };
}

function failed(code: string, message: string, retryable = false): Outcome {
  return { kind: "failed", failure: { code, message, retryable } };
}

function canceled(message: string, details?: Json): Outcome {
  return { kind: "canceled", failure: { code: "T4106", message, retryable: false, ...(details === undefined ? {} : { details }) } };
}

function failureOf({ code, message, details }: TuttiError): Failure {
  return { code, message, retryable: false, ...(details === undefined ? {} : { details }) };
}

function failureBelow({ run, workflow, version }: RunRecord, message: string, { code, retryable, details }: Failure): Failure {
  return { code, message, retryable, details: { run: run.id, workflow, version, ...(details === undefined ? {} : { failure: details }) } };
}

function isClosed(error: unknown): boolean {
  return error instanceof TuttiError && error.code === "T5008";
}
