/**
 * The eleven operations of A2A 1.0, once, for every binding (A2A 5.1). A binding turns its requests
 * into these calls and the answers back, and decides nothing.
 *
 * Every method may reject with an `A2AError` of the SDK, which the protocol has a code for, with an
 * `OverloadError` or a `ForbiddenError`. Anything else is a bug: it is logged, and the caller hears of an internal error only.
 */
import type {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SendMessageRequest,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from "@a2a-js/sdk";

import type { Tenant } from "../../base/ids.ts";
import type { TaskEvent } from "../task/task-event.ts";

/** Who asks, as the server's authentication found out. Tasks belong to their caller. */
export type Caller = {
  /** `anonymous` where nobody has to say who they are. */
  readonly name: string;
  readonly tenant: Tenant;
  /** Of a caller that was verified, as whom else it may decide; absent where nobody has to say who they are. */
  readonly roles?: readonly string[];
};

/** What came beside the parameters. */
export type CallContext = {
  readonly caller: Caller;
  /** W3C `traceparent` of the request, when it had a valid one. */
  readonly traceparent: string | null;
  /** W3C `tracestate`, which is handed on with it. */
  readonly tracestate?: string;
  /** Aborts when nobody waits for the answer any more; asked for only by what waits long. */
  readonly gone?: () => AbortSignal;
  /** The version that is spoken; absent: 1.0. Only what is sent later, as push notifications are, depends on it. */
  readonly version?: "0.3";
};

/**
 * The events of a task. They are read at the pace of the one who reads; a reader who leaves calls
 * `return`. The first is the task, or a direct message, which is then the only one.
 */
export type TaskEvents = AsyncGenerator<TaskEvent, void, undefined>;

export type TaskHandler = {
  /** What the card says: the same object until it changes. Its signatures come when it is published. */
  card(): Promise<AgentCard>;
  extendedCard(context: CallContext): Promise<AgentCard>;
  sendMessage(params: SendMessageRequest, context: CallContext): Promise<Message | Task>;
  /**
   * Resolves when the message is accepted, so that a refusal is never a part of the stream. `after`: as
   * below, for one who sends the same message again because the stream was cut.
   */
  sendStreamingMessage(params: SendMessageRequest, context: CallContext, after: string | null): Promise<TaskEvents>;
  /** `after`: the id of the last event that the reader has; it gets those that follow, without gap or repetition. */
  subscribeToTask(params: SubscribeToTaskRequest, context: CallContext, after: string | null): Promise<TaskEvents>;
  getTask(params: GetTaskRequest, context: CallContext): Promise<Task>;
  listTasks(params: ListTasksRequest, context: CallContext): Promise<ListTasksResponse>;
  cancelTask(params: CancelTaskRequest, context: CallContext): Promise<Task>;
  createPushConfig(params: TaskPushNotificationConfig, context: CallContext): Promise<TaskPushNotificationConfig>;
  getPushConfig(params: GetTaskPushNotificationConfigRequest, context: CallContext): Promise<TaskPushNotificationConfig>;
  listPushConfigs(params: ListTaskPushNotificationConfigsRequest, context: CallContext): Promise<ListTaskPushNotificationConfigsResponse>;
  deletePushConfig(params: DeleteTaskPushNotificationConfigRequest, context: CallContext): Promise<void>;
};

/** There is no room for more now; told as 503 with Retry-After. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

/** The caller may know of it, and may not do it; told as 403. */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
}
