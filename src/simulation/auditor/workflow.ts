/**
 * A workflow as its file says it, read a second time and by other code than the product's: what each
 * step needs, how often it is tried, and when what holds it is over. Only what the auditor asks for.
 */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { asObject, wordIn } from "./facts.ts";
import { readsOf } from "./expressions.ts";
import { readJoin, type Join } from "./join.ts";
import { type Policies, readPolicies, type Retry, STANDARD } from "./policies.ts";

export type Steps = ReadonlyMap<string, Step>;

export type Step = {
  readonly id: string;
  /** As it is written. */
  readonly file: JsonObject;
  /** Steps beside this one that must be over first. */
  readonly needs: readonly string[];
  readonly critical: boolean;
  readonly kind: "work" | "parallel" | "group" | "loop" | "handoff" | "plan" | "other";
  /** Items at once of an `each`; null without one. */
  readonly concurrency: number | null;
  readonly joinOfItems: Join;
  readonly joinOfBranches: Join;
  /** Iterations of a loop, turns of a handoff. */
  readonly max: number;
  readonly retry: Retry;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly fallbacks: number;
  readonly repairs: number;
  /** At once across all runs; null without a `limit`. */
  readonly limit: number | null;
  /** All attempts together have a time. */
  readonly hasDeadline: boolean;
  /** Its agents may use only so much, which may end its attempts early. */
  readonly hasBudget: boolean;
  /** What stands in it in an order of its own. */
  readonly block: Steps | null;
  /** Handlers, what undoes it, the parts of a plan. */
  readonly inner: Steps;
};

export type Workflow = { readonly steps: Steps; readonly budget: JsonObject; readonly output: unknown };

const read = new WeakMap<object, Workflow>();

/** Reads a file's content; the same one is read once. */
export function workflowOf(file: unknown): Workflow {
  if (!isJsonObject(file)) return { steps: new Map(), budget: {}, output: null };
  const known = read.get(file);
  if (known !== undefined) return known;
  const standard = readPolicies(asObject(file["defaults"]), STANDARD);
  const workflow = { steps: readBlock(asObject(file["steps"]), standard), budget: asObject(file["budget"]), output: file["output"] };
  read.set(file, workflow);
  return workflow;
}

function readBlock(steps: JsonObject, standard: Policies): Steps {
  const beside = new Set(Object.keys(steps));
  return new Map(Object.entries(steps).map(([id, step]) => [id, readStep(id, asObject(step), { standard, beside })]));
}

const ALONE: ReadonlySet<string> = new Set();

type Around = { readonly standard: Policies; readonly beside: ReadonlySet<string> };

function readStep(id: string, step: JsonObject, { standard, beside }: Around): Step {
  const kind = kindOf(step);
  const inside = kind === "group" ? step : asObject(step[kind]);
  return {
    id,
    file: step,
    needs: [...readsOf(step)].filter((need) => need !== id && beside.has(need)),
    critical: step["critical"] !== false,
    kind,
    concurrency: step["each"] === undefined ? null : (numberIn(step, "concurrency") ?? MOST_ITEMS_AT_ONCE),
    joinOfItems: kind === "parallel" ? ALL : readJoin(step["succeed"]),
    joinOfBranches: readJoin(kind === "parallel" ? inside["succeed"] : undefined),
    max: numberIn(inside, "max") ?? (kind === "loop" ? LOOP_MAX : HANDOFF_MAX),
    ...readWork(kind === "plan" ? inside : step, { standard, hasContract: Object.hasOwn(step, "output") || Object.hasOwn(step, "rules") }),
    block: readInside(step, { kind, inside, standard }),
    inner: readInner(step, { kind, inside, standard }),
  };
}

/** What a step gets that says nothing (workflow-language.md). */
const MOST_ITEMS_AT_ONCE = 1_000;
const LOOP_MAX = 5;
const HANDOFF_MAX = 10;
const ALL: Join = readJoin(undefined);

function kindOf(step: JsonObject): Step["kind"] {
  if (isJsonObject(step["steps"])) return "group";
  for (const kind of ["parallel", "loop", "handoff", "plan"] as const) if (Object.hasOwn(step, kind)) return kind;
  const { aggregate } = step;
  const isCombined = isJsonObject(aggregate) && (Object.hasOwn(aggregate, "agent") || Object.hasOwn(aggregate, "capability"));
  return isCombined || ["agent", "capability", "workflow", "emit"].some((key) => Object.hasOwn(step, key)) ? "work" : "other";
}

type Work = Pick<Step, "retry" | "timeoutMs" | "fallbacks" | "repairs" | "limit" | "hasDeadline" | "hasBudget">;

function readWork(step: JsonObject, { standard, hasContract }: { readonly standard: Policies; readonly hasContract: boolean }): Work {
  const { fallback, limit, onInvalid } = step;
  const repairs = isJsonObject(onInvalid) ? numberIn(onInvalid, "repair") : onInvalid === "fail" ? 0 : null;
  return {
    ...readPolicies(step, standard),
    fallbacks: fallback === undefined || fallback === null ? 0 : Array.isArray(fallback) ? fallback.length : 1,
    repairs: repairs ?? (hasContract ? 1 : 0),
    limit: typeof limit === "number" ? limit : numberIn(asObject(limit), "concurrency"),
    hasDeadline: Object.hasOwn(step, "deadline"),
    hasBudget: Object.hasOwn(step, "budget"),
  };
}

type Inside = { readonly kind: Step["kind"]; readonly inside: JsonObject; readonly standard: Policies };

/** Work that stands beside several agents is given to each. */
function readInside(step: JsonObject, { kind, inside, standard }: Inside): Steps | null {
  if (kind === "group" || kind === "loop") return readBlock(asObject(inside["steps"]), standard);
  if (kind !== "parallel" && kind !== "handoff") return null;
  if (isJsonObject(inside["branches"])) return readBlock(inside["branches"], standard);
  const { agents } = inside;
  const named = Array.isArray(agents) ? agents.map((agent): [string, JsonObject] => [idOf(agent), {}]) : Object.entries(asObject(agents));
  const shared = Object.fromEntries(Object.entries(step).filter(([key]) => isShared(key, kind)));
  return new Map(named.map(([id, own]) => [id, readStep(id, { agent: id, ...shared, ...asObject(own) }, { standard, beside: ALONE })]));
}

const SHARED: ReadonlySet<string> = new Set([
  "timeout",
  "retry",
  "fallback",
  "limit",
  "budget",
  "onUnknown",
  "onRejected",
  "onInputRequired",
  "onAuthRequired",
]);
/** The contract of a parallel step is that of its agents; that of a handoff is its own. */
const CONTRACT: ReadonlySet<string> = new Set(["output", "rules", "onInvalid"]);

function isShared(key: string, kind: Step["kind"]): boolean {
  return SHARED.has(key) || (kind === "parallel" && CONTRACT.has(key));
}

/** In a list an agent's name, made to fit, is its id. */
function idOf(agent: unknown): string {
  const { agent: named, capability, workflow } = asObject(agent);
  const name = [agent, named, capability, workflow].find((word) => typeof word === "string");
  return String(name).split("@", 1).join("").toLowerCase().replaceAll(/[-.]/g, "_");
}

const HANDLERS = [
  "onError",
  "onRejected",
  "onUnknown",
  "onInvalid",
  "onTimeout",
  "onDisagree",
  "onExhausted",
  "onInputRequired",
  "onAuthRequired",
] as const;

function readInner(step: JsonObject, { kind, inside, standard }: Inside): Steps {
  const found = new Map<string, Step>();
  const add = (name: string, inner: unknown): void => {
    if (isJsonObject(inner)) found.set(name, readStep(name, inner, { standard, beside: ALONE }));
  };
  for (const name of HANDLERS) add(name, handlerAt(step, name) ?? handlerAt(inside, name));
  add("onTimeout", handlerAt(asObject(step["approval"]), "onTimeout"));
  add("compensate", step["compensate"]);
  if (kind !== "plan") return found;
  add("makePlan", {
    ...Object.fromEntries(Object.entries(step).filter(([key]) => SHARED.has(key) || key === "onInvalid")),
    agent: "planner",
    output: {},
  });
  if (isJsonObject(inside["approve"])) {
    add("approvePlan", { approval: inside["approve"] });
  }
  return found;
}

/** A nested step; a word, or a policy without a step, is none. */
function handlerAt(step: JsonObject, name: string): JsonObject | null {
  const handler = step[name];
  if (!isJsonObject(handler)) return null;
  if (Object.hasOwn(handler, "then")) return asObject(handler["then"]);
  return Object.hasOwn(handler, "repair") ? null : handler;
}

/** What an agent has planned, as steps beside each other. `holder` is the step that plans. */
export function plannedSteps(holder: Step, subtasks: readonly unknown[]): Steps {
  return new Map(
    subtasks.map(asObject).map((subtask): [string, Step] => {
      const id = wordIn(subtask, "id");
      const needs = Array.isArray(subtask["needs"]) ? subtask["needs"].map(String) : [];
      const critical = subtask["critical"] !== false;
      const work: Step = { ...holder, id, needs, critical, kind: "work", concurrency: null, inner: new Map() };
      return [id, subtask["plan"] === true ? { ...work, kind: "plan", inner: plannersOf(holder) } : work];
    }),
  );
}

/** A plan inside a plan is made as its subtasks are worked on. */
function plannersOf({ inner, retry, timeoutMs }: Step): Steps {
  const [makePlan, approvePlan] = [inner.get("makePlan"), inner.get("approvePlan")];
  return new Map([
    ...(makePlan === undefined ? [] : [["makePlan", { ...makePlan, retry, timeoutMs, fallbacks: 0, hasBudget: false }] as const]),
    ...(approvePlan === undefined ? [] : [["approvePlan", approvePlan] as const]),
  ]);
}

function numberIn(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === "number" ? value : null;
}
