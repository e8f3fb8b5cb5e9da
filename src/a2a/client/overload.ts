import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_RETRY_AFTER_MS } from "../../base/limits.ts";
import { isShallow } from "../wire/wire.ts";

/** Words by which an agent says that it has no room now (requirements W127, L036). */
export const OVERLOAD_WORDS: ReadonlySet<unknown> = new Set(["AGENT_OVERLOADED", "RATE_LIMIT_EXCEEDED"]);

/**
 * Whether an error of the protocol says that the agent has no room, and for how long: in the details
 * of the error (google.rpc.ErrorInfo in JSON-RPC's `data`), or as an object of the guides' own shape.
 * Null when it says something else.
 */
export function overloadOf(error: object): { readonly retryAfterMs?: number } | null {
  for (const detail of detailsOf(error)) {
    if (!OVERLOAD_WORDS.has(detail["reason"]) && !OVERLOAD_WORDS.has(detail["error_code"]) && !OVERLOAD_WORDS.has(detail["code"])) continue;
    const within = detail["metadata"];
    const said = detail["retry_after_ms"] ?? (isJsonObject(within) ? within["retry_after_ms"] : undefined);
    // The metadata of an ErrorInfo holds texts only.
    const retryAfterMs = typeof said === "string" && said !== "" ? Number(said) : said;
    if (typeof retryAfterMs !== "number" || !Number.isFinite(retryAfterMs)) return {};
    return { retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, Math.max(0, retryAfterMs)) };
  }
  return null;
}

function detailsOf(error: object): readonly JsonObject[] {
  const data: unknown = "data" in error ? error.data : undefined;
  if (!isShallow(data)) return [];
  return (Array.isArray(data) ? data : [data]).filter(isJsonObject);
}
