/**
 * Looks after a task at a remote agent until it is over, or asks something.
 *
 * States: streaming (a subscription is open) ⇄ checking (GetTask) → waiting (a growing pause) → … →
 * settled. A stream that ends, breaks or is silent leads to checking; so does every failure.
 *
 * 1. Only GetTask decides: a stream tells when to ask, and how far the agent is.
 * 2. It never gives up on an agent that cannot be reached: the attempt's own timeout does.
 * 3. A connection is never the clock of the work: no stream and no request is waited for without a
 *    deadline of ours.
 */
import type { Artifact, StreamResponse, TaskStatus } from "@a2a-js/sdk";

import { MAX_STREAMS_PER_ORIGIN, POLL_INITIAL_MS, POLL_MAX_MS, STREAM_SILENCE_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Watch } from "../../ports/agents.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { toCallFailure } from "./call-failure.ts";
import type { AskedQuestions } from "./asked-questions.ts";
import type { A2aClient } from "./client.ts";
import { isEmptyResult, statusToProgress, taskToOutcome } from "./task-to-outcome.ts";
import { isInterrupted, isSettled, isTerminal, textOf } from "../wire/wire.ts";

/** Streams that fail this often in a row are given up for polling. */
const STREAM_TRIES = 3;
/** Without a reason, each abort makes an exception with a stack. */
const NOT_NEEDED = "The stream is not needed any more.";
/** Failures in a row after which the one who waits is told why. */
const QUIET_FAILURES = 3;

export class TaskFollower {
  readonly #client: A2aClient;
  readonly #clock: Clock;
  readonly #questions: AskedQuestions;
  #openStreamCount = 0;

  constructor(client: A2aClient, clock: Clock, questions: AskedQuestions) {
    this.#client = client;
    this.#clock = clock;
    this.#questions = questions;
  }

  async follow(task: RemoteTask, watch: Watch): Promise<Outcome> {
    const relay = new Relay(watch);
    let pauseMs = POLL_INITIAL_MS;
    let streamFailures = 0;
    let failures = 0;
    for (;;) {
      if (watch.signal.aborted) return abandoned(task);
      const streams = this.#client.streams && streamFailures < STREAM_TRIES && this.#openStreamCount < MAX_STREAMS_PER_ORIGIN;
      if (streams) streamFailures = (await this.#stream(task, watch, relay)) ? 0 : streamFailures + 1;
      if (watch.signal.aborted) return abandoned(task);
      try {
        const outcome = await this.#check(task, watch, streams ? null : watch);
        if (outcome !== null) return outcome;
        failures = 0;
      } catch (error) {
        const lost = this.#lostOr(error, task);
        if (lost !== null) return lost;
        failures += 1;
        if (failures === QUIET_FAILURES) watch.progress({ note: `${toCallFailure(error, task.agent).failure.message} Trying again.` });
      }
      await sleep(this.#clock, pauseMs, watch.signal);
      pauseMs = Math.min(POLL_MAX_MS, pauseMs * 1.6);
    }
  }

  /** Asks for the task; its outcome, or null while it is worked on. */
  async #check(task: RemoteTask, watch: Watch, tell: Watch | null): Promise<Outcome | null> {
    let found = await this.#client.getTask(task, task.taskId, { historyLength: 0 }, watch.signal);
    if (isEmptyResult(found)) found = await this.#client.getTask(task, task.taskId, { historyLength: 10 }, watch.signal);
    const outcome = this.#questions.isStale(found) ? null : taskToOutcome(found, watch.usage);
    const progress = outcome === null && tell !== null ? statusToProgress(found.status) : null;
    if (progress !== null) tell?.progress(progress);
    return outcome;
  }

  /** The outcome when asking again is of no use; null when the agent may answer later. */
  #lostOr(error: unknown, task: RemoteTask): Outcome | null {
    const { a2aError, failure } = toCallFailure(error, task.agent);
    if (a2aError?.name === "TaskNotFoundError") {
      return {
        kind: "unknown",
        failure: { code: "T3007", message: `Agent "${task.agent}" no longer knows task ${task.taskId}.`, retryable: false },
      };
    }
    return failure.code === "T3004" ? { kind: "failed", failure } : null;
  }

  /** Reads a subscription until it has told that the task is over; false when it never began. */
  async #stream(task: RemoteTask, watch: Watch, relay: Relay): Promise<boolean> {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(NOT_NEEDED);
    watch.signal.addEventListener("abort", onAbort);
    this.#openStreamCount += 1;
    let began = false;
    try {
      const events = this.#client.subscribe(task, task.taskId, stop.signal)[Symbol.asyncIterator]();
      for (;;) {
        const next = await this.#next(events, task, watch, stop.signal);
        if (next === null || next.done === true) return began;
        began = true;
        if (relay.take(next.value)) return true;
      }
    } catch {
      // What a broken stream means is for GetTask to say, which comes next.
      return began;
    } finally {
      this.#openStreamCount -= 1;
      watch.signal.removeEventListener("abort", onAbort);
      stop.abort(NOT_NEEDED);
    }
  }

  /** The next event; null when the task was found to be over during a silence. */
  async #next(
    events: AsyncIterator<StreamResponse, void>,
    task: RemoteTask,
    watch: Watch,
    signal: AbortSignal,
  ): Promise<IteratorResult<StreamResponse, void> | null> {
    const next = events.next();
    for (;;) {
      const silence = Promise.withResolvers<undefined>();
      const cancel = this.#clock.schedule(STREAM_SILENCE_MS, () => silence.resolve(undefined));
      const first = await Promise.race([next, silence.promise]).finally(cancel);
      if (first !== undefined) return first;
      const outcome = signal.aborted ? null : await this.#check(task, watch, null);
      if (outcome !== null || signal.aborted) {
        // The pending read ends when the stream is stopped; nobody waits for it any more.
        next.catch(() => undefined);
        return null;
      }
    }
  }
}

/** Passes on what events say, each piece of text once, however often the stream begins anew. */
class Relay {
  readonly #watch: Watch;
  /** How much text of each artifact was shown. */
  readonly #lengthById = new Map<string, number>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** True when the task is over or asks something. */
  take(event: StreamResponse): boolean {
    const payload = event.payload;
    switch (payload?.$case) {
      case "task":
        if (isSettled(payload.value)) return true;
        this.#tell(payload.value.status);
        for (const artifact of payload.value.artifacts) this.#show(artifact, 0);
        return false;
      case "statusUpdate":
        if (isTerminal(payload.value.status?.state) || isInterrupted(payload.value.status?.state)) return true;
        this.#tell(payload.value.status);
        return false;
      case "artifactUpdate": {
        const { artifact, append, lastChunk } = payload.value;
        // The last, whole version of an artifact comes with the outcome; pieces before it are shown.
        if (artifact !== undefined && (append || !lastChunk))
          this.#show(artifact, append ? (this.#lengthById.get(artifact.artifactId) ?? 0) : 0);
        return false;
      }
      case "message":
      case undefined:
        return false;
    }
  }

  #tell(status: TaskStatus | undefined): void {
    const progress = statusToProgress(status);
    if (progress !== null) this.#watch.progress(progress);
  }

  /** Shows the text of an artifact, which begins at an offset, as far as it was not shown yet. */
  #show(artifact: Artifact, offset: number): void {
    const text = textOf(artifact.parts);
    if (text === undefined) return;
    const shown = this.#lengthById.get(artifact.artifactId) ?? 0;
    const fresh = text.slice(Math.max(0, shown - offset));
    if (fresh === "") return;
    this.#lengthById.set(artifact.artifactId, offset + text.length);
    this.#watch.chunk(fresh);
  }
}

function abandoned(task: RemoteTask): Outcome {
  return {
    kind: "unknown",
    failure: { code: "T4104", message: `Nobody waits for task ${task.taskId} of agent "${task.agent}" any longer.`, retryable: false },
  };
}

/** Waits, and ends at once when the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
      return;
    }
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve(undefined);
    };
    const cancel = clock.schedule(delayMs, done);
    signal.addEventListener("abort", done);
  });
}
