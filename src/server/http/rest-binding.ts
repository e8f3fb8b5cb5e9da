import { A2A_CONTENT_TYPE, StreamResponse } from "@a2a-js/sdk";
import { A2AError, RequestMalformedError } from "@a2a-js/sdk/errors";

import type { MessageShape } from "../../a2a/wire/request-shape.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { Refusal } from "../refusal.ts";
import { codeOf, detailsOf } from "../wire-errors.ts";
import { admit, type Call, type Headers, open, perform } from "./call.ts";
import { type BodyText, parseJson } from "./json-body.ts";
import { isUnary, STREAMS, UNARY } from "./operations.ts";
import { matchRoute, type RestRoute } from "./rest-routes.ts";

/** A request below the agent's address. */
export type RestRequest = { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly body: BodyText };

/** Answers one request of the HTTP+JSON binding (A2A 11). */
export async function answerRest(request: RestRequest, call: Call): Promise<Response> {
  const route = matchRoute(request.method, request.path);
  if (route === null) throw new Refusal("notFound", `There is nothing at ${request.method} ${request.path.slice(0, 200)}.`);
  let headers: Headers = {};
  try {
    headers = await admit(call);
    return await answer(route, { ...given(request, route), ...route.params }, call, headers);
  } catch (error) {
    if (error instanceof A2AError) return failed(error, headers);
    throw error;
  }
}

async function answer({ operation }: RestRoute, params: JsonObject, call: Call, headers: Headers): Promise<Response> {
  if (isUnary(operation)) {
    return Response.json(await perform(call, operation, params), { headers: { ...headers, "content-type": A2A_CONTENT_TYPE } });
  }
  return open(call, operation, params, {
    toData: (event) => JSON.stringify(StreamResponse.toJSON(event)),
    toFailure: (error) => `event: error\ndata: ${JSON.stringify(toStatus(error))}\n\n`,
    headers,
  });
}

/** What a request says in its body or its query; the path goes before both. */
export function given({ method, query, body }: RestRequest, { operation }: RestRoute): JsonObject {
  if (method === "POST") return bodyOf(body);
  return queryOf(query, (isUnary(operation) ? UNARY[operation] : STREAMS[operation]).shape);
}

function bodyOf(text: BodyText): JsonObject {
  if (text === "") return {};
  const parsed = parseJson(text);
  if (parsed.kind !== "json") throw new RequestMalformedError(parsed.why);
  if (isJsonObject(parsed.value)) return parsed.value;
  throw new RequestMalformedError("The body is not a JSON object.");
}

/** Everything in a query is text, which ProtoJSON takes for numbers as well; truth has words (A2A 11.5). */
function queryOf(query: URLSearchParams, { fields }: MessageShape): JsonObject {
  const toValue = (name: string, text: string): Json => {
    const isBoolean = fields.some((field) => (field.name === name || field.protoName === name) && field.shape === "boolean");
    return isBoolean && (text === "true" || text === "false") ? text === "true" : text;
  };
  return Object.fromEntries([...query].map(([name, text]) => [name, toValue(name, text)]));
}

function toStatus(error: A2AError): { readonly error: { readonly code: number } & JsonObject } {
  const { http, status } = codeOf(error);
  return { error: { code: http, status, message: error.message, details: detailsOf(error) } };
}

function failed(error: A2AError, headers: Headers): Response {
  const body = toStatus(error);
  return Response.json(body, { status: body.error.code, headers });
}
