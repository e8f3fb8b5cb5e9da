import type { ListTasksRequest, ListTasksResponse, Task } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { TaskQuery, TaskStore } from "./task-store.ts";

/** ListTasks over a store (A2A 3.1.4): filters, pages by cursor, newest change first. */
export async function listTasks(store: TaskStore, params: ListTasksRequest): Promise<ListTasksResponse> {
  const pageSize = params.pageSize ?? 50;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 100) throw new RequestMalformedError("pageSize must be 1 to 100.");
  const { tasks, total, hasMore } = await store.list({
    contextId: params.contextId,
    status: params.status,
    since: sinceOf(params),
    pageSize,
    after: cursorOf(params.pageToken),
  });
  const last = tasks.at(-1);
  return {
    tasks: tasks.map((task) => {
      const kept = withHistory(task, params.historyLength);
      return params.includeArtifacts === true ? kept : { ...kept, artifacts: [] };
    }),
    nextPageToken: hasMore && last !== undefined ? tokenOf(last) : "",
    pageSize,
    totalSize: total,
  };
}

/** The newest messages that a caller asked for: all, none, or at most so many (A2A 3.2.4). */
export function withHistory(task: Task, keep: number | undefined): Task {
  if (keep === undefined || keep >= task.history.length) return task;
  if (keep < 0) throw new RequestMalformedError("historyLength must not be negative.");
  return { ...task, history: keep === 0 ? [] : task.history.slice(-keep) };
}

function sinceOf({ statusTimestampAfter }: ListTasksRequest): number {
  if (statusTimestampAfter === undefined) return Number.NEGATIVE_INFINITY;
  const since = Date.parse(statusTimestampAfter);
  if (Number.isNaN(since)) throw new RequestMalformedError(`statusTimestampAfter "${statusTimestampAfter}" is not an instant.`);
  return since;
}

function tokenOf(task: Task): string {
  return Buffer.from(JSON.stringify([task.status?.timestamp ?? "", task.id])).toString("base64url");
}

function cursorOf(token: string): TaskQuery["after"] {
  if (token === "") return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(parsed) && typeof parsed[0] === "string" && typeof parsed[1] === "string") return { at: parsed[0], id: parsed[1] };
  } catch {
    // Not one of ours; said below.
  }
  throw new RequestMalformedError("pageToken is not one that this agent gave out.");
}
