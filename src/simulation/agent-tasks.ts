/** A task of a simulated agent, and how it stands on the wire of A2A 1.0. */
import type { Json, JsonObject } from "../base/json.ts";
import type { Saying } from "./reactions.ts";

export type TaskStateName = "SUBMITTED" | "WORKING" | "COMPLETED" | "FAILED" | "REJECTED" | "CANCELED" | "INPUT_REQUIRED";

export type FarTask = {
  readonly id: string;
  readonly contextId: string;
  /** Ids of the messages that it has got. */
  readonly messageIds: string[];
  /** The agent as the message named it; one agent may have two names. */
  readonly agent: string;
  readonly history: JsonObject[];
  state: TaskStateName;
  at: number;
  turn: number;
  /** What its last state says. */
  words: JsonObject | null;
  output: Json | undefined;
  /** Takes back what it is about to do. */
  takeBack: () => void;
  webhook: { readonly url: string; readonly token: string } | null;
};

const OVER: ReadonlySet<TaskStateName> = new Set(["COMPLETED", "FAILED", "REJECTED", "CANCELED"]);

export function isOver({ state }: FarTask): boolean {
  return OVER.has(state);
}

/** The task as GetTask shows it; `as`: in a state that it is not in. */
export function taskToWire(task: FarTask, ask: { readonly history: boolean; readonly as?: TaskStateName }): JsonObject {
  const isShown = ask.as === undefined;
  return {
    id: task.id,
    contextId: task.contextId,
    status: isShown ? statusToWire(task) : { state: `TASK_STATE_${ask.as}`, timestamp: new Date(task.at - 1).toISOString() },
    ...(isShown && task.output !== undefined ? { artifacts: [{ artifactId: "reply", parts: [partOf(task.output)] }] } : {}),
    ...(ask.history ? { history: task.history } : {}),
    metadata: { usage: { tokens: 10 * task.turn } },
  };
}

export function statusToWire({ state, at, words }: FarTask): JsonObject {
  return {
    state: `TASK_STATE_${state}`,
    timestamp: new Date(at).toISOString(),
    ...(words === null ? {} : { message: words }),
  };
}

export function partOf(output: Json): JsonObject {
  return typeof output === "string" ? { text: output } : { data: output };
}

/** A message of the agent. */
export function wordsOf(task: Pick<FarTask, "id" | "contextId">, number: number, parts: readonly JsonObject[]): JsonObject {
  return { messageId: `${task.id}-said-${number}`, role: "ROLE_AGENT", taskId: task.id, contextId: task.contextId, parts };
}

/** The state that a saying leads to, and its words. */
export function endOf(says: Saying): { readonly state: TaskStateName; readonly parts: readonly JsonObject[] } {
  switch (says.kind) {
    case "completed":
      return { state: "COMPLETED", parts: [] };
    case "failed": {
      const data = { error_code: says.code, error_message: `It went wrong: ${says.code}.`, retry_possible: says.retryable };
      return { state: "FAILED", parts: [{ data }] };
    }
    case "rejected":
      return { state: "REJECTED", parts: [{ text: "Not this." }] };
    case "asks":
      return { state: "INPUT_REQUIRED", parts: [{ text: says.prompt }] };
  }
}
