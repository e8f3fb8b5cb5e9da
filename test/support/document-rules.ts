/** What documents, limits and package.json owe to the code, and the code to them. */
import { posix } from "node:path";

import { type Finding, lineOf, type SourceFile, visitFile } from "./source-files.ts";

const LIMITS_FILE = "src/base/limits.ts";
const LIMIT_NAME = /^(?:MAX|MIN|LIMIT)_|_LIMIT$/;

/** Limits stand in one file; there, each has its reason above it. */
export function checkLimits(file: SourceFile): readonly Finding[] {
  if (!file.path.startsWith("src/")) return [];
  return file.path === LIMITS_FILE ? limitsWithoutReason(file) : limitsElsewhere(file);
}

function limitsWithoutReason(file: SourceFile): readonly Finding[] {
  const lines = file.text.split("\n");
  return lines.flatMap((line, index) => {
    const before = lines[index - 1] ?? "";
    const explained = before.endsWith("*/") || before.startsWith("export const");
    return line.startsWith("export const") && !explained ? [`${file.path}:${index + 1}: a limit without its reason.`] : [];
  });
}

function limitsElsewhere(file: SourceFile): readonly Finding[] {
  const findings: Finding[] = [];
  visitFile(file, {
    VariableDeclarator(node) {
      if (node.id.type !== "Identifier" || !LIMIT_NAME.test(node.id.name)) return;
      findings.push(`${file.path}:${lineOf(file.text, node.start)}: ${node.id.name} belongs in ${LIMITS_FILE}.`);
    },
  });
  return findings;
}

/** Every code has its section `## T1234 Title` in docs/errors.md, and every section its code. */
export function checkErrorSections(codes: { readonly [code: string]: string }, document: string): readonly Finding[] {
  const titles = [...document.matchAll(/^## (T\d{4}) (.+)$/gm)].map(([, code = "", title = ""]) => [code, title] as const);
  const headings = titles.map(([code]) => code);
  const sections = new Map(titles);
  const missing = Object.entries(codes)
    .filter(([code, title]) => sections.get(code) !== title)
    .map(([code, title]) => `docs/errors.md: no section "## ${code} ${title}".`);
  const extra = [...sections.keys()].filter((code) => codes[code] === undefined).map((code) => `docs/errors.md: ${code} is not a code.`);
  const malformed = Object.keys(codes)
    .filter((code) => !/^T[1-69]\d{3}$/.test(code))
    .map((code) => `src/base/codes.ts: ${code} is not a code: T, then 1 to 6 or 9, then three digits.`);
  const twice = headings.filter((code, index) => headings.indexOf(code) < index).map((code) => `docs/errors.md: ${code} has two sections.`);
  return [...missing, ...extra, ...malformed, ...twice, ...emptySections(document)];
}

function emptySections(document: string): readonly Finding[] {
  const sections = document.split(/^## /m).slice(1);
  return sections
    .filter((section) => section.split("\n").slice(1).join("").trim() === "")
    .map((section) => `docs/errors.md: the section "${section.trim()}" is empty.`);
}

export type PackageJson = {
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
  readonly scripts?: { readonly [name: string]: string };
};

/** Each runtime dependency has a row in ARCHITECTURE.md that says why we do not write it ourselves. */
export function checkDependencyRows(manifest: PackageJson, architecture: string): readonly Finding[] {
  const table = architecture.split(/^## Dependencies$/m)[1]?.split(/^## /m)[0] ?? "";
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (.{10,}) \|$/gm)].map(([, name]) => name ?? "");
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const missing = names.filter((name) => !rows.includes(name)).map((name) => `ARCHITECTURE.md: no row under Dependencies for \`${name}\`.`);
  const extra = rows.filter((name) => !names.includes(name)).map((name) => `ARCHITECTURE.md: \`${name}\` is not a dependency.`);
  return [...missing, ...extra];
}

/** Versions are exact, and installing the package runs nothing of ours. */
export function checkManifest(manifest: PackageJson): readonly Finding[] {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const loose = versions
    .filter(([, version]) => !/^\d/.test(version))
    .map(([name, version]) => `package.json: ${name} ${version} is not exact.`);
  const hooks = ["preinstall", "install", "postinstall", "prepare"].filter((name) => manifest.scripts?.[name] !== undefined);
  return [...loose, ...hooks.map((name) => `package.json: the script "${name}" would run at every install.`)];
}

/** Paths of one person's machine, and the hosts of one person's registry. */
export function checkMachine(file: SourceFile): readonly Finding[] {
  const patterns = [/(?<![\w.~-])\/(?:work|root|home|Users)\/[\w.-]+/g, /"resolved": "https?:/g];
  const matches = patterns.flatMap((pattern) => [...file.text.matchAll(pattern)]);
  return matches.map((match) => `${file.path}:${lineOf(file.text, match.index)}: "${match[0]}" is true on one machine only.`);
}

/** Links to files that do not exist, and commands `npm run x` without such a script. */
export function checkDocument(file: SourceFile, manifest: PackageJson, exists: (path: string) => boolean): readonly Finding[] {
  if (!file.path.endsWith(".md")) return [];
  const links = [...file.text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map((match) => ({ match, target: match[1] ?? "" }));
  const broken = links
    .filter(({ target }) => !exists(posix.join(posix.dirname(file.path), target)))
    .map(({ match, target }) => `${file.path}:${lineOf(file.text, match.index)}: there is no "${target}".`);
  const commands = [...file.text.matchAll(/npm run ([a-z][a-z:]*)/g)];
  const unknown = commands
    .filter(([, name = ""]) => manifest.scripts?.[name] === undefined)
    .map((match) => `${file.path}:${lineOf(file.text, match.index)}: there is no script "${match[1]}".`);
  return [...broken, ...unknown];
}
