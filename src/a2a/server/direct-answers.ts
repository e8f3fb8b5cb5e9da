/**
 * Answers without a task (A2A 3.1.1): an agent that says a few words needs none. The task is there all
 * the same; its caller is only not told of it. This is memory alone: after a restart the same message
 * gives the task.
 */
import { type Message, Role, type Task, TaskState } from "@a2a-js/sdk";

import { MAX_DESK_ENTRIES } from "../../base/limits.ts";
import { message } from "../wire/wire.ts";
import type { AgentDesk } from "./agent-desk.ts";

export class DirectAnswers {
  readonly #desk: AgentDesk;
  readonly #byTask = new Map<string, Message>();

  constructor(desk: AgentDesk) {
    this.#desk = desk;
  }

  /** The answer in the place of a task that nobody has seen; null when the task is what is told. */
  answerOf(task: Task): Message | null {
    const known = this.#byTask.get(task.id);
    if (known !== undefined) return known;
    if (task.status?.state !== TaskState.TASK_STATE_COMPLETED || !this.#desk.isDirect(task.id)) return null;
    const parts = task.artifacts.flatMap((artifact) => artifact.parts);
    const answer = message({ id: `msg_${task.id}`, role: Role.ROLE_AGENT, parts, contextId: task.contextId, taskId: "" });
    this.#byTask.set(task.id, answer);
    const [oldest] = this.#byTask.keys();
    if (this.#byTask.size > MAX_DESK_ENTRIES && oldest !== undefined) this.#byTask.delete(oldest);
    return answer;
  }
}
