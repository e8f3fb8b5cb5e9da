/**
 * The linter's configuration does what it says: each rule that the project relies on reports a planted
 * violation. Without this, a misspelled rule or a pattern that matches nothing stays green for ever.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ROOT } from "./support/source-files.ts";

const run = promisify(execFile);

/** A rule, and a file that breaks it and nothing else that matters. */
const PLANTED: readonly { readonly rule: string; readonly path: string; readonly text: string }[] = [
  {
    rule: "typescript(no-floating-promises)",
    path: "src/runtime/floating.ts",
    text: "async function f() {}\nexport function g() {\n  f();\n}\n",
  },
  {
    rule: "typescript(no-floating-promises)",
    path: "src/runtime/voided.ts",
    text: "async function f() {}\nexport function g() {\n  void f();\n}\n",
  },
  {
    rule: "typescript(no-misused-promises)",
    path: "src/runtime/misused.ts",
    text: "export function f(a: Promise<boolean>) {\n  if (a) return 1;\n  return 2;\n}\n",
  },
  {
    rule: "typescript(switch-exhaustiveness-check)",
    path: "src/runtime/switch.ts",
    text: `export function f(a: "x" | "y") {\n  switch (a) {\n    case "x":\n      return 1;\n  }\n  return 2;\n}\n`,
  },
  {
    rule: "typescript(switch-exhaustiveness-check)",
    path: "src/runtime/default.ts",
    text: `export function f(a: "x") {\n  switch (a) {\n    case "x":\n      return 1;\n    default:\n      return 2;\n  }\n}\n`,
  },
  { rule: "typescript(no-explicit-any)", path: "src/runtime/any.ts", text: "export const a: any = 1;\n" },
  { rule: "typescript(no-non-null-assertion)", path: "src/runtime/bang.ts", text: "export const f = (a: string | null) => a!;\n" },
  { rule: "typescript(only-throw-error)", path: "src/runtime/throw.ts", text: `export function f() {\n  throw "x";\n}\n` },
  {
    rule: "eslint(no-empty)",
    path: "src/runtime/catch.ts",
    text: "export function f(g: () => void) {\n  try {\n    g();\n  } catch {}\n}\n",
  },
  {
    rule: "eslint(preserve-caught-error)",
    path: "src/runtime/cause.ts",
    text: `export function f(g: () => void) {\n  try {\n    g();\n  } catch (error) {\n    throw new Error("x");\n  }\n}\n`,
  },
  { rule: "eslint(eqeqeq)", path: "src/runtime/equal.ts", text: "export const f = (a: unknown) => a == 1;\n" },
  { rule: "eslint(no-eval)", path: "src/runtime/eval.ts", text: `export const a: unknown = eval("1");\n` },
  { rule: "eslint(no-new-func)", path: "src/runtime/func.ts", text: `export const a = new Function("return 1");\n` },
  { rule: "typescript(no-implied-eval)", path: "src/runtime/implied.ts", text: `export const f = () => setTimeout("1", 1);\n` },
  { rule: "eslint(no-var)", path: "src/runtime/var.ts", text: "export var a = 1;\n" },
  { rule: "eslint(prefer-const)", path: "src/runtime/let.ts", text: "export function f() {\n  let a = 1;\n  return a;\n}\n" },
  { rule: "eslint(no-unused-vars)", path: "src/runtime/unused.ts", text: "const a = 1;\nexport {};\n" },
  { rule: "eslint(no-restricted-properties)", path: "src/scheduler/now.ts", text: "export const f = () => Date.now();\n" },
  { rule: "eslint(no-restricted-properties)", path: "src/definition/deep/random.ts", text: "export const f = () => Math.random();\n" },
  { rule: "eslint(no-restricted-globals)", path: "src/base/timer.ts", text: "export const f = (g: () => void) => setTimeout(g, 1);\n" },
  { rule: "eslint(no-restricted-globals)", path: "src/base/fetch.ts", text: `export const f = () => fetch("x");\n` },
  { rule: "eslint(no-restricted-globals)", path: "src/base/process.ts", text: "export const f = () => process.pid;\n" },
  { rule: "eslint(no-console)", path: "src/base/console.ts", text: "export const f = () => console.log(1);\n" },
];

/** What is allowed where a pattern too wide would forbid it. */
const ALLOWED = {
  path: "src/runtime/clock.ts",
  text: "export const now = () => Date.now();\nexport const wait = (f: () => void) => setTimeout(f, 1);\n",
};

let folder = "";
let reports: readonly { readonly code: string; readonly filename: string; readonly severity: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-lint-"));
  for (const name of [".oxlintrc.json", "tsconfig.json", "tsconfig.base.json"]) {
    await writeFile(join(folder, name), await readFile(join(ROOT, name)));
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
  for (const { path, text } of [...PLANTED, ALLOWED]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const exit = await run(join(ROOT, "node_modules/.bin/oxlint"), ["--format", "json"], { cwd: folder, maxBuffer: 8_000_000 }).catch(
    (error: unknown) => error as { readonly stdout: string },
  );
  reports = (JSON.parse(exit.stdout) as { readonly diagnostics: typeof reports }).diagnostics;
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the linter", () => {
  it.each(PLANTED)("reports $rule in $path", ({ rule, path }) => {
    const found = reports.filter((report) => report.filename === path);
    expect(found).toContainEqual(expect.objectContaining({ code: rule, severity: "error" }));
  });

  it("lets the runtime read the clock and set timers", () => {
    expect(reports.filter((report) => report.filename === ALLOWED.path)).toEqual([]);
  });
});
