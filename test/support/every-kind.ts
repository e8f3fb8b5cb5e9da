/** A workflow with a step of every kind, and agents that hand over, plan, fail and ask: what a random run is made of. */
import type { Json, JsonObject } from "../../src/base/json.ts";
import type { Outcome } from "../../src/scheduler/outcome.ts";
import { type Choices, randomOutcome } from "./random-world.ts";
import { step } from "./world.ts";

const ONCE = { retry: { attempts: 2, initial: "1s" }, timeout: "30s" };
const EACH = { each: "${{ input.items }}", as: "item", concurrency: 2 };

/** A step of every kind, some of them inside others. */
export const EVERY_KIND: JsonObject = {
  start: step({ ...ONCE, compensate: step({ with: { back: 1 } }) }),
  each_group: { needs: ["start"], ...EACH, critical: false, steps: { g_one: step(ONCE), g_two: step({ ...ONCE, needs: ["g_one"] }) } },
  each_vote: { ...EACH, critical: false, ...step(ONCE), succeed: { quorum: 2, on: "result" } },
  side: {
    parallel: {
      branches: { p_a: step(ONCE), p_b: { loop: { max: 3, until: "iter.number > 1", onExhausted: "last", steps: { l_one: step(ONCE) } } } },
      succeed: { first: 1 },
    },
    onError: step(),
    critical: false,
  },
  desk: { handoff: { agents: { h_x: { capability: "x" }, h_y: { capability: "y" } }, max: 3 }, critical: false },
  idea: {
    plan: {
      capability: "planner",
      allow: ["work"],
      maxSubtasks: 4,
      approve: { to: ["x"], title: "So?", timeout: "1m", onTimeout: "approve" },
    },
    critical: false,
  },
  nap: { wait: "5s" },
  told: { wait: { signal: "go", timeout: "1m" }, critical: false },
  decide: { approval: { to: ["x"], title: "Go on?", remind: "1m", timeout: "6m", onTimeout: "reject" } },
  ask: step({ ...ONCE, critical: false, onInputRequired: step(), onUnknown: "ask", fallback: ["spare"] }),
  write: { needs: ["decide"], set: { "a.b": 1 } },
  sum: { aggregate: { from: "${{ input.items }}", strategy: "sum" } },
  last: step({ ...ONCE, needs: ["each_group", "side", "write", "nap"], compensate: step() }),
};

export function sayAnything(path: string, choices: Choices): Outcome {
  const subtasks: Json = [
    { id: "one", capability: "work" },
    { id: "two", capability: "work", needs: ["one"], critical: false },
  ];
  if (path.endsWith("/makePlan") && !choices.isOneIn(4)) return { kind: "completed", reply: { data: [{ subtasks }] } } as const;
  if (path.endsWith("h_x") && choices.isOneIn(2)) return { kind: "completed", reply: { data: [{ handoff_to: "h_y" }] } } as const;
  return randomOutcome(path, choices);
}
