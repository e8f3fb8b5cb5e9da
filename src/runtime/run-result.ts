import { TuttiError } from "../base/errors.ts";
import type { RunRef } from "../base/ids.ts";
import { errorOfFailedRun } from "../base/named-errors.ts";
import type { Json } from "../base/json.ts";
import type { Host, RunRecord } from "../ports/host.ts";
import type { RunEnd, RunState } from "../scheduler/index.ts";
import type { Failure } from "../scheduler/outcome.ts";

/** How a run ended, or that it has not. */
export type RunResult =
  | { readonly status: "completed"; readonly run: string; readonly output: Json }
  | { readonly status: "failed"; readonly run: string; readonly failure: Failure }
  | { readonly status: "canceled"; readonly run: string; readonly reason: string; readonly by: string }
  /** Deciding failed; the run stands still until it is released. */
  | { readonly status: "quarantined"; readonly run: string; readonly reason: string }
  | { readonly status: "open"; readonly run: string };

/** How a run stands; what it came to is in its last fact. Throws T4001 when there is no such run. */
export async function readResult(host: Host, run: RunRef): Promise<RunResult> {
  const end = await host.end(run);
  if (end !== null) return resultOfEnd(run, end);
  const record = await host.get(run);
  if (record === null) throw new TuttiError("T4001", `There is no run ${run.id}.`);
  return resultOf(record, null);
}

/** How a run ended, by its record and its state. */
export function resultOf(record: RunRecord, state: Pick<RunState, "end"> | null): RunResult {
  const run = record.run.id;
  if (record.status === "quarantined") return { status: "quarantined", run, reason: record.error?.message ?? "" };
  const end = state?.end ?? null;
  return end === null ? { status: "open", run } : resultOfEnd(record.run, end);
}

function resultOfEnd({ id: run }: RunRef, end: RunEnd): RunResult {
  switch (end.kind) {
    case "completed":
      return { status: "completed", run, output: end.output };
    case "failed":
      return { status: "failed", run, failure: end.failure };
    case "canceled":
      return { status: "canceled", run, reason: end.reason, by: end.by };
  }
}

/** The output of a run that completed; throws what it ended with otherwise. */
export function outputOf(result: RunResult): Json {
  switch (result.status) {
    case "completed":
      return result.output;
    case "failed":
      throw errorOfFailedRun(result.run, result.failure);
    case "canceled":
      throw new TuttiError("T4003", `Run ${result.run} was canceled by ${result.by}: ${result.reason}.`);
    case "quarantined":
      throw new TuttiError("T5007", `Run ${result.run} is quarantined: ${result.reason}`);
    case "open":
      throw new TuttiError("T4003", `Run ${result.run} has not ended yet.`, { retryable: true });
  }
}
