import type { RunRecord } from "../../ports/host.ts";
import type { NewRunRow } from "./store.ts";

/** The record of a run that has just begun. */
export function newRecord({ run, workflow, version, fingerprint, at, labels, parent }: Omit<NewRunRow, "inputHash" | "owes">): RunRecord {
  return {
    run,
    workflow,
    version,
    fingerprint,
    status: "running",
    createdAt: at,
    updatedAt: at,
    endedAt: null,
    error: null,
    labels,
    ...(parent === null ? {} : { parent }),
  };
}
