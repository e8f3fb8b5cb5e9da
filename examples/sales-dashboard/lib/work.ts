/**
 * How these agents do a piece of work. It owns the journal, the receipts and the pace.
 * 1. Work that has been done under a key is not done again: its receipt gives the same answer.
 * 2. Every start, stage and end is a line of the journal (`SALES_JOURNAL`), so that an audit can
 *    count executions without trusting the orchestrator.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { writeWhole } from "./workspace.ts";

/** What of an agent's call this needs. */
export type Job = {
  readonly key: string;
  readonly capability: string;
  readonly signal: AbortSignal;
  readonly assignment: { readonly workflow_id: string; readonly subtask_id: string; readonly attempt: number };
  progress(progress: { readonly percent?: number; readonly phase?: string; readonly note?: string }): void;
};

/** One line of the journal. */
export type JournalEntry = {
  readonly at: string;
  readonly agent: string;
  readonly event: "started" | "stage" | "finished" | "failed" | "repeated";
  readonly capability: string;
  readonly key: string;
  readonly run: string;
  readonly subtask: string;
  readonly attempt: number;
  readonly note?: string;
};

/** Says which part of the work begins now; `percent` is how much of the whole is done. */
export type Stage = (percent: number, phase: string) => Promise<void>;

type Place = { readonly agent: string; readonly folder: string; readonly stages: number };

/** Does the work once for each key (invariant 1). `stages` is how many parts it says it has. */
export async function performOnce<Value>(
  job: Job,
  { agent, folder, stages }: Place,
  work: (stage: Stage) => Promise<Value>,
): Promise<Value> {
  const receipt = join(folder, ".receipts", `${createHash("sha256").update(`${agent}/${job.key}`).digest("hex").slice(0, 32)}.json`);
  if (existsSync(receipt)) {
    record(job, agent, "repeated");
    return JSON.parse(readFileSync(receipt, "utf8")) as Value;
  }
  record(job, agent, "started");
  try {
    const value = await work(async (percent, phase) => {
      job.progress({ percent, phase });
      record(job, agent, "stage", phase);
      await keepPace(stages, job.signal);
    });
    await writeWhole(receipt, JSON.stringify(value));
    record(job, agent, "finished");
    return value;
  } catch (error) {
    record(job, agent, "failed", error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Stretches the work so that a person can follow it: `TUTTI_DEMO_PACE_MS` for each step, none by default. */
async function keepPace(stages: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const paceMs = Number(process.env["TUTTI_DEMO_PACE_MS"] ?? 0);
  if (paceMs > 0) await delay(paceMs / stages, undefined, { signal });
}

function record(job: Job, agent: string, event: JournalEntry["event"], note?: string): void {
  const file = process.env["SALES_JOURNAL"];
  if (file === undefined) return;
  const { workflow_id: run, subtask_id: subtask, attempt } = job.assignment;
  const entry: JournalEntry = {
    at: new Date().toISOString(),
    agent,
    event,
    capability: job.capability,
    key: job.key,
    run,
    subtask,
    attempt,
    ...(note === undefined ? {} : { note }),
  };
  // One short write in append mode: lines of five processes do not mix.
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** The whole lines of a journal; none when it does not exist yet. */
export function readJournal(file: string): readonly JournalEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as JournalEntry);
}
