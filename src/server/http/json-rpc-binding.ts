import { StreamResponse } from "@a2a-js/sdk";
import { A2AError } from "@a2a-js/sdk/errors";

import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { codeOf, detailsOf } from "../wire-errors.ts";
import { admit, type Call, type Headers, open, perform } from "./call.ts";
import { type BodyText, parseJson } from "./json-body.ts";
import { isStream, isUnary } from "./operations.ts";

/** Answers one JSON-RPC request of A2A (A2A 9). Errors of A2A are told in the envelope. */
export async function answerJsonRpc(body: BodyText, call: Call): Promise<Response> {
  const parsed = parseJson(body);
  if (parsed.kind !== "json") return failed(null, { code: parsed.kind === "notJson" ? -32700 : -32602, message: parsed.why });
  const envelope = toEnvelope(parsed.value);
  if ("message" in envelope) return failed(envelope.id, { code: -32600, message: envelope.message });
  let headers: Headers = {};
  try {
    headers = await admit(call);
    return await answer(envelope, call, headers);
  } catch (error) {
    if (error instanceof A2AError) return failed(envelope.id, toError(error), headers);
    throw error;
  }
}

type Id = string | number | null;
export type Envelope = { readonly id: Id; readonly method: string; readonly params: Json };

async function answer({ id, method, params }: Envelope, call: Call, headers: Headers): Promise<Response> {
  if (!isUnary(method) && !isStream(method)) {
    return failed(id, { code: -32601, message: `There is no method "${method.slice(0, 100)}".` }, headers);
  }
  if (!isJsonObject(params)) return failed(id, { code: -32602, message: "The params are not an object." }, headers);
  if (isUnary(method)) return Response.json({ jsonrpc: "2.0", id, result: await perform(call, method, params) }, { headers });
  return open(call, method, params, {
    toData: (event) => JSON.stringify({ jsonrpc: "2.0", id, result: StreamResponse.toJSON(event) }),
    toFailure: (error) => `data: ${JSON.stringify({ jsonrpc: "2.0", id, error: toError(error) })}\n\n`,
    headers,
  });
}

export function toEnvelope(request: unknown): Envelope | { readonly id: Id; readonly message: string } {
  if (Array.isArray(request)) return { id: null, message: "Batches are not a part of A2A." };
  if (!isJsonObject(request)) return { id: null, message: "The body is not a JSON-RPC 2.0 request." };
  const { id, method, params = EMPTY, jsonrpc } = request as { readonly [key: string]: Json | undefined };
  // A notification: nobody could be told what has become of it, so that nothing is begun.
  if (id === undefined) return { id: null, message: "The request has no id; A2A has no notifications, so every request needs one." };
  if (!isId(id)) return { id: null, message: "The id must be a string, an integer of at most 2^53 - 1, or null." };
  if (jsonrpc !== "2.0") return { id, message: "The body is not a JSON-RPC 2.0 request." };
  return typeof method === "string" ? { id, method, params } : { id, message: "The request has no method." };
}

const EMPTY: JsonObject = {};

/** Beyond the safe integers a number has been rounded, and its client would not know it again. */
function isId(id: Json): id is Id {
  return id === null || typeof id === "string" || Number.isSafeInteger(id);
}

export function toError(error: A2AError): object {
  return { code: codeOf(error).jsonRpc, message: error.message, data: detailsOf(error) };
}

export function failed(id: Id, error: object, headers: Headers = {}): Response {
  return Response.json({ jsonrpc: "2.0", id, error }, { headers });
}
