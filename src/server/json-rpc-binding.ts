import { SendMessageRequest, StreamResponse, SubscribeToTaskRequest } from "@a2a-js/sdk";
import { RequestMalformedError, toJsonRpcError } from "@a2a-js/sdk/errors";
import { JsonRpcTransportHandler, ServerCallContext } from "@a2a-js/sdk/server";

import type { AgentRequestHandler } from "../a2a/request-handler.ts";
import { isShallow } from "../a2a/wire.ts";
import { isJsonObject } from "../base/json.ts";
import type { Log } from "../ports/log.ts";
import { OverloadError } from "../a2a/request-handler.ts";
import { eventStream } from "./event-stream.ts";
import { guarded } from "./guarded-handler.ts";
import { toA2aError } from "./a2a-routes.ts";

type Binding = { readonly handler: AgentRequestHandler; readonly heartbeatMs: number; readonly log: Log };

/** One JSON-RPC request of A2A 1.0 (A2A 9). */
export async function answerJsonRpc(body: string, { handler, heartbeatMs, log }: Binding): Promise<Response> {
  const request = parseJson(body);
  if (request === undefined) return rpcError(null, -32700, "The body is not JSON.");
  const id = isJsonObject(request) ? (request["id"] ?? null) : null;
  if (!isJsonObject(request) || request["jsonrpc"] !== "2.0" || typeof request["method"] !== "string" || !(id === null || typeof id === "string" || Number.isInteger(id))) {
    return rpcError(null, -32600, "The body is not a JSON-RPC 2.0 request.");
  }
  if (!isShallow(request)) return rpcError(id, -32602, "The request is nested too deeply.");
  try {
    const params = request["params"];
    const stream = isJsonObject(params) ? openStream(handler, request["method"], params) : null;
    if (stream !== null) return eventStream(await stream, (event) => ({ jsonrpc: "2.0", id, result: StreamResponse.toJSON(event) }), heartbeatMs);
    const watched = guarded(handler, log);
    const answer = await new JsonRpcTransportHandler(watched.handler).handle({ ...request }, new ServerCallContext());
    if (watched.overload !== null) throw watched.overload;
    return Response.json(answer);
  } catch (error) {
    if (error instanceof OverloadError) throw error;
    return Response.json({ jsonrpc: "2.0", id, error: toJsonRpcError(toA2aError(error, log)) });
  }
}

function openStream(handler: AgentRequestHandler, method: string, params: object) {
  if (method === "SendStreamingMessage") return handler.openSendStream(decoded(() => SendMessageRequest.fromJSON(params)));
  if (method === "SubscribeToTask") return handler.openSubscription(decoded(() => SubscribeToTaskRequest.fromJSON(params)));
  return null;
}

/** The SDK's decoders throw bare errors at values of a wrong type. */
export function decoded<Value>(decode: () => Value): Value {
  try {
    return decode();
  } catch {
    throw new RequestMalformedError("The request is not of the form that A2A 1.0 describes.");
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function rpcError(id: unknown, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", id, error: { code, message } });
}
