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

/** Reads a run id: 1 to 128 letters, digits, dots, colons, dashes and underscores. */
export function parseRunId(text: string): Result<RunId, string> {
  if (RUN_ID.test(text)) return ok(text as RunId);
  return err(`"${text}" is not a run id; use 1 to 128 letters, digits, ".", "_", ":" and "-", beginning with a letter or digit.`);
}
