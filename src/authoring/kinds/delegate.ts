import { isJsonObject } from "../../base/json.ts";
import type { DelegateStep } from "../../definition/definition.ts";
import { at, type Reader, readObject, report } from "../file/reader.ts";
import { readCommon, readDisagreeHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import { WORK_KEYS } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { readTarget, readWorkflow } from "./target.ts";
import { readWith, readWork, repairsOf } from "./work.ts";

/** The capability under which the guides call a sub-workflow (requirement W055). */
const RUN_SUBWORKFLOW = "run_subworkflow";

/** `agent:` or `capability:`: work for one agent (requirements W048). */
export const delegateKind: StepKind = {
  keys: ["agent", "capability"],
  besides: ["skill", ...WORK_KEYS],
  inside: [],
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const { work, handlers: ofWork } = readWork(reader, object, { surroundings, repairs: repairsOf(common) });
    const ofJoin = readDisagreeHandler(reader, object, surroundings);
    const target = readTarget(reader, object, surroundings.path);
    const step: DelegateStep = { kind: "delegate", target, ...common, ...work, ...handlersOf(handlers, ofWork, ofJoin) };
    return target.kind === "capability" && target.capability === RUN_SUBWORKFLOW ? asSubworkflow(reader, step, surroundings) : step;
  },
};

/** `workflow:`: a sub-workflow, as if it were an agent (requirements W055, B.e). */
export const workflowKind: StepKind = {
  keys: ["workflow"],
  besides: WORK_KEYS.filter((key) => key !== "files"),
  inside: [],
  read: (reader, object, surroundings) => delegateKind.read(reader, object, surroundings),
};

/** `capability: run_subworkflow` with `with: { workflow, input }` is another spelling of `workflow`. */
function asSubworkflow(reader: Reader, step: DelegateStep, { path }: StepSurroundings): DelegateStep {
  const inWith = [...path, "with"];
  if (!isJsonObject(step.with) || typeof step.with["workflow"] !== "string") {
    const help = "Write with: { workflow: name@^1, input: { … } }; which workflow it is must be known before the run.";
    report(reader, { code: "T1012", message: `\`${RUN_SUBWORKFLOW}\` does not say which workflow.`, help, path: inWith, at: "key" });
    return step;
  }
  readObject(reader, { value: step.with, path: inWith }, { known: ["workflow", "input", "params"] });
  const key = Object.hasOwn(step.with, "input") || !Object.hasOwn(step.with, "params") ? "input" : "params";
  reader.moves.push({ from: inWith, to: [...inWith, key] }, { from: [...path, "workflow"], to: [...inWith, "workflow"] });
  return { ...step, target: readWorkflow(reader, at(step.with, inWith, "workflow")), with: readWith(reader, at(step.with, inWith, key)) };
}
