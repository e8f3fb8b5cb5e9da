/**
 * Looks after a task at a remote agent until it is over, or asks something. A stream, push
 * notifications and polling are three ways to learn that it is time to ask; there is one answer.
 *
 * States: streaming (a subscription is open) ⇄ checking (GetTask) → waiting (a growing pause, or until
 * the agent pushes) → … → settled. A stream that ends, breaks, floods or is silent leads to checking; so
 * does every failure.
 *
 * 1. Only GetTask decides: a stream and a push tell when to ask, and how far the agent is.
 * 2. It never gives up on an agent that cannot be reached: the attempt's own timeout does. It gives up
 *    on one that answers, again and again, with what cannot be read or is about another task.
 * 3. A connection is never the clock of the work: no stream and no request is waited for without a
 *    deadline of ours, and a stream that talks without end is checked like a silent one.
 * 4. A stream that breaks is taken up again after the last event that was read of it.
 */
import type { StreamResponse, Task } from "@a2a-js/sdk";

import {
  MAX_GARBLED_ANSWERS,
  MAX_STREAM_EVENTS,
  MAX_STREAMS_PER_ORIGIN,
  POLL_INITIAL_MS,
  POLL_LONG_MAX_MS,
  POLL_MAX_MS,
  POLL_SHARE,
  STREAM_SILENCE_MS,
} from "../../base/limits.ts";
import type { Watch } from "../../ports/agents.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import type { AskedQuestions } from "./asked-questions.ts";
import { toCallFailure } from "./call-failure.ts";
import type { A2aClient } from "./client.ts";
import { keepFiles } from "./keep-files.ts";
import type { LinkEvent } from "./links.ts";
import { Relay } from "./relay.ts";
import { sleep } from "./sleep.ts";
import { statusToProgress, taskToOutcome } from "./task-to-outcome.ts";
import { isEmptyResult } from "./task-to-reply.ts";
import { type IgnoredCount, TaskUpdates } from "./task-updates.ts";

/** Streams that fail this often in a row are given up for polling. */
const STREAM_TRIES = 3;
/** Without a reason, each abort makes an exception with a stack. */
const NOT_NEEDED = "The stream is not needed any more.";
/** Failures in a row after which the one who waits is told why. */
const QUIET_FAILURES = 3;

export type FollowerParts = {
  readonly client: A2aClient;
  readonly clock: Clock;
  readonly questions: AskedQuestions;
  readonly ignored: IgnoredCount;
  /** From 0 up to 1: tasks that began together do not ask together. */
  readonly random: () => number;
  /** Hears of a task that goes backwards. */
  readonly log: Log;
};

export class TaskFollower {
  readonly #parts: FollowerParts;
  readonly #lane = { openStreamCount: 0 };

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  follow(task: RemoteTask, watch: Watch): Promise<Outcome> {
    return new Following(this.#parts, this.#lane, task, watch).untilOver();
  }
}

/** One task that is followed. */
class Following {
  readonly #parts: FollowerParts;
  readonly #lane: { openStreamCount: number };
  readonly #task: RemoteTask;
  readonly #watch: Watch;
  readonly #updates: TaskUpdates;
  readonly #relay: Relay;
  readonly #beganAt: number;
  #pauseMs = POLL_INITIAL_MS;
  #streamFailures = 0;
  #lastEventId: string | null = null;
  /** Null: the agent was not asked to push. */
  #isPushed: boolean | null = null;
  #failures = 0;
  #garbled = 0;

  constructor(parts: FollowerParts, lane: { openStreamCount: number }, task: RemoteTask, watch: Watch) {
    this.#parts = parts;
    this.#lane = lane;
    this.#task = task;
    this.#watch = watch;
    this.#updates = new TaskUpdates(task, parts.ignored, parts.log);
    this.#relay = new Relay(watch, this.#updates, parts.ignored);
    this.#beganAt = parts.clock.monotonic();
  }

  async untilOver(): Promise<Outcome> {
    const { signal } = this.#watch;
    while (!signal.aborted) {
      const streams = this.#mayStream();
      const foreign = streams ? await this.#stream() : null;
      if (foreign !== null) return foreign;
      if (signal.aborted) break;
      const outcome = await this.#check(!streams);
      if (outcome !== null) return outcome;
      await this.#wait();
    }
    return abandoned(this.#task);
  }

  #mayStream(): boolean {
    return this.#parts.client.streams && this.#streamFailures < STREAM_TRIES && this.#lane.openStreamCount < MAX_STREAMS_PER_ORIGIN;
  }

  /** A pause before the next look: short at first, a share of the time that the task has taken later, and never the same for all. */
  async #wait(): Promise<void> {
    // What happened before the agent knew where to push to is not pushed: it is asked for once more.
    if (await this.#beginsToPush()) return;
    const { clock, random } = this.#parts;
    const stop = new AbortController();
    const news = this.#isPushed ? this.#watch.wakeUps?.next(this.#task, stop.signal) : undefined;
    await sleep(clock, this.#pauseMs * (0.8 + 0.4 * random()), this.#watch.signal, news);
    stop.abort(NOT_NEEDED);
    const longestMs = Math.min(POLL_LONG_MAX_MS, Math.max(POLL_MAX_MS, (clock.monotonic() - this.#beganAt) / POLL_SHARE));
    this.#pauseMs = Math.min(longestMs, this.#pauseMs * 1.6);
  }

  /** Asks the agent to push its news of the task, once, when there is no stream of it. True when it has begun to. */
  async #beginsToPush(): Promise<boolean> {
    const { client } = this.#parts;
    const { wakeUps, signal } = this.#watch;
    if (wakeUps == null || !client.pushes || this.#mayStream() || this.#isPushed !== null) return false;
    this.#isPushed = await client.createPushConfig(this.#task, this.#task.taskId, wakeUps.webhookFor(this.#task), signal).then(
      () => true,
      // One who does not push is polled, as he is anyway.
      () => false,
    );
    return this.#isPushed;
  }

  /** Asks for the task; its outcome, or null while it is worked on, and when it cannot be asked for now. */
  async #check(tells: boolean): Promise<Outcome | null> {
    try {
      const outcome = await this.#ask(tells);
      this.#failures = 0;
      this.#garbled = 0;
      return outcome;
    } catch (error) {
      return this.#lostOr(error);
    }
  }

  async #ask(tells: boolean): Promise<Outcome | null> {
    const { questions } = this.#parts;
    const found = await this.#load();
    const judged = this.#updates.judge(found.status);
    if (judged === "ignored") return null;
    const kept = await keepFiles(found, this.#watch.keep);
    const outcome = questions.isStale(found)
      ? null
      : taskToOutcome(found, { usage: this.#watch.usage, kept, ignored: this.#parts.ignored });
    const progress = outcome === null && tells && judged === "news" ? statusToProgress(found.status) : null;
    if (progress !== null) this.#watch.progress(progress);
    return outcome;
  }

  /** The task; with the last words of its history, when it has no result besides. */
  async #load(): Promise<Task> {
    const { client } = this.#parts;
    const { signal } = this.#watch;
    const found = await client.getTask(this.#task, this.#task.taskId, { historyLength: 0 }, signal);
    return isEmptyResult(found) ? client.getTask(this.#task, this.#task.taskId, { historyLength: 10 }, signal) : found;
  }

  /** The outcome when asking again is of no use; null when the agent may answer later. */
  #lostOr(error: unknown): Outcome | null {
    const { agent, taskId } = this.#task;
    const { a2aError, failure } = toCallFailure(error, agent);
    if (a2aError?.name === "TaskNotFoundError") return lost("T3007", `Agent "${agent}" no longer knows task ${taskId}.`);
    if (failure.code === "T3020") return lost("T3020", failure.message);
    if (failure.code === "T3004") return { kind: "failed", failure };
    this.#garbled = failure.code === "T3002" ? this.#garbled + 1 : 0;
    if (this.#garbled === MAX_GARBLED_ANSWERS) {
      return lost("T3022", `Agent "${agent}" answered ${MAX_GARBLED_ANSWERS} times with nothing that can be read: ${failure.message}`);
    }
    this.#failures += 1;
    if (this.#failures === QUIET_FAILURES) this.#watch.progress({ note: `${failure.message} Trying again.` });
    return null;
  }

  /** Reads a subscription until it says that the task is over, or cannot be read; an outcome when it speaks of another task. */
  async #stream(): Promise<Outcome | null> {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(NOT_NEEDED);
    this.#watch.signal.addEventListener("abort", onAbort);
    this.#lane.openStreamCount += 1;
    this.#streamFailures += 1;
    try {
      const { client } = this.#parts;
      const events = client.subscribe(this.#task, this.#task.taskId, this.#lastEventId, stop.signal)[Symbol.asyncIterator]();
      return await this.#read(events, stop.signal);
    } catch (error) {
      // What a broken stream means is for GetTask to say, which comes next.
      return error instanceof EgressError && error.code === "T3020" ? lost("T3020", error.message) : null;
    } finally {
      this.#lane.openStreamCount -= 1;
      this.#watch.signal.removeEventListener("abort", onAbort);
      stop.abort(NOT_NEEDED);
    }
  }

  async #read(events: AsyncIterator<LinkEvent, void>, signal: AbortSignal): Promise<Outcome | null> {
    const { clock } = this.#parts;
    let checkedAt = clock.monotonic();
    for (let eventCount = 0; eventCount < MAX_STREAM_EVENTS; eventCount += 1) {
      const next = await this.#next(events, signal);
      if (next === null || next.done === true) return null;
      this.#checkTask(next.value.event);
      this.#streamFailures = 0;
      this.#lastEventId = next.value.id;
      if (this.#relay.take(next.value.event)) return null;
      if (clock.monotonic() - checkedAt < STREAM_SILENCE_MS) continue;
      const outcome = await this.#check(false);
      if (outcome !== null) return outcome;
      checkedAt = clock.monotonic();
      eventCount = 0;
    }
    // More is said than there can be to say: from here on the agent is asked.
    this.#streamFailures = STREAM_TRIES;
    return null;
  }

  #checkTask({ payload }: StreamResponse): void {
    const told = payload?.$case === "task" ? payload.value.id : payload?.$case === "message" ? "" : (payload?.value.taskId ?? "");
    const { agent, taskId } = this.#task;
    if (told === "" || told === taskId) return;
    const sentence = `Agent "${agent}" told of task ${told.slice(0, 200)} in the stream of task ${taskId}.`;
    throw new EgressError("garbled", sentence, { code: "T3020" });
  }

  /** The next event; null when the task was found to be over during a silence: it is then asked for once more. */
  async #next(events: AsyncIterator<LinkEvent, void>, signal: AbortSignal): Promise<IteratorResult<LinkEvent, void> | null> {
    const next = events.next();
    for (;;) {
      const silence = Promise.withResolvers<undefined>();
      const cancel = this.#parts.clock.schedule(STREAM_SILENCE_MS, () => silence.resolve(undefined));
      const first = await Promise.race([next, silence.promise]).finally(cancel);
      if (first !== undefined) return first;
      if (!signal.aborted && (await this.#check(false)) === null) continue;
      // The pending read ends when the stream is stopped; nobody waits for it any more.
      next.catch(() => undefined);
      return null;
    }
  }
}

function lost(code: "T3007" | "T3020" | "T3022", message: string): Outcome {
  return { kind: "unknown", failure: { code, message, retryable: false } };
}

function abandoned(task: RemoteTask): Outcome {
  return {
    kind: "unknown",
    failure: { code: "T4104", message: `Nobody waits for task ${task.taskId} of agent "${task.agent}" any longer.`, retryable: false },
  };
}
