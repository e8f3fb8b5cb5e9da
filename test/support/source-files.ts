/**
 * The project's own files as the tidy rules see them: a path, the text, and for TypeScript its syntax
 * tree. Rules take such files and return findings, so that a test can plant a violation in memory.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parseSync, Visitor, type VisitorObject } from "oxc-parser";

/** The folder of package.json. */
export const ROOT = join(import.meta.dirname, "../..");

export type SourceFile = {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
};

/** A broken rule, as a sentence that begins with where. */
export type Finding = string;

const SKIPPED = new Set(["node_modules", "dist", "coverage", ".git", ".tutti", "out"]);

/** Every file under the given folders and files of the project whose name ends in one of the endings. */
export function readFiles(roots: readonly string[], endings: readonly string[]): readonly SourceFile[] {
  const paths = roots.flatMap((root) => (endings.some((ending) => root.endsWith(ending)) ? [root] : listFolder(root, endings)));
  return paths.toSorted().map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

function listFolder(folder: string, endings: readonly string[]): readonly string[] {
  const paths: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) paths.push(...listFolder(path, endings));
    if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) paths.push(path);
  }
  return paths;
}

/** The syntax tree of a file. A file that does not parse is a finding of its own, thrown as an error. */
export function parseFile(file: SourceFile): ReturnType<typeof parseSync> {
  const parsed = parseSync(file.path, file.text, { range: false });
  if (parsed.errors.length > 0) throw new Error(`${file.path} does not parse: ${parsed.errors[0]?.message}`);
  return parsed;
}

/** Visits the syntax tree of a file. */
export function visitFile(file: SourceFile, visitor: VisitorObject): void {
  new Visitor(visitor).visit(parseFile(file).program);
}

/** The line, counted from 1, of an offset in a text. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Lines of a text; a last line end does not begin another line. */
export function lineCount(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** Everything that a file imports or re-exports, types included, with its line. */
export function importsOf(file: SourceFile): readonly { readonly specifier: string; readonly line: number }[] {
  const found: { specifier: string; line: number }[] = [];
  const add = (source: { readonly value: unknown; readonly start: number } | null | undefined): void => {
    if (source != null && typeof source.value === "string") found.push({ specifier: source.value, line: lineOf(file.text, source.start) });
  };
  visitFile(file, {
    ImportDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    ImportExpression(node) {
      if (node.source.type === "Literal") add(node.source);
      else found.push({ specifier: "", line: lineOf(file.text, node.start) });
    },
  });
  return found;
}
