/** Who may import whom: design.md, "Layers and folders", as a table over import specifiers. */
import { posix } from "node:path";

import { type Finding, importsOf, type SourceFile } from "./source-files.ts";

const PORTS = ["base", "definition", "authoring", "scheduler", "ports"] as const;
const RUNTIME = [...PORTS, "runtime"] as const;
const SURFACE = [...RUNTIME, "a2a", "agents", "hosts"] as const;

/** A folder of src, and the other folders of src that it may import. Siblings are not in each other's list. */
export const LAYERS: { readonly [folder: string]: readonly string[] } = {
  base: [],
  definition: ["base"],
  authoring: ["base", "definition"],
  scheduler: ["base", "definition"],
  ports: ["base", "definition", "authoring", "scheduler"],
  runtime: PORTS,
  a2a: RUNTIME,
  agents: [...RUNTIME, "a2a"],
  hosts: RUNTIME,
  server: SURFACE,
  cli: SURFACE,
  testing: SURFACE,
  simulation: [...SURFACE, "testing"],
  compose: [...SURFACE, "server", "cli", "testing", "simulation"],
};

/** Files beside the folders: the two entry points, which know compose. */
export const ROOT_FILES: readonly string[] = ["src/index.ts", "src/bin.ts"];

/** The packages of the pure folders; every other folder may import any listed dependency. */
export const PURE_PACKAGES: { readonly [folder: string]: readonly string[] } = {
  base: ["canonicalize", "@noble/hashes"],
  definition: ["@marcbachmann/cel-js", "ajv", "ajv-formats", "re2js", "canonicalize", "@noble/hashes", "semver"],
  scheduler: [],
};

/** Imports of src that run against the order of the layers, or bring a package where none belongs. */
export function checkLayers(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith("src/")) return [];
  const folder = folderOf(file.path);
  if (folder === null)
    return ROOT_FILES.includes(file.path) ? [] : [`${file.path}: only ${ROOT_FILES.join(", ")} stand beside the folders of src.`];
  if (LAYERS[folder] === undefined) return [`${file.path}: src/${folder} is not in the table of layers.`];
  return importsOf(file).flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith(".") ? relativeProblem(file.path, folder, specifier) : packageProblem(folder, specifier);
    return problem === null ? [] : [`${file.path}:${line}: ${problem}`];
  });
}

/** Imports of examples that reach into src: an example may only use what a user can. */
export function checkExampleImports(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith("examples/")) return [];
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith(".") && resolve(file.path, specifier).startsWith("src/"))
    .map(({ specifier, line }) => `${file.path}:${line}: an example imports "tutti", not "${specifier}".`);
}

function relativeProblem(path: string, folder: string, specifier: string): string | null {
  const target = resolve(path, specifier);
  if (!target.startsWith("src/")) return `src does not import "${target}".`;
  if (!target.endsWith(".ts")) return `"${specifier}" does not name a .ts file.`;
  const targetFolder = folderOf(target);
  if (targetFolder === null) return `only the entry points import "${target}".`;
  if (targetFolder === folder || LAYERS[folder]?.includes(targetFolder) === true) return null;
  return `${folder} does not import ${targetFolder}.`;
}

function packageProblem(folder: string, specifier: string): string | null {
  const allowed = PURE_PACKAGES[folder];
  if (allowed === undefined)
    return specifier === "tutti" || specifier.startsWith("tutti/") ? "src does not import itself by its name." : null;
  if (specifier === "") return `${folder} does not import what only a running program can name.`;
  return allowed.includes(packageName(specifier)) ? null : `${folder} does not import the package "${specifier}".`;
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function folderOf(path: string): string | null {
  const pieces = path.split("/");
  return pieces.length > 2 ? (pieces[1] ?? null) : null;
}

function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}
