/** A step in the spelling of the file format, as a person would write it. */
import type { Json, JsonObject } from "../../base/json.ts";
import { DEFAULT_EACH_CONCURRENCY } from "../../base/limits.ts";
import {
  type ContextAccess,
  DEFAULTS,
  type DelegateStep,
  HANDLER_NAMES,
  type Handlers,
  type Step,
  type Steps,
} from "../../definition/definition.ts";
import { handlerInside, kindKeys } from "./print-kind.ts";
import {
  budgetObject,
  conditionValue,
  durationText,
  limitValue,
  listedTarget,
  policyKeys,
  present,
  type Printing,
  succeedValue,
  targetKeys,
} from "./print-policy.ts";
import { workBeside } from "./shared-work.ts";

/** Steps by id. Their `needs` must be only those that a file has to write (print-needs.ts). */
export function printSteps(steps: Steps, printing: Printing): JsonObject {
  return Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, printStep(step, printing)]));
}

export function printStep(step: Step, printing: Printing): JsonObject {
  const work = workBeside(step);
  const context = step.context ?? work?.context;
  return {
    ...beforeKeys(step),
    ...kindOf(step, printing),
    ...(work === null ? {} : assignmentKeys(work)),
    ...contractKeys(step.kind === "parallel" && work !== null ? work : step),
    ...(work === null ? {} : patienceKeys(work, printing)),
    ...(work === null ? {} : repairKeys(step, work)),
    ...afterKeys(step),
    ...(context === undefined ? {} : { context: contextObject(context) }),
    ...outcomeKeys(step, { work, printing }),
    ...(step.compensate === undefined ? {} : { compensate: printStep(step.compensate, printing) }),
  };
}

/** What decides when, and how often, the step runs. */
function beforeKeys({ needs, if: condition, each }: Step): JsonObject {
  return {
    ...(needs.length === 0 ? {} : { needs }),
    ...(condition === null ? {} : { if: conditionValue(condition) }),
    ...(each === null ? {} : { each: each.items }),
    ...(each === null || each.as === "item" ? {} : { as: each.as }),
    ...(each === null || each.concurrency === DEFAULT_EACH_CONCURRENCY ? {} : { concurrency: each.concurrency }),
  };
}

function kindOf(step: Step, printing: Printing): JsonObject {
  if (step.kind === "delegate") return delegateTarget(step);
  return kindKeys(step, { ...printing, nested: (inner) => printStep(inner, printing) });
}

/** `emit` holds its data; everything else stands beside its `with`. */
function delegateTarget({ target, with: parameters }: DelegateStep): JsonObject {
  if (target.kind !== "sink") return targetKeys(target);
  if (target.sink === "log" && parameters === null) return { emit: target.event };
  const to = target.sink === "log" ? "log" : target.url;
  return { emit: { event: target.event, to, ...(parameters === null ? {} : { data: parameters }) } };
}

/** What the agent is told. */
function assignmentKeys(step: DelegateStep): JsonObject {
  const { text, with: parameters, files, target } = step;
  return present({ text, with: target.kind === "sink" ? null : parameters, files });
}

/** What the result must be. */
function contractKeys({ output, rules }: Pick<Step, "output" | "rules">): JsonObject {
  return { ...(output === null ? {} : { output }), ...(rules.length === 0 ? {} : { rules }) };
}

/** Times, attempts, and what an outcome means, for one agent. */
function patienceKeys(step: DelegateStep, printing: Printing): JsonObject {
  return {
    ...policyKeys(step, printing),
    ...present({
      idle: step.idleMs === undefined ? null : durationText(step.idleMs),
      ttl: step.ttlMs === undefined ? null : durationText(step.ttlMs),
      fallback: step.fallback.length === 0 ? null : step.fallback.map((target) => listedTarget(target, printing)),
      conversation: step.conversation,
      deliver: step.deliver,
      limit: step.limit === undefined ? null : limitValue(step.limit),
      budget: step.budget === undefined ? null : budgetObject(step.budget),
      onUnknown: step.onUnknown === "fail" ? null : step.onUnknown,
      onInputRequired: step.onInputRequired,
      onAuthRequired: step.onAuthRequired,
      onRejected: step.onRejected,
    }),
  };
}

/** How the repairs of an agent's work are written; nothing when they are the usual ones. */
function repairKeys(step: Step, work: DelegateStep): JsonObject {
  if (areRepairsUsual(step, work)) return {};
  return { onInvalid: work.repair === undefined ? "fail" : { repair: work.repair } };
}

/** What has a contract is repaired once; a planner always has one: the plan. */
function areRepairsUsual({ kind }: Step, { output, rules, repair }: DelegateStep): boolean {
  const isChecked = kind === "plan" || output !== null || rules.length > 0;
  return repair === (isChecked ? DEFAULTS.repair : undefined);
}

/** What every kind may carry besides. */
function afterKeys(step: Step): JsonObject {
  return present({
    succeed: succeedBeside(step),
    deadline: step.deadlineMs === undefined ? null : durationText(step.deadlineMs),
    critical: step.critical ? null : false,
  });
}

/** `succeed` of an `each`. A handler of votes wants it to be written, even when it is the usual one. */
function succeedBeside({ kind, succeed, handlers }: Step): Json | null {
  if (kind === "parallel") return null;
  if (succeed !== undefined) return succeedValue(succeed);
  return handlers?.onDisagree === undefined ? null : "all";
}

function contextObject({ read, write }: ContextAccess): JsonObject {
  return { ...(read.length === 0 ? {} : { read }), ...(write.length === 0 ? {} : { write }) };
}

type Beside = { readonly work: DelegateStep | null; readonly printing: Printing };

/** Handlers: nested steps under the name of the outcome. */
function outcomeKeys(step: Step, { work, printing }: Beside): JsonObject {
  const handlers: Handlers = { ...work?.handlers, ...step.handlers };
  const printed: { [name: string]: Json } = {};
  for (const name of HANDLER_NAMES) {
    const handler = handlers[name];
    if (handler === undefined || (name === "onTimeout" && step.kind === "approval" && handlerInside(step) !== null)) continue;
    const nested = printStep(handler, printing);
    const isOfWork = work !== null && name === "onInvalid" && work.handlers?.onInvalid !== undefined;
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language
    printed[name] = isOfWork && !areRepairsUsual(step, work) ? { repair: work.repair ?? 0, then: nested } : nested;
  }
  return printed;
}
