/**
 * One task of a served agent while it is open: the handler's work, the task's state, its readers.
 *
 * working → completed | failed | rejected | canceled (the end), or → waiting (INPUT_REQUIRED,
 * AUTH_REQUIRED) → working again with the next message.
 *
 * 1. A task that has ended never changes: what a handler says after that is dropped.
 * 2. One handler works on a task at a time.
 * 3. All readers see the same events, in the one order in which they are saved.
 * 4. Snapshots are immutable: a later change never shows in an event that was sent earlier.
 */
import { type Artifact, type Message, Role, type StreamResponse, type Task, TaskState } from "@a2a-js/sdk";

import { MAX_TASK_HISTORY } from "../../base/limits.ts";
import type { LocalAgent, Watch, Work } from "../../ports/agents.ts";
import type { Log } from "../../ports/log.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { EventQueue } from "./event-queue.ts";
import { artifact, outcomeToStatus, progressToStatus, replyToArtifacts, type StatusWords } from "./outcome-to-task.ts";
import type { StoredTask } from "./task-store.ts";
import { message, REPLY_ARTIFACT, textPart } from "../wire/wire.ts";

/** What a task needs of its surroundings. */
export type Surroundings = {
  readonly agent: LocalAgent;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly save: (stored: StoredTask) => Promise<void>;
};

export class ServedTask {
  readonly #world: Surroundings;
  readonly #readers = new Set<EventQueue>();
  #task: Task;
  #work: Work;
  #outcome: Outcome | null = null;
  #abort: AbortController | null = null;
  #settled = Promise.withResolvers<void>();
  #idle: Promise<void> = Promise.resolve();
  #saves: Promise<void> = Promise.resolve();

  constructor(stored: StoredTask, world: Surroundings) {
    this.#task = stored.task;
    this.#work = stored.work;
    this.#world = world;
  }

  get task(): Task {
    return this.#task;
  }

  get work(): Work {
    return this.#work;
  }

  /** What the last turn came to; null while the handler works. */
  get outcome(): Outcome | null {
    return this.#outcome;
  }

  /** True when a turn has ended its readers' streams, and the next has not begun (see `#end`). */
  get isAtRest(): boolean {
    return this.#outcome !== null && this.#task.status?.state !== TaskState.TASK_STATE_AUTH_REQUIRED;
  }

  /** Fulfilled when the turn is over, by the handler or by a cancel, and what came of it is saved. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Fulfilled when the handler itself has come back, which after a cancel may be later. */
  get idle(): Promise<void> {
    return this.#idle;
  }

  /** Gives the handler the work, or the next turn of it. It begins within this call. */
  begin(work: Work, from: Message): void {
    this.#work = work;
    this.#outcome = null;
    this.#abort = null;
    this.#settled = Promise.withResolvers();
    const asked = this.#task.status?.message;
    const before = asked === undefined ? this.#task.history : [...this.#task.history, asked];
    this.#task = { ...this.#task, history: [...before, from].slice(-MAX_TASK_HISTORY) };
    this.#setStatus({ state: TaskState.TASK_STATE_WORKING, parts: [] });
    this.#idle = this.#perform(work);
  }

  /** Ends the task as canceled, and stops the handler. */
  cancel(reason: string): void {
    const previous = this.#task.status?.state;
    this.#outcome = { kind: "canceled", failure: { code: "T4106", message: reason, retryable: false } };
    this.#end({
      state: TaskState.TASK_STATE_CANCELED,
      parts: [textPart(reason)],
      metadata: { cancellation_reason: reason, previous_state: previous === undefined ? "" : (TaskState[previous] ?? "") },
    });
    this.#abort?.abort();
    this.#abort ??= aborted();
  }

  /** Events from now on; the first is the task as it is. */
  read(): EventQueue {
    const queue = new EventQueue((closed) => this.#readers.delete(closed));
    queue.push({ payload: { $case: "task", value: this.#task } });
    this.#readers.add(queue);
    return queue;
  }

  /** Stops the handler and cuts off the readers, because the process ends. The task stays as it is. */
  abandon(): void {
    this.#abort?.abort();
    for (const reader of this.#readers) reader.end();
  }

  async #perform(work: Work): Promise<void> {
    const watch = this.#watch(work);
    let outcome: Outcome;
    try {
      outcome = await this.#world.agent.perform(work, watch);
    } catch (error) {
      outcome = {
        kind: "failed",
        failure: { code: "AGENT_ERROR", message: error instanceof Error ? error.message : String(error), retryable: true },
      };
    }
    if (this.#outcome === null) this.#finish(outcome);
  }

  #finish(outcome: Outcome): void {
    this.#outcome = outcome;
    if (outcome.kind === "failed")
      this.#world.log("warn", "agent_failed", {
        agent: this.#world.agent.name,
        task_id: this.#task.id,
        workflow_id: this.#work.assignment.workflow_id,
        ...outcome.failure,
      });
    if (outcome.kind === "completed")
      for (const made of replyToArtifacts(outcome.reply)) this.#setArtifact(made, { append: false, lastChunk: true });
    this.#end(outcomeToStatus(outcome));
  }

  /** A handler that never looks at its signal never pays for one. */
  #watch(work: Work): Watch {
    const signalOf = (): AbortSignal => (this.#abort ??= new AbortController()).signal;
    const isOpen = (): boolean => this.#work === work && this.#outcome === null;
    return {
      get signal() {
        return signalOf();
      },
      log: this.#world.log,
      progress: (progress: Progress) => {
        if (isOpen()) this.#setStatus(progressToStatus(progress));
      },
      chunk: (text: string) => {
        if (isOpen()) this.#addChunk(text);
      },
    };
  }

  #addChunk(text: string): void {
    const known = this.#task.artifacts.find(({ artifactId }) => artifactId === REPLY_ARTIFACT);
    this.#setArtifact(artifact({ id: REPLY_ARTIFACT, name: "", parts: [textPart(text)] }), {
      append: known !== undefined,
      lastChunk: false,
    });
  }

  #setArtifact(made: Artifact, how: { readonly append: boolean; readonly lastChunk: boolean }): void {
    const at = this.#task.artifacts.findIndex(({ artifactId }) => artifactId === made.artifactId);
    const known = this.#task.artifacts[at];
    const whole = how.append && known !== undefined ? { ...known, parts: appendText(known.parts, made.parts) } : made;
    const artifacts = at === -1 ? [...this.#task.artifacts, whole] : this.#task.artifacts.with(at, whole);
    this.#task = { ...this.#task, artifacts };
    const { id: taskId, contextId } = this.#task;
    this.#tell({ payload: { $case: "artifactUpdate", value: { taskId, contextId, artifact: made, ...how, metadata: undefined } } });
  }

  #setStatus(words: StatusWords): void {
    const { id: taskId, contextId } = this.#task;
    const said =
      words.parts.length === 0
        ? undefined
        : message({
            id: this.#world.newId(),
            role: Role.ROLE_AGENT,
            parts: words.parts,
            contextId,
            taskId,
            ...(words.metadata === undefined ? {} : { metadata: words.metadata }),
          });
    const status = { state: words.state, message: said, timestamp: new Date(this.#world.now()).toISOString() };
    this.#task = { ...this.#task, status };
    this.#save();
    this.#tell({ payload: { $case: "statusUpdate", value: { taskId, contextId, status, metadata: undefined } } });
  }

  /** A turn's last status. Readers stay for AUTH_REQUIRED, which may be settled elsewhere (A2A 7.6). */
  #end(words: StatusWords): void {
    this.#setStatus(words);
    this.#settled.resolve(this.#saves);
    if (words.state === TaskState.TASK_STATE_AUTH_REQUIRED) return;
    for (const reader of this.#readers) reader.end();
  }

  #save(): void {
    const stored = { task: this.#task, work: this.#work };
    this.#saves = this.#saves.then(() => this.#world.save(stored)).catch((error: unknown) => this.#notSaved(error));
  }

  /** The task goes on, and its readers see it: only a restart would miss what was not saved. */
  #notSaved(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#world.log("error", "task_not_saved", { agent: this.#world.agent.name, task_id: this.#task.id, error: why });
  }

  #tell(event: StreamResponse): void {
    for (const reader of this.#readers) reader.push(event);
  }
}

/** Streamed pieces of text become one part, so that a task stays small. */
function appendText(parts: Artifact["parts"], more: Artifact["parts"]): Artifact["parts"] {
  const [last, first] = [parts.at(-1), more[0]];
  if (last?.content?.$case !== "text" || first?.content?.$case !== "text") return [...parts, ...more];
  return [...parts.slice(0, -1), textPart(last.content.value + first.content.value), ...more.slice(1)];
}

function aborted(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}
