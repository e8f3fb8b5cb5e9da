/**
 * Speaking A2A 0.3: a `fetch` for connections that speak 1.0. It tells their requests in the words of
 * 0.3, and the answers and streams that come back in those of 1.0, so that whoever calls an agent, and
 * all checks of what it answers, know one version only.
 */
import { ERROR_INFO_TYPE, UnsupportedOperationError } from "@a2a-js/sdk/errors";

import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { EgressError, type Fetch } from "../../runtime/egress/egress.ts";
import { fromLegacyEvent, fromLegacyPushConfig, fromLegacyTask } from "../legacy/from-legacy.ts";
import type { LegacyForm } from "../legacy/legacy.ts";
import { toLegacyPushConfig, toLegacySendRequest } from "../legacy/to-legacy.ts";
import { isShallow } from "../wire/wire.ts";
import { readEvents } from "./event-source.ts";

/** How an operation is called, and told. */
type Operation = {
  readonly method: string;
  readonly toParams: (params: JsonObject, form: LegacyForm) => JsonObject;
  readonly fromResult: (result: JsonObject) => JsonObject;
};

const taskNamed = ({ id = "", historyLength, metadata }: JsonObject): JsonObject => ({
  id,
  ...(historyLength === undefined ? {} : { historyLength }),
  ...(metadata === undefined ? {} : { metadata }),
});
const fromTask = (result: JsonObject): JsonObject => fromLegacyTask(result);

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["SendMessage", { method: "message/send", toParams: toLegacySendRequest, fromResult: fromLegacyEvent }],
  ["GetTask", { method: "tasks/get", toParams: taskNamed, fromResult: fromTask }],
  ["CancelTask", { method: "tasks/cancel", toParams: taskNamed, fromResult: fromTask }],
  ["SubscribeToTask", { method: "tasks/resubscribe", toParams: taskNamed, fromResult: fromLegacyEvent }],
  [
    "CreateTaskPushNotificationConfig",
    { method: "tasks/pushNotificationConfig/set", toParams: toLegacyPushConfig, fromResult: fromLegacyPushConfig },
  ],
]);

function operationNamed(name: string): Operation {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) throw new UnsupportedOperationError(`A2A 0.3 has no ${name}.`);
  return operation;
}

type Rpc = { readonly id: Json; readonly method: string; readonly params: JsonObject };

export function legacyJsonRpcFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const request = JSON.parse(typeof init?.body === "string" ? init.body : "{}") as Rpc;
    const { method, toParams, fromResult } = operationNamed(request.method);
    const body = JSON.stringify({ jsonrpc: "2.0", id: request.id, method, params: toParams(request.params, "schema") });
    const answer = await fetch(input, { ...init, body });
    const tell = (envelope: JsonObject): JsonObject => {
      const { result } = envelope;
      return isJsonObject(result) ? { ...envelope, result: fromResult(result) } : envelope;
    };
    // Errors have the same codes in both versions.
    return answer.ok ? told(answer, tell) : answer;
  };
}

/** `base`: the address of the interface. */
export function legacyRestFetch(base: string, fetch: Fetch): Fetch {
  const root = base.replace(/\/+$/, "");
  return async (input, init) => {
    const path = urlOf(input).slice(root.length);
    const [, name = ""] = PATHS.find(([pattern]) => pattern.test(path)) ?? [];
    const { toParams, fromResult } = operationNamed(name === "" ? path : name);
    const { body, ...rest } = init ?? {};
    const params = typeof body === "string" && body !== "" ? JSON.stringify(toParams(JSON.parse(body) as JsonObject, "proto")) : undefined;
    const answer = await fetch(`${root}/v1${path}`, { ...rest, ...(params === undefined ? {} : { body: params }) });
    return answer.ok ? told(answer, fromResult) : toldError(answer);
  };
}

const PATHS: readonly (readonly [path: RegExp, operation: string])[] = [
  [/^\/message:send$/, "SendMessage"],
  [/^\/tasks\/[^/]+:cancel$/, "CancelTask"],
  [/^\/tasks\/[^/]+:subscribe$/, "SubscribeToTask"],
  [/^\/tasks\/[^/]+\/pushNotificationConfigs$/, "CreateTaskPushNotificationConfig"],
  [/^\/tasks\/[^/?]+(?:\?.*)?$/, "GetTask"],
];

function urlOf(input: Parameters<Fetch>[0]): string {
  return typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
}

type Tell = (answer: JsonObject) => JsonObject;

/** An answer, or a stream of them, told. What is not JSON stays as it is, for those who check it. */
function told(answer: Response, tell: Tell): Response {
  const { body } = answer;
  const read = answer.text.bind(answer);
  return Object.assign(answer, {
    text: async () => toldText(await read(), tell),
    body: body === null ? null : ReadableStream.from(eventsTold(body, tell)),
  });
}

async function* eventsTold(body: ReadableStream<Uint8Array>, tell: Tell): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for await (const { id, type, data } of readEvents(body)) {
    const lines = [...(id === null ? [] : [`id: ${id}`]), `event: ${type}`, `data: ${type === "error" ? "{}" : toldText(data, tell)}`];
    yield encoder.encode(`${lines.join("\n")}\n\n`);
  }
}

function toldText(text: string, tell: Tell): string {
  const value = parsed(text);
  if (value === null) return text.replaceAll("\n", " ");
  try {
    return JSON.stringify(tell(value));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "";
    throw new EgressError("garbled", `The agent did not answer as A2A 0.3 says: ${why}`, { cause });
  }
}

/** The error of JSON-RPC, or of one SDK its name only, as an error of HTTP+JSON (A2A 11.6). */
async function toldError(answer: Response): Promise<Response> {
  const text = await answer.text();
  const { code, type, message } = parsed(text) ?? {};
  const reason = REASONS.get(Number(code)) ?? (typeof type === "string" ? reasonOf(type) : undefined);
  if (reason === undefined) return answer;
  const details = [{ "@type": ERROR_INFO_TYPE, reason, domain: "a2a-protocol.org" }];
  const error = { code: answer.status, message: typeof message === "string" ? message : reason, details };
  return Object.assign(answer, { text: async () => JSON.stringify({ error }) });
}

/** Of `TaskNotFoundError`: TASK_NOT_FOUND. */
export function reasonOf(name: string): string {
  return name
    .replace(/Error$/, "")
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [-32001, "TASK_NOT_FOUND"],
  [-32002, "TASK_NOT_CANCELABLE"],
  [-32003, "PUSH_NOTIFICATION_NOT_SUPPORTED"],
  [-32004, "UNSUPPORTED_OPERATION"],
  [-32005, "CONTENT_TYPE_NOT_SUPPORTED"],
  [-32006, "INVALID_AGENT_RESPONSE"],
  [-32007, "EXTENDED_AGENT_CARD_NOT_CONFIGURED"],
  [-32008, "EXTENSION_SUPPORT_REQUIRED"],
  [-32009, "VERSION_NOT_SUPPORTED"],
  [-32602, "INVALID_PARAMS"],
]);

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && isShallow(value, -ENVELOPE_DEPTH) ? value : null;
  } catch {
    return null;
  }
}

/** Levels of an answer around the values that an agent may nest as deeply as is allowed. */
const ENVELOPE_DEPTH = 16;
