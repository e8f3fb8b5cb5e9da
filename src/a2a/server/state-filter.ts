/**
 * Which runs are tasks in a state. An index has the status of a run and what it asks for. A served
 * agent that rejects its work, or stops by itself, ends a run that failed: why is in the run's error.
 */
import { TaskState } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { RunFilter, RunRecord } from "../../ports/host.ts";
import { isOfServedAgent } from "./served-agent.ts";

export type StateMatch = {
  readonly filter: Pick<RunFilter, "status" | "asks">;
  /** True: the filter says it all. */
  readonly isExact: boolean;
  readonly isMatch: (record: RunRecord) => boolean;
};

const OPEN = ["running", "waiting", "paused", "canceling", "compensating", "quarantined"] as const;

/** The runs whose tasks are in a state; null when no task ever is. */
export function matchState(state: TaskState): StateMatch | null {
  switch (state) {
    case TaskState.TASK_STATE_UNSPECIFIED:
      return exactly({});
    case TaskState.TASK_STATE_WORKING:
      return exactly({ status: OPEN, asks: "none" });
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return exactly({ status: OPEN, asks: "input" });
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return exactly({ status: OPEN, asks: "auth" });
    case TaskState.TASK_STATE_COMPLETED:
      return exactly({ status: ["completed"] });
    case TaskState.TASK_STATE_CANCELED:
      return roughly({ status: ["canceled", "failed"] }, (record) => record.status === "canceled" || endOf(record) === "canceled");
    case TaskState.TASK_STATE_FAILED:
      return roughly({ status: ["failed"] }, (record) => endOf(record) === null);
    case TaskState.TASK_STATE_REJECTED:
      return roughly({ status: ["failed"] }, (record) => endOf(record) === "rejected");
    // A task is accepted in the fact that makes it.
    case TaskState.TASK_STATE_SUBMITTED:
      return null;
    case TaskState.UNRECOGNIZED:
      throw new RequestMalformedError("status is none of the states of a task.");
  }
}

function exactly(filter: StateMatch["filter"]): StateMatch {
  return { filter, isExact: true, isMatch: () => true };
}

function roughly(filter: StateMatch["filter"], isMatch: StateMatch["isMatch"]): StateMatch {
  return { filter, isExact: false, isMatch };
}

/** How a served agent ended its work, when that was no failure; of a workflow's step that is a failure of the run. */
function endOf({ workflow, error }: RunRecord): "rejected" | "canceled" | null {
  const reason = error?.reason;
  return isOfServedAgent(workflow) && (reason === "rejected" || reason === "canceled") ? reason : null;
}
