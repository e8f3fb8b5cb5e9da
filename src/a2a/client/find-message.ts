import type { Task } from "@a2a-js/sdk";

import { given } from "../../base/given.ts";
import { MAX_FIND_PAGES, POLL_INITIAL_MS, POLL_MAX_MS } from "../../base/limits.ts";
import type { Found, Work } from "../../ports/agents.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Intent, RemoteTask } from "../../scheduler/input.ts";
import { toCallFailure } from "./call-failure.ts";
import type { A2aClient } from "./client.ts";
import { isInterrupted } from "../wire/wire.ts";
import { sleep } from "./sleep.ts";

type Search = {
  readonly client: A2aClient;
  readonly clock: Clock;
  readonly work: Work;
  readonly intent: Intent;
  readonly signal: AbortSignal;
};

/** How often an agent that is away is asked; about ten seconds in all. */
const TRIES = 10;
/** The newest messages of a task among which ours is looked for first. */
const HISTORY_LENGTH = 100;
/** And those of a task that has as many: beyond them nobody looks, so that nobody can know. */
const LONG_HISTORY_LENGTH = 10_000;
/** Pages of all our tasks, the newest first, that are looked at where a context leads nowhere. */
const NEWEST_PAGES = 2;

/**
 * Looks for the task that an earlier send of our message may have made: in the tasks of our context,
 * by the message's id in their history (reliability.md, finding 3). A task that shows no history, or
 * has more of it than it shows, hides the answer, so then nobody can know. Where our context holds nothing, the agent may have given
 * the task another one, so the newest of all our tasks are looked at: that can only find it, and
 * never says that it is not there.
 */
export async function findMessage(search: Search): Promise<Found> {
  const { client, clock, signal, intent } = search;
  let pauseMs = POLL_INITIAL_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (search.work.task !== null) return await findInTask(search, search.work.task.taskId);
      if (intent.contextId !== null) return await findInContext({ client, intent, signal, contextId: intent.contextId });
      return (
        (await findAmongNewest(client, intent, signal)) ?? {
          kind: "unknowable",
          message: `Agent "${intent.agent}" takes no context ids, so its tasks cannot be told apart.`,
        }
      );
    } catch (error) {
      const { failure } = toCallFailure(error, intent.agent);
      if (!failure.retryable || attempt === TRIES || signal.aborted)
        return { kind: "unknowable", message: failure.message, ...(failure.retryable ? { isAway: true } : {}) };
    }
    await sleep(clock, pauseMs, signal);
    pauseMs = Math.min(POLL_MAX_MS, pauseMs * 2);
  }
}

/**
 * An answer went to a task that we know; so the question is only whether it arrived. A task that does
 * not ask any more has got it, or needs none: some agents keep no answers in a history.
 */
async function findInTask({ client, intent, work, signal }: Search, taskId: string): Promise<Found> {
  const task = await client.getTask(intent, taskId, { historyLength: HISTORY_LENGTH }, signal);
  if (holds(task, intent) || !isInterrupted(task.status?.state)) {
    return { kind: "task", task: taskOf(intent, { id: taskId, contextId: work.task?.contextId ?? task.contextId }) };
  }
  return isWhole(task) ? { kind: "none" } : findAmongSilent(client, intent, [task], signal);
}

async function findInContext(search: {
  readonly client: A2aClient;
  readonly intent: Intent;
  readonly signal: AbortSignal;
  readonly contextId: string;
}): Promise<Found> {
  const { client, intent, signal, contextId } = search;
  const silent: Task[] = [];
  let pageToken = "";
  for (let page = 0; page < MAX_FIND_PAGES; page += 1) {
    const answer = await client.listTasks(intent, { contextId, pageToken, historyLength: HISTORY_LENGTH }, signal);
    for (const task of answer.tasks) {
      if (holds(task, intent)) return foundAs(task, intent);
      if (!isWhole(task)) silent.push(task);
    }
    pageToken = answer.nextPageToken;
    if (page === 0 && answer.tasks.length === 0) return (await findAmongNewest(client, intent, signal)) ?? { kind: "none" };
    if (pageToken === "") return findAmongSilent(client, intent, silent, signal);
  }
  return {
    kind: "unknowable",
    message: `Agent "${intent.agent}" lists more than ${MAX_FIND_PAGES} pages of tasks in context ${contextId}.`,
  };
}

async function findAmongNewest(client: A2aClient, intent: Intent, signal: AbortSignal): Promise<Found | null> {
  let pageToken = "";
  for (let page = 0; page < NEWEST_PAGES; page += 1) {
    const asked = { contextId: "", pageToken, historyLength: HISTORY_LENGTH };
    const answer = await client.listTasks(intent, asked, signal).catch((error: unknown) => noList(error, intent));
    const found = answer?.tasks.find((task) => holds(task, intent));
    if (found !== undefined) return foundAs(found, intent);
    pageToken = answer?.nextPageToken ?? "";
    if (pageToken === "") break;
  }
  return null;
}

/** Some agents list the tasks of a context only. */
function noList(error: unknown, { agent }: Intent): null {
  if (toCallFailure(error, agent).failure.retryable) throw error;
  return null;
}

/** Some agents leave the history out of lists, but show it with the task itself; and some tasks have a long one. */
async function findAmongSilent(client: A2aClient, intent: Intent, silent: readonly Task[], signal: AbortSignal): Promise<Found> {
  if (silent.length > MAX_FIND_PAGES) return hidden(intent);
  let isHidden = false;
  for (const { id } of silent) {
    const task = await client.getTask(intent, id, { historyLength: LONG_HISTORY_LENGTH }, signal);
    if (holds(task, intent)) return foundAs(task, intent);
    isHidden ||= !isWhole(task, LONG_HISTORY_LENGTH);
  }
  return isHidden ? hidden(intent) : { kind: "none" };
}

/** Whether a history is all that there is: as long as was asked for, it may be the end of a longer one. */
function isWhole({ history }: Task, asked = HISTORY_LENGTH): boolean {
  return history.length > 0 && history.length < asked;
}

function holds(task: Task, intent: Intent): boolean {
  return task.history.some(({ messageId }) => messageId === intent.messageId);
}

function foundAs(task: Task, intent: Intent): Found {
  return { kind: "task", task: taskOf(intent, task) };
}

/** The task that a message made: it is where the message went. */
export function taskOf(intent: Intent, { id, contextId }: Pick<Task, "id" | "contextId">): RemoteTask {
  const { agent, url, binding, tenant } = intent;
  return { agent, url, binding, tenant, ...given(intent, "version", "traceparent", "tracestate"), taskId: id, contextId };
}

function hidden(intent: Intent): Found {
  return { kind: "unknowable", message: `Agent "${intent.agent}" does not show the whole history of its tasks.` };
}
