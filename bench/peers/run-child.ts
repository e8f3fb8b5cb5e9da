/**
 * One measurement in a process of its own, in a folder of its own. Owns the child's process group: it is
 * killed whole, servers included, when the measurement is over, fails, or is meant to be killed.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import type { EngineName, Load } from "./loads.ts";
import { memoryOf, treeOf } from "./processes.ts";
import { heard, type Message, type Report } from "./reports.ts";

export type Measured = { readonly report: Report } | { readonly failed: string };

const SAMPLE_MS = 200;
/** A dead process keeps its id until it is collected, and PostgreSQL takes the id in its lock file for a server that lives. */
const COLLECT_TIMEOUT_MS = 10_000;
/** Of a child that failed: enough for an error with its stack. */
const LAST_LINES = 15;

/** `wrap`: what the child is started with, such as the tool that slows its fsyncs. */
export async function measure(engine: EngineName, load: Load, wrap: readonly string[]): Promise<Measured> {
  const directory = mkdtempSync(join(process.env["TUTTI_BENCH_DIR"] ?? tmpdir(), "tutti-peers-"));
  // PostgreSQL runs as another user, and must get through to its folder.
  chmodSync(directory, 0o711);
  try {
    const held = load.kind === "recovery" ? await runChild({ engine, load, wrap, directory, phase: "hold" }) : null;
    const { message, peakMemory } = await runChild({ engine, load, wrap, directory, phase: String(Date.now()) });
    if (!("report" in message)) throw new Error("The child told no result.");
    const { report } = message;
    if (held !== null && "heldRuns" in held.message) return { report: { ...report, ...held.message } };
    return { report: report.kind === "steps" && engine !== "floor" ? { ...report, peakMemory } : report };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type ChildOptions = {
  readonly engine: EngineName;
  readonly load: Load;
  readonly wrap: readonly string[];
  readonly directory: string;
  /** `hold`: told to hold its runs open; else the instant from which recovery is timed. */
  readonly phase: string;
};

/** Starts a child, waits for its first message, and leaves none of its processes behind. */
async function runChild({ engine, load, wrap, directory, phase }: ChildOptions): Promise<{ message: Message; peakMemory: number }> {
  const node = [process.execPath, "--conditions=source", "--expose-gc", join(import.meta.dirname, "child.ts")];
  const [program, ...args] = [...wrap, ...node, engine, directory, JSON.stringify(load), phase];
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started.`);
  let peakMemory = 0;
  const sampler = setInterval(() => (peakMemory = Math.max(peakMemory, memoryOf(treeOf(pid)))), SAMPLE_MS);
  const lines: string[] = [];
  try {
    const message = await new Promise<Message>((resolve, reject) => {
      createInterface(child.stdout).on("line", (line) => {
        const told = heard(line);
        if (told === null) lines.push(line);
        else resolve(told);
      });
      createInterface(child.stderr).on("line", (line) => lines.push(line));
      child.on("close", (code) => reject(new Error(`ended with ${code}: ${lines.slice(-LAST_LINES).join(" | ")}`)));
    });
    return { message, peakMemory };
  } finally {
    clearInterval(sampler);
    await killAll(pid);
  }
}

/** As a machine that loses its power: every process at once, and back when none is left. */
async function killAll(root: number): Promise<void> {
  const pids = treeOf(root);
  for (const pid of [-root, ...pids]) signal(pid, "SIGKILL");
  const deadlineAt = Date.now() + COLLECT_TIMEOUT_MS;
  while (pids.some((pid) => signal(pid, 0)) && Date.now() < deadlineAt) await sleep(10);
}

/** False when there is no such process. */
function signal(pid: number, name: "SIGKILL" | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
