/**
 * Runs that go on without a terminal: a process of its own, whose prose goes to a log beside the
 * database. The process is `tutti run --background`, so there is one way to drive a run.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { TuttiError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import { openReader } from "./session.ts";

const START_PATIENCE_MS = 20_000;
const LOOK_MS = 50;
const LOG_LINES = 5;

export type BackgroundOrder = {
  readonly db: string;
  readonly run: string;
  /** Further words of `tutti run`. */
  readonly words: readonly string[];
  /** The run's input as JSON; null for a run that exists. */
  readonly input: string | null;
};

/** Starts the process and returns its id; it outlives this one. */
export function spawnBackground(
  cli: Cli,
  { db, run, words, input }: BackgroundOrder,
): { readonly pid: number; readonly logFile: string; readonly hasEnded: () => boolean } {
  mkdirSync(dirname(db), { recursive: true, mode: 0o700 });
  const logFile = `${db}.log`;
  const log = openSync(logFile, "a", 0o600);
  const all = ["run", ...words, "--id", run, "--db", db, "--background", ...(input === null ? [] : ["--input", "@-"])];
  const child = spawn(process.execPath, [...process.execArgv, cli.program, ...all], {
    cwd: cli.directory,
    env: cli.environment,
    detached: true,
    stdio: [input === null ? "ignore" : "pipe", log, log],
  });
  closeSync(log);
  let hasEnded = false;
  child.once("exit", () => (hasEnded = true));
  child.once("error", () => (hasEnded = true));
  child.stdin?.on("error", () => (hasEnded = true));
  child.stdin?.end(input ?? "");
  child.unref();
  return { pid: child.pid ?? 0, logFile, hasEnded: () => hasEnded };
}

/** Starts a run in the background, and returns when it is durably started. Throws T2107. */
export async function startInBackground(cli: Cli, order: BackgroundOrder): Promise<{ readonly pid: number; readonly logFile: string }> {
  const { pid, logFile, hasEnded } = spawnBackground(cli, order);
  const givenUpAt = Date.now() + START_PATIENCE_MS;
  while (!(await exists(cli, order))) {
    if (hasEnded() || Date.now() > givenUpAt) throw notStarted(logFile, hasEnded());
    await delay(LOOK_MS);
  }
  return { pid, logFile };
}

async function exists(cli: Cli, { db, run }: BackgroundOrder): Promise<boolean> {
  if (!existsSync(db)) return false;
  try {
    await using session = openReader(cli, db);
    const { orchestrator } = session;
    return (await orchestrator.host.get(orchestrator.ref(run))) !== null;
  } catch (error) {
    // The tables are being made at this moment; what is wrong for good, the process says in its log.
    if (error instanceof TuttiError || (error instanceof Error && /no such table/.test(error.message))) return false;
    throw error;
  }
}

function notStarted(logFile: string, hasEnded: boolean): TuttiError {
  const said = readFileSync(logFile, "utf8").trim().split("\n").slice(-LOG_LINES).join(" ");
  return new TuttiError(
    "T2107",
    `The process in the background ${hasEnded ? "ended before it" : "has not"} started the run. It said: ${said || "nothing"}`,
    { help: `Its log is ${logFile}.` },
  );
}
