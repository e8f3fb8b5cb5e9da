import { err, ok, type Result } from "./result.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One execution of a workflow; `workflow_id` on the wire and in logs. */
export type RunId = Branded<"RunId">;
/** A wall between users of one installation; every key of every table begins with it. */
export type Tenant = Branded<"Tenant">;
/** A run of a tenant. */
export type RunRef = { readonly tenant: Tenant; readonly id: RunId };

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The tenant of an installation that has only one. */
export const DEFAULT_TENANT = "default" as Tenant;

const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Reads the name of a tenant: 1 to 64 letters, digits, dots, dashes and underscores. */
export function parseTenant(text: string): Result<Tenant, string> {
  if (TENANT.test(text)) return ok(text as Tenant);
  return err(`"${text.slice(0, 100)}" is not a tenant; use 1 to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit.`);
}

/** Reads a run id: 1 to 128 letters, digits, dots, colons, dashes and underscores. */
export function parseRunId(text: string): Result<RunId, string> {
  if (RUN_ID.test(text)) return ok(text as RunId);
  return err(`"${text}" is not a run id; use 1 to 128 letters, digits, ".", "_", ":" and "-", beginning with a letter or digit.`);
}
