/** Released histories are replayed for ever: what is in test/fixtures/histories never changes, and must go on working. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { compile } from "../../../src/definition/compile.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { decodeFact } from "../../../src/hosts/mailbox/codec.ts";
import {
  brokenInvariants,
  decide,
  evolve,
  type Fact,
  FACT_VERSION,
  outstanding,
  type RunState,
  STATE_VERSION,
} from "../../../src/scheduler/index.ts";

const HISTORIES = join(import.meta.dirname, "../../fixtures/histories");

type Line = { readonly seq: number; readonly version: number; readonly fact: Fact };
type StateLine = { readonly seq: number; readonly version: number; readonly state: RunState };
type History = {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly states: readonly StateLine[];
  readonly definition: Definition;
};

const RECORDED = readdirSync(HISTORIES).flatMap((version) =>
  readdirSync(join(HISTORIES, version))
    .filter((file) => file.endsWith(".jsonl") && !file.endsWith(".states.jsonl"))
    .map((file): History => {
      const path = join(HISTORIES, version, file.replace(/\.jsonl$/, ""));
      const definition = JSON.parse(readFileSync(`${path}.definition.json`, "utf8")) as Definition;
      return {
        name: `${version}/${file}`,
        lines: read(`${path}.jsonl`) as Line[],
        states: read(`${path}.states.jsonl`) as StateLine[],
        definition,
      };
    }),
);

/** Every kind of fact; the compiler refuses this table when one is missing or is none. */
const KINDS: { readonly [Kind in Fact["kind"]]: true } = {
  runStarted: true,
  stepSkipped: true,
  stepExpanded: true,
  stepCompleted: true,
  scopeOpened: true,
  scopeClosed: true,
  iterationStarted: true,
  planAccepted: true,
  waitStarted: true,
  approvalReminded: true,
  approvalDecided: true,
  messageReceived: true,
  signalReceived: true,
  contextChanged: true,
  budgetExceeded: true,
  budgetGranted: true,
  subtaskAssigned: true,
  subtaskQueued: true,
  messageIntended: true,
  messageResent: true,
  subtaskAccepted: true,
  subtaskProgressed: true,
  subtaskCompleted: true,
  attemptFailed: true,
  attemptRefused: true,
  subtaskFailed: true,
  questionAsked: true,
  questionAnswered: true,
  attemptTimedOut: true,
  subtaskCanceled: true,
  taskReleased: true,
  runPaused: true,
  runResumed: true,
  runEnding: true,
  runCompensating: true,
  compensationEnded: true,
  compensationFailed: true,
  runCompleted: true,
  runFailed: true,
  runCanceled: true,
};

describe.each(RECORDED)("the recorded history $name", ({ lines, states, definition }) => {
  it("gives the same states as when it was recorded", () => {
    const replayed = replay(lines);
    expect(states.length).toBeGreaterThan(0);
    for (const { seq, version, state } of states) {
      // After a change of the state's version: record the states anew (test/fixtures/record-histories.ts --states).
      expect(version).toBe(STATE_VERSION);
      expect([seq, replayed[seq - 1]]).toEqual([seq, state]);
    }
  });

  it("belongs to a definition that still compiles, under the same fingerprint", () => {
    expect(compile(definition).fingerprint).toBe(lines[0]?.fact.kind === "runStarted" ? lines[0].fact.fingerprint : null);
  });

  it("keeps every invariant, and can be gone on with from each of its states", () => {
    const program = compile(definition);
    for (const { seq, state } of states) {
      expect([seq, ...brokenInvariants(structuredClone(state), program)]).toEqual([seq]);
      const canceled = decide(program, structuredClone(state), { kind: "cancelRequested", at: state.at + 1, by: "test", reason: "enough" });
      expect(canceled.facts.length > 0).toBe(state.end === null && state.ending === null);
      for (const command of outstanding(state, program)) expect(state.flights[command.path]).toBeDefined();
    }
  });
});

describe("the recorded histories", () => {
  it("are of every version of the facts", () => {
    const versions = new Set(RECORDED.flatMap(({ lines }) => lines.map((line) => line.version)));
    expect(versions).toEqual(new Set(Array.from({ length: FACT_VERSION }, (_, index) => index + 1)));
  });

  it("hold every kind of fact of the current version", () => {
    const current = RECORDED.flatMap(({ lines }) => lines.filter((line) => line.version === FACT_VERSION));
    const held = new Set(current.map((line) => line.fact.kind));
    expect(Object.keys(KINDS).filter((kind) => !held.has(kind as Fact["kind"]))).toEqual([]);
  });

  it("number their facts without gap", () => {
    for (const { lines } of RECORDED) expect(lines.map((line) => line.seq)).toEqual(lines.map((_, index) => index + 1));
  });
});

/** The state after each fact, as JSON, read the way a host reads what it has stored. */
function replay(lines: readonly Line[]): unknown[] {
  let state: RunState | null = null;
  return lines.map(({ seq, version, fact }) => {
    state = evolve(
      state,
      decodeFact({ seq, version, body: JSON.stringify(fact), payloads: null }, () => null),
    );
    return JSON.parse(JSON.stringify(state)) as unknown;
  });
}

function read(path: string): unknown[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}
