import { expect, it } from "vitest";

import { defineAgent, fail, openOrchestrator, workflowFromObject } from "tutti";

const QUICK = { attempts: 3, initial: "1ms", jitter: "none" };

function counting(name: string, capability: string, answer: () => unknown) {
  const calls: string[] = [];
  const agent = defineAgent({
    name,
    description: `Answers ${capability}.`,
    version: "1.0.0",
    capabilities: {
      [capability]: {
        description: "Counts its calls.",
        run: ({ key }: { readonly key: string }) => {
          calls.push(key);
          return answer() as string;
        },
      },
    },
  });
  return { agent, calls };
}

it.each(["worker", "capability"] as const)(
  "the registry's fallback %s is asked once, after three attempts (W107, W150, X013)",
  async (kind) => {
    const broken = counting("broken", "data_query", () => fail("DOWN", "the database is down", { retryable: true }));
    const spare = counting("spare", kind === "worker" ? "data_query" : "data_query_backup", () => "fallback_success");
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [broken.agent] });
    if (kind === "capability") orchestrator.register(spare.agent);
    orchestrator.registry.setFallback("data_query", kind === "worker" ? spare.agent : "data_query_backup");
    const workflow = workflowFromObject({ tutti: "1.0", name: "query_data", steps: { query: { capability: "data_query", retry: QUICK } } });
    expect(await orchestrator.run(workflow, {})).toBe("fallback_success");
    expect([broken.calls.length, spare.calls.length]).toEqual([3, 1]);
  },
);
