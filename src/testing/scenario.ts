/** A scenario file, read: the expectations about one workflow, in several situations. */
import type { Json } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { DocumentPath } from "../definition/problem.ts";
import type { Stage } from "./expectations.ts";
import type { ScriptedAgent } from "./scripted.ts";
import type { Testable } from "./test-workflow.ts";

export type ScenarioFile = {
  readonly file: string;
  readonly workflow: string;
  readonly workflows: readonly Testable[];
  readonly definition: Definition;
  readonly scenarios: readonly Scenario[];
};

export type Scenario = {
  readonly name: string;
  readonly line: number;
  readonly input: Json;
  readonly seed: string;
  readonly agents: readonly ScriptedAgent[];
  readonly events: readonly ScenarioEvent[];
  /** Virtual time that goes by besides, with nobody acting. */
  readonly advance: string | null;
  readonly expect: Expectations;
};

/** Something that somebody does during the run. */
export type ScenarioEvent = {
  /** When this step begins, or asks its question; null: from the start of the run. */
  readonly at: string | null;
  readonly afterMs: number;
  readonly line: number;
  readonly act: ScenarioAct;
};

export const EVENT_NAMES = ["answer", "approve", "reject", "signal", "cancel", "pause", "resume", "restart"] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export type ScenarioAct =
  | { readonly kind: "answer"; readonly answer: Json }
  | { readonly kind: "signal"; readonly name: string; readonly payload: Json }
  | { readonly kind: "cancel"; readonly reason: string }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "restart" };

export const STATUSES = ["completed", "failed", "canceled", "waiting", "paused"] as const;

export const EXPECT_KEYS = [
  "status",
  "output",
  "exactly",
  "failure",
  "attempts",
  "order",
  "calls",
  "skipped",
  "questions",
  "facts",
  "within",
] as const;
export type ExpectKey = (typeof EXPECT_KEYS)[number];

/** What must have become true; a key that is absent is not looked at. */
export type Expectations = {
  readonly status: (typeof STATUSES)[number];
  /** Held by the output: other keys may be there. */
  readonly output?: Json;
  readonly exactly?: Json;
  readonly failure?: Json;
  readonly attempts?: { readonly [path: string]: number };
  readonly order?: readonly Stage[];
  readonly calls?: { readonly [agent: string]: number };
  /** Exactly these steps were skipped. */
  readonly skipped?: readonly string[];
  /** Paths of the questions that are open at the end. */
  readonly questions?: readonly string[];
  /** Held by facts of the history, in this order. */
  readonly facts?: readonly Json[];
  /** Virtual time. */
  readonly withinMs?: number;
  /** Where each of these stands in the file. */
  readonly lineOf: (path: DocumentPath) => number;
};

/** What became of a scenario. */
export type ScenarioResult = {
  readonly name: string;
  readonly line: number;
  readonly passed: boolean;
  readonly status: string;
  /** Virtual time. */
  readonly elapsedMs: number;
  readonly mismatches: readonly Mismatch[];
};

/** One expectation that did not hold. */
export type Mismatch = {
  readonly what: string;
  readonly line: number;
  readonly message: string;
  readonly expected?: Json;
  readonly actual?: Json;
};
