/** The tasks of one story: what each is asked for, what its caller does about it, and how it must end. */
import { stateIn, type SeenEvent, Refused, type Visitor, type Wire, type WireTask } from "./visitor.ts";

export type Course = {
  readonly name: string;
  readonly skill: string;
  /** How its caller begins: with a stream, or with a call that does not wait, after which it subscribes. */
  readonly begins: "stream" | "send";
  /** A webhook with the first message, or by an operation of its own when there is a task. */
  readonly push: "inline" | "later" | "none";
  /** What its caller does when it sees that state for the first time, and again. */
  readonly does?: "answer" | "answerAll" | "cancel";
  readonly endsAs: string;
  /** How many different pieces of work its handlers are given: each is one key. */
  readonly workCount: number;
};

export const COURSES: readonly Course[] = [
  { name: "quick", skill: "quick", begins: "send", push: "inline", endsAs: "COMPLETED", workCount: 1 },
  { name: "slow", skill: "slow", begins: "stream", push: "inline", endsAs: "COMPLETED", workCount: 1 },
  { name: "refused", skill: "refuse", begins: "stream", push: "none", endsAs: "REJECTED", workCount: 1 },
  { name: "failed", skill: "fail", begins: "send", push: "later", endsAs: "FAILED", workCount: 1 },
  { name: "asked", skill: "ask", begins: "stream", push: "inline", does: "answer", endsAs: "COMPLETED", workCount: 2 },
  { name: "asking", skill: "ask", begins: "send", push: "inline", endsAs: "INPUT_REQUIRED", workCount: 1 },
  { name: "allowed", skill: "auth", begins: "send", push: "later", does: "answer", endsAs: "COMPLETED", workCount: 2 },
  { name: "canceled", skill: "hang", begins: "stream", push: "inline", does: "cancel", endsAs: "CANCELED", workCount: 1 },
  { name: "report", skill: "report", begins: "stream", push: "inline", endsAs: "COMPLETED", workCount: 2 },
  { name: "decided", skill: "decided", begins: "send", push: "inline", does: "answerAll", endsAs: "COMPLETED", workCount: 4 },
  { name: "broken", skill: "broken", begins: "stream", push: "later", endsAs: "FAILED", workCount: 1 },
];

/** What a caller has seen of its task, in order. */
export type Log = {
  readonly course: Course;
  readonly messageId: string;
  /** Every id that an answer to the first message named. */
  readonly taskIds: Set<string>;
  /** What streams told, each event as often as it came. */
  readonly events: SeenEvent[];
  /** Messages of the agent's that were seen once, and are missing in the task as it is later. */
  readonly forgotten: string[];
  overAt: number | null;
};

/** Goes one course to its end, whatever becomes of the server meanwhile. */
export async function go(visitor: Visitor, course: Course, hook: string): Promise<Log> {
  const messageId = crypto.randomUUID();
  const log: Log = { course, messageId, taskIds: new Set(), events: [], forgotten: [], overAt: null };
  const request = firstMessage(course, messageId, hook);
  const did = new Set<string>();
  if (course.begins === "send") {
    const params = { ...request, configuration: { ...request.configuration, returnImmediately: true } };
    noteTask(log, await visitor.ask("SendMessage", params));
  }
  for (;;) {
    const [id] = log.taskIds;
    // A task that was quick is over before anyone subscribes: its events are told to one who has none of them.
    const after = log.events.at(-1)?.id ?? (course.begins === "send" ? "0.0" : null);
    if (id !== undefined) await keepsWhatWasSeen(visitor, log, id);
    const from = id !== undefined && (course.begins === "send" || after !== null) ? { task: id } : { message: request };
    for await (const told of readable(visitor.stream(from, after), log)) {
      log.events.push(told);
      noteTask(log, told.event);
      await react(visitor, { log, told, did, hook });
    }
    if (isOver(log)) return log;
    await actAgain(visitor, { log, did });
    if (isOver(log)) return log;
  }
}

function firstMessage({ skill, push }: Course, messageId: string, hook: string) {
  const taskPushNotificationConfig = { url: hook, id: "c1" };
  return {
    message: { messageId, role: "ROLE_USER", parts: [{ data: { n: 1 } }], metadata: { skill, operation: skill } },
    configuration: push === "inline" ? { taskPushNotificationConfig } : {},
  };
}

function noteTask(log: Log, said: Wire): void {
  const { task, statusUpdate } = said as { readonly task?: WireTask; readonly statusUpdate?: { readonly taskId: string } };
  const id = task?.id ?? statusUpdate?.taskId;
  if (id !== undefined) log.taskIds.add(id);
}

/** A stream after the last event of a task that is over is refused: there is nothing more to tell. */
async function* readable(events: AsyncGenerator<SeenEvent, void, undefined>, log: Log): AsyncGenerator<SeenEvent, void, undefined> {
  try {
    yield* events;
  } catch (error) {
    if (!(error instanceof Refused) || !isOver(log)) throw error;
  }
}

function isOver({ events, course }: Log): boolean {
  const state = events.map(({ event }) => stateIn(event)).findLast((told) => told !== undefined) ?? "";
  return ["COMPLETED", "FAILED", "REJECTED", "CANCELED"].includes(state) || (course.does === undefined && state === course.endsAs);
}

type Reacting = { readonly log: Log; readonly told: SeenEvent; readonly did: Set<string>; readonly hook: string };

async function react(visitor: Visitor, { log, told, did, hook }: Reacting): Promise<void> {
  const { course } = log;
  const state = stateIn(told.event);
  if (isOver(log)) log.overAt ??= Date.now();
  const [taskId = ""] = log.taskIds;
  if (course.push === "later" && !did.has("push")) {
    did.add("push");
    await visitor.ask("CreateTaskPushNotificationConfig", { taskId, url: hook, id: "c1" });
  }
  if (course.does === "cancel" && state === "WORKING" && !did.has("cancel")) {
    did.add("cancel");
    // Canceled already, by the same call whose answer was lost.
    await visitor.ask("CancelTask", { id: taskId }).catch(expectRefusal);
  }
  if (state === "AUTH_REQUIRED") await actAgain(visitor, { log, did });
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof Refused)) throw error;
}

/** Answers whatever the task asks now; each set of questions once, by one message. */
async function actAgain(visitor: Visitor, { log: { course, taskIds }, did }: Pick<Reacting, "log" | "did">): Promise<void> {
  const [taskId] = taskIds;
  if (taskId === undefined || (course.does !== "answer" && course.does !== "answerAll")) return;
  const { status } = await visitor.task(taskId);
  if (!["TASK_STATE_INPUT_REQUIRED", "TASK_STATE_AUTH_REQUIRED"].includes(status.state)) return;
  const { question_id: one, questions } = (status.message?.metadata ?? {}) as {
    readonly question_id?: string;
    readonly questions?: readonly string[];
  };
  const ids = questions ?? (one === undefined ? [] : [one]);
  if (ids.length === 0 || ids.some((id) => did.has(id))) return;
  // The two that follow the approval are answered together.
  if (course.does === "answerAll" && did.size > 0 && ids.length < 2) return;
  for (const id of ids) did.add(id);
  const parts = ids.map((id) => ({ data: { question_id: id, answer: "Approve" } }));
  await visitor.ask("SendMessage", { message: { messageId: crypto.randomUUID(), role: "ROLE_USER", parts, taskId } });
}

/** Whatever was seen was durable: it is still there when another process tells of the task. */
async function keepsWhatWasSeen(visitor: Visitor, log: Log, id: string): Promise<void> {
  const { history = [], status } = await visitor.task(id);
  const known = new Set([...history, status.message].map((message) => message?.messageId));
  for (const { event } of log.events) {
    const { statusUpdate } = event as { readonly statusUpdate?: Pick<WireTask, "status"> };
    const said = statusUpdate?.status.message?.messageId;
    if (said !== undefined && !known.has(said)) log.forgotten.push(said);
  }
}
