/** Starts the programs of the sweep as real processes, and listens to what they print. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { FailAt, Life, Report } from "./world/orchestrate.ts";
import type { Acknowledgement } from "./world/outside.ts";
import type { Addresses } from "./world/addresses.ts";

/** How a process of the orchestrator ended. `stuck`: it did not, and was killed by us. */
export type Ended = {
  readonly how: "died" | "done" | "stuck";
  readonly diedAt: FailAt | null;
  readonly acknowledged: readonly Acknowledgement[];
  /** The failpoints that it passed, when it came to its end. */
  readonly points: readonly string[];
};

/** Is done to a process once it has said something: its database is then its own. */
export type WhenOwned = (child: ChildProcess) => Promise<void>;

const WORLD = join(import.meta.dirname, "world");

/** A directory for everything of a sweep, and the process of the remote agents. */
export class World {
  readonly directory: string;
  readonly journals: string;
  readonly addresses: Addresses;
  readonly #agents: ChildProcess;

  private constructor(directory: string, agents: ChildProcess, addresses: Addresses) {
    this.directory = directory;
    this.journals = join(directory, "journals");
    this.#agents = agents;
    this.addresses = addresses;
  }

  static async open(): Promise<World> {
    const directory = mkdtempSync(join(tmpdir(), "tutti-crash-"));
    mkdirSync(join(directory, "journals"));
    const agents = start(directory, "remote-agents.ts", join(directory, "journals"));
    const line = await firstLine(agents);
    return new World(directory, agents, JSON.parse(line) as Addresses);
  }

  /** One life of an orchestrator process: until it dies, is done, or has been given long enough. */
  async live(life: Omit<Life, "addresses" | "journals">, patienceMs: number, whenOwned?: WhenOwned): Promise<Ended> {
    const whole: Life = { ...life, addresses: this.addresses, journals: this.journals };
    const child = start(this.directory, "orchestrate.ts", JSON.stringify(whole));
    const reports: Report[] = [];
    if (child.stdout !== null) createInterface(child.stdout).on("line", (line) => reports.push(JSON.parse(line) as Report));
    let isStuck = false;
    const timer = setTimeout(() => {
      isStuck = true;
      child.kill("SIGKILL");
    }, patienceMs);
    const ending = closed(child);
    // The first line says that the database is open.
    if (whenOwned !== undefined) await Promise.race([firstLine(child).then(() => whenOwned(child)), ending]);
    const [code] = await ending;
    clearTimeout(timer);
    return readEnd(reports, { life: life.life, code, isStuck });
  }

  async close(): Promise<void> {
    this.#agents.stdin?.end();
    await closed(this.#agents);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function start(directory: string, program: string, argument: string): ChildProcess {
  const env = { ...process.env, TMPDIR: directory };
  return spawn(process.execPath, ["--conditions=source", join(WORLD, program), argument], { stdio: ["pipe", "pipe", "inherit"], env });
}

function readEnd(
  reports: readonly Report[],
  life: { readonly life: string; readonly code: number | null; readonly isStuck: boolean },
): Ended {
  const acknowledged = reports.filter((report) => report.kind === "acknowledged");
  const dying = reports.find((report) => report.kind === "dying");
  const done = reports.find((report) => report.kind === "done");
  if (dying !== undefined) return { how: "died", diedAt: { name: dying.name, count: dying.count }, acknowledged, points: [] };
  if (done !== undefined) return { how: "done", diedAt: null, acknowledged, points: done.points };
  if (life.isStuck) return { how: "stuck", diedAt: null, acknowledged, points: [] };
  throw new Error(`The process of life ${life.life} ended by itself with code ${String(life.code)}; its words are above.`);
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The program ended with code ${String(code)} before it said anything.`)));
    if (child.stdout !== null) createInterface(child.stdout).once("line", resolve);
  });
}

function closed(child: ChildProcess): Promise<[number | null]> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve([child.exitCode]);
    else child.once("close", (code) => resolve([code]));
  });
}
