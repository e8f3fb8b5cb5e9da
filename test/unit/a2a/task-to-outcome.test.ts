import { Role, type Task, TaskState } from "@a2a-js/sdk";
import { expect, test } from "vitest";

import { taskToOutcome } from "../../../src/a2a/client/task-to-outcome.ts";
import { dataPart, message } from "../../../src/a2a/wire/wire.ts";

function failed(retryAfterMs: number): Task {
  const data = { error_code: "RATE_LIMIT_EXCEEDED", retry_after_ms: retryAfterMs };
  const said = message({ id: "m", role: Role.ROLE_AGENT, parts: [dataPart(data)], contextId: "c", taskId: "t" });
  const status = { state: TaskState.TASK_STATE_FAILED, message: said, timestamp: undefined };
  return { id: "t", contextId: "c", status, artifacts: [], history: [], metadata: undefined };
}

test.each([
  [1_500, 1_500],
  [-1, 0],
  [30 * 86_400_000, 3_600_000],
])("an agent that asks for %d ms before the next attempt gets %d ms: an hour at most", (asked, given) => {
  expect(taskToOutcome(failed(asked))).toMatchObject({ kind: "failed", failure: { retryAfterMs: given } });
});
