/** The orchestrator as a child process: the `tutti` command, as a user types it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Endpoint } from "./fleet.ts";

const BIN = fileURLToPath(new URL("../../../src/bin.ts", import.meta.url));
const WORKFLOW = fileURLToPath(new URL("../sales-dashboard.tutti.yaml", import.meta.url));
const HISTORY_MS = 30_000;
const MAX_HISTORY_BYTES = 64 * 1_048_576;

export type RunOrder = {
  readonly run: string;
  readonly database: string;
  readonly input: { readonly [name: string]: unknown };
  readonly endpoints: readonly Endpoint[];
};

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string };
export type Orchestrator = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

/** Starts `tutti run`; its progress goes straight to this terminal, its result is collected. */
export function startOrchestrator({ run, database, input, endpoints }: RunOrder): Orchestrator {
  const bindings = endpoints.flatMap(({ name, url }) => ["--agent", `${name}=${url}`]);
  const words = ["run", WORKFLOW, "--id", run, "--db", database, "--input", JSON.stringify(input), "--watch", "--json", ...bindings];
  const child = spawn(process.execPath, ["--conditions=source", BIN, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  return { child, ended: waitForEnd(child, text(child.stdout)) };
}

async function waitForEnd(child: ChildProcess, output: Promise<string>): Promise<Ended> {
  // Listening first: an exit must not slip by while the output is being read.
  const closed = once(child, "close");
  const stdout = await output;
  await closed;
  return { code: child.exitCode, signal: child.signalCode, stdout };
}

/** What of a history the audit looks at. */
export type HistoryFact = {
  readonly kind: string;
  readonly path?: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly task?: { readonly taskId: string; readonly url: string };
};

/** The facts of a run, oldest first, by `tutti history RUN --json`. */
export async function readHistory(run: string, database: string): Promise<readonly HistoryFact[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", BIN, "history", run, "--db", database, "--json"], {
    timeout: HISTORY_MS,
    maxBuffer: MAX_HISTORY_BYTES,
  });
  return parseHistory(stdout);
}

/** Reads the command's answer: one document, or one fact a line. */
export function parseHistory(stdout: string): readonly HistoryFact[] {
  const trimmed = stdout.trim();
  const records = trimmed.startsWith("[")
    ? toList(JSON.parse(trimmed))
    : trimmed
        .split("\n")
        .filter(Boolean)
        .map((line): unknown => JSON.parse(line));
  return records.map(toFact).filter((fact) => fact !== null);
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toFact(record: unknown): HistoryFact | null {
  if (typeof record !== "object" || record === null) return null;
  const inner: unknown = "fact" in record ? record.fact : record;
  if (typeof inner !== "object" || inner === null || !("kind" in inner) || typeof inner.kind !== "string") return null;
  return inner as HistoryFact;
}
