import { DEFAULTS, type Definition, type DelegateStep } from "../../../src/definition/definition.ts";

/** A step that says nothing but its capability. */
export function step(parts: Partial<DelegateStep> = {}): DelegateStep {
  return {
    kind: "delegate",
    target: { kind: "capability", capability: "work" },
    needs: [],
    if: null,
    each: null,
    text: null,
    with: null,
    output: null,
    rules: [],
    timeoutMs: DEFAULTS.attemptTimeoutMs,
    retry: DEFAULTS.retry,
    fallback: [],
    critical: true,
    onUnknown: "fail",
    ...parts,
  };
}

/** A definition with one step, and whatever a test changes. */
export function minimal(parts: Partial<Definition> = {}): Definition {
  return {
    tutti: "1.0",
    semantics: 1,
    name: "w",
    version: null,
    description: null,
    input: null,
    agents: {},
    timeoutMs: DEFAULTS.runTimeoutMs,
    steps: { a: step() },
    output: null,
    ...parts,
  };
}
