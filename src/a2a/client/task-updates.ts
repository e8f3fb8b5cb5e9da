/**
 * What is told of one task while it is followed, and what of it is news.
 *
 * A network repeats, delays and reorders, and some agents forget what they have said. So:
 *
 * 1. A state that ends a task is final: whatever is told after it is ignored, unless it ends it too. But
 *    an agent that says otherwise each time it is asked means it: the end was told by mistake.
 * 2. What was told before is told on once. What is older than something told before is not told on.
 * 3. Everything that is ignored is counted, and a task that goes backwards is logged once.
 */
import { type TaskStatus, TaskState } from "@a2a-js/sdk";

import { MAX_DENIALS } from "../../base/limits.ts";
import type { IgnoredUpdates } from "../../ports/agents.ts";
import type { Log } from "../../ports/log.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import { isInterrupted, isTerminal, textOf } from "../wire/wire.ts";

/** Counts what was ignored of all tasks of one agent. */
export class IgnoredCount {
  duplicate = 0;
  late = 0;
  backwards = 0;
  misplaced = 0;

  get all(): IgnoredUpdates {
    const { duplicate, late, backwards, misplaced } = this;
    return { duplicate, late, backwards, misplaced };
  }
}

export class TaskUpdates {
  readonly #task: RemoteTask;
  readonly #ignored: IgnoredCount;
  readonly #log: Log;
  #state: TaskState | undefined;
  #newest = Number.NEGATIVE_INFINITY;
  #last = "";
  #hasGoneBack = false;
  #denialCount = 0;

  constructor(task: RemoteTask, ignored: IgnoredCount, log: Log) {
    this.#task = task;
    this.#ignored = ignored;
    this.#log = log;
  }

  /** An event of a stream: true when it is news. */
  isNews(status: TaskStatus | undefined): boolean {
    if (this.#isBackwards(status)) return false;
    const at = Date.parse(status?.timestamp ?? "");
    if (at < this.#newest) {
      this.#ignored.late += 1;
      return false;
    }
    if (this.#isRepeated(status)) {
      this.#ignored.duplicate += 1;
      return false;
    }
    return true;
  }

  /** What the agent says when it is asked: it is believed, unless it takes an end back; and even then, when it stands by it. */
  judge(status: TaskStatus | undefined): "news" | "known" | "ignored" {
    if (this.#isBackwards(status)) {
      this.#denialCount += 1;
      if (this.#denialCount < MAX_DENIALS) return "ignored";
      this.#state = status?.state;
    }
    this.#denialCount = 0;
    return this.#isRepeated(status) ? "known" : "news";
  }

  #isBackwards(status: TaskStatus | undefined): boolean {
    const state = status?.state;
    if (!isBack(this.#state, state)) {
      this.#state = state;
      return false;
    }
    this.#ignored.backwards += 1;
    if (!this.#hasGoneBack) {
      this.#hasGoneBack = true;
      const { agent, taskId } = this.#task;
      this.#log("warn", "task_went_backwards", { agent, task_id: taskId, from: nameOf(this.#state), to: nameOf(state) });
    }
    return true;
  }

  #isRepeated(status: TaskStatus | undefined): boolean {
    const at = Date.parse(status?.timestamp ?? "");
    if (at > this.#newest) this.#newest = at;
    const message = status?.message;
    const said = message === undefined ? "" : message.messageId || (textOf(message.parts) ?? "");
    const told = `${status?.state ?? ""} ${status?.timestamp ?? ""} ${said}`;
    if (told === this.#last) return true;
    this.#last = told;
    return false;
  }
}

/** A task is taken, then worked on or waiting for somebody, then over. */
function isBack(before: TaskState | undefined, now: TaskState | undefined): boolean {
  if (isTerminal(before)) return !isTerminal(now);
  return now === TaskState.TASK_STATE_SUBMITTED && (before === TaskState.TASK_STATE_WORKING || isInterrupted(before));
}

function nameOf(state: TaskState | undefined): string {
  return state === undefined ? "" : (TaskState[state] ?? "");
}
