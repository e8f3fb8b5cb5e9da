import type { Task } from "@a2a-js/sdk";

import { CANCEL_PATIENCE_MS, POLL_INITIAL_MS, POLL_MAX_MS } from "../../base/limits.ts";
import type { CancelResult, Watch } from "../../ports/agents.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import { toCallFailure } from "./call-failure.ts";
import type { A2aClient } from "./client.ts";
import { isTerminal } from "../wire/wire.ts";
import { keepFiles } from "./keep-files.ts";
import { sleep } from "./sleep.ts";
import { taskToOutcome } from "./task-to-outcome.ts";
import { isEmptyResult } from "./task-to-reply.ts";

type Cancel = {
  readonly client: A2aClient;
  readonly clock: Clock;
  readonly task: RemoteTask;
  readonly reason: string;
  readonly signal: AbortSignal;
  /** How a result is read that was there before the cancel. */
  readonly reading?: Pick<Watch, "usage" | "keep"> | undefined;
};

/**
 * Cancels a task, and waits until its agent says what came of it: an agent may take the request and
 * stop later, or finish instead (A2A 3.1.5), so that only the task's own end counts.
 */
export async function cancelTask(cancel: Cancel): Promise<CancelResult> {
  try {
    return await untilOver(cancel, await request(cancel));
  } catch (error) {
    const { a2aError, failure } = toCallFailure(error, cancel.task.agent);
    return a2aError?.name === "TaskNotFoundError" ? { kind: "canceled" } : { kind: "unreachable", message: failure.message };
  }
}

/**
 * The task as the agent answers the request; null when it says that it cannot cancel it. There is an
 * error for that, but not all agents know it, and some have no cancel at all.
 */
async function request({ client, task, reason, signal }: Cancel): Promise<Task | null> {
  try {
    return await client.cancelTask(task, task.taskId, reason, signal);
  } catch (error) {
    const name = toCallFailure(error, task.agent).a2aError?.name;
    if (name === undefined || name === "TaskNotFoundError") throw error;
    return null;
  }
}

async function untilOver({ client, clock, task, signal, reading }: Cancel, taken: Task | null): Promise<CancelResult> {
  const look = (): Promise<Task> => client.getTask(task, task.taskId, { historyLength: 10 }, signal);
  const givenUpAt = clock.monotonic() + CANCEL_PATIENCE_MS;
  let found = taken === null || isEmptyResult(taken) ? await look() : taken;
  for (let pauseMs = POLL_INITIAL_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * 2)) {
    const kept = await keepFiles(found, reading?.keep);
    const outcome = isTerminal(found.status?.state) ? taskToOutcome(found, { usage: reading?.usage, kept }) : null;
    // A canceled task is what was asked for; any other end came before.
    if (outcome !== null) return outcome.kind === "canceled" ? { kind: "canceled" } : { kind: "over", outcome };
    if (taken === null) return { kind: "unreachable", message: `Agent "${task.agent}" works on task ${task.taskId} and cannot cancel it.` };
    if (signal.aborted || clock.monotonic() + pauseMs > givenUpAt) break;
    await sleep(clock, pauseMs, signal);
    found = await look();
  }
  return { kind: "unreachable", message: `Agent "${task.agent}" took the cancel of task ${task.taskId}, which is not over yet.` };
}
