/** How a file looks: its size, its name, its functions, and what pure folders must not know. */
import type { Visitor } from "oxc-parser";

import { type Finding, lineCount, lineOf, type SourceFile, visitFile } from "./source-files.ts";

export const FILE_CAP_LINES = 400;
export const FUNCTION_CAP_LINES = 70;

const PURE = /^src\/(?:base|definition|scheduler)\//;
const IMPURE_GLOBALS = new Set(
  "setTimeout setInterval setImmediate queueMicrotask performance crypto process console fetch Buffer globalThis require".split(" "),
);
const KEBAB_FOLDER = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*$/;
const KEBAB_FILE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.ts$/;

type VisitorOf = ConstructorParameters<typeof Visitor>[0];
type Place = { readonly start: number; readonly end: number };

export function checkFileCap(file: SourceFile): readonly Finding[] {
  const lines = lineCount(file.text);
  return lines > FILE_CAP_LINES ? [`${file.path}: ${lines} lines; the limit is ${FILE_CAP_LINES}.`] : [];
}

/** Functions over the cap. The callback of a test's `describe` is a chapter, not a function. */
export function checkFunctionCap(file: SourceFile): readonly Finding[] {
  const findings: Finding[] = [];
  const exempt = new Set<number>();
  const check = (node: Place): void => {
    const lines = lineCount(file.text.slice(node.start, node.end));
    if (lines <= FUNCTION_CAP_LINES || exempt.has(node.start)) return;
    findings.push(`${file.path}:${lineOf(file.text, node.start)}: a function of ${lines} lines; the limit is ${FUNCTION_CAP_LINES}.`);
  };
  visitFile(file, {
    CallExpression(node) {
      if (!file.path.endsWith(".test.ts") || !/^describe\b/.test(file.text.slice(node.callee.start, node.callee.end))) return;
      for (const argument of node.arguments) exempt.add(argument.start);
    },
    FunctionDeclaration: check,
    FunctionExpression: check,
    ArrowFunctionExpression: check,
  });
  return findings;
}

/** Clocks, chance, timers and the process in pure folders; promises in the scheduler. */
export function checkPurity(file: SourceFile): readonly Finding[] {
  if (!PURE.test(file.path)) return [];
  const findings: Finding[] = [];
  const report = (node: Place, what: string): void => {
    findings.push(`${file.path}:${lineOf(file.text, node.start)}: a pure folder does not use ${what}.`);
  };
  visitFile(file, { ...impureNames(report), ...(file.path.startsWith("src/scheduler/") ? promiseNames(report) : {}) });
  return findings;
}

function impureNames(report: (node: Place, what: string) => void): VisitorOf {
  // A property may be called `process`: only the global of that name is meant.
  const keys = new Set<number>();
  const addKey = (node: { readonly key: Place; readonly computed: boolean }): void => {
    if (!node.computed) keys.add(node.key.start);
  };
  return {
    Property(node) {
      if (!node.shorthand) addKey(node);
    },
    PropertyDefinition: addKey,
    MethodDefinition: addKey,
    TSPropertySignature: addKey,
    TSMethodSignature: addKey,
    MemberExpression(node) {
      if (!node.computed) keys.add(node.property.start);
      if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
      const name = `${node.object.name}.${node.property.name}`;
      if (name === "Date.now" || name === "Math.random") report(node, name);
    },
    NewExpression(node) {
      if (node.callee.type !== "Identifier") return;
      if (node.callee.name === "Date" && node.arguments.length === 0) report(node, "new Date() without an instant");
      if (node.callee.name === "Function") report(node, "new Function");
    },
    CallExpression(node) {
      if (node.callee.type === "Identifier" && (node.callee.name === "Date" || node.callee.name === "eval"))
        report(node, `${node.callee.name}()`);
    },
    Identifier(node) {
      if (IMPURE_GLOBALS.has(node.name) && !keys.has(node.start)) report(node, node.name);
    },
  };
}

function promiseNames(report: (node: Place, what: string) => void): VisitorOf {
  const checkAsync = (node: Place & { readonly async: boolean }): void => {
    if (node.async) report(node, "async functions: the scheduler never waits");
  };
  return { FunctionDeclaration: checkAsync, FunctionExpression: checkAsync, ArrowFunctionExpression: checkAsync };
}

/** `any` is nowhere; `unknown` is for borders. */
export function checkTypes(file: SourceFile): readonly Finding[] {
  const findings: Finding[] = [];
  visitFile(file, {
    TSAnyKeyword: (node) => {
      findings.push(`${file.path}:${lineOf(file.text, node.start)}: \`any\` is used; \`unknown\` is for borders.`);
    },
  });
  return findings;
}

export function checkNames(path: string): readonly Finding[] {
  const pieces = path.split("/");
  const name = pieces.pop() ?? "";
  const folder = pieces.find((piece) => !KEBAB_FOLDER.test(piece));
  if (folder !== undefined) return [`${path}: the folder "${folder}" is not in kebab-case.`];
  return name.endsWith(".ts") && !KEBAB_FILE.test(name) ? [`${path}: the file name is not in kebab-case.`] : [];
}
