/**
 * A simulated agent behind A2A 1.0, with JSON-RPC: what its side of the network does.
 *
 * It owns its tasks, which outlive every process of ours, and says in a diary what it saw and did.
 *
 * 1. What it comes to with a piece of work follows from the work (reactions.ts), never from when it comes.
 * 2. A task that is over changes no more, unless it is forgotten as a whole.
 * 3. Only an agent that dedupes looks at message ids; any other does a message again that comes again.
 */
import { canonicalJson, type Json, type JsonObject } from "../base/json.ts";
import { DEDUPE_EXTENSION } from "../a2a/wire/wire.ts";
import { endOf, type FarTask, isOver, partOf, statusToWire, taskToWire, type TaskStateName, wordsOf } from "./agent-tasks.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Strike } from "./faults.ts";
import { objectIn, textIn, workIn } from "./messages.ts";
import type { React, Reaction, WorkSeen } from "./reactions.ts";
import type { Clock } from "../ports/clock.ts";

/** What an agent can do for one who does not know what became of a message. */
export type Character = {
  /** It takes our context ids. */
  readonly takesContext: boolean;
  readonly lists: boolean;
  readonly dedupes: boolean;
  readonly streams: boolean;
  readonly pushes: boolean;
  /** It answers quick work directly, without a task. */
  readonly isDirect: boolean;
};

export type FarAgentParts = {
  /** Its name in the world, and in its address. */
  readonly name: string;
  readonly url: string;
  readonly skills: readonly string[];
  readonly character: Character;
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  readonly react: React;
  /** Tells a webhook. */
  readonly push: (task: FarTask, event: JsonObject) => void;
};

/** What is wrong with a request this time, its number, and when it was sent. */
type Handling = { readonly strike: Strike | null; readonly sent: number; readonly sentAt: number };

/** An answer of JSON-RPC: a result, or an error. */
export type Reply = { readonly result: JsonObject } | { readonly error: { readonly code: number; readonly message: string } };

/** Who follows a task by stream. */
export type Listener = { event(event: JsonObject): void; end(): void };

/** Longer than any run lasts, and than anybody looks after a task that nobody needs. */
const DAYS_MS = 4 * 86_400_000;

const TASK_NOT_FOUND: Reply = { error: { code: -32001, message: "There is no such task." } };
const NOT_CANCELABLE: Reply = { error: { code: -32002, message: "The task is over." } };
const UNSUPPORTED: Reply = { error: { code: -32004, message: "The task takes no message now." } };
const NO_SUCH_METHOD: Reply = { error: { code: -32601, message: "There is no such method." } };

export class FarAgent {
  readonly #parts: FarAgentParts;
  readonly #tasks = new Map<string, FarTask>();
  /** Of one that dedupes: what it answered directly, and to what. */
  readonly #answers = new Map<string, { readonly task: FarTask; readonly reply: Reply }>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #taskCount = 0;
  #wordCount = 0;
  /** The number of the request that is being answered, and when it was sent. */
  #sent: Pick<Handling, "sent" | "sentAt"> = { sent: 0, sentAt: 0 };

  constructor(parts: FarAgentParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get card(): JsonObject {
    const { name, url, skills, character } = this.#parts;
    return {
      name,
      version: "1.0.0",
      description: "A simulated agent.",
      supportedInterfaces: [{ url: `${url}rpc`, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      capabilities: {
        streaming: character.streams,
        pushNotifications: character.pushes,
        extensions: character.dedupes ? [{ uri: DEDUPE_EXTENSION }] : [],
      },
      defaultInputModes: ["application/json"],
      defaultOutputModes: ["application/json"],
      skills: skills.map((id) => ({ id, name: id, description: id, tags: [id] })),
    };
  }

  /** Answers a request. */
  handle(method: string, params: JsonObject, { strike, ...sent }: Handling): Reply {
    this.#sent = sent;
    switch (method) {
      case "SendMessage":
        return this.#receive(objectIn(params, "message"), strike);
      case "GetTask":
        return this.#get(params, strike);
      case "ListTasks":
        return this.#list(params);
      case "CancelTask":
        return this.#cancel(textIn(params, "id"));
      case "CreateTaskPushNotificationConfig":
        return this.#subscribeWebhook(params);
      default:
        return NO_SUCH_METHOD;
    }
  }

  /** Follows a task from now on; null when there is no such task, or it is over. */
  listen(taskId: string, listener: Listener): (() => void) | null {
    const task = this.#tasks.get(taskId);
    if (task === undefined || isOver(task)) return null;
    const listeners = this.#listeners.get(taskId) ?? new Set();
    this.#listeners.set(taskId, listeners.add(listener));
    listener.event({ task: taskToWire(task, { history: false }) });
    return () => listeners.delete(listener);
  }

  #receive(message: JsonObject, strike: Strike | null): Reply {
    const { dedupes, takesContext } = this.#parts.character;
    const messageId = textIn(message, "messageId");
    const known = dedupes ? this.#remembered(messageId) : null;
    if (known !== null) {
      this.#enter("answeredFromMemory", known.task, message);
      return known.reply;
    }
    if (textIn(message, "taskId") !== "") return this.#continue(textIn(message, "taskId"), message);
    const contextId = textIn(message, "contextId");
    if (contextId !== "" && !takesContext) return { error: { code: -32602, message: "Client-supplied contextId is not accepted." } };
    return this.#begin(message, contextId, strike);
  }

  #remembered(messageId: string): { readonly task: FarTask; readonly reply: Reply } | null {
    const task = [...this.#tasks.values()].find(({ messageIds }) => messageIds.includes(messageId));
    if (task !== undefined) return { task, reply: { result: { task: taskToWire(task, { history: false }) } } };
    return this.#answers.get(messageId) ?? null;
  }

  #begin(message: JsonObject, contextId: string, strike: Strike | null): Reply {
    this.#taskCount += 1;
    const { name, clock, character } = this.#parts;
    const task: FarTask = {
      id: `${name}-${this.#taskCount}`,
      contextId: contextId === "" ? `${name}-context-${this.#taskCount}` : contextId,
      messageIds: [],
      agent: textIn(objectIn(message, "metadata"), "receiver") || name,
      history: [],
      state: "SUBMITTED",
      at: clock.now(),
      turn: 0,
      words: null,
      output: undefined,
      takeBack: () => undefined,
      webhook: null,
    };
    const reaction = this.#take(task, message, strike);
    if (character.isDirect && reaction.takesMs < 20 && reaction.says.kind === "completed") {
      const reply = this.#answerDirectly(task, reaction.says.output);
      this.#answers.set(textIn(message, "messageId"), { task, reply });
      return reply;
    }
    this.#tasks.set(task.id, task);
    this.#work(task, reaction);
    if (strike?.fault === "forget") clock.schedule(strike.amount ?? 1, () => this.#forget(task));
    return { result: { task: taskToWire(task, { history: false }) } };
  }

  #answerDirectly(task: FarTask, output: Json): Reply {
    this.#parts.chronicle.enter({ event: "began", agent: task.agent, taskId: task.id });
    this.#parts.chronicle.enter({ event: "ended", agent: task.agent, taskId: task.id, said: canonicalJson({ kind: "completed", output }) });
    // There is no task that it could be asked for.
    this.#parts.chronicle.enter({ event: "direct", agent: task.agent, taskId: task.id });
    if (!this.#parts.character.dedupes) this.#parts.chronicle.enter({ event: "forgot", agent: task.agent, taskId: task.id });
    return {
      result: { message: { messageId: `${task.id}-answer`, role: "ROLE_AGENT", contextId: task.contextId, parts: [partOf(output)] } },
    };
  }

  #continue(taskId: string, message: JsonObject): Reply {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return TASK_NOT_FOUND;
    if (isOver(task)) return UNSUPPORTED;
    if (task.state === "INPUT_REQUIRED") this.#work(task, this.#take(task, message, null));
    else this.#enter("received", task, message);
    return { result: { task: taskToWire(task, { history: false }) } };
  }

  #take(task: FarTask, message: JsonObject, strike: Strike | null): Reaction {
    task.turn += 1;
    task.messageIds.push(textIn(message, "messageId"));
    task.history.push(message);
    const work = this.#enter("received", task, message);
    const reaction = this.#parts.react(work);
    if (strike?.fault === "takesDays") return { ...reaction, takesMs: DAYS_MS };
    if (strike?.fault !== "wrongOutput" || reaction.says.kind !== "completed") return reaction;
    return { ...reaction, says: { kind: "completed", output: { surprise: "This is not what was asked for." } } };
  }

  #enter(event: "received" | "answeredFromMemory", task: FarTask, message: JsonObject): WorkSeen {
    const work = workIn(message, task);
    const { run, path, attempt, turn, content, agent, whose } = work;
    this.#parts.chronicle.enter({
      event,
      messageId: textIn(message, "messageId"),
      taskId: task.id,
      contextId: task.contextId,
      run,
      path,
      attempt,
      turn,
      content,
      agent,
      whose,
      ...this.#sent,
    });
    return work;
  }

  #work(task: FarTask, { takesMs, says, reports }: Reaction): void {
    const { clock, chronicle } = this.#parts;
    chronicle.enter({ event: "began", agent: task.agent, taskId: task.id });
    this.#show(task, "WORKING", []);
    const report = () => this.#show(task, "WORKING", [{ data: { progress_percentage: 50, details: "half of it" } }]);
    const takeBackReport = reports && takesMs > 100 ? clock.schedule(takesMs / 2, report) : () => undefined;
    const takeBackEnd = clock.schedule(takesMs, () => {
      const { state, parts } = endOf(says);
      if (says.kind === "completed") task.output = says.output;
      chronicle.enter({ event: "ended", agent: task.agent, taskId: task.id, said: canonicalJson(says) });
      this.#show(task, state, parts);
    });
    task.takeBack = () => {
      takeBackReport();
      takeBackEnd();
    };
  }

  /** A new state, told to everyone who follows. */
  #show(task: FarTask, state: TaskStateName, parts: readonly JsonObject[]): void {
    task.state = state;
    task.at = this.#parts.clock.now();
    this.#wordCount += 1;
    task.words = parts.length === 0 ? null : wordsOf(task, this.#wordCount, parts);
    const event = { statusUpdate: { taskId: task.id, contextId: task.contextId, status: statusToWire(task) } };
    const listeners = [...(this.#listeners.get(task.id) ?? [])];
    for (const listener of listeners) listener.event(event);
    if (isOver(task) || state === "INPUT_REQUIRED") {
      for (const listener of listeners) listener.end();
      this.#listeners.delete(task.id);
    }
    if (task.webhook !== null) this.#parts.push(task, event);
  }

  #forget(task: FarTask): void {
    if (!this.#tasks.delete(task.id)) return;
    task.takeBack();
    for (const listener of this.#listeners.get(task.id) ?? []) listener.end();
    this.#parts.chronicle.enter({ event: "forgot", agent: task.agent, taskId: task.id });
  }

  #get(params: JsonObject, strike: Strike | null): Reply {
    const task = this.#tasks.get(textIn(params, "id"));
    if (task === undefined) return TASK_NOT_FOUND;
    const history = params["historyLength"] !== 0;
    if (strike?.fault === "lateState") return { result: taskToWire(task, { history, as: "WORKING" }) };
    if (strike?.fault === "backwardsState") return { result: taskToWire(task, { history, as: "SUBMITTED" }) };
    return { result: taskToWire(task, { history }) };
  }

  #list(params: JsonObject): Reply {
    if (!this.#parts.character.lists) return NO_SUCH_METHOD;
    const contextId = textIn(params, "contextId");
    const found = [...this.#tasks.values()].filter((task) => contextId === "" || task.contextId === contextId);
    const tasks = found.toReversed().map((task) => taskToWire(task, { history: true }));
    return { result: { tasks, nextPageToken: "", pageSize: 100, totalSize: tasks.length } };
  }

  #cancel(id: string): Reply {
    const task = this.#tasks.get(id);
    if (task === undefined) return TASK_NOT_FOUND;
    // A second cancel is answered like the first (A2A 3.1.5).
    if (isOver(task) && task.state !== "CANCELED") return NOT_CANCELABLE;
    if (task.state !== "CANCELED") {
      task.takeBack();
      this.#parts.chronicle.enter({ event: "canceled", agent: task.agent, taskId: task.id });
      this.#show(task, "CANCELED", []);
    }
    return { result: taskToWire(task, { history: false }) };
  }

  #subscribeWebhook(params: JsonObject): Reply {
    const task = this.#tasks.get(textIn(params, "taskId"));
    if (task === undefined) return TASK_NOT_FOUND;
    if (!this.#parts.character.pushes) return NO_SUCH_METHOD;
    task.webhook = { url: textIn(params, "url"), token: textIn(params, "token") };
    return { result: { ...params } };
  }
}
