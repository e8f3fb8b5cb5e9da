/** The real command in a folder of its own. Everything that is started is ended with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Ended as EndedHere } from "../../support/command-here.ts";

const BIN = fileURLToPath(new URL("../../../src/bin.ts", import.meta.url));
const SERVE = fileURLToPath(new URL("./fixtures/serve.ts", import.meta.url));
export const AGENTS = fileURLToPath(new URL("./fixtures/agents.ts", import.meta.url));
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended>; stderr(): string };
type CallOptions = {
  readonly input?: string;
  readonly environment?: { readonly [name: string]: string };
  readonly flags?: readonly string[];
};

export class Place implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "tutti-cli-"));
  readonly #started: Started[] = [];
  readonly #pids: number[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** A workflow whose steps are given in YAML, with the worker bound. */
  workflow(name: string, steps: string, more = ""): string {
    return this.write(
      `${name}.tutti.yaml`,
      `tutti: "1.0"\nname: ${name}\nversion: 1.0.0\nagents: { worker: { module: "${AGENTS}#worker" } }\n${more}\nsteps:\n${steps}\n`,
    );
  }

  /** Runs the command to its end. */
  run(...words: readonly string[]): Promise<Ended> {
    return this.start(words).ended;
  }

  /**
   * Executes a command in this process, which is to those that were started another one as well. For
   * commands on runs that give no work to agents: these write their journal by the environment.
   */
  async here(...words: readonly string[]): Promise<EndedHere> {
    const { commandHere } = await import("../../support/command-here.ts");
    return commandHere(this.folder, words);
  }

  start(words: readonly string[], { input, environment = {}, flags = [] }: CallOptions = {}): Started {
    const child = spawn(process.execPath, ["--conditions=source", ...flags, BIN, ...words], {
      cwd: this.folder,
      env: { ...cleanEnvironment(), TEST_JOURNAL: this.path("journal"), ...environment },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    child.stdin?.end(input);
    const errors: string[] = [];
    child.stderr?.on("data", (piece: Buffer) => errors.push(piece.toString()));
    const started: Started = { child, ended: waitForEnd(child, () => errors.join("")), stderr: () => errors.join("") };
    this.#started.push(started);
    return started;
  }

  /** The worker as a process of its own; the address that it serves at. */
  async serve(): Promise<string> {
    const child = spawn(process.execPath, ["--conditions=source", SERVE], {
      env: { ...cleanEnvironment(), TEST_JOURNAL: this.path("journal") },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#started.push({ child, ended: waitForEnd(child, () => ""), stderr: () => "" });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return line.toString().trim();
  }

  /** What agents have been asked, in order. */
  calls(): readonly string[] {
    return existsSync(this.path("journal")) ? readFileSync(this.path("journal"), "utf8").trim().split("\n") : [];
  }

  /** Waits until something is so. */
  async until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
    const givenUpAt = Date.now() + PATIENCE_MS;
    while (!(await test())) {
      if (Date.now() > givenUpAt) throw new Error(`It never came to this: ${what}.`);
      await delay(LOOK_MS);
    }
  }

  /** A process in the background that this test is the cause of. */
  adopt(pid: number): void {
    this.#pids.push(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#started) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    for (const pid of this.#pids) killQuietly(pid);
    await Promise.all(this.#started.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function waitForEnd(child: ChildProcess, stderr: () => string): Promise<Ended> {
  const closed = once(child, "close");
  const stdout = child.stdout === null ? "" : await text(child.stdout);
  await closed;
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr: stderr() };
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("TUTTI_") && !name.startsWith("VITEST") && name !== "NODE_OPTIONS" && name !== "FORCE_COLOR",
  );
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself, which is just as good.
  }
}

/** The process that a sentence on standard error names. */
export function pidIn(stderr: string): number {
  return Number(/in process (\d+)/.exec(stderr)?.[1]);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
