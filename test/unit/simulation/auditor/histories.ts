/** Real histories for the auditor's tests: played by the simulation without chance, so that each holds what its name says. */
import type { JsonObject } from "../../../../src/base/json.ts";
import type { Evidence, StoredFact } from "../../../../src/simulation/evidence.ts";
import type { Strike } from "../../../../src/simulation/faults.ts";
import type { CastMember } from "../../../../src/simulation/random-agents.ts";
import type { React, Saying } from "../../../../src/simulation/reactions.ts";
import { simulate } from "../../../../src/simulation/simulate.ts";

const CHILD: JsonObject = {
  tutti: "1.0",
  name: "child",
  version: "1.0.0",
  steps: { only: { agent: "far", with: { a: 1 } } },
  output: { done: true },
};

/** Every kind of step, and of trouble that ends well. */
const WHOLE: JsonObject = {
  tutti: "1.0",
  name: "whole",
  version: "1.0.0",
  timeout: "1h",
  budget: { attempts: 60, time: "50m" },
  defaults: { timeout: "1m", retry: { attempts: 2, initial: "1s", jitter: "none" } },
  steps: {
    first: { agent: "far", with: { a: 1 }, compensate: { agent: "near", with: { of: "${{ steps.first.output }}" } } },
    items: { each: [1, 2, 3, 4], concurrency: 2, agent: "far", with: { item: "${{ item }}", after: "${{ steps.first.output }}" } },
    some: { each: [1, 2, 3], succeed: { first: 2 }, agent: "far", text: "Item ${{ item }}." },
    votes: { parallel: { agents: ["far", "other", "third"], succeed: { quorum: 2, on: "result" } }, with: { vote: 1 } },
    most: {
      needs: ["items"],
      parallel: {
        branches: {
          left: { agent: "far" },
          right: { steps: { one: { agent: "near" }, two: { agent: "far", needs: ["one"] } } },
          off: { agent: "breaks" },
        },
        succeed: { atLeast: 2 },
      },
    },
    draft: {
      loop: {
        max: 3,
        until: "iter.number > 1",
        steps: { write: { agent: "near" }, review: { agent: "far", with: { draft: "${{ steps.write.output }}" } } },
      },
    },
    desk: { handoff: { agents: { front: { agent: "hands_over" }, back: { agent: "near" } }, max: 3 } },
    flaky: { agent: "flaky", retry: { attempts: 2, initial: "4s", jitter: "none" }, fallback: ["spare"] },
    pause: { wait: "20s" },
    go: { wait: { signal: "go" } },
    asked: { agent: "asks", with: { a: 1 } },
    sign: { approval: { to: ["chief"], title: "Go on?", remind: "1m", timeout: "2d" }, needs: ["asked"] },
    below: { workflow: "child@^1", with: {} },
    perhaps: { agent: "breaks", critical: false },
    slow: { agent: "sleeps", timeout: "10s", retry: { attempts: 1 }, critical: false },
    handled: { agent: "breaks", onError: { agent: "near" } },
    not: { if: "false", agent: "far" },
    kept: { set: { "shared.a": 1 } },
    last: { needs: ["most", "votes", "sign", "below", "perhaps"], agent: "far", with: { drafts: "${{ steps.draft.output }}" } },
  },
};

/** Two steps that can be undone, and then a failure. */
const UNDONE: JsonObject = {
  tutti: "1.0",
  name: "undone",
  version: "1.0.0",
  steps: {
    one: { agent: "far", compensate: { agent: "far", with: { of: 1 } } },
    two: { agent: "far", needs: ["one"], compensate: { agent: "near", with: { of: 2 } } },
    three: { agent: "breaks", needs: ["two"] },
  },
};

/** Work that ends only when somebody cancels it, or its time is up. */
const ENDLESS: JsonObject = {
  tutti: "1.0",
  name: "endless",
  version: "1.0.0",
  timeout: "5m",
  steps: { work: { agent: "sleeps", timeout: "1h" }, beside: { agent: "far" } },
};

/** A budget that is used up, and granted once. */
const THRIFTY: JsonObject = {
  tutti: "1.0",
  name: "thrifty",
  version: "1.0.0",
  budget: { attempts: 2, onExceeded: "ask" },
  steps: { a: { agent: "far" }, b: { agent: "far", needs: ["a"] }, c: { agent: "far", needs: ["b"] } },
};

const CAST: readonly CastMember[] = ["far", "near", "other", "third", "hands_over", "flaky", "spare", "asks", "breaks", "sleeps"].map(
  (name) => ({
    name,
    place: name === "near" ? "local" : "remote",
    capabilities: [name],
    says: { kind: "anything" },
    principal: name,
    asks: name === "asks",
  }),
);

const HOUR_MS = 3_600_000;

const react: React = ({ agent, turn }) => {
  const says = ((): Saying => {
    if (agent === "breaks") return { kind: "failed", code: "BROKEN", retryable: false };
    if (agent === "flaky") return { kind: "failed", code: "BUSY", retryable: true };
    if (agent === "hands_over") return { kind: "completed", output: { handoff_to: "back" } };
    if (agent === "asks" && turn === 1) return { kind: "asks", prompt: "Which?" };
    return { kind: "completed", output: { by: "all" } };
  })();
  return { takesMs: agent === "sleeps" ? HOUR_MS : 30, says, reports: false };
};

const WORLDS = {
  whole: { definitions: [WHOLE, CHILD] },
  undone: { definitions: [UNDONE] },
  endless: { definitions: [ENDLESS] },
  thrifty: { definitions: [THRIFTY] },
} as const;

/** With this one, who is asked about the budget grants it. */
const SEEDS = { whole: "auditor", undone: "auditor", endless: "auditor", thrifty: "auditor 1" } as const;

type Played = { readonly world: keyof typeof WORLDS; readonly schedule: readonly Strike[]; readonly hasNeighbor?: boolean };

/** `whole` with a process that dies in the middle, and with another tenant; a run that is canceled, and one that times out. */
const HISTORIES = {
  whole: { world: "whole", schedule: [{ point: "commit:30", fault: "crashAfter", amount: 1_000 }] },
  shared: { world: "whole", schedule: [], hasNeighbor: true },
  undone: { world: "undone", schedule: [] },
  canceled: { world: "endless", schedule: [{ point: "run-1:outside:1", fault: "cancel", amount: 5_000 }] },
  late: { world: "endless", schedule: [] },
  thrifty: { world: "thrifty", schedule: [] },
} as const satisfies { readonly [name: string]: Played };

export type HistoryName = keyof typeof HISTORIES;
export const HISTORY_NAMES: readonly HistoryName[] = ["whole", "shared", "undone", "canceled", "late", "thrifty"];

const played = new Map<HistoryName, Promise<Evidence>>();

/** A history, played once. */
export function historyOf(name: HistoryName): Promise<Evidence> {
  const known = played.get(name);
  if (known !== undefined) return known;
  const { world, schedule, hasNeighbor = false }: Played = HISTORIES[name];
  const evidence = simulate({
    seed: SEEDS[world],
    definitions: WORLDS[world].definitions,
    input: {},
    runs: 1,
    cast: CAST,
    react,
    schedule,
    hasNeighbor,
  }).then((all) => all.evidence);
  played.set(name, evidence);
  return evidence;
}

export type Facts = readonly StoredFact[];

/** The evidence as if the run's history had been another one; numbered anew, unless that is the point. */
export function withFacts(evidence: Evidence, change: (facts: Facts) => Facts, isNumbered = true): Evidence {
  const runs = evidence.runs.map((run) => {
    if (run.id !== "run-1") return run;
    const orders = run.facts.map(({ order }) => order);
    const facts = change(run.facts.map(({ fact }) => fact)).map((fact, index) => ({
      order: orders[index] ?? orders.at(-1) ?? 0,
      fact: isNumbered ? { ...fact, seq: index + 1 } : fact,
    }));
    return { ...run, facts };
  });
  return { ...evidence, runs };
}
