/** The keys of a step that say what happens when something is late, fails, or comes in numbers. */
import type { Json, JsonObject } from "../base/json.ts";
import { SHARED_PATHS } from "./random-agents.ts";
import { isOneIn, pick } from "./random-chance.ts";
import { does, type Draft, nextId, type Spot } from "./random-draft.ts";

/** What work for an agent carries besides who does it. */
export function randomPolicies(draft: Draft, spot: Spot): JsonObject {
  const { chance } = draft;
  return {
    timeout: pick(chance, ["5s", "20s", "2m"]),
    ...(does(draft, "retry") ? { retry: randomRetry(draft) } : { retry: { attempts: 2, initial: "1s", max: "5s" } }),
    ...(does(draft, "fallback") ? { fallback: pick(chance, [["spare"], ["spare", "worker_b"]]) } : {}),
    ...(does(draft, "times", 3) ? { idle: pick(chance, ["2s", "10s"]) } : {}),
    ...(does(draft, "times", 3) ? { ttl: pick(chance, ["3s", "10s"]) } : {}),
    ...(does(draft, "unknown") ? { onUnknown: pick(chance, ["fail", "resend", "ask"]) } : {}),
    ...(does(draft, "unknown", 4) ? { onRejected: "fail", onInputRequired: "fail" } : {}),
    ...(does(draft, "conversation") ? { conversation: pick(chance, spot.isInLoop ? ["loop", "run"] : ["run", "caller", "fresh"]) } : {}),
    ...(does(draft, "conversation", 4) ? { deliver: "stream" } : {}),
    ...(does(draft, "limit") ? { limit: pick<Json>(chance, [1, { concurrency: 2, rate: "20/s" }]) } : {}),
    ...(does(draft, "limit", 4) ? { budget: { tokens: 1 + chance.below(200) } } : {}),
    ...(does(draft, "context", 3) ? { context: { read: ["shared"] } } : {}),
    ...(does(draft, "context", 6) ? { files: ["https://files.example.com/page.txt"] } : {}),
    ...(does(draft, "handlers", 3) ? { [pick(chance, OUTCOMES)]: handlerOf(draft) } : {}),
  };
}

const OUTCOMES = ["onInputRequired", "onAuthRequired", "onRejected", "onUnknown"] as const;

function randomRetry({ chance }: Draft): JsonObject {
  const attempts = 1 + chance.below(4);
  return { attempts, initial: pick(chance, ["100ms", "1s", "3s"]), factor: 2, max: "10s", jitter: pick(chance, ["full", "none"]) };
}

/** What any step may carry besides its work. `self` is its id. */
export function randomCommon(draft: Draft, self: string, options: { readonly isHolder: boolean }): JsonObject {
  const { chance } = draft;
  return {
    ...(does(draft, "optional") ? { critical: false } : {}),
    ...(does(draft, "times", 4) ? { deadline: pick(chance, ["4s", "30s", "3m"]) } : {}),
    ...(does(draft, "handlers", 3) ? { onError: plainWork(draft) } : {}),
    ...(does(draft, "handlers", 5) ? { onTimeout: handlerOf(draft) } : {}),
    ...(!options.isHolder && does(draft, "compensate") ? { compensate: compensationOf(draft, self) } : {}),
  };
}

function compensationOf({ chance, children }: Draft, self: string): JsonObject {
  const [child] = children;
  if (child !== undefined && isOneIn(chance, 6)) return { workflow: child, with: { items: [] } };
  return isOneIn(chance, 6)
    ? { emit: { event: "undone", data: { step: self } } }
    : { capability: "undo", with: { step: self, of: `\${{ steps.${self}.output }}` }, retry: { attempts: 2, initial: "1s" } };
}

/** Several steps now and then; else one. */
function handlerOf(draft: Draft): JsonObject {
  return isOneIn(draft.chance, 3) ? { steps: { [nextId(draft)]: plainWork(draft), [nextId(draft)]: plainWork(draft) } } : plainWork(draft);
}

/** A handler, or another step about which there is nothing special. */
export function plainWork({ chance }: Draft): JsonObject {
  return { capability: pick(chance, ["work", "spare"]), timeout: "20s", retry: { attempts: 2, initial: "1s" } };
}

/** A join over so many branches or items; `on` is there when each of them votes. */
export function randomJoin({ chance }: Draft, count: number, on: string | null): Json {
  const within = isOneIn(chance, 4) ? { within: pick(chance, ["2s", "15s"]) } : {};
  const few = 1 + chance.below(Math.max(1, count));
  if (on !== null && isOneIn(chance, 2)) return { quorum: Math.min(2, count), on, ...within };
  return pick<Json>(chance, [
    "all",
    "any",
    { atLeast: few, ...within },
    { atLeast: pick(chance, ["40%", "75%"]), ...within },
    { first: few, ...within },
    { all: true, within: "15s" },
  ]);
}

/** Who does a piece of work, and the contract that goes with it. */
export function randomWorker(draft: Draft, self: string): JsonObject {
  const { chance } = draft;
  if (does(draft, "context")) return writer(isOneIn(chance, 10));
  if (does(draft, "contract")) {
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language
    const repair: JsonObject = { repair: 1, then: plainWork(draft) };
    const onInvalid = isOneIn(chance, 2) ? { onInvalid: pick<Json>(chance, ["fail", { repair: 0 }, { repair: 2 }, repair]) } : {};
    return {
      ...pick<JsonObject>(chance, [{ capability: "count" }, { agent: "counter" }]),
      output: { type: "integer", minimum: 0 },
      ...(isOneIn(chance, 2) ? { rules: ["output < 8"] } : {}),
      ...onInvalid,
    };
  }
  if (isOneIn(chance, 8)) return { capability: "vote" };
  const text = isOneIn(chance, 4) ? { text: `Do ${self}.` } : {};
  return { ...pick<JsonObject>(chance, [{ capability: "work" }, { agent: "worker_a" }, { agent: "worker_b", skill: "work" }]), ...text };
}

/** Mostly it may write all that it wants to. */
function writer(isHeld: boolean): JsonObject {
  return { capability: "write", context: { read: ["shared"], write: isHeld ? [SHARED_PATHS[0]] : ["shared"] } };
}
