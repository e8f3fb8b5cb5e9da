/** What every binding asks before it performs an operation, and what a caller may hear when one fails. */
import type { AgentCard } from "@a2a-js/sdk";
import { A2AError } from "@a2a-js/sdk/errors";

import { LEGACY_VERSION } from "../a2a/legacy/legacy.ts";
import { type CallContext, ForbiddenError, OverloadError } from "../a2a/server/handler.ts";
import { TURNED_AWAY_MS } from "../base/limits.ts";
import type { Log } from "../ports/log.ts";
import { type Authenticator, type Identity, tenantOf } from "./authentication.ts";
import { activateExtensions, expectVersion, type ServiceParameters } from "./http/service-parameters.ts";
import type { RateLimit } from "./rate-limit.ts";
import { Refusal, retryAfter } from "./refusal.ts";

/** Who asks, and not too often? Throws a refusal. */
export async function identify(
  headers: Headers,
  { authenticator, rate }: { readonly authenticator: Authenticator; readonly rate: RateLimit | null },
): Promise<Identity> {
  const identity = await authenticator(headers);
  if (identity === null) {
    const hint = headers.has("authorization") ? ', error="invalid_token"' : "";
    throw new Refusal("unauthenticated", "The server needs credentials that it knows.", {
      "www-authenticate": `Bearer realm="agent"${hint}`,
    });
  }
  const waitMs = rate?.take(identity.name) ?? 0;
  if (waitMs > 0) throw new Refusal("tooMany", "You have made too many requests; come again later.", retryAfter(waitMs));
  return identity;
}

/** The extensions that are active in a call. Throws `A2AError` when its version or its extensions are not taken. */
export async function admitted(parameters: ServiceParameters, card: () => Promise<AgentCard>): Promise<readonly string[]> {
  expectVersion(parameters);
  return activateExtensions(parameters, await card());
}

/** For whom an operation is. Throws a refusal when the caller may not use the tenant. */
export function contextOf(identity: Identity, { traceparent, tracestate, version }: ServiceParameters, tenant: string): CallContext {
  const { name, roles } = identity;
  const caller = { name, tenant: tenantOf(identity, tenant), ...(roles === undefined ? {} : { roles }) };
  return {
    caller,
    traceparent,
    ...(tracestate === null ? {} : { tracestate }),
    ...(version === LEGACY_VERSION ? { version } : {}),
  };
}

export function turnedAway(sentence: string): Refusal {
  return new Refusal("unavailable", sentence, retryAfter(TURNED_AWAY_MS));
}

export function toKnown(error: unknown, log: Log): A2AError | OverloadError | Refusal {
  if (error instanceof ForbiddenError) return new Refusal("forbidden", error.message);
  return error instanceof OverloadError || error instanceof Refusal ? error : toA2aError(error, log);
}

/** What a caller may hear: an error of A2A as it is, anything else as an internal error without words. */
export function toA2aError(error: unknown, log: Log): A2AError {
  if (error instanceof A2AError) return error;
  logFailure(log, error);
  return new A2AError("The agent's server has an error of its own.");
}

/** For whoever runs the server: what no caller hears of. */
export function logFailure(log: Log, error: unknown): void {
  log("error", "agent_server_error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
