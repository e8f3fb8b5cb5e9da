/**
 * Fixed cases: a workflow, who works in it and which faults strike, for bugs that need a rare meeting of
 * things. What happens then follows from the seed, and only the auditor says what is wrong.
 */
import type { JsonObject } from "../../src/base/json.ts";
import type { FaultName } from "../../src/simulation/faults.ts";
import type { CastMember } from "../../src/simulation/random-agents.ts";
import type { React } from "../../src/simulation/reactions.ts";
import type { SimulateOptions } from "../../src/simulation/simulate.ts";

export type Scene = Omit<SimulateOptions, "seed">;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

function workflow(steps: JsonObject, more: JsonObject = {}): JsonObject {
  return { tutti: "1.0", name: "scene", version: "1.0.0", steps, ...more };
}

function member(name: string, place: CastMember["place"], says: CastMember["says"] = { kind: "anything" }): CastMember {
  return { name, place, capabilities: [name], says, principal: name, asks: false };
}

/** Everything comes out well, after so long. */
function after(takesMs: (path: string) => number): React {
  return ({ path }) => ({ takesMs: takesMs(path), says: { kind: "completed", output: "done" }, reports: false });
}

function scene(steps: JsonObject, cast: readonly CastMember[], faults: readonly FaultName[], react?: React): Scene {
  return { definitions: [workflow(steps)], input: {}, cast, faults, ...(react === undefined ? {} : { react }) };
}

/** The number in `step[3]`. */
function indexOf(path: string): number {
  return Number(/\[(\d+)\]$/.exec(path)?.[1] ?? 0);
}

const FAR = member("far", "remote");
const NEAR = member("near", "local");
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const LONG: JsonObject = { timeout: "30m", retry: { attempts: 1 } };
/** The next attempt begins directly after a timeout. */
const AT_ONCE: JsonObject = { attempts: 3, initial: "1ms", max: "1ms", jitter: "none" };

function chain(count: number, step: JsonObject): JsonObject {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}`, index === 0 ? step : { ...step, needs: [`s${index - 1}`] }]),
  );
}

function below(): Scene {
  const child = { ...workflow(chain(12, { wait: "20s" })), name: "below" };
  const steps: JsonObject = { child: { workflow: "below@^1", with: {}, timeout: "1h" } };
  return { definitions: [workflow(steps), child], input: {}, cast: [], faults: ["pauseRun"], runs: 3 };
}

function writers(): Scene {
  const write: JsonObject = { capability: "scribe", context: { read: ["shared"], write: ["shared"] } };
  const definition = workflow({ first: write, second: write, third: write }, { output: { context: "${{ context }}" } });
  return { definitions: [definition], input: {}, cast: [member("scribe", "remote", { kind: "context", paths: ["shared.a"] })], faults: [] };
}

/** A run that undoes what it did, each step for a minute, when somebody cancels it. */
function undoing(): Scene {
  const undone: JsonObject = { capability: "near", compensate: { capability: "near" }, ...LONG };
  const steps = { ...chain(4, undone), last: { capability: "near", needs: ["s3"], with: { fails: true }, retry: { attempts: 1 } } };
  const react: React = ({ path }) =>
    path === "last"
      ? { takesMs: 1, says: { kind: "failed", code: "BROKEN", retryable: false }, reports: false }
      : { takesMs: path.endsWith("compensate") ? 60 * SECOND : 10, says: { kind: "completed", output: "done" }, reports: false };
  return scene(steps, [NEAR], ["cancel"], react);
}

/** Two names of one voter, who says yes, and another one, who says no. */
function votes(): Scene {
  const voters = ["ann", "ann_again", "bob"];
  const agents = Object.fromEntries(voters.map((name) => [name, { local: name }]));
  const parallel: JsonObject = { agents: voters, succeed: { quorum: 2, on: "result.verdict" } };
  const definition = workflow({ vote: { parallel, with: { claim: 1 } } }, { agents });
  const cast = voters.map((name) => ({ ...member(name, "remote"), principal: name === "bob" ? "bob" : "ann" }));
  const react: React = ({ agent }) => ({
    takesMs: agent === "bob" ? 10_000 : 10,
    says: { kind: "completed", output: { verdict: agent === "bob" ? "no" : "yes" } },
    reports: false,
  });
  return { definitions: [definition], input: {}, cast, faults: [], react };
}

function conversation(): Scene {
  const [one, other] = ["one", "other"];
  const agents = { [one]: { local: one }, [other]: { local: other } };
  const handoff: JsonObject = { agents: { one: { agent: one }, other: { agent: other } }, max: 2 };
  const cast = [member(one, "local", { kind: "handoff", to: [other] }), member(other, "local", { kind: "handoff", to: [one] })];
  return { definitions: [workflow({ talk: { handoff, with: { wish: 1 } } }, { agents })], input: {}, cast, faults: [] };
}

/** A sub-workflow that takes longer than it may. */
function slowBelow(): Scene {
  const child = { ...workflow({ pause: { wait: "10m" } }), name: "below" };
  const steps: JsonObject = { child: { workflow: "below@^1", with: {}, timeout: "5s", retry: { attempts: 1 } } };
  return { definitions: [workflow(steps), child], input: {}, cast: [], faults: [] };
}

/** Two tenants with the same runs: agents near and far, one of which asks, a signal, an approval, and a run below. */
function neighbors(): Scene {
  const child = { ...workflow({ deep: { capability: "far", with: { of: "${{ input }}" }, ...LONG } }), name: "below" };
  const given: JsonObject = { of: "${{ input }}" };
  const definition = workflow({
    close: { capability: "near", with: given, ...LONG },
    away: { capability: "far", with: given, ...LONG },
    go: { wait: { signal: "go", timeout: "10m" } },
    sign: { approval: { to: ["ann"], title: "Go on?", timeout: "10m", onTimeout: "approve" } },
    below: { workflow: "below@^1", with: given, timeout: "1h" },
    last: { capability: "far", needs: ["close", "away", "go", "sign", "below"], with: { of: "${{ steps.close.output }}" }, ...LONG },
  });
  const react: React = ({ turn, path, whose }) => ({
    takesMs: 2 * SECOND,
    says: turn === 1 && path === "away" ? { kind: "asks", prompt: "Which?" } : { kind: "completed", output: `done ${whose}` },
    reports: false,
  });
  return { definitions: [definition, child], input: {}, cast: [FAR, NEAR], faults: ["crashAfter"], react, hasNeighbor: true };
}

const INTEGER: JsonObject = { type: "integer", minimum: 5 };

export const SCENES = {
  /** Agents are done while the cancel is on its way to them. */
  lateCancel: scene(
    { work: { each: EIGHT, capability: "far", compensate: { capability: "near" }, ...LONG } },
    [FAR, NEAR],
    ["cancel", "delayRequest"],
    after((path) => (indexOf(path) + 1) * 4 * SECOND),
  ),
  /** A message is taken up after its connection broke. */
  lateMessage: scene(chain(4, { capability: "far", ...LONG }), [FAR], ["lateRequest"]),
  /** The run is over before an agent has said that it took the work, which takes days. */
  lateAccept: scene(
    { work: { each: EIGHT, capability: "far", ...LONG } },
    [FAR],
    ["cancel", "delayResponse"],
    after(() => 96 * HOUR),
  ),
  /** An agent cannot be reached when it is to be told to stop. */
  away: scene(
    { work: { each: EIGHT, capability: "far", ...LONG } },
    [FAR],
    ["cancel", "away"],
    after(() => 96 * HOUR),
  ),
  below: below(),
  /** Work at an agent outlives the process, and there may be only one. */
  limited: scene(
    { work: { each: EIGHT, capability: "far", limit: 1, ...LONG } },
    [FAR],
    ["crashAfter", "crashMidway"],
    after(() => 20 * SECOND),
  ),
  /** The disk refuses answers of agents of the process. */
  refusedAnswers: scene(chain(6, { capability: "near", ...LONG }), [NEAR], ["commitFails"]),
  /** The same, just before the attempt's time is up. */
  overtakenAnswers: scene(
    chain(6, { capability: "near", timeout: "5s", retry: AT_ONCE }),
    [NEAR],
    ["commitFails"],
    after(() => 5 * SECOND - 10),
  ),
  /** An agent that fails, in a run whose own time is short. */
  failing: {
    definitions: [workflow({ work: { capability: "near", retry: { attempts: 3, initial: "1s" } } }, { timeout: "20s" })],
    input: {},
    cast: [NEAR],
    faults: [],
    react: () => ({ takesMs: 1, says: { kind: "failed", code: "BROKEN", retryable: true }, reports: false }),
  },
  undoing: undoing(),
  votes: votes(),
  conversation: conversation(),
  slowBelow: slowBelow(),
  condition: {
    ...scene({ first: { capability: "near" }, second: { capability: "near", if: "input.no" } }, [NEAR], []),
    input: { no: false },
  },
  budget: {
    definitions: [workflow(chain(4, { capability: "near" }), { budget: { attempts: 2 } })],
    input: {},
    cast: [NEAR],
    faults: [],
  },
  loop: scene({ again: { loop: { max: 2, until: "1 > 2", onExhausted: "last", steps: { work: { capability: "near" } } } } }, [NEAR], []),
  contract: scene(
    chain(4, { capability: "counter", output: INTEGER, critical: false }),
    [member("counter", "local", { kind: "number" })],
    [],
  ),
  /** Steps end while the run is paused. */
  paused: scene(
    chain(12, { capability: "near", ...LONG }),
    [NEAR],
    ["pauseRun"],
    after(() => 4 * SECOND),
  ),
  /** The process dies while a sub-workflow is at work. */
  belowCrash: { ...below(), faults: ["crashAfter"] },
  /** Nobody decides in time, mostly. */
  approval: scene({ sign: { approval: { to: ["ann"], title: "Go on?", timeout: "1s", onTimeout: "reject" } } }, [], []),
  /** Two people answer one question. */
  question: scene(chain(3, { capability: "near", ...LONG }), [NEAR], ["answerTogether"], ({ turn }) => ({
    takesMs: 10,
    says: turn === 1 ? { kind: "asks", prompt: "Which?" } : { kind: "completed", output: "done" },
    reports: false,
  })),
  /** Several tasks in one A2A context, and messages that are lost. */
  oneContext: scene(chain(4, { capability: "far", conversation: "run", ...LONG }), [FAR], ["dropRequest"]),
  /** Signals that come whenever they like. */
  signals: { ...scene(chain(2, { wait: { signal: "go", timeout: "10m" } }), [], ["straySignal"]), signals: ["go"] },
  neighbors: neighbors(),
  clock: scene(chain(10, { capability: "near", ...LONG }), [NEAR], ["clockBack"]),
  /** A timer is written down while an earlier one is awaited, and is needed no more when that one comes. */
  earlierTimer: {
    ...scene(
      { work: { capability: "near", timeout: "20s" }, go: { wait: { signal: "go", timeout: "50s" } }, nap: { wait: "2m" } },
      [NEAR],
      ["straySignal"],
      after(() => 10),
    ),
    signals: ["go"],
  },
  waiting: scene(chain(4, { wait: "2m" }), [], ["crashAfter"]),
  writers: writers(),
} as const satisfies { readonly [name: string]: Scene };

export type SceneName = keyof typeof SCENES;

export function isSceneName(name: string): name is SceneName {
  return Object.hasOwn(SCENES, name);
}
