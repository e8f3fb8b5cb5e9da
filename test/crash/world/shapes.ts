/**
 * The second workflow of the crash sweep: every kind of step that holds or awaits others, nested, with
 * remote agents inside. What a run must come to is written down a second time, for the auditor.
 */
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { type Addresses, quickly, remoteBindings } from "./addresses.ts";

const NUMBERED = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
const GIVEN = { n: "${{ input.n }}" };

/** A workflow that others have inside of them. */
export function createBelow(at: Addresses): Definition {
  return workflowFromObject({
    name: "crash_below",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: NUMBERED,
    steps: {
      tenfold: { agent: "quick", skill: "tenfold", with: GIVEN },
      double: { agent: "local", skill: "double", with: { n: "${{ steps.tenfold.output.value }}" } },
    },
    output: { value: "${{ steps.double.output.value }}" },
  });
}

/** A workflow below that would take for ever. */
export function createLingering(at: Addresses): Definition {
  return workflowFromObject({
    name: "crash_lingering",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: NUMBERED,
    steps: { linger: { agent: "hanger", with: GIVEN } },
  });
}

export function createShapes(at: Addresses): Definition {
  return workflowFromObject({
    name: "crash_shapes",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: NUMBERED,
    timeout: "10m",
    defaults: { retry: quickly(3) },
    steps: { seed: { agent: "local", skill: "seed", with: GIVEN }, ...JOINED, ...REPEATED, ...HANDLED, ...awaiting(at) },
    output: {
      below: "${{ steps.below.output.value }}",
      race: "${{ steps.race.output.winner.sprint.value }}",
      losers: "${{ [steps.race.output.remote, steps.race.output.child, steps.race.output.nap, steps.race.output.many] }}",
      agreed: "${{ steps.agreed.agreed }}",
      squares: "${{ steps.sum.output }}",
      notes: "${{ context.notes }}",
      recalled: "${{ steps.recalled.output.notes }}",
      refined: "${{ steps.refine.output.draft.value }}",
      handed: "${{ steps.handed.output.value }}",
      planned: "${{ steps.planned.output.two.value }}",
      rescued: "${{ steps.rescued.output.value }}",
      consulted: "${{ steps.consulted.output.colour }}",
      mended: "${{ steps.mended.output.value }}",
      early: "${{ steps.early.output.n }}",
      paid: "${{ steps.paid.output.n }}",
      decision: "${{ steps.sign_off.output.decision }}",
      told: "${{ steps.told.output.event }}",
    },
  });
}

/** Joins that cancel the losers: at agents, in a workflow below, in a list, and one that waits for a time. */
const JOINED = {
  below: { workflow: "crash_below@^1", with: GIVEN },
  race: {
    parallel: {
      branches: {
        winner: { steps: { breath: { wait: "80ms" }, sprint: { needs: ["breath"], agent: "slow", with: GIVEN } } },
        remote: { agent: "hanger", with: GIVEN },
        child: { workflow: "crash_lingering@^1", with: GIVEN },
        nap: { wait: "10m" },
        many: { each: [1, 2], as: "item", agent: "hanger", with: { n: "${{ item }}" } },
      },
      succeed: "any",
    },
  },
  agreed: {
    parallel: {
      branches: {
        one: { agent: "quick", skill: "tenfold", with: GIVEN },
        two: { agent: "local", skill: "tenfold", with: GIVEN },
        three: { agent: "hanger", with: GIVEN },
      },
      succeed: { quorum: 2, on: "result.value" },
    },
  },
  spread: {
    parallel: {
      branches: {
        squares: { each: "${{ steps.seed.output.items }}", as: "item", concurrency: 2, agent: "slow", with: { n: "${{ item }}" } },
        first: { agent: "scribe", skill: "write", with: { n: "${{ input.n }}", as: "first" }, context: { write: ["notes"] } },
        second: { agent: "local", skill: "write", with: { n: "${{ input.n }}", as: "second" }, context: { write: ["notes"] } },
      },
    },
  },
  sum: { aggregate: { from: "${{ steps.spread.output.squares }}", strategy: "sum", by: "item.value" } },
  noted: { set: { "notes.sum": "${{ steps.sum.output }}" } },
  recalled: { needs: ["noted"], agent: "scribe", skill: "recall", with: GIVEN, context: { read: ["notes"] } },
};

/** Work whose next piece depends on the last. */
const REPEATED = {
  refine: {
    loop: {
      max: 4,
      until: "steps.review.output.good",
      steps: {
        draft: { agent: "plain", with: { n: "${{ iter.number + (iter.prev == null ? 0 : iter.prev.draft.output.value) }}" } },
        review: { agent: "critic", with: { n: "${{ iter.number }}", value: "${{ steps.draft.output.value }}" } },
      },
    },
  },
  handed: { handoff: { agents: { front: { agent: "triage" }, back: { agent: "local", skill: "tenfold" } } }, with: GIVEN },
  planned: { plan: { agent: "local", skill: "plan", allow: ["double", "follow"] }, with: GIVEN },
};

/** Outcomes that have a handler or are mended. */
const HANDLED = {
  rescued: { agent: "refuser", with: GIVEN, onRejected: { agent: "quick", skill: "tenfold", with: { n: "${{ input.n + 1 }}" } } },
  consulted: { agent: "asker", with: GIVEN, onInputRequired: { agent: "local", skill: "colour" } },
  mended: {
    agent: "mender",
    with: GIVEN,
    output: { type: "object", properties: { value: { type: "integer" } } },
    onInvalid: { repair: 2 },
  },
};

/** What comes from outside, and what is told there. */
function awaiting(at: Addresses) {
  return {
    moment: { wait: "60ms" },
    early: { needs: ["moment"], wait: { signal: "early" } },
    paid: { wait: { signal: "paid", timeout: "2m" } },
    sign_off: { needs: ["rescued"], approval: { to: ["boss"], title: "Send it?", show: { n: "${{ input.n }}" } } },
    told: { needs: ["sign_off"], emit: { event: "shapes.told", to: at.hook, data: GIVEN }, retry: quickly(50) },
  };
}

/** What such a run must come to, whatever happened to the process. */
export function expectedOutput(n: number): unknown {
  const squares = [n, n + 1, n + 2].map((item) => item * item).reduce((left, right) => left + right, 0);
  const notes = { first: n, second: n, shared: "second", sum: squares };
  return {
    below: n * 20,
    race: n * n,
    losers: [null, null, null, null],
    agreed: n * 10,
    squares,
    notes,
    recalled: notes,
    refined: 306,
    handed: n * 10,
    planned: n * 2 + 1,
    rescued: (n + 1) * 10,
    consulted: "green",
    mended: n * 4,
    early: n,
    paid: n,
    decision: "approved",
    told: "shapes.told",
  };
}

/** The subtasks of such a run that must complete. */
export const COMPLETING_PATHS: readonly string[] = [
  ..."seed below race agreed spread sum noted recalled refine handed planned rescued consulted mended moment early paid told".split(" "),
  "race/winner",
  "race/winner/breath",
  "race/winner/sprint",
  ...[0, 1, 2].map((index) => `spread/squares[${index}]`),
  ...[1, 2, 3].flatMap((iteration) => [`refine#${iteration}/draft`, `refine#${iteration}/review`]),
  "handed#1/front",
  "handed#2/back",
  "planned/one",
  "planned/two",
];
