/** The parts of the report that other programs run. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../support/source-files.ts";
import type { Figures } from "../support/trust-figures.ts";
import type { Hunted } from "../planted/hunted.ts";
import type { PlantedBug } from "../planted/planted-bug.ts";
import type { Planted, Trial } from "./report.ts";

const PLANTED_MS = 20_000;
const PART_LIMIT_MS = 1_800_000;
/** Tests that publish figures. */
const TESTS = ["test/crash", "test/e2e/a2a/fuzz", "test/e2e/a2a/private-spellings", "test/unit/authoring/hostile-files"];

/** What `npm run planted -- --json` prints. */
type Score = {
  readonly found: number;
  readonly planted: number;
  readonly rows: readonly { readonly bug: PlantedBug | null; readonly hunted: Hunted }[];
};

export async function huntPlanted(): Promise<Planted> {
  const main = join(ROOT, "test/planted/main.ts");
  const printed = await run(process.execPath, ["--conditions=source", main, "--json", "--ms", String(PLANTED_MS)], {});
  const { found, planted, rows } = JSON.parse(printed) as Score;
  const bugs = rows.flatMap(({ bug, hunted: { seeds, violation } }) =>
    bug === null ? [] : [{ id: bug.id, sentence: bug.sentence, seeds, foundBy: violation?.invariant ?? null }],
  );
  const sound = rows.find(({ bug }) => bug === null)?.hunted ?? { violation: { invariant: "played", sentence: "It was not played." } };
  const foundInSound = sound.violation === null ? null : `${sound.violation.invariant}, ${sound.violation.sentence}`;
  return { planted, found, foundInSound, bugs: bugs.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** What vitest writes with its JSON reporter. */
type TestReport = {
  readonly numPassedTests: number;
  /** Those that were skipped. */
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
};

export async function runTests(): Promise<Pick<Trial, "tests" | "figures">> {
  const directory = mkdtempSync(join(tmpdir(), "tutti-trust-"));
  try {
    const published = join(directory, "figures");
    const file = join(directory, "tests.json");
    const flags = ["run", ...TESTS, "--reporter=json", `--outputFile=${file}`];
    await run(join(ROOT, "node_modules/.bin/vitest"), flags, { TUTTI_TRUST_DIR: published });
    const report = JSON.parse(readFileSync(file, "utf8")) as TestReport;
    const { numPassedTests: passed, numPendingTests: skipped } = report;
    return { tests: { passed, failed: failedIn(report), skipped }, figures: readFigures(published) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file that cannot be loaded has no tests of its own, and is a failure all the same. */
function failedIn({ testResults }: TestReport): readonly string[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === "failed").map(({ fullName }) => fullName);
    return failed.length === 0 && status === "failed" ? [name.replace(`${ROOT}/`, "")] : failed;
  });
}

function readFigures(directory: string): Trial["figures"] {
  const read = (file: string): readonly [string, Figures] => {
    const { name, ...figures } = JSON.parse(readFileSync(join(directory, file), "utf8")) as Figures & { readonly name: string };
    return [name, figures];
  };
  return Object.fromEntries(readdirSync(directory).toSorted().map(read));
}

/** What a program prints; how it ends is for its output to say. */
function run(program: string, args: readonly string[], env: { readonly [name: string]: string }): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: PART_LIMIT_MS,
  });
  const printed: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void printed.push(text));
  child.once("error", reject);
  child.once("close", () => resolve(printed.join("")));
  return promise;
}
