/**
 * A2A 0.3 at the same addresses: its requests are those that name no version, or 0.3, and have its
 * method names or paths. They are told in the words of 1.0, performed as those are, and the answers told
 * back; so limits, errors, streams and tasks are the same for both versions.
 */
import { LEGACY_VERSION } from "../../a2a/legacy/legacy.ts";
import type { Call } from "../http/call.ts";
import type { RestRequest } from "../http/rest-binding.ts";
import { answerLegacyJsonRpc } from "./legacy-json-rpc.ts";
import { answerLegacyRest } from "./legacy-rest.ts";

/** Answers a request of A2A 0.3; null when it is none. */
export async function answerLegacy(request: RestRequest, call: Call): Promise<Response | null> {
  if (call.parameters.version !== LEGACY_VERSION) return null;
  const { method, path, body } = request;
  if (method === "POST" && (path === "" || path === "/")) return answerLegacyJsonRpc(body, call);
  return path.startsWith("/v1/") ? answerLegacyRest(request, call) : null;
}
