import type { Labels } from "../scheduler/input.ts";

/** The labels by which the run of an A2A task is found. */
export const CALLER_LABEL = "a2a.caller";
export const CONTEXT_LABEL = "a2a.context";

/** What other runs have from the run of a task: a sub-workflow, a retry and a fork are nobody's tasks. */
export function withoutTaskLabels(labels: Labels): Labels {
  const { [CALLER_LABEL]: _caller, [CONTEXT_LABEL]: _context, ...rest } = labels;
  return rest;
}
