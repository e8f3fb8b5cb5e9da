import { A2AError, toJsonRpcError } from "@a2a-js/sdk/errors";

import { isShallow } from "../a2a/wire/wire.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { eventStream } from "./event-stream.ts";
import { type Binding, eventToJson, isStream, isUnary, open, perform } from "./operations.ts";

/** Answers one JSON-RPC request of A2A 1.0 (A2A 9). Errors of A2A are told in the envelope. */
export async function answerJsonRpc(body: string, binding: Binding): Promise<Response> {
  const request = parseJson(body);
  if (request === undefined) return failed(null, { code: -32700, message: "The body is not JSON." });
  const envelope = toEnvelope(request);
  if (typeof envelope === "string") return failed(null, { code: -32600, message: envelope });
  const { id, method, params } = envelope;
  if (!isUnary(method) && !isStream(method)) return failed(id, { code: -32601, message: `There is no method "${method.slice(0, 100)}".` });
  if (!isJsonObject(params) || !isShallow(params))
    return failed(id, { code: -32602, message: "The params are not an object, or are nested too deeply." });
  try {
    if (isUnary(method)) return Response.json({ jsonrpc: "2.0", id, result: await perform(binding, method, params) });
    return eventStream(
      await open(binding, method, params),
      (event) => ({ jsonrpc: "2.0", id, result: eventToJson(event) }),
      binding.heartbeatMs,
    );
  } catch (error) {
    if (error instanceof A2AError) return failed(id, toJsonRpcError(error));
    throw error;
  }
}

type Envelope = { readonly id: string | number | null; readonly method: string; readonly params: Json };

function toEnvelope(request: unknown): Envelope | string {
  if (Array.isArray(request)) return "Batches are not a part of A2A.";
  if (!isJsonObject(request) || request["jsonrpc"] !== "2.0") return "The body is not a JSON-RPC 2.0 request.";
  const { id = null, method, params = EMPTY } = request as { readonly [key: string]: Json | undefined };
  if (typeof method !== "string") return "The request has no method.";
  if (id !== null && typeof id !== "string" && !Number.isInteger(id)) return "The id must be a string, an integer or null.";
  return { id: id as Envelope["id"], method, params };
}

const EMPTY: JsonObject = {};

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function failed(id: Envelope["id"], error: object): Response {
  return Response.json({ jsonrpc: "2.0", id, error });
}
