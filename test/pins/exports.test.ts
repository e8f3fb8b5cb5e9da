import { join } from "node:path";

import { expect, it } from "vitest";

import { ROOT } from "../support/source-files.ts";

/** The public names of each entry of package.json, sorted. A change here is a change for users. */
const PINNED: { readonly [entry: string]: readonly string[] } = {
  "src/index.ts": [
    "AgentUnavailableError",
    "CyclicDependencyError",
    "ERROR_CODES",
    "InvalidWorkerOutputError",
    "MaxIterationsExceededError",
    "NetworkError",
    "Orchestrator",
    "RunHandle",
    "TuttiError",
    "WorkflowExecutionError",
    "WorkflowSubtaskFailedError",
    "WorkflowTimeoutError",
    "ask",
    "askAuth",
    "cel",
    "createServer",
    "defineAgent",
    "fail",
    "handOver",
    "handoff",
    "loadFile",
    "loadText",
    "loop",
    "message",
    "openOrchestrator",
    "parallel",
    "refuse",
    "remoteAgent",
    "result",
    "sequential",
    "serveAgent",
    "text",
    "workflow",
    "workflowFromObject",
  ],
  "src/testing/index.ts": [
    "TestRun",
    "attemptsOf",
    "dagOf",
    "expectAttempts",
    "expectDag",
    "expectOrder",
    "expectOutput",
    "orderOf",
    "scripted",
    "skippedOf",
    "startWorkflow",
    "testWorkflow",
  ],
};

it.each(Object.entries(PINNED))("%s exports these names", async (path, names) => {
  const file = join(ROOT, path);
  expect(Object.keys((await import(file)) as object).toSorted()).toEqual(names);
});
