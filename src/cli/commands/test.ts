import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

import { Command } from "commander";

import { renderProblems } from "../../authoring/file/render-problem.ts";
import { formatDuration } from "../../base/duration.ts";
import type { Json } from "../../base/json.ts";
import { MAX_SCENARIO_FILES } from "../../base/limits.ts";
import type { Cli, ScenarioFileReport, ScenarioReport } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { described, type JsonOption, usageError, withJson } from "../options.ts";
import type { Style } from "../terminal.ts";
import { clean, counted } from "../text.ts";

/** Files at work at once: each has a host of its own in memory. */
const FILES_AT_ONCE = 4;
const ENDING = /\.scenario\.(?:yaml|yml|json)$/;

export function testCommand(cli: Cli): Command {
  const command = described(new Command("test"), {
    what: "Run scenario files: scripted agents, virtual time, no network.",
    example: "tutti test examples/",
  }).argument("[path...]", "*.scenario.yaml files and folders; this folder when none");
  return withJson(command).action(async (paths: readonly string[], options: JsonOption) => cli.exit(await test(cli, paths, options)));
}

async function test(cli: Cli, paths: readonly string[], { json }: JsonOption): Promise<ExitCode> {
  const files = await findFiles(paths.length === 0 ? ["."] : paths, cli.directory);
  const reports = await runAll(cli, files);
  const scenarios = reports.flatMap((report) => report.scenarios);
  const isGood = reports.every(({ problems }) => problems.length === 0) && scenarios.every(({ passed }) => passed);
  if (json === true) cli.terminal.printJson({ passed: isGood, files: reports });
  else tell(cli, reports);
  return isGood ? EXIT.ok : EXIT.error;
}

/** Reports in the order of the files, however long each took. */
async function runAll(cli: Cli, files: readonly string[]): Promise<readonly ScenarioFileReport[]> {
  const reports: ScenarioFileReport[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) reports[index] = await cli.runScenarioFile(files[index] as string);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, files.length) }, work));
  return reports;
}

async function findFiles(paths: readonly string[], directory: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of paths) for (const file of await filesOf(resolve(directory, path), path)) found.add(relative(directory, file));
  if (found.size > 0) return [...found];
  throw usageError(`There is no scenario file in ${paths.join(", ")}.`, "Their names end in .scenario.yaml; docs/testing.md shows one.");
}

async function filesOf(path: string, named: string): Promise<readonly string[]> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) throw usageError(`There is no file or folder ${named}.`);
  if (!kind.isDirectory()) return [path];
  const files: string[] = [];
  await collect(path, files);
  if (files.length > MAX_SCENARIO_FILES)
    throw usageError(`${named} holds more than ${MAX_SCENARIO_FILES} scenario files.`, "Name a folder further down.");
  return files.toSorted();
}

async function collect(folder: string, files: string[]): Promise<void> {
  if (files.length > MAX_SCENARIO_FILES) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile() && ENDING.test(entry.name)) files.push(path);
    else if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) await collect(path, files);
  }
}

function tell(cli: Cli, reports: readonly ScenarioFileReport[]): void {
  const { terminal } = cli;
  const paint = (style: Style, text: string) => (terminal.isDataSeen ? terminal.paint(style, text) : text);
  for (const { file, problems, scenarios } of reports) {
    terminal.print(paint("strong", clean(file)));
    if (problems.length > 0) terminal.print(renderProblems(problems));
    for (const scenario of scenarios) for (const line of linesOf(scenario, paint)) terminal.print(`  ${line}`);
  }
  const all = reports.flatMap(({ scenarios }) => scenarios);
  const failed = all.filter(({ passed }) => !passed).length;
  const broken = reports.filter(({ problems }) => problems.length > 0).length;
  const parts = [
    paint(failed + broken === 0 ? "good" : "dim", `${all.length - failed} passed`),
    ...(failed === 0 ? [] : [paint("bad", `${failed} failed`)]),
    ...(broken === 0 ? [] : [paint("bad", `${counted(broken, "file")} with mistakes`)]),
  ];
  terminal.print(`\n${parts.join(", ")}`);
}

function linesOf(scenario: ScenarioReport, paint: (style: Style, text: string) => string): readonly string[] {
  const { name, passed, mismatches, elapsedMs } = scenario;
  const head = passed ? paint("good", "ok  ") : paint("bad", "FAIL");
  const time = elapsedMs === 0 ? "" : ` ${paint("dim", `(${formatDuration(elapsedMs)} of its own time)`)}`;
  const wrong = mismatches.flatMap(({ line, what, message, expected, actual }) => [
    `      line ${line}, ${clean(what)}: ${clean(message)}`,
    ...(expected === undefined && actual === undefined
      ? []
      : [paint("good", `        expected ${short(expected)}`), paint("bad", `        actual   ${short(actual)}`)]),
  ]);
  return [`${head}  ${clean(name)}${time}`, ...wrong];
}

function short(value: Json | undefined): string {
  const text = value === undefined ? "nothing" : clean(JSON.stringify(value));
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
}

const SHORT = 200;
