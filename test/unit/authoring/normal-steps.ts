/** Steps as they are written, and what they become. */
import { expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";
import { DEFAULTS, type Definition, type Step } from "../../../src/definition/definition.ts";

const HEAD = 'tutti: "1.0"\nname: w\n';

export function load(body: string): Definition {
  const loaded = loadText(HEAD + body, "w.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 1));
  return loaded.value;
}

/** The step `x` of a workflow in which `x` is written as this, beside a step `before`. */
export function read(step: string): Step {
  const { steps } = load(`steps:\n  before: { capability: c }\n  x: ${step}\n`);
  return steps["x"] as Step;
}

export const BARE = { needs: [], if: null, each: null, output: null, rules: [], critical: true } as const;
export const WORK = {
  text: null,
  with: null,
  timeoutMs: DEFAULTS.attemptTimeoutMs,
  retry: DEFAULTS.retry,
  fallback: [],
  onUnknown: "fail",
} as const;
export const agent = (name: string, skill: string | null = null) => ({ kind: "agent", agent: name, skill }) as const;
export const capability = (name: string) => ({ kind: "capability", capability: name }) as const;
export const work = (target: object, more: object = {}) => ({ kind: "delegate", target, ...BARE, ...WORK, ...more });
export const asked = (more: object = {}) => ({
  kind: "approval",
  ...BARE,
  to: ["ann"],
  title: "Go on?",
  show: null,
  form: null,
  remindMs: null,
  timeoutMs: null,
  onTimeout: "fail",
  ...more,
});
export const ask = "approval: { to: ann, title: Go on? }";

type Case = readonly [title: string, step: string, normal: object];

/** A title, the step, and its normal form. */
export function table(cases: readonly Case[]): void {
  it.each(cases)("%s", (_, step, normal) => {
    expect(read(step)).toEqual(normal);
  });
}
