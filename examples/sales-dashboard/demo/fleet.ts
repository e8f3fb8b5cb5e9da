/**
 * Owns the five agent processes of a demo.
 * 1. Each is its own process and its own process group: a Ctrl-C is for the demo, which then ends them.
 * 2. Each ends when the demo does, however that ends: it watches its standard input.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const AGENT_NAMES = ["data", "clean", "analytics", "chart", "report"] as const;
export type AgentName = (typeof AGENT_NAMES)[number];
export type Endpoint = { readonly name: AgentName; readonly url: string; readonly pid: number };

export type Fleet = AsyncDisposable & { readonly endpoints: readonly Endpoint[] };

const SERVE = fileURLToPath(new URL("../agents/serve.ts", import.meta.url));
const READY_MS = 30_000;
const STOP_MS = 5_000;

/** Starts all agents on free ports and waits until each is ready. Their prose goes to `agents.log`. */
export async function startFleet({ folder, workspace, paceMs }: { folder: string; workspace: string; paceMs: number }): Promise<Fleet> {
  const log = openSync(join(folder, "agents.log"), "a");
  const environment = {
    ...process.env,
    SALES_WORKSPACE: workspace,
    SALES_JOURNAL: join(folder, "journal.jsonl"),
    TUTTI_DEMO_PACE_MS: String(paceMs),
  };
  const start = (name: AgentName) =>
    spawn(process.execPath, ["--conditions=source", SERVE, name, "0", "--with-parent"], {
      env: environment,
      stdio: ["pipe", "pipe", log],
      detached: true,
    });
  const children = AGENT_NAMES.map((name) => ({ name, child: start(name) }));
  closeSync(log);
  const stop = async (): Promise<void> => void (await Promise.all(children.map(({ child }) => end(child))));
  try {
    const endpoints = await Promise.all(
      children.map(async ({ name, child }) => ({ name, url: await readUrl(name, child, folder), pid: child.pid ?? 0 })),
    );
    return { endpoints, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readUrl(name: AgentName, { stdout }: { readonly stdout: Readable | null }, folder: string): Promise<string> {
  if (stdout === null) throw new Error(`Agent "${name}" has no standard output.`);
  const patience = AbortSignal.timeout(READY_MS);
  const lines = createInterface({ input: stdout, signal: patience });
  try {
    for await (const line of lines) {
      const ready: unknown = JSON.parse(line);
      if (typeof ready === "object" && ready !== null && "url" in ready && typeof ready.url === "string") return ready.url;
    }
  } finally {
    lines.close();
    stdout.resume();
  }
  const why = patience.aborted ? `is not ready after ${READY_MS / 1000} s` : "ended before it was ready";
  throw new Error(`Agent "${name}" ${why}. ${readFileSync(join(folder, "agents.log"), "utf8").trim().split("\n").slice(-4).join("\n")}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(force);
}
