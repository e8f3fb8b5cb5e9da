/** The lockfile must be whole, or `npm ci` refuses it; and installing must run no script but Node's own. */
import type { Finding } from "./source-files.ts";

type Names = { readonly [name: string]: string };
type LockedPackage = {
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  /** Nobody gets it who does not work on this repository, or has asked for an optional peer. */
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
};
export type Lockfile = { readonly packages: { readonly [path: string]: LockedPackage } };

/** The one package that may run a script when it is installed (docs/decisions/0003). */
const MAY_RUN = "node_modules/node";

/**
 * Packages with a script that nobody needs, and that npm does not run, because `allowScripts` in
 * package.json does not name them: protobufjs comes with gRPC, and would only warn of version numbers.
 */
const NEVER_RUN: ReadonlySet<string> = new Set(["node_modules/protobufjs"]);

export function checkLockfile({ packages }: Lockfile): readonly Finding[] {
  return Object.entries(packages).flatMap(([path, locked]) => [
    ...missingFrom(packages, path, locked),
    ...(locked.hasInstallScript === true && !mayHaveScript(path, locked)
      ? [`package-lock.json: ${path} runs a script when it is installed.`]
      : []),
  ]);
}

function mayHaveScript(path: string, { dev, devOptional }: LockedPackage): boolean {
  return path === MAY_RUN || (NEVER_RUN.has(path) && (dev === true || devOptional === true));
}

/** A registry that lacks a platform's package leaves it out of the lockfile, silently. */
function missingFrom(packages: Lockfile["packages"], path: string, locked: LockedPackage): readonly Finding[] {
  const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies });
  const missing = names.filter((name) => !placesOf(path, name).some((place) => packages[place] !== undefined));
  return missing.map((name) => `package-lock.json: ${path} needs ${name}, which is not locked; choose a version whose packages all exist.`);
}

/** Where Node would find a package from a place: beside it, or beside one of those around it. */
function placesOf(path: string, name: string): readonly string[] {
  const parents =
    path === "" ? [] : path.split("/node_modules/").map((_piece, index, pieces) => pieces.slice(0, index + 1).join("/node_modules/"));
  return [`node_modules/${name}`, ...parents.map((parent) => `${parent}/node_modules/${name}`)];
}
