/**
 * Owns the folder that the agents share. Large data travels between them by reference: a `file:` URI
 * under this folder. Invariants:
 * 1. No agent reads or writes a reference outside the workspace, whatever a message says.
 * 2. A file appears under its name only when it is whole: written beside it, then renamed.
 */
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { InputError } from "./input-error.ts";

/** Where the agents work: `SALES_WORKSPACE`, or `out/` of this example. */
export function workspace(): string {
  const folder = resolve(process.env["SALES_WORKSPACE"] ?? fileURLToPath(new URL("../out", import.meta.url)));
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
}

/** The folder of one run, made when it does not exist. */
export function runFolder(name: string, root = workspace()): string {
  const folder = join(root, name.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_"));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The path behind a reference (invariant 1). */
export function pathOf(uri: string, root = workspace()): string {
  const path = fileURLToPath(uri);
  if (!existsSync(path)) throw new InputError("REFERENCE_REFUSED", `${uri} leads to no file.`);
  if (!realpathSync(path).startsWith(realpathSync(root) + sep))
    throw new InputError("REFERENCE_REFUSED", `${uri} is not in the workspace of these agents.`);
  return path;
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/** Makes a whole file under `path` (invariant 2): `make` writes to the path that it is given. */
export async function makeFile(path: string, make: (draft: string) => void | Promise<void>): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  rmSync(draft, { force: true });
  try {
    await make(draft);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return uriOf(path);
}

export function writeWhole(path: string, text: string): Promise<string> {
  return makeFile(path, (draft) => writeFileSync(draft, text));
}
