/** The registry and steps inside steps. */
import { describe, expect, it } from "vitest";

import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { type Definition, DEFAULTS, type DelegateStep, type Step, type Target } from "../../../src/definition/definition.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import { eachStep } from "../../../src/definition/walk.ts";

const COMMON = { needs: [], if: null, each: null, output: null, rules: [], critical: true } as const;

function to(target: Target): DelegateStep {
  const { attemptTimeoutMs: timeoutMs, retry } = DEFAULTS;
  return { ...COMMON, kind: "delegate", target, text: null, with: null, timeoutMs, retry, fallback: [], onUnknown: "fail" };
}

const query = to({ kind: "capability", capability: "query" });

function workflow(steps: { readonly [id: string]: Step }): Definition {
  const head = { tutti: "1.0", semantics: 1, name: "nested", version: "1.0.0", description: null, input: null } as const;
  return { ...head, agents: {}, timeoutMs: 1_000, steps, output: null };
}

const PLACES: readonly (readonly [string, string, Step])[] = [
  ["a branch", "outer/inner", { ...COMMON, kind: "parallel", branches: { inner: query }, succeed: { rule: { kind: "all" } } }],
  ["a group", "outer/inner", { ...COMMON, kind: "group", steps: { inner: query } }],
  [
    "a loop",
    "outer/inner",
    { ...COMMON, kind: "loop", steps: { inner: query }, max: 2, until: { kind: "condition", source: "true" }, onExhausted: "fail" },
  ],
  ["a handoff", "outer/inner", { ...COMMON, kind: "handoff", agents: { inner: query }, start: "inner", max: 2 }],
  ["a handler", "outer/onError", { ...to({ kind: "sink", sink: "log", event: "x" }), handlers: { onError: query } }],
  ["a compensation", "outer/compensate", { ...to({ kind: "workflow", name: "w", range: "*" }), compensate: query }],
];

const spare = defineAgent({
  name: "spare",
  description: "Queries.",
  version: "1.0.0",
  capabilities: { query_backup: { description: "Queries.", run: () => "spare" } },
});

describe.each(PLACES)("the agent of a step in %s", (_place, name, outer) => {
  it("is missed before the run, by the name of its step", () => {
    const registry = new Registry(createAgentFactory(() => undefined));
    const reason = registry.cannotBind(workflow({ outer }), null);
    expect(reason).toBe(`step ${name} needs the capability "query", which no agent of this process has`);
    registry.provide("query", spare);
    expect(registry.cannotBind(workflow({ outer }), null)).toBeNull();
  });

  it("has the registry's fallback for its capability", () => {
    const registry = new Registry(createAgentFactory(() => undefined));
    registry.setFallback("query", "query_backup");
    const definition = workflow({ outer });
    const completed = registry.fallbacks.complete(definition);
    const fallbacks = eachStep(completed).flatMap(({ step }) => (step.kind === "delegate" ? step.fallback : []));
    expect(fallbacks).toEqual([{ kind: "capability", capability: "query_backup" }]);
    expect(registry.fallbacks.complete(definition)).toBe(completed);
  });
});

it("sub-workflows and events need no agent", () => {
  const registry = new Registry(createAgentFactory(() => undefined));
  const steps = { a: to({ kind: "workflow", name: "w", range: "*" }), b: to({ kind: "sink", sink: "log", event: "x" }) };
  expect(registry.cannotBind(workflow(steps), null)).toBeNull();
});
