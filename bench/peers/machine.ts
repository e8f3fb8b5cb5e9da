/** Where and with what a measurement was made. */
import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

import { median } from "../figures.ts";
import { postgresPrograms } from "./servers/postgres.ts";

export type Machine = {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** What one write of 4 KiB and fdatasync takes on the measured disk, without any delay of ours. */
  readonly fdatasyncMicros: number;
  /** Processes that wanted to run when the measurement began: of others, since ours had not begun. */
  readonly loadAverage: number;
};

const TMPFS = 0x01021994;
const SYNCS = 200;

export function describeMachine(): Machine {
  const folder = process.env["TUTTI_BENCH_DIR"] ?? tmpdir();
  if (statfsSync(folder).type === TMPFS) throw new Error(`${folder} is memory: set TUTTI_BENCH_DIR to a folder on a disk.`);
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: /^[\d.]*\d/.exec(release())?.[0] ?? "unknown",
    fdatasyncMicros: Math.round(probeDisk(folder)),
    loadAverage: loadavg()[0] ?? Number.NaN,
  };
}

export function describeVersions(): Readonly<Record<string, string>> {
  const root = join(import.meta.dirname, "../..");
  const programs = postgresPrograms();
  return {
    Tutti: `${versionIn(join(root, "package.json"))} (${sourcesIn(root)})`,
    "Node.js": process.versions.node,
    SQLite: process.versions["sqlite"] ?? "unknown",
    OpenWorkflow: versionOf("openworkflow"),
    "DBOS Transact": versionOf("@dbos-inc/dbos-sdk"),
    PostgreSQL: programs === null ? "none" : postgresVersion(programs),
    "Restate server": versionOf("@restatedev/restate-server"),
    "Restate SDK": versionOf("@restatedev/restate-sdk"),
  };
}

/** The commit that last changed what is measured, and whether something has changed since. */
function sourcesIn(root: string): string {
  const git = (...args: readonly string[]): string => execFileSync("git", ["-C", root, ...args, "--", "src"], { encoding: "utf8" }).trim();
  return `${git("log", "-1", "--format=%h")}${git("status", "--porcelain") === "" ? "" : ", changed"}`;
}

function postgresVersion(programs: string): string {
  return /\d+\.\d+/.exec(execFileSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" }))?.[0] ?? "unknown";
}

function versionOf(name: string): string {
  const { dependencies } = readManifest(join(import.meta.dirname, "package.json"));
  const [found] = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return found === undefined ? (dependencies?.[name] ?? "unknown") : versionIn(join(found, name, "package.json"));
}

function versionIn(path: string): string {
  return readManifest(path).version ?? "unknown";
}

function readManifest(path: string): { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(path, "utf8")) as { readonly version?: string };
}

function probeDisk(folder: string): number {
  const directory = mkdtempSync(join(folder, "tutti-probe-"));
  const file = openSync(join(directory, "probe"), "w");
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now();
    writeSync(file, page, 0, page.length, 0);
    fdatasyncSync(file);
    return (performance.now() - startedAt) * 1_000;
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return median(times);
}
