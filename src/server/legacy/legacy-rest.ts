/** The HTTP+JSON binding of A2A 0.3 (0.3, sections 3.2.3 and 7): the ProtoJSON of its protocol buffers below `/v1`. */
import { StreamResponse } from "@a2a-js/sdk";
import { A2AError } from "@a2a-js/sdk/errors";

import { fieldOf } from "../../a2a/legacy/legacy.ts";
import { toLegacyEvent } from "../../a2a/legacy/to-legacy.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { type Call, type Headers, open, perform } from "../http/call.ts";
import { given, type RestRequest } from "../http/rest-binding.ts";
import { isUnary } from "../http/operations.ts";
import { matchRoute, type RestRoute } from "../http/rest-routes.ts";
import { Refusal } from "../refusal.ts";
import { codeOf, detailsOf } from "../wire-errors.ts";
import { admitLegacy } from "./admit-legacy.ts";
import { toCurrentParams, toLegacyResult } from "./legacy-operations.ts";

export async function answerLegacyRest(request: RestRequest, call: Call): Promise<Response> {
  const { method, path } = request;
  const route = routeOf(method, path.slice("/v1".length));
  if (route === null) throw new Refusal("notFound", `There is nothing at ${method} ${path.slice(0, 200)}.`);
  let headers: Headers = {};
  try {
    headers = await admitLegacy(call);
    return await answer(route, { ...bodyOf(request, route), ...route.params }, call, headers);
  } catch (error) {
    if (error instanceof A2AError) return Response.json(toBody(error), { status: codeOf(error).http, headers });
    throw error;
  }
}

/** The paths are those of 1.0, but for the card's. There are no tenants. */
function routeOf(method: string, path: string): RestRoute | null {
  if (path === "/card") return method === "GET" ? { operation: "GetExtendedAgentCard", params: {} } : null;
  const route = matchRoute(method, path);
  return route?.params["tenant"] === undefined ? route : null;
}

/** Clients of 0.3 write a body that says nothing as `null`. */
function bodyOf(request: RestRequest, route: RestRoute): JsonObject {
  const params = given(request.body?.trim() === "null" ? { ...request, body: "" } : request, route);
  // By the specification's text the config stands in `config`, by the protocol buffers it is the body.
  const config = fieldOf(params, "config");
  return route.operation === "CreateTaskPushNotificationConfig" && isJsonObject(config) ? config : params;
}

async function answer({ operation }: RestRoute, params: JsonObject, call: Call, headers: Headers): Promise<Response> {
  const current = toCurrentParams(operation, params, "proto");
  if (isUnary(operation)) {
    const result = await perform(call, operation, current);
    return Response.json(toLegacyResult(operation, result as JsonObject, "proto"), { headers });
  }
  return open(call, operation, current, {
    toData: (event) => JSON.stringify(toLegacyEvent(StreamResponse.toJSON(event) as JsonObject, "proto")),
    toFailure: (error) => `event: error\ndata: ${JSON.stringify(toBody(error))}\n\n`,
    headers,
  });
}

/** 0.3 says only that errors look alike; the official SDKs write the error of JSON-RPC. */
function toBody(error: A2AError): JsonObject {
  return { code: codeOf(error).jsonRpc, message: error.message, data: detailsOf(error) };
}
