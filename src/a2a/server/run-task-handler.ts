/**
 * The operations of A2A on runs: a task *is* a run of what is served (issue 4). So what a task has come
 * to, and what it asks, is durable, and the same for everyone who looks; this file only decides who
 * may ask for what, and how long a call waits.
 *
 * 1. Nothing of a task is told, and nothing is done to it, before its caller is known to be the one
 *    who asks.
 * 2. A refusal has no effect, and is never the beginning of a stream.
 * 3. Every wait is bounded; when its time is up the task is told as it is.
 */
import {
  type AgentCard,
  type CancelTaskRequest,
  type DeleteTaskPushNotificationConfigRequest,
  type GetTaskPushNotificationConfigRequest,
  type GetTaskRequest,
  type ListTaskPushNotificationConfigsRequest,
  type ListTaskPushNotificationConfigsResponse,
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  type SendMessageRequest,
  type SubscribeToTaskRequest,
  type Task,
  type TaskPushNotificationConfig,
  TaskState,
} from "@a2a-js/sdk";
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  UnsupportedOperationError,
} from "@a2a-js/sdk/errors";

import { failpoint } from "../../base/failpoint.ts";
import { ANSWERED_END_MS, BLOCKING_CANCEL_MS, BLOCKING_SEND_MS, MAX_SERVED_WORKING } from "../../base/limits.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import { type Log, logToStandardError } from "../../ports/log.ts";
import { type Orchestrator, RunHandle } from "../../runtime/orchestrator.ts";
import { placeOf, type TaskEvent } from "../task/task-event.ts";
import { shortened } from "../task/words.ts";
import { isSettled, isTerminal, metadataText } from "../wire/wire.ts";
import { type Accepted, type Acceptance, acceptMessage } from "./accept-message.ts";
import { AgentDesk } from "./agent-desk.ts";
import { answerMessage } from "./answer-message.ts";
import { checkedMessage, checkHistoryLength, refuseOtherOutputs, withHistory } from "./check-message.ts";
import { DirectAnswers } from "./direct-answers.ts";
import type { CallContext, Caller, TaskEvents, TaskHandler } from "./handler.ts";
import { listTasks } from "./list-tasks.ts";
import type { PushConfigs } from "../push/push-configs.ts";
import { Room } from "./room.ts";
import type { ServedThing } from "./served-thing.ts";
import { single, taskEvent, TaskStream, type TaskStreamParts } from "./task-stream.ts";
import { type FoundTask, Tasks } from "./tasks.ts";
import type { FollowedTask } from "./task-views.ts";
import { Turns } from "./turns.ts";

export type RunTaskHandlerOptions = {
  readonly orchestrator: Orchestrator;
  /** What is served: one thing, or several that messages choose from by their skills. */
  readonly things: readonly ServedThing[];
  /** Under which its messages are told from those to other handlers: it must stay the same. */
  readonly name: string;
  readonly card: () => Promise<AgentCard>;
  /** Null when there is none for the caller; without it, the card announces none. */
  readonly extendedCard?: (caller: Caller) => Promise<AgentCard | null>;
  readonly push?: PushConfigs;
  /** False: every message starts a run, also one that came before. */
  readonly dedupe?: boolean;
  /** False: no streams are opened (A2A 3.3.4); the card says the same. */
  readonly streaming?: boolean;
  /** What the agents of this process are doing; one for all handlers that serve them. */
  readonly desk?: AgentDesk;
  /** Tasks at work at once; more are turned away. */
  readonly maxWorking?: number;
  /** Tasks that are not over, where they take up memory; absent: as many as the database holds. */
  readonly maxOpen?: number;
  /** How long a message waits for its task. In milliseconds. */
  readonly blockingMs?: number;
  readonly clock?: Clock;
  /** Where it is told of what callers cannot mend; standard error when absent. */
  readonly log?: Log;
};

/** `isNew`: the message has just begun the task. `mayBeDirect`: its answer may be given without the task. */
type Taken = Accepted & { readonly mayBeDirect: boolean };
type Place = NonNullable<ReturnType<typeof placeOf>>;

/** Serves workflows and agents as A2A tasks: each task is a run (issue 4, deliverables 1 to 4 and 6). */
export class RunTaskHandler implements TaskHandler {
  readonly #options: RunTaskHandlerOptions;
  readonly #tasks: Tasks;
  readonly #acceptance: Acceptance;
  readonly #desk: AgentDesk;
  readonly #direct: DirectAnswers;
  readonly #blockingMs: number;

  constructor(options: RunTaskHandlerOptions) {
    this.#options = options;
    const { things, name, clock = systemClock, log = logToStandardError, dedupe = true } = options;
    this.#desk = options.desk ?? new AgentDesk();
    this.#direct = new DirectAnswers(this.#desk);
    this.#blockingMs = options.blockingMs ?? BLOCKING_SEND_MS;
    this.#tasks = new Tasks({ orchestrator: options.orchestrator, things, clock, log });
    const { maxWorking = MAX_SERVED_WORKING, maxOpen = Number.POSITIVE_INFINITY } = options;
    const room = new Room(this.#tasks.host, this.#desk, { working: maxWorking, open: maxOpen });
    this.#acceptance = { tasks: this.#tasks, things, turns: new Turns(), name, dedupe, room };
  }

  card(): Promise<AgentCard> {
    return this.#options.card();
  }

  async extendedCard(context: CallContext): Promise<AgentCard> {
    const { extendedCard } = this.#options;
    // A2A 3.3.4: what the card does not announce is not supported.
    if (extendedCard === undefined) throw new UnsupportedOperationError("The agent has no extended card.");
    const card = await extendedCard(context.caller);
    if (card === null) throw new ExtendedAgentCardNotConfiguredError("There is no extended card for you.");
    return card;
  }

  async sendMessage(params: SendMessageRequest, context: CallContext): Promise<Message | Task> {
    const { historyLength, returnImmediately = false } = params.configuration ?? {};
    checkHistoryLength(historyLength);
    const taken = await this.#take(params, context);
    const { task } = (
      await (returnImmediately ? this.#quickly(taken) : this.#tasks.waitFor(taken, isSettled, { ...context, limitMs: this.#blockingMs }))
    ).at;
    return (taken.mayBeDirect ? this.#direct.answerOf(task) : null) ?? this.#seen(withHistory(task, historyLength));
  }

  async sendStreamingMessage(params: SendMessageRequest, context: CallContext, after: string | null): Promise<TaskEvents> {
    this.#expectStreaming();
    const { historyLength } = params.configuration ?? {};
    checkHistoryLength(historyLength);
    const taskId = params.message?.taskId ?? "";
    // Before an answer is taken, which no refusal may follow.
    if (after !== null && taskId !== "") await this.#placeOf(await this.#tasks.find(taskId, context.caller), after);
    const taken = await this.#take(params, context);
    const followed = await this.#quickly(taken);
    const { task } = followed.at;
    const direct = taken.mayBeDirect ? this.#direct.answerOf(task) : null;
    if (direct !== null) return single({ id: null, event: { payload: { $case: "message", value: direct } } });
    // A reader that was cut off has the beginning already; a message that begins a task has no beginning.
    if (after !== null && !taken.isNew) return this.#resume(taken, after);
    this.#seen(task);
    const first = taskEvent(followed, withHistory(task, historyLength));
    const isAtRest = isTerminal(task.status?.state) || task.status?.state === TaskState.TASK_STATE_INPUT_REQUIRED;
    return isAtRest ? single(first) : this.#stream(taken, followed, first);
  }

  async subscribeToTask(params: SubscribeToTaskRequest, context: CallContext, after: string | null): Promise<TaskEvents> {
    this.#expectStreaming();
    const found = await this.#tasks.find(params.id, context.caller);
    if (after !== null) return this.#resume(found, after);
    const followed = await this.#tasks.follow(found);
    const { task } = followed.at;
    this.#seen(task);
    if (isTerminal(task.status?.state)) throw overBefore(task);
    return this.#stream(found, followed, taskEvent(followed));
  }

  async getTask(params: GetTaskRequest, context: CallContext): Promise<Task> {
    checkHistoryLength(params.historyLength);
    const found = await this.#tasks.find(params.id, context.caller);
    return this.#seen(withHistory((await this.#tasks.follow(found)).at.task, params.historyLength));
  }

  async listTasks(params: ListTasksRequest, context: CallContext): Promise<ListTasksResponse> {
    const answer = await listTasks(this.#tasks, params, context.caller);
    for (const task of answer.tasks) this.#seen(task);
    return answer;
  }

  async cancelTask(params: CancelTaskRequest, context: CallContext): Promise<Task> {
    const found = await this.#tasks.find(params.id, context.caller);
    const { task } = (await this.#tasks.follow(found)).at;
    this.#seen(task);
    if (isTerminal(task.status?.state)) throw overAlready(task);
    const reason = shortened(metadataText(params.metadata, "reason", "cancellation_reason") ?? "Canceled by the caller.");
    await new RunHandle(this.#tasks.host, found.run, false).cancel(reason, context.caller.name);
    failpoint("task.canceling");
    const isOver = ({ status }: Task): boolean => isTerminal(status?.state);
    return (await this.#tasks.waitFor(found, isOver, { ...context, limitMs: BLOCKING_CANCEL_MS })).at.task;
  }

  async createPushConfig(params: TaskPushNotificationConfig, context: CallContext): Promise<TaskPushNotificationConfig> {
    const { push, run } = await this.#pushOf(params.taskId, context);
    return push.create(run, params, context.version);
  }

  async getPushConfig(params: GetTaskPushNotificationConfigRequest, context: CallContext): Promise<TaskPushNotificationConfig> {
    const { push, run } = await this.#pushOf(params.taskId, context);
    return push.get(run, params.id);
  }

  async listPushConfigs(
    params: ListTaskPushNotificationConfigsRequest,
    context: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    const { push, run } = await this.#pushOf(params.taskId, context);
    return push.list(run, { pageSize: params.pageSize, pageToken: params.pageToken });
  }

  async deletePushConfig(params: DeleteTaskPushNotificationConfigRequest, context: CallContext): Promise<void> {
    const { push, run } = await this.#pushOf(params.taskId, context);
    await push.delete(run, params.id);
  }

  async #pushOf(taskId: string, context: CallContext): Promise<{ readonly push: PushConfigs; readonly run: FoundTask["run"] }> {
    const { push } = this.#options;
    if (push === undefined) throw new PushNotificationNotSupportedError();
    return { push, run: (await this.#tasks.find(taskId, context.caller)).run };
  }

  /** The task that a message belongs to, once it is durable. */
  async #take(params: SendMessageRequest, context: CallContext): Promise<Taken> {
    const message = checkedMessage(params.message);
    refuseOtherOutputs(params.configuration?.acceptedOutputModes ?? []);
    const config = params.configuration?.taskPushNotificationConfig;
    const { push } = this.#options;
    if (config !== undefined) {
      if (push === undefined) throw new PushNotificationNotSupportedError();
      push.check(config);
    }
    const isFirst = message.taskId === "";
    if (config !== undefined && !isFirst) await push?.expectRoom((await this.#tasks.find(message.taskId, context.caller)).run, config);
    const taken = isFirst
      ? await acceptMessage(this.#acceptance, message, context)
      : { ...(await answerMessage(this.#acceptance, message, context)), isNew: false };
    failpoint("task.taken");
    if (config !== undefined) await push?.attach(taken.run, config, { isFirst, version: context.version });
    failpoint("task.followed");
    // Whoever is pushed to sees the task.
    return { ...taken, mayBeDirect: isFirst && config === undefined };
  }

  /**
   * The task as it is, but for an agent that has answered already: the commit of what it said is waited
   * for, so that what is quick is told whole, once.
   */
  async #quickly(taken: FoundTask): Promise<FollowedTask> {
    await nextLoopTurn();
    if (!this.#desk.hasAnswered(taken.run.id)) return this.#tasks.follow(taken);
    return this.#tasks.waitFor(taken, isSettled, { limitMs: ANSWERED_END_MS });
  }

  /** The task as it is, then what follows. */
  #stream(found: FoundTask, { seq: headSeq }: FollowedTask, first: TaskEvent): TaskStream {
    return this.#open(found, { fromSeq: headSeq + 1, first, headSeq, after: null });
  }

  #open(found: FoundTask, parts: Pick<TaskStreamParts, "fromSeq" | "first" | "headSeq" | "after">): TaskStream {
    const follow = (): Promise<FollowedTask> => this.#tasks.followFrom(found, parts.fromSeq - 1);
    return new TaskStream({ host: this.#tasks.host, run: found.run, follow, ...parts });
  }

  /** What follows an event: without gap or repetition, also when the task is over by now. */
  async #resume(found: FoundTask, after: string): Promise<TaskEvents> {
    const { place, seq, task } = await this.#placeOf(found, after);
    this.#seen(task);
    const stream = this.#open(found, { fromSeq: place.seq, first: null, headSeq: seq, after: place });
    if (!isTerminal(task.status?.state)) return stream;
    const first = await stream.next();
    if (first.done === true) throw overBefore(task);
    return stream.startingWith(first.value);
  }

  /** Where an event of a task is, in a history of that length so far. */
  async #placeOf(found: FoundTask, after: string): Promise<{ readonly place: Place; readonly seq: number; readonly task: Task }> {
    const { seq, at } = await this.#tasks.follow(found);
    const place = placeOf(after);
    if (place !== null && place.seq <= seq) return { place, seq, task: at.task };
    throw new RequestMalformedError(`"${after.slice(0, 40)}" is the id of no event of task ${at.task.id}.`);
  }

  #expectStreaming(): void {
    const { streaming = true } = this.#options;
    if (!streaming) throw new UnsupportedOperationError("The agent opens no streams; ask for its tasks instead.");
  }

  #seen(task: Task): Task {
    this.#desk.markSeen(task.id);
    return task;
  }
}

function overBefore({ id }: Task): Error {
  return new UnsupportedOperationError({
    message: `Task ${id} is over; get it instead of subscribing to it.`,
    metadata: { task_id: id },
  });
}

function overAlready({ id, status }: Task): Error {
  const state = TaskState[status?.state ?? 0] ?? "";
  return new TaskNotCancelableError({ message: `Task ${id} is over already: ${state}.`, metadata: { task_id: id, state } });
}

function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
