/**
 * Which question of a remote task was told, and which was answered.
 *
 * An agent may show a question for a while after it got the answer, until its work goes on. Told
 * again it would be asked twice. So a question that was answered counts as work in progress, but not
 * for ever: an agent that asks in the very same words is believed after a while. This is memory only:
 * after a restart a question is known by its words, and after a crash the worst is one question too many.
 */
import type { Task } from "@a2a-js/sdk";

import { ANSWERED_PATIENCE_MS, MAX_SERVED_TASKS } from "../../base/limits.ts";
import { isInterrupted, textOf } from "../wire/wire.ts";

/** `question` is null when another process was asked: then only its words are known. */
type Asked = { question: string | null; readonly prompt: string; answeredAt: number | null };

export class AskedQuestions {
  readonly #askedByTask = new Map<string, Asked>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** True when the task shows a question that it has an answer to. Remembers questions that are new. */
  isStale(task: Task): boolean {
    if (!isInterrupted(task.status?.state)) {
      this.#askedByTask.delete(task.id);
      return false;
    }
    // The time may move while a question is open: when other work of the same task goes on.
    const prompt = textOf(task.status?.message?.parts ?? []) ?? "";
    const question = `${task.status?.message?.messageId || (task.status?.timestamp ?? "")} ${prompt}`;
    const known = this.#askedByTask.get(task.id);
    if (known?.question === null && known.prompt === prompt) known.question = question;
    if (known?.question === question && known.answeredAt !== null) return this.#now() - known.answeredAt < ANSWERED_PATIENCE_MS;
    this.#remember(task.id, { question, prompt, answeredAt: null });
    return false;
  }

  /** An answer to a question of these words is on its way to the task. */
  answered(taskId: string, prompt: string): void {
    const asked = this.#askedByTask.get(taskId);
    if (asked === undefined) this.#remember(taskId, { question: null, prompt, answeredAt: this.#now() });
    else asked.answeredAt = this.#now();
  }

  #remember(taskId: string, asked: Asked): void {
    this.#askedByTask.delete(taskId);
    this.#askedByTask.set(taskId, asked);
    const [oldest] = this.#askedByTask.keys();
    if (this.#askedByTask.size > MAX_SERVED_TASKS && oldest !== undefined) this.#askedByTask.delete(oldest);
  }
}
