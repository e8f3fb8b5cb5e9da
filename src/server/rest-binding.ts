import { A2A_CONTENT_TYPE } from "@a2a-js/sdk";
import { A2AError, RequestMalformedError, restStatusFor, TaskNotFoundError, toRestErrorBody } from "@a2a-js/sdk/errors";

import { isShallow } from "../a2a/wire/wire.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { eventStream } from "./event-stream.ts";
import { type Binding, eventToJson, open, perform, type StreamOperation, type UnaryOperation } from "./operations.ts";

export type RestRequest = { readonly method: string; readonly url: URL; readonly body: string };

type Route =
  | { readonly operation: UnaryOperation; readonly params: JsonObject }
  | { readonly stream: StreamOperation; readonly params: JsonObject };

/** Answers one request of the HTTP+JSON binding (A2A 11). */
export async function answerRest(request: RestRequest, binding: Binding): Promise<Response> {
  try {
    const route = toRoute(request);
    if (route === null) return failed(new A2AError(`There is nothing at ${request.method} ${request.url.pathname.slice(0, 200)}.`), 404);
    if ("stream" in route) return eventStream(await open(binding, route.stream, route.params), eventToJson, binding.heartbeatMs);
    return Response.json(await perform(binding, route.operation, route.params), { headers: { "content-type": A2A_CONTENT_TYPE } });
  } catch (error) {
    if (error instanceof A2AError) return failed(error, restStatusFor(error));
    throw error;
  }
}

function toRoute({ method, url, body }: RestRequest): Route | null {
  const path = url.pathname;
  if (method === "POST" && path === "/message:send") return { operation: "SendMessage", params: bodyOf(body) };
  if (method === "POST" && path === "/message:stream") return { stream: "SendStreamingMessage", params: bodyOf(body) };
  if (method === "GET" && path === "/tasks") return { operation: "ListTasks", params: queryOf(url) };
  if (method === "GET" && path === "/extendedAgentCard") return { operation: "GetExtendedAgentCard", params: {} };
  const [, id = "", verb, rest] = /^\/tasks\/([^/:]+)(?::([a-z]+))?(\/pushNotificationConfigs(?:\/[^/]+)?)?$/.exec(path) ?? [];
  if (id === "") return null;
  return taskRoute({ method, id: decodedId(id), verb, isPush: rest !== undefined, url, body });
}

function taskRoute(to: {
  readonly method: string;
  readonly id: string;
  readonly verb: string | undefined;
  readonly isPush: boolean;
  readonly url: URL;
  readonly body: string;
}): Route | null {
  const { method, id, verb } = to;
  if (to.isPush) return verb === undefined ? pushRoute(method) : null;
  if (verb === undefined && method === "GET") return { operation: "GetTask", params: { ...queryOf(to.url), id } };
  if (verb === "cancel" && method === "POST") return { operation: "CancelTask", params: { ...bodyOf(to.body), id } };
  // GET in the specification's data model, POST in its text: both are served.
  if (verb === "subscribe" && (method === "GET" || method === "POST")) return { stream: "SubscribeToTask", params: { id } };
  return null;
}

function pushRoute(method: string): Route | null {
  if (method === "POST") return { operation: "CreateTaskPushNotificationConfig", params: {} };
  if (method === "GET") return { operation: "ListTaskPushNotificationConfigs", params: {} };
  return method === "DELETE" ? { operation: "DeleteTaskPushNotificationConfig", params: {} } : null;
}

function bodyOf(text: string): JsonObject {
  let body: unknown;
  try {
    body = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new RequestMalformedError("The body is not JSON.");
  }
  if (!isJsonObject(body) || !isShallow(body)) throw new RequestMalformedError("The body is not a JSON object, or is nested too deeply.");
  return body;
}

const NUMBERS: ReadonlySet<string> = new Set(["pageSize", "historyLength"]);

/** Query parameters are texts; the fields that are not are read here. */
function queryOf(url: URL): JsonObject {
  const params: { [name: string]: Json } = {};
  for (const [name, text] of url.searchParams) {
    if (NUMBERS.has(name)) params[name] = toInteger(name, text);
    else params[name] = name === "includeArtifacts" ? text === "true" : text;
  }
  return params;
}

function toInteger(name: string, text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isInteger(value))
    throw new RequestMalformedError(`${name} must be a whole number, not "${text.slice(0, 40)}".`);
  return value;
}

function decodedId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TaskNotFoundError("There is no such task.");
  }
}

function failed(error: A2AError, status: number): Response {
  return Response.json(toRestErrorBody(error, status), { status });
}
