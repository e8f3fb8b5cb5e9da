/** Random steps of every kind, inside each other. What they read stands earlier, so there is never a circle. */
import type { Json, JsonObject } from "../base/json.ts";
import { SHARED_PATHS } from "./random-agents.ts";
import { isOneIn, pick, some } from "./random-chance.ts";
import { does, type Draft, type Kind, nextId, type Spot } from "./random-draft.ts";
import { plainWork, randomCommon, randomJoin, randomPolicies, randomWorker } from "./random-policies.ts";

/** Signals that a random workflow may wait for. */
export const SIGNALS = ["go", "stop"] as const;

const DEEPEST = 3;

/** The steps of a workflow, a group or an iteration: as many as are left, at most so many. */
export function randomBlock(draft: Draft, spot: Spot, most: number): JsonObject {
  const steps: Record<string, JsonObject> = {};
  const shape = pick(draft.chance, ["chain", "graph", "graph", "fan"] as const);
  for (let count = 0; count < most && (count === 0 || draft.left > 0); count += 1) {
    const id = nextId(draft);
    const beside = Object.keys(steps);
    steps[id] = { ...wiring(draft, { ...spot, beside }, shape), ...randomStep(draft, { ...spot, beside }, id) };
  }
  return steps;
}

function wiring(draft: Draft, { beside }: Spot, shape: "chain" | "graph" | "fan"): JsonObject {
  const { chance } = draft;
  const last = beside.at(-1);
  const needs = shape === "chain" && last !== undefined ? [last] : shape === "graph" ? some(chance, beside, 3) : [];
  const read = beside.length > 0 ? pick(chance, beside) : null;
  const conditions = [
    "input.yes",
    "input.no",
    ...(read === null ? [] : [`steps.${read}.status == "completed"`, `steps.${read}.attempts < 2`]),
  ];
  return { ...(needs.length > 0 ? { needs } : {}), ...(does(draft, "if", 3) ? { if: pick(chance, conditions) } : {}) };
}

/** A step, over a list now and then. */
function randomStep(draft: Draft, spot: Spot, id: string): JsonObject {
  draft.left -= 1;
  const { chance } = draft;
  const kinds = spot.depth < DEEPEST && draft.left > 1 ? draft.kinds : draft.kinds.filter((kind) => !HOLDERS.has(kind));
  const kind = kinds.length === 0 || isOneIn(chance, 2) ? null : pick(chance, kinds);
  const isOverItems = does(draft, "each");
  const isList = kind === null && !isOverItems && does(draft, "each", 4);
  if (isList) draft.lists.add(id);
  const step = isList
    ? randomList(draft, spot)
    : kind === null
      ? randomWork(draft, spot, id)
      : randomKind(draft, { ...spot, depth: spot.depth + 1 }, { kind, id });
  const common = randomCommon(draft, id, { isHolder: isOverItems || (kind !== null && kind !== "workflow") });
  return { ...common, ...step, ...(isOverItems ? overItems(draft, { spot, id, step }) : {}) };
}

const HOLDERS: ReadonlySet<Kind> = new Set(["parallel", "steps", "loop"]);

/** A list that stands in the file is long enough for every join over it. */
function overItems(draft: Draft, { spot, id, step }: { readonly spot: Spot; readonly id: string; readonly step: JsonObject }): JsonObject {
  const { chance, lists } = draft;
  const found = [...spot.beside, ...spot.outer].filter((other) => lists.has(other)).map((other) => `\${{ steps.${other}.output.items }}`);
  const isVote = step["capability"] === "vote";
  const join = {
    succeed: randomJoin(draft, 2, isVote ? "result.verdict" : "result"),
    ...(does(draft, "handlers") ? { onDisagree: plainWork(draft) } : {}),
  };
  return {
    each: pick<Json>(chance, [...found, "${{ input.items }}", "${{ input.items }}", [1, 2, 3]]),
    as: `item_${id}`,
    ...(isOneIn(chance, 2) ? { concurrency: 1 + chance.below(3) } : {}),
    // A parallel step has its join inside.
    ...(!("parallel" in step) && isOneIn(chance, 2) ? join : {}),
  };
}

function randomWork(draft: Draft, spot: Spot, id: string): JsonObject {
  return { ...randomPolicies(draft, spot), ...randomWorker(draft, id), with: randomInput(draft, spot) };
}

const LIST: JsonObject = { type: "object", required: ["items"], properties: { items: { type: "array" } } };

function randomList(draft: Draft, spot: Spot): JsonObject {
  return { ...randomPolicies(draft, spot), capability: "list", output: LIST, with: randomInput(draft, spot) };
}

function randomInput({ chance }: Draft, { beside, outer, isInLoop }: Spot): JsonObject {
  const readable = [...beside, ...outer];
  if (isInLoop && isOneIn(chance, 3)) return { round: "${{ iter.number }}", before: "${{ iter.prev }}" };
  if (readable.length === 0 || isOneIn(chance, 3)) return { given: pick<Json>(chance, ["${{ input }}", "${{ run.id }}", 1]) };
  const from = pick(chance, readable);
  const guarded = `\${{ steps.${from}.?output.orValue("none") }}`;
  return { from: pick(chance, [guarded, guarded, `\${{ steps.${from}.output }}`]) };
}

type Wanted = { readonly kind: Kind; readonly id: string };

/** `spot` is that of what stands inside. */
function randomKind(draft: Draft, spot: Spot, { kind, id }: Wanted): JsonObject {
  const { chance } = draft;
  const inner: Spot = { ...spot, beside: [], outer: [...spot.outer, ...spot.beside] };
  switch (kind) {
    case "parallel":
      return randomParallel(draft, inner);
    case "steps":
      return { steps: randomBlock(draft, inner, 3) };
    case "loop":
      return randomLoop(draft, inner);
    case "handoff":
      return randomHandoff(draft, inner);
    case "plan":
      return randomPlan(draft, inner);
    case "approval":
      return { approval: randomApproval(draft) };
    case "workflow":
      return randomChild(draft);
    case "emit":
      return { emit: { event: `told_${id}`, data: randomInput(draft, spot) }, retry: { attempts: 3, initial: "1s" } };
    case "aggregate":
      return { aggregate: randomAggregate(draft, spot) };
    case "wait":
      return { wait: randomWait(draft) };
    case "set":
      return { set: { [pick(chance, SHARED_PATHS)]: pick<Json>(chance, ["${{ input.yes }}", chance.below(9)]), [`own.${id}`]: 1 } };
  }
}

const VOTERS = ["voter_a", "voter_b", "voter_c", "voter_a_again"] as const;

/** The same question for several voters, or different work in each branch. */
function randomParallel(draft: Draft, inner: Spot): JsonObject {
  const { chance } = draft;
  const onDisagree = does(draft, "handlers") ? { onDisagree: plainWork(draft) } : {};
  if (isOneIn(chance, 3)) {
    const agents = VOTERS.slice(chance.below(2));
    return {
      ...randomPolicies(draft, inner),
      with: { claim: 1 },
      parallel: { agents, succeed: randomJoin(draft, 3, "result.verdict") },
      ...onDisagree,
    };
  }
  const ids = Array.from({ length: 2 + chance.below(2) }, () => nextId(draft));
  const branches = ids.map((id): [string, JsonObject] => [id, randomStep(draft, inner, id)]);
  return { parallel: { branches: Object.fromEntries(branches), succeed: randomJoin(draft, ids.length, null) }, ...onDisagree };
}

function randomLoop(draft: Draft, inner: Spot): JsonObject {
  const { chance } = draft;
  const steps = randomBlock(draft, { ...inner, isInLoop: true }, 2);
  const max = 1 + chance.below(3);
  if (isOneIn(chance, 2)) {
    const until = pick(chance, ["iter.number > 1", "iter.prev != null", "input.no", "input.no"]);
    return { loop: { max, until, onExhausted: pick(chance, ["fail", "last", "last"]), steps } };
  }
  const critic = nextId(draft);
  const needs = Object.keys(steps);
  const review = { capability: "review", needs, timeout: "20s", conversation: pick(chance, ["loop", "fresh"]) };
  const onExhausted = pick(chance, ["fail", "best", "last"]);
  return { loop: { max, score: `steps.${critic}.output.score`, threshold: 0.9, onExhausted, steps: { ...steps, [critic]: review } } };
}

function randomHandoff(draft: Draft, spot: Spot): JsonObject {
  const { chance } = draft;
  const agents = { [nextId(draft)]: { agent: "desk_a" }, [nextId(draft)]: { agent: "desk_b" } };
  const start = isOneIn(chance, 3) ? { start: "desk_b" } : {};
  const work = { ...randomPolicies(draft, spot), with: { wish: 1 } };
  return {
    ...work,
    handoff: { agents, ...start, max: 1 + chance.below(4) },
    ...(does(draft, "handlers") ? { onExhausted: plainWork(draft) } : {}),
  };
}

function randomPlan(draft: Draft, spot: Spot): JsonObject {
  const { chance } = draft;
  const approve = isOneIn(chance, 4) ? { approve: randomApproval(draft) } : {};
  const allow = pick(chance, [["work"], ["work", "count"], ["work", "count"], ["work", "count", "plan"]]);
  const nested = isOneIn(chance, 2) ? { maxDepth: 2 } : {};
  const subtasks = { timeout: "20s", retry: { attempts: 2, initial: "1s" } };
  return {
    ...randomPolicies(draft, spot),
    plan: { capability: "plan", allow, maxSubtasks: 2 + chance.below(3), ...nested, ...subtasks, ...approve },
  };
}

function randomApproval(draft: Draft): JsonObject {
  const { chance } = draft;
  return {
    to: ["role:reviewer"],
    title: "Go on?",
    ...(isOneIn(chance, 3) ? { show: { items: "${{ input.items }}" } } : {}),
    ...(isOneIn(chance, 2) ? { remind: "1m" } : {}),
    ...(isOneIn(chance, 3) ? { escalate: { after: "2m", to: ["chief"] } } : {}),
    ...(isOneIn(chance, 4) ? { form: { type: "object", properties: { note: { type: "string" } } } } : {}),
    timeout: "6m",
    onTimeout: pick(chance, ["approve", "reject", "fail"]),
  };
}

function randomChild(draft: Draft): JsonObject {
  const { chance } = draft;
  const child = pick(chance, draft.children);
  const input = { yes: true, no: false, items: pick<Json>(chance, ["${{ input.items }}", [1], []]) };
  const work = { timeout: pick(chance, ["30s", "10m"]), retry: { attempts: 1 + chance.below(2), initial: "1s" } };
  return isOneIn(chance, 4)
    ? { capability: "run_subworkflow", with: { workflow: `${child}@^1`, input }, ...work }
    : { workflow: `${child}@^1`, with: input, ...work };
}

function randomAggregate({ chance }: Draft, { beside, outer }: Spot): JsonObject {
  const from = [...beside, ...outer].map((id) => `\${{ [steps.${id}.?output.orValue(0)] }}`);
  return pick<JsonObject>(chance, [
    { from: pick(chance, ["${{ input.items }}", ...from]), strategy: pick(chance, ["list", "first", "count", "majority", "concat"]) },
    { from: "${{ input.items }}", strategy: pick(chance, ["sum", "average", "min", "max"]) },
    { from: "${{ input.items }}", strategy: "best", by: "item" },
    { from: "${{ input.items }}", strategy: "dict", key: "string(item)" },
    { from: "${{ [input.items, input.items] }}", strategy: "merge" },
    { from: "${{ input.items }}", strategy: "expression", value: "size(items)" },
  ]);
}

function randomWait({ chance }: Draft): Json {
  return pick<Json>(chance, [
    pick(chance, ["1s", "20s", "2m"]),
    { for: '${{ input.yes ? "3s" : "4s" }}' },
    { until: "${{ run.started_at }}" },
    { signal: pick(chance, SIGNALS), timeout: pick(chance, ["10s", "5m"]) },
    { signal: pick(chance, SIGNALS), timeout: "5m" },
  ]);
}
