/** A caller's copy of a task, made of the events that it gets, as A2A 1.0 has them. */
import type { Artifact, Message, StreamResponse, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from "@a2a-js/sdk";

import { MAX_TASK_HISTORY } from "../../../../src/base/limits.ts";

export class ClientCopy {
  #task: Task | null = null;

  get task(): Task {
    if (this.#task === null) throw new Error("The first event is the task.");
    return this.#task;
  }

  take({ payload }: StreamResponse): void {
    switch (payload?.$case) {
      case "task":
        this.#task = payload.value;
        return;
      case "statusUpdate":
        return this.#setStatus(payload.value);
      case "artifactUpdate":
        return this.#addArtifact(payload.value);
      case "message":
      case undefined:
        throw new Error("A task's stream has nothing but its task and updates.");
    }
  }

  /** What the caller has sent itself, no event tells it. */
  keep(message: Message): void {
    const [first, ...later] = [...this.task.history, message];
    this.#task = { ...this.task, history: first === undefined ? [] : [first, ...later.slice(1 - MAX_TASK_HISTORY)] };
  }

  #setStatus({ status, taskId, contextId }: TaskStatusUpdateEvent): void {
    if (taskId !== this.task.id || contextId !== this.task.contextId) throw new Error("The event is of another task.");
    this.#task = { ...this.task, status };
    const said = status?.message;
    if (said !== undefined && !this.task.history.some(({ messageId }) => messageId === said.messageId)) this.keep(said);
  }

  #addArtifact({ artifact, append }: TaskArtifactUpdateEvent): void {
    if (artifact === undefined) throw new Error("An artifact update has an artifact.");
    const { artifacts } = this.task;
    const known = artifacts.find(({ artifactId }) => artifactId === artifact.artifactId);
    const others = artifacts.filter((other) => other !== known);
    if (append && known === undefined) throw new Error(`Nothing was told of ${artifact.artifactId} that could be gone on with.`);
    const whole = append && known !== undefined ? { ...known, parts: joined(known.parts, artifact.parts) } : artifact;
    this.#task = { ...this.task, artifacts: [...others, whole] };
  }
}

/** The pieces of a text are one text. */
function joined(parts: Artifact["parts"], more: Artifact["parts"]): Artifact["parts"] {
  const [last, first] = [parts.at(-1), more[0]];
  if (last?.content?.$case !== "text" || first?.content?.$case !== "text") return [...parts, ...more];
  const text = last.content.value + first.content.value;
  return [...parts.slice(0, -1), { ...last, content: { $case: "text", value: text } }, ...more.slice(1)];
}
