/** Policies, targets and joins of a definition in the spelling of the file format. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_DURATION_MS } from "../../base/limits.ts";
import type { AgentBinding, Budget, RetryPolicy, StepLimit, Succeed, Target } from "../../definition/definition.ts";
import type { Policies } from "../file/read-policy.ts";

/** What the printer of a step knows of the file around it. */
export type Printing = {
  /** Names that a bare word in `fallback` would be taken for. */
  readonly agents: ReadonlySet<string>;
  /** What a step gets when it says nothing: `defaults` of the file. */
  readonly policies: Policies;
};

type Unit = readonly [name: string, ms: number];
const UNITS: readonly Unit[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];
const RATE_UNITS: readonly Unit[] = [
  ["s", 1],
  ["m", 60],
  ["h", 3_600],
];

/** An exact duration, as `parseDuration` reads it: `1h30m`. */
export function durationText(durationMs: number): string {
  let restMs = durationMs;
  let text = "";
  for (const [name, unitMs] of UNITS) {
    const count = unitMs === 1 ? restMs : Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) text += `${count}${name}`;
  }
  return text === "" ? "0s" : text;
}

/** `timeout` and `retry`, as far as they differ from what the file gives to everyone. */
export function policyKeys({ timeoutMs, retry }: Policies, { policies }: Pick<Printing, "policies">): JsonObject {
  const retryKeys = retryDifference(retry, policies.retry);
  return {
    ...(timeoutMs === policies.timeoutMs ? {} : { timeout: durationText(timeoutMs) }),
    ...(Object.keys(retryKeys).length === 0 ? {} : { retry: retryKeys }),
  };
}

function retryDifference(retry: RetryPolicy, standard: RetryPolicy): JsonObject {
  // A first delay over the usual cap lifts the cap (read-policy.ts).
  const standardMaxMs = Math.min(MAX_DURATION_MS, Math.max(retry.initialMs, standard.maxMs));
  return {
    ...(retry.attempts === standard.attempts ? {} : { attempts: retry.attempts }),
    ...(retry.initialMs === standard.initialMs ? {} : { initial: durationText(retry.initialMs) }),
    ...(retry.factor === standard.factor ? {} : { factor: retry.factor }),
    ...(retry.maxMs === standardMaxMs ? {} : { max: durationText(retry.maxMs) }),
    ...(retry.jitter === standard.jitter ? {} : { jitter: retry.jitter }),
  };
}

/** Who does the work, as keys of a step or of an entry. */
export function targetKeys(target: Target): JsonObject {
  switch (target.kind) {
    case "agent":
      return { agent: target.agent, ...(target.skill === null ? {} : { skill: target.skill }) };
    case "capability":
      return { capability: target.capability };
    case "workflow":
      return { workflow: target.range === "*" ? target.name : `${target.name}@${target.range}` };
    case "sink":
      return { emit: { event: target.event, to: target.sink === "log" ? "log" : target.url } };
  }
}

/** A target in a list: a word where a word is understood as the same. */
export function listedTarget(target: Target, { agents }: Pick<Printing, "agents">): Json {
  if (target.kind === "agent" && target.skill === null && agents.has(target.agent)) return target.agent;
  if (target.kind === "capability" && !agents.has(target.capability)) return target.capability;
  return targetKeys(target);
}

/** `succeed`: when branches or items together have succeeded. */
export function succeedValue({ rule, withinMs }: Succeed): Json {
  const within: JsonObject = withinMs === undefined ? {} : { within: durationText(withinMs) };
  const word = (name: "all" | "any"): Json => (withinMs === undefined ? name : { [name]: true, ...within });
  switch (rule.kind) {
    case "all":
      return word("all");
    case "atLeast":
      return { atLeast: rule.count, ...within };
    case "atLeastPercent":
      return { atLeast: `${rule.percent}%`, ...within };
    case "first":
      return rule.count === 1 ? word("any") : { first: rule.count, ...within };
    case "quorum":
      return { quorum: rule.count, on: rule.on, ...within };
  }
}

/** `limit`: how many at once, and how many a second. */
export function limitValue({ concurrency, perSecond }: StepLimit): Json {
  if (perSecond === undefined && concurrency !== undefined) return concurrency;
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(perSecond === undefined ? {} : { rate: rateText(perSecond) }),
  };
}

/** The unit in which the rate is a whole number, so that reading it gives the same number again. */
function rateText(perSecond: number): string {
  for (const [name, seconds] of RATE_UNITS) {
    const count = Math.round(perSecond * seconds);
    if (count > 0 && count / seconds === perSecond) return `${count}/${name}`;
  }
  return `${perSecond}/s`;
}

export function budgetObject(budget: Partial<Budget>): JsonObject {
  const { wallMs, onExceeded, ...counts } = budget;
  return {
    ...counts,
    ...(wallMs === undefined ? {} : { time: durationText(wallMs) }),
    ...(onExceeded === undefined || onExceeded === "fail" ? {} : { onExceeded }),
  };
}

export function agentObject(binding: AgentBinding): JsonObject {
  switch (binding.kind) {
    case "card":
      return { card: binding.url, ...(binding.secret === null ? {} : { auth: { secret: binding.secret } }) };
    case "module":
      return { module: binding.specifier };
    case "capability":
      return { capability: binding.capability };
    case "local":
      return { local: binding.name };
  }
}

/** A bare expression; a plain true or false is one in YAML too. */
export function conditionValue(source: string): Json {
  return source === "true" ? true : source === "false" ? false : source;
}

/** Without the keys that are not there. */
export function present(object: { readonly [key: string]: Json | null | undefined }): JsonObject {
  const kept: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined && value !== null) kept[key] = value;
  return kept;
}

/** Whether two JSON values are equal, whatever the order of their keys. */
export function isSame(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    const others: readonly Json[] = right;
    return left.length === others.length && left.every((item: Json, index) => isSame(item, others[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]));
}
