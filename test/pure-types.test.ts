/** The second compilation of the pure folders does what it is for: what Node brings does not exist there. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { ROOT } from "./support/source-files.ts";

const run = promisify(execFile);
const TSC = join(ROOT, "node_modules/.bin/tsc");

/** One violation a line. */
const PLANTED = [
  `export * from "node:fs";`,
  "export const a = process.pid;",
  "export const b = () => setTimeout(() => {}, 1);",
  "export const c = () => console.log(1);",
  `export const d = () => fetch("x");`,
  "export const e = Buffer.alloc(1);",
  "export const f = () => performance.now();",
];

it("a pure folder that uses what Node brings does not compile", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-pure-"));
  await Promise.all(["tsconfig.base.json", "tsconfig.pure.json"].map((name) => copyFile(join(ROOT, name), join(folder, name))));
  await mkdir(join(folder, "src/scheduler"), { recursive: true });
  await writeFile(join(folder, "src/scheduler/planted.ts"), PLANTED.join("\n"));
  const { stdout } = await run(TSC, ["-p", folder + "/tsconfig.pure.json"], { cwd: folder }).catch(
    (error: unknown) => error as { readonly stdout: string },
  );
  const lines = new Set([...stdout.matchAll(/planted\.ts\((\d+),/g)].map(([, line]) => Number(line)));
  expect([...lines].toSorted((left, right) => left - right)).toEqual(PLANTED.map((_text, index) => index + 1));
  await rm(folder, { recursive: true });
});

it("no package that a pure folder imports brings Node's types along", async () => {
  const { stdout } = await run(TSC, ["-p", join(ROOT, "tsconfig.pure.json"), "--listFilesOnly"], { maxBuffer: 8_000_000 });
  expect(stdout.split("\n").filter((path) => path.includes("@types/node/"))).toEqual([]);
  expect(stdout).toContain("src/scheduler/");
});
