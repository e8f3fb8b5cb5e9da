/** The official SDK's own client, as its documentation builds it. */
import { type Message, type Part, Role, type SendMessageRequest, type StreamResponse, type Task, TaskState } from "@a2a-js/sdk";
import { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory, RestTransportFactory } from "@a2a-js/sdk/client";
import { GrpcTransportFactory } from "@a2a-js/sdk/client/grpc";

import { expect } from "vitest";

import type { Json } from "../../../../src/base/json.ts";
import { dataPart, message, textPart } from "../../../../src/a2a/wire/wire.ts";
import { gate } from "../harness.ts";
import { contentWord, eachOnce, type Seen, type Talk, type TestClient, type Work } from "./talk.ts";

const LEGACY = { legacyCompat: { enabled: true } };

type Client = Awaited<ReturnType<ClientFactory["createFromUrl"]>>;

export async function sdkClient(cardUrl: string): Promise<TestClient> {
  const transports = [new JsonRpcTransportFactory(LEGACY), new RestTransportFactory(LEGACY), new GrpcTransportFactory(LEGACY)];
  const client = await new ClientFactory({ transports, cardResolver: new DefaultAgentCardResolver(LEGACY) }).createFromUrl(`${cardUrl}/`);
  return {
    async give(skill, input) {
      const answer = await client.sendMessage(request(skill, [dataPart(input)]));
      if (!isTask(answer)) return { seen: { kind: "completed", contents: contentsOf(answer.parts) }, taskId: null, answer: noTask };
      const { id, contextId } = answer;
      return {
        seen: seenOf(answer),
        taskId: id,
        async answer(text) {
          const next = await client.sendMessage(request(skill, [textPart(text)], { id, contextId }));
          return isTask(next) ? seenOf(next) : noTask();
        },
      };
    },
    begin: async (skill, input) => follow(client, skill, input),
    async lists({ taskId }: Talk) {
      const all = { tenant: "", contextId: "", status: TaskState.TASK_STATE_UNSPECIFIED, pageToken: "", statusTimestampAfter: undefined };
      const { tasks } = await client.listTasks(all);
      return tasks.some(({ id }) => id === taskId);
    },
    async [Symbol.asyncDispose]() {
      // Its connections are the process's.
    },
  };
}

function noTask(): never {
  throw new Error("There is no task to answer in.");
}

function request(skill: string, parts: readonly Part[], task?: { readonly id: string; readonly contextId: string }): SendMessageRequest {
  const { id: taskId = "", contextId = "" } = task ?? {};
  const said = { id: crypto.randomUUID(), role: Role.ROLE_USER, parts: [...parts], contextId, taskId, metadata: { operation: skill } };
  return { tenant: "", message: message(said), configuration: undefined, metadata: undefined };
}

function isTask(answer: Message | Task): answer is Task {
  return !("messageId" in answer);
}

/** Reads a stream as it comes. */
async function follow(client: Client, skill: string, input: Json): Promise<Work> {
  const begun = gate();
  const events: StreamResponse[] = [];
  const first = Promise.withResolvers<Task>();
  const reading = (async () => {
    for await (const event of client.sendMessageStream(request(skill, [dataPart(input)]))) {
      events.push(event);
      if (event.payload?.$case === "task") first.resolve(event.payload.value);
      const status = event.payload?.$case === "task" || event.payload?.$case === "statusUpdate" ? event.payload.value.status : undefined;
      if (status?.state === TaskState.TASK_STATE_WORKING) begun.open();
    }
  })();
  reading.catch(first.reject);
  const { id, contextId } = await first.promise;
  const end = reading.then(async () => ({ seen: seenOf(await client.getTask({ tenant: "", id })), pieces: piecesIn(events) }));
  return {
    begun: begun.opened,
    end,
    async interrupt() {
      await expect(client.sendMessage(request(skill, [textPart("now")], { id, contextId }))).rejects.toThrow(/being worked on/);
    },
    async cancel() {
      await client.cancelTask({ tenant: "", id, metadata: undefined });
    },
  };
}

/** Pieces of the last artifact: one that is not appended takes the place of what came before. */
function piecesIn(events: readonly StreamResponse[]): readonly string[] {
  let pieces: readonly string[] = [];
  for (const { payload } of events) {
    if (payload?.$case !== "artifactUpdate") continue;
    const texts = textsOf(payload.value.artifact?.parts ?? []);
    pieces = payload.value.append ? [...pieces, ...texts] : texts;
  }
  return pieces;
}

const KINDS: { readonly [state in TaskState]?: string } = {
  [TaskState.TASK_STATE_COMPLETED]: "completed",
  [TaskState.TASK_STATE_FAILED]: "failed",
  [TaskState.TASK_STATE_CANCELED]: "canceled",
  [TaskState.TASK_STATE_INPUT_REQUIRED]: "inputRequired",
  [TaskState.TASK_STATE_AUTH_REQUIRED]: "authRequired",
};

function seenOf({ status, artifacts }: Task): Seen {
  const kind = KINDS[status?.state ?? TaskState.TASK_STATE_UNSPECIFIED] ?? "other";
  if (kind === "completed") return { kind, contents: eachOnce(artifacts.flatMap(({ parts }) => contentsOf(parts))) };
  return kind === "canceled" ? { kind, contents: [] } : { kind, contents: [], said: textsOf(status?.message?.parts ?? []).join("") };
}

function textsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ content }) => (content?.$case === "text" ? [content.value] : []));
}

/** The pieces of a text are one text. */
function contentsOf(parts: readonly Part[]): readonly string[] {
  const text = textsOf(parts).join("");
  const others = parts.flatMap(({ content }): readonly string[] => {
    if (content === undefined || content.$case === "text") return [];
    if (content.$case === "raw") return [contentWord("raw", Buffer.from(content.value).toString("base64"))];
    return [contentWord(content.$case, content.value)];
  });
  return [...(text === "" ? [] : [contentWord("text", text)]), ...others];
}
