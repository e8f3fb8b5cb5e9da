/** How a subtask begins, by the kind of its step. */
import type { Scope, StepProgram } from "../definition/program.ts";
import { assignSubtask } from "./assign.ts";
import { beginApproval } from "./approval.ts";
import type { Path } from "./input.ts";
import { aggregateNow, setNow } from "./instant.ts";
import { stepOf } from "./path.ts";
import { beginPlanApproval } from "./plan.ts";
import { openScope } from "./scope.ts";
import type { Turn } from "./turn.ts";
import { beginWait } from "./wait.ts";

export function beginSubtask(turn: Turn, step: StepProgram, path: Path, scope: Scope): void {
  switch (step.step.kind) {
    case "delegate":
      return assignSubtask(turn, step, path, scope);
    case "parallel":
    case "group":
    case "loop":
    case "handoff":
    case "plan":
      return openScope(turn, step, path);
    case "approval":
      return stepOf(path) === "approvePlan" ? beginPlanApproval(turn, step, path) : beginApproval(turn, step, path, scope);
    case "wait":
      return beginWait(turn, step, path, scope);
    case "aggregate":
      return aggregateNow(turn, step, path, scope);
    case "set":
      return setNow(turn, step, path, scope);
  }
}
