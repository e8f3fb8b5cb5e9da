/** The rules of style.md that no compiler knows: each on the whole project, and each on a planted violation. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { ERROR_CODES } from "../src/base/codes.ts";
import {
  checkDependencyRows,
  checkDocument,
  checkErrorSections,
  checkLimits,
  checkMachine,
  checkManifest,
  type PackageJson,
} from "./support/document-rules.ts";
import { checkExampleImports, checkLayers, LAYERS } from "./support/layer-rules.ts";
import { checkLockfile, type Lockfile } from "./support/lockfile-rules.ts";
import { checkFileCap, checkFunctionCap, checkNames, checkPurity, checkTypes } from "./support/shape-rules.ts";
import { type Finding, readFiles, ROOT, type SourceFile } from "./support/source-files.ts";

const FOLDERS = ["src", "test", "bench", "examples", "sim"].filter((folder) => existsSync(join(ROOT, folder)));
const CODE = readFiles([...FOLDERS, "vitest.config.ts"], [".ts"]);
const TEXT = readFiles(["."], [".ts", ".json", ".md", ".yaml", ".yml", ".csv", ".sql", ".sh", ".html", "run"]);

function source(path: string, text: string): SourceFile {
  return { path, text };
}

function findingsOf(rule: (file: SourceFile) => readonly Finding[]): readonly Finding[] {
  return CODE.flatMap((file) => rule(file));
}

function readManifest(): PackageJson {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as PackageJson;
}

describe("layers", () => {
  it("imports run only against the arrow of the layers", () => {
    expect(findingsOf(checkLayers)).toEqual([]);
  });

  it("every folder of src has a place among the layers", () => {
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((entry) => entry.name).filter((name) => LAYERS[name] === undefined)).toEqual([]);
  });

  it.each([
    ["backwards", "src/base/x.ts", `import { y } from "../definition/y.ts";`, "base does not import definition."],
    ["backwards for a type", "src/scheduler/x.ts", `import type { Y } from "../ports/y.ts";`, "scheduler does not import ports."],
    ["by a re-export", "src/ports/x.ts", `export * from "../runtime/y.ts";`, "ports does not import runtime."],
    ["by an inline type", "src/ports/x.ts", `type Y = import("../runtime/y.ts").Y;`, "ports does not import runtime."],
    ["between siblings", "src/scheduler/x.ts", `import { y } from "../authoring/y.ts";`, "scheduler does not import authoring."],
    [
      "between siblings the other way",
      "src/hosts/embedded/x.ts",
      `import { y } from "../../agents/y.ts";`,
      "hosts does not import agents.",
    ],
    ["from the entry", "src/cli/x.ts", `import { y } from "../index.ts";`, `only the entry points import "src/index.ts".`],
    ["from the composition", "src/cli/x.ts", `import { y } from "../compose/y.ts";`, "cli does not import compose."],
    ["from a test", "src/runtime/x.ts", `import { y } from "../../test/support/y.ts";`, `src does not import "test/support/y.ts".`],
    ["without an ending", "src/runtime/x.ts", `import { y } from "./y";`, `"./y" does not name a .ts file.`],
    ["of itself by name", "src/cli/x.ts", `import { y } from "tutti";`, "src does not import itself by its name."],
    ["of node in a pure folder", "src/base/x.ts", `import fs from "node:fs";`, `base does not import the package "node:fs".`],
    ["of a package in the scheduler", "src/scheduler/x.ts", `import a from "canonicalize";`, `the package "canonicalize".`],
    ["of another package in definition", "src/definition/x.ts", `const a = import("zod");`, `the package "zod".`],
    ["of a computed name in a pure folder", "src/definition/x.ts", "const a = import(name);", "only a running program can name"],
    ["in an unknown folder", "src/utils/x.ts", "", "src/utils is not in the table of layers."],
    ["beside the folders", "src/helpers.ts", "", "stand beside the folders of src."],
  ])("finds an import %s", (_what, path, text, sentence) => {
    expect(checkLayers(source(path, text))).toEqual([expect.stringContaining(sentence)]);
  });

  it("allows what the order allows", () => {
    const text = `import a from "../base/a.ts"; import Ajv from "ajv/dist/2020.js"; import { sha } from "@noble/hashes/sha2.js"; import b from "./b.ts";`;
    expect(checkLayers(source("src/definition/x.ts", text))).toEqual([]);
  });

  it("examples use only what a user can import", () => {
    expect(findingsOf(checkExampleImports)).toEqual([]);
    const planted = source("examples/a/b.ts", `import { y } from "../../src/y.ts";\nimport { z } from "./z.ts";`);
    expect(checkExampleImports(planted)).toEqual([`examples/a/b.ts:1: an example imports "tutti", not "../../src/y.ts".`]);
  });
});

describe("shape", () => {
  it("no file has more than 400 lines", () => {
    expect(findingsOf(checkFileCap)).toEqual([]);
    expect(checkFileCap(source("src/base/x.ts", "a;\n".repeat(400)))).toEqual([]);
    expect(checkFileCap(source("src/base/x.ts", "a;\n".repeat(401)))).toEqual(["src/base/x.ts: 401 lines; the limit is 400."]);
  });

  it("no function has more than 70 lines", () => {
    expect(findingsOf(checkFunctionCap)).toEqual([]);
    const body = "a();\n".repeat(69);
    const sentence = expect.stringContaining(":2: a function of 71 lines; the limit is 70.");
    expect(checkFunctionCap(source("src/base/x.ts", `\nfunction f() {\n${body}}`))).toEqual([sentence]);
    expect(checkFunctionCap(source("src/base/x.ts", `\nconst f = () => {\n${body}};`))).toEqual([sentence]);
    expect(checkFunctionCap(source("src/base/x.ts", `class A {\n  f() {\n${body}}\n}`))).toEqual([sentence]);
    expect(checkFunctionCap(source("src/base/x.ts", `\ndescribe("a", () => {\n${body}});`))).toEqual([sentence]);
    expect(checkFunctionCap(source("test/x.test.ts", `\ndescribe("a", () => {\n${body}});`))).toEqual([]);
    expect(checkFunctionCap(source("test/x.test.ts", `\nit("a", () => {\n${body}});`))).toEqual([sentence]);
  });

  it("files and folders are in kebab-case", () => {
    expect(CODE.flatMap((file) => checkNames(file.path))).toEqual([]);
    expect(checkNames("src/base/parseThing.ts")).toEqual(["src/base/parseThing.ts: the file name is not in kebab-case."]);
    expect(checkNames("src/base_things/parse.ts")).toEqual([`src/base_things/parse.ts: the folder "base_things" is not in kebab-case.`]);
    expect(checkNames("test/a-b.test.ts")).toEqual([]);
  });

  it("`any` is nowhere", () => {
    expect(findingsOf(checkTypes)).toEqual([]);
    expect(checkTypes(source("src/base/x.ts", "let a: any;"))).toEqual(["src/base/x.ts:1: `any` is used; `unknown` is for borders."]);
    expect(checkTypes(source("src/base/x.ts", "a as any;"))).toHaveLength(1);
  });
});

describe("pure folders", () => {
  it("know no clock, no chance, no timer and no process", () => {
    expect(findingsOf(checkPurity)).toEqual([]);
  });

  it.each([
    "Date.now();",
    "new Date();",
    "Date();",
    "Math.random();",
    "setTimeout(f, 1);",
    "setInterval(f, 1);",
    "queueMicrotask(f);",
    "performance.now();",
    "crypto.randomUUID();",
    "process.env;",
    "console.log(1);",
    "fetch(a);",
    "globalThis.a;",
    "const { env } = process;",
    `eval("1");`,
    `new Function("1");`,
  ])("finds a planted %s", (text) => {
    expect(checkPurity(source("src/definition/x.ts", text))).toHaveLength(1);
    expect(checkPurity(source("src/runtime/x.ts", text))).toEqual([]);
  });

  it("the scheduler never waits", () => {
    expect(checkPurity(source("src/scheduler/x.ts", "async function f() {}"))).toEqual([expect.stringContaining("never waits")]);
    expect(checkPurity(source("src/scheduler/x.ts", "const f = async () => 1;"))).toEqual([expect.stringContaining("never waits")]);
  });

  it("may read an instant that they were given, and name a property as they like", () => {
    const text = "new Date(at).toISOString(); state.process = 1; const a = { fetch: 1 }; type B = { crypto: string };";
    expect(checkPurity(source("src/scheduler/x.ts", text))).toEqual([]);
  });
});

describe("limits, documents and package.json", () => {
  it("limits stand in one file, each with its reason", () => {
    expect(findingsOf(checkLimits)).toEqual([]);
    expect(checkLimits(source("src/runtime/x.ts", "const MAX_QUEUE = 5;"))).toEqual([
      "src/runtime/x.ts:1: MAX_QUEUE belongs in src/base/limits.ts.",
    ]);
    expect(checkLimits(source("src/base/limits.ts", "\nexport const MAX_QUEUE = 5;"))).toEqual([
      "src/base/limits.ts:2: a limit without its reason.",
    ]);
  });

  it("every error code has its section in docs/errors.md, and every section its code", () => {
    expect(checkErrorSections(ERROR_CODES, readFileSync(join(ROOT, "docs/errors.md"), "utf8"))).toEqual([]);
    expect(checkErrorSections({ T1001: "A" }, "## T1001 A\n\nWhy.\n")).toEqual([]);
    expect(checkErrorSections({ T1001: "A" }, "## T1001 B\n\nWhy.\n")).toEqual([`docs/errors.md: no section "## T1001 A".`]);
    expect(checkErrorSections({}, "## T1001 A\n\nWhy.\n")).toEqual(["docs/errors.md: T1001 is not a code."]);
    expect(checkErrorSections({ T1001: "A" }, "## T1001 A\n\n")).toEqual([`docs/errors.md: the section "T1001 A" is empty.`]);
    expect(checkErrorSections({ T1001: "A" }, "## T1001 A\n\nWhy.\n## T1001 A\n\nWhy.\n")).toEqual([
      "docs/errors.md: T1001 has two sections.",
    ]);
    expect(checkErrorSections({ T7001: "A" }, "## T7001 A\n\nWhy.\n")).toEqual([expect.stringContaining("is not a code")]);
  });

  it("every runtime dependency has a row in ARCHITECTURE.md that says why", () => {
    expect(checkDependencyRows(readManifest(), readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8"))).toEqual([]);
    const row = "## Dependencies\n| `zod` | schemas in TypeScript |\n";
    expect(checkDependencyRows({ dependencies: { zod: "4.0.0" } }, row)).toEqual([]);
    expect(checkDependencyRows({ dependencies: { zod: "4.0.0" } }, "")).toEqual([expect.stringContaining("no row")]);
    expect(checkDependencyRows({}, row)).toEqual(["ARCHITECTURE.md: `zod` is not a dependency."]);
  });

  it("package.json has exact versions and runs nothing at install", () => {
    expect(checkManifest(readManifest())).toEqual([]);
    expect(checkManifest({ dependencies: { zod: "^4.0.0" } })).toEqual(["package.json: zod ^4.0.0 is not exact."]);
    expect(checkManifest({ scripts: { prepare: "x" } })).toEqual([expect.stringContaining(`"prepare" would run`)]);
  });

  it("the lockfile is whole, and only Node's own package runs a script at install", () => {
    expect(checkLockfile(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lockfile)).toEqual([]);
    const nested = { "node_modules/a": { dependencies: { b: "1.0.0" } }, "node_modules/a/node_modules/b": {} };
    expect(checkLockfile({ packages: nested })).toEqual([]);
    expect(checkLockfile({ packages: { "node_modules/a": { optionalDependencies: { "a-darwin": "1.0.0" } } } })).toEqual([
      expect.stringContaining("node_modules/a needs a-darwin, which is not locked"),
    ]);
    for (const name of ["a", "protobufjs"])
      expect(checkLockfile({ packages: { [`node_modules/${name}`]: { hasInstallScript: true } } })).toEqual([
        `package-lock.json: node_modules/${name} runs a script when it is installed.`,
      ]);
  });

  it("documents link to files, and name scripts, that exist", () => {
    const exists = (path: string): boolean => existsSync(join(ROOT, path));
    expect(TEXT.flatMap((file) => checkDocument(file, readManifest(), exists))).toEqual([]);
    const planted = source("docs/a.md", "[a](b.md) [c](../README.md#x) [d](https://a.example) `npm run nothing`");
    expect(checkDocument(planted, {}, exists)).toEqual([`docs/a.md:1: there is no "b.md".`, `docs/a.md:1: there is no script "nothing".`]);
  });

  it("no file names a path or a registry of one machine", () => {
    expect(TEXT.flatMap((file) => checkMachine(file))).toEqual([]);
    const path = ["", "home", "jo"].join("/");
    expect(checkMachine(source("a.md", `see ${path}/x`))).toEqual([`a.md:1: "${path}" is true on one machine only.`]);
    expect(checkMachine(source("package-lock.json", JSON.stringify({ resolved: "https://r.example/a.tgz" }, null, 1)))).toHaveLength(1);
    expect(checkMachine(source("a.md", "docs/work/home/x and https://a.example/home/x"))).toEqual([]);
  });
});
