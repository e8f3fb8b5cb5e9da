/**
 * Who a request comes from, and on whose behalf it may act. For every binding.
 *
 * 1. Tokens are compared in constant time, and all of them are, whoever matched.
 * 2. Without a configuration everyone is `anonymous`; tenants are then names, not walls.
 * 3. A caller with a name may use the tenants listed for it, and no other; by default the default one.
 */
import { hash, timingSafeEqual } from "node:crypto";

import { InvalidFieldsError } from "../a2a/wire/invalid-fields.ts";
import { DEFAULT_TENANT, parseTenant, type Tenant } from "../base/ids.ts";
import type { Log } from "../ports/log.ts";
import { Refusal } from "./refusal.ts";

/** A caller that is known by its token. A function reads the token anew for each request. */
export type KnownCaller = VerifiedCaller & { readonly token: string | (() => string | undefined) };

/** A caller, however it was verified. */
export type VerifiedCaller = {
  /** Its tasks are found by this name; it must not change. */
  readonly name: string;
  /** The tenants that it may use; the first one when a request names none. The default tenant when absent. */
  readonly tenants?: readonly string[];
  /** As whom it may decide besides its name: an approval to `role:boss` is for callers with the role `boss`. */
  readonly roles?: readonly string[];
};

/** How callers say who they are (A2A 7.4). */
export type Authentication = {
  /** One token for all: its bearer is the caller `bearer`. */
  readonly token?: KnownCaller["token"];
  readonly callers?: readonly KnownCaller[];
  /** For everything else, such as signed tokens; null when the credentials are not good. It is asked last. */
  readonly authenticate?: (request: { readonly headers: Headers }) => VerifiedCaller | null | Promise<VerifiedCaller | null>;
};

/** Who a request comes from, before it has said for which tenant. */
export type Identity = {
  readonly name: string;
  readonly tenants: readonly string[] | "any";
  /** Absent: nobody has to say who they are. */
  readonly roles?: readonly string[];
};

const ANONYMOUS: Identity = { name: "anonymous", tenants: "any" };

/** True when callers must say who they are. */
export function isRequired({ token, callers = [], authenticate }: Authentication): boolean {
  return token !== undefined || callers.length > 0 || authenticate !== undefined;
}

/** Finds out who a request comes from; null when that is not to be believed. Never throws. */
export type Authenticator = (headers: Headers) => Promise<Identity | null>;

export function createAuthenticator(options: Authentication, log: Log): Authenticator {
  if (!isRequired(options)) return () => Promise.resolve(ANONYMOUS);
  const { token, callers = [], authenticate } = options;
  const known = [...callers, ...(token === undefined ? [] : [{ name: "bearer", token }])].map(toLock);
  return async (headers) => {
    const caller = holderOf(known, headers.get("authorization")) ?? (await verified(authenticate, headers, log));
    return caller === null ? null : { name: caller.name, tenants: caller.tenants ?? [DEFAULT_TENANT], roles: caller.roles ?? [] };
  };
}

/** The tenant that a request is for. Throws a refusal when the caller may not use it. */
export function tenantOf({ tenants }: Identity, asked: string): Tenant {
  if (asked === "" && tenants === "any") return DEFAULT_TENANT;
  const name = asked === "" ? (tenants[0] ?? "") : asked;
  if (tenants !== "any" && !tenants.includes(name)) {
    throw new Refusal("forbidden", `The tenant "${name.slice(0, 100)}" is not one that you may use.`);
  }
  const tenant = parseTenant(name);
  if (tenant.ok) return tenant.value;
  throw new InvalidFieldsError([{ field: "tenant", description: "must be 1 to 64 letters, digits, dots, dashes and underscores" }]);
}

type Lock = { readonly caller: VerifiedCaller; readonly digest: () => Buffer | null };

function toLock(caller: KnownCaller): Lock {
  const { token } = caller;
  if (typeof token === "function") return { caller, digest: () => digestOf(token() ?? "") };
  const digest = digestOf(token);
  return { caller, digest: () => digest };
}

/** Equal lengths take equal time. An empty token opens nothing. */
function digestOf(token: string): Buffer | null {
  return token === "" ? null : hash("sha256", token, "buffer");
}

function holderOf(known: readonly Lock[], authorization: string | null): VerifiedCaller | null {
  const given = digestOf(/^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "");
  let holder: VerifiedCaller | null = null;
  for (const { caller, digest } of known) {
    const expected = digest();
    if (given !== null && expected !== null && timingSafeEqual(given, expected)) holder ??= caller;
  }
  return holder;
}

async function verified(authenticate: Authentication["authenticate"], headers: Headers, log: Log): Promise<VerifiedCaller | null> {
  if (authenticate === undefined) return null;
  try {
    return await authenticate({ headers });
  } catch (error) {
    // Verifiers of signed tokens throw at a bad one; what they say is not for the caller.
    log("warn", "authentication_failed", { error: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
