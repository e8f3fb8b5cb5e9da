import type { JsonObject } from "../../base/json.ts";
import { MAX_NESTING, MAX_STEPS } from "../../base/limits.ts";
import { DEFAULTS, type PlanStep } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { readPolicies } from "../file/read-policy.ts";
import { at, isAbsent, type Place, present, type Reader, readNumber, readTexts, report } from "../file/reader.ts";
import { readApproval } from "./approval.ts";
import { BARE, readCommon, readDisagreeHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import { listed, readInside, WORK_KEYS } from "./keys.ts";
import type { StepKind } from "./kind.ts";
import { hasOneTarget, readTarget, TARGET_KEYS } from "./target.ts";
import { readWork } from "./work.ts";

const INSIDE = ["agent", "capability", "skill", "allow", "maxSubtasks", "maxDepth", "approve", "timeout", "retry"] as const;

/** `plan:`: an agent returns subtasks, which become a part of the run (requirements W013). */
export const planKind: StepKind = {
  keys: ["plan"],
  besides: WORK_KEYS,
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const path = [...surroundings.path, "plan"];
    // The planner has a contract, whether or not the step has one: a plan that breaks the rules is repaired.
    const { work, handlers: ofPlanner } = readWork(reader, object, { surroundings, repairs: { usual: DEFAULTS.repair, isChecked: true } });
    const ofJoin = readDisagreeHandler(reader, object, surroundings);
    const inner = readInside(reader, at(object, surroundings.path, "plan"), planKind);
    if (inner === null) return null;
    const place = (key: (typeof INSIDE)[number]): Place => at(inner, path, key);
    const { context, ...rest } = common;
    const approve = isAbsent(place("approve")) ? null : readApproval(reader, place("approve"), surroundings);
    if (!hasPlanner(reader, inner, path)) return null;
    for (const key of ["agent", "capability", "skill"]) reader.moves.push({ from: [...surroundings.path, key], to: [...path, key] });
    const access = context === undefined ? {} : { context };
    const planner = {
      kind: "delegate",
      target: readTarget(reader, inner, path),
      ...BARE,
      ...access,
      ...work,
      ...handlersOf(ofPlanner),
    } as const;
    return {
      kind: "plan",
      planner,
      capabilities: [...new Set(readTexts(reader, place("allow")).map(({ text }) => text))],
      maxSubtasks: readNumber(reader, place("maxSubtasks"), {
        least: 1,
        most: MAX_STEPS,
        whole: true,
        standard: DEFAULTS.plan.maxSubtasks,
      }),
      maxDepth: readNumber(reader, place("maxDepth"), { least: 1, most: MAX_NESTING, whole: true, standard: DEFAULTS.plan.maxDepth }),
      ...present({ approve }),
      subtask: readPolicies(reader, { timeout: place("timeout"), retry: place("retry") }, surroundings.policies),
      ...rest,
      ...handlersOf(handlers, ofJoin),
    } satisfies PlanStep;
  },
};

function hasPlanner(reader: Reader, inner: JsonObject, path: DocumentPath): boolean {
  if (hasOneTarget(inner)) return true;
  const named = TARGET_KEYS.filter((key) => Object.hasOwn(inner, key));
  const message = named.length === 0 ? "`plan` does not say who makes the plan." : `\`plan\` has ${listed(named)}.`;
  report(reader, { code: "T1012", message, help: "Give it exactly one of `agent` and `capability`.", path, at: "key" });
  return false;
}
