/**
 * The first workflow of the crash sweep: sequential, retrying, asking, timing out and failing steps,
 * with agents in the orchestrator's process and in another one. What a run must come to is written
 * down here a second time, as plain arithmetic, for the auditor.
 */
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { type Addresses, quickly, remoteBindings } from "./addresses.ts";

/** How long a step waits for the agent that never answers its first attempt. */
const HANG_TIMEOUT = "250ms";
/** More than a fact may hold beside its payloads. */
const BULK_BYTES = 20_000;

export function createWorkflow(at: Addresses): Definition {
  const items = "${{ steps.seed.output.items }}";
  return workflowFromObject({
    name: "crash_sweep",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
    timeout: "10m",
    steps: {
      seed: { agent: "local", skill: "seed", with: { n: "${{ input.n }}" } },
      quick: { agent: "quick", skill: "tenfold", with: { n: "${{ input.n }}" } },
      words: { agent: "quick", skill: "words", with: { n: "${{ input.n }}" } },
      asked: { agent: "asker", with: { n: "${{ input.n }}" } },
      hung: { agent: "hanger", with: { n: "${{ input.n }}" }, timeout: HANG_TIMEOUT, retry: quickly(50) },
      squares: { each: items, as: "item", concurrency: 2, agent: "slow", with: { n: "${{ item }}" } },
      plain: { each: items, as: "item", agent: "plain", with: { n: "${{ item }}" } },
      doubles: { each: items, as: "item", agent: "local", skill: "double", with: { n: "${{ item }}" } },
      flaky: { needs: ["quick"], agent: "flaky", with: { n: "${{ input.n }}" }, retry: quickly(4) },
      flaky_here: { needs: ["seed"], agent: "local", skill: "flaky", with: { n: "${{ input.n }}" }, retry: quickly(4) },
      refused: { agent: "refuser", with: { n: "${{ input.n }}" }, critical: false, fallback: [{ agent: "local", skill: "rescue" }] },
      dropped: { agent: "local", skill: "broken", critical: false, retry: quickly(1) },
      bulk: { needs: ["quick"], agent: "local", skill: "bulk", with: { bytes: BULK_BYTES } },
      total: {
        agent: "local",
        skill: "total",
        with: {
          single: [
            "${{ steps.quick.output.value }}",
            "${{ steps.hung.output.value }}",
            "${{ steps.flaky.output.value }}",
            "${{ steps.flaky_here.output.value }}",
          ],
          squares: "${{ steps.squares.output }}",
          plain: "${{ steps.plain.output }}",
          doubles: "${{ steps.doubles.output }}",
        },
      },
    },
    output: {
      total: "${{ steps.total.output.value }}",
      words: "${{ steps.words.output }}",
      asked: "${{ steps.asked.output.colour }}",
      refused: "${{ steps.refused.output.value }}",
      dropped: "${{ steps.dropped.output }}",
      bulk: "${{ size(steps.bulk.output.text) }}",
    },
  });
}

/** What a run with this input must come to, whatever happened to the process. */
export function expectedOutput(n: number): unknown {
  const items = [n, n + 1, n + 2];
  const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0);
  const single = [n * 10, n + 7, n * 3, n * 5];
  const total = sum([...single, ...items.map((item) => item * item), ...items.map((item) => item + 100), ...items.map((item) => item * 2)]);
  return { total, words: `n is ${n}`, asked: "blue", refused: n * 11, dropped: null, bulk: BULK_BYTES };
}

/** The subtasks of a run that must complete. */
export const COMPLETING_PATHS: readonly string[] = [
  "seed",
  "quick",
  "words",
  "asked",
  "hung",
  "flaky",
  "flaky_here",
  "refused",
  "bulk",
  "total",
  ...["squares", "plain", "doubles"].flatMap((step) => [0, 1, 2].map((index) => `${step}[${index}]`)),
];
/** The answer to the question of `asked`. */
export const ANSWER = "blue";
