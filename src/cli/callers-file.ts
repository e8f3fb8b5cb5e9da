/**
 * The file of `tutti serve --callers`: who may call, by name. A token is the value of an environment
 * variable, whose name stands there: the file itself has no secrets.
 *
 *     ann: { secret: ANN_TOKEN, roles: [compliance] }
 *     shop: { secret: SHOP_TOKEN, tenants: [shop] }
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { z } from "zod";

import { readDocument } from "../authoring/file/document.ts";
import { TuttiError } from "../base/errors.ts";
import { parseTenant } from "../base/ids.ts";
import type { Cli, NamedCaller } from "./cli.ts";

const Tenant = z.string().refine((name) => parseTenant(name).ok, "must be 1 to 64 letters, digits, dots, dashes and underscores");
const Caller = z.strictObject({
  secret: z.string().min(1),
  tenants: z.array(Tenant).min(1).optional(),
  roles: z.array(z.string().min(1)).optional(),
});
const Callers = z.record(z.string().min(1), Caller).refine((all) => Object.keys(all).length > 0, "it names nobody");

/** The callers of a file. Throws T2108 when it cannot be read, has another form, or a secret is not set. */
export async function readCallers({ directory, environment }: Cli, file: string): Promise<readonly NamedCaller[]> {
  const read = Callers.safeParse(await valueIn(resolve(directory, file), file));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw unusable(file, issue === undefined ? "it has another form" : `${issue.path.join(".") || "the file"}: ${issue.message}`);
  }
  const nameByToken = new Map<string, string>();
  return Object.entries(read.data).map(([name, { secret, tenants, roles = [] }]) => {
    const token = environment[secret] ?? "";
    const other = nameByToken.get(token);
    if (token === "") throw unusable(file, `the environment variable ${secret}, with the token of ${name}, is not set`);
    if (other !== undefined) throw unusable(file, `${other} and ${name} have the same token, and could not be told apart`);
    nameByToken.set(token, name);
    return { name, token: () => environment[secret], roles, ...(tenants === undefined ? {} : { tenants }) };
  });
}

async function valueIn(path: string, file: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw unusable(file, cause instanceof Error ? cause.message : String(cause), cause);
  });
  const document = readDocument(text, file);
  if (document.ok) return document.value.value;
  const { line, column, message } = document.error;
  throw unusable(file, `line ${line}, column ${column}: ${message}`);
}

function unusable(file: string, why: string, cause?: unknown): TuttiError {
  return new TuttiError("T2108", `The callers of ${file} cannot be used: ${why.replace(/\.$/, "")}.`, {
    help: "Write a name a line, such as: ann: { secret: ANN_TOKEN, tenants: [default], roles: [compliance] }.",
    ...(cause === undefined ? {} : { cause }),
  });
}
