import type { Json } from "../../../src/base/json.ts";
import type { Scope, StepResult } from "../../../src/definition/program.ts";

/** A scope with one step of each end, and whatever a test adds. */
export function scopeOf(input: Json = {}, more: Partial<Scope> = {}): Scope {
  const steps: { readonly [id: string]: StepResult } = {
    done: { status: "completed", output: { list: [10, 20, { x: 1 }], name: "Acme", count: 3 }, text: "hello", attempts: 1 },
    skipped: { status: "skipped", attempts: 0 },
    tolerated: { status: "failed", output: null, attempts: 3 },
  };
  return { input, steps, context: { a: { b: 7 } }, run: { id: "run_1", started_at: "2026-11-21T00:00:00Z" }, ...more };
}
