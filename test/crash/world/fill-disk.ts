/**
 * A program: starts one run after another, each with a payload of its own, whatever the disk says,
 * until a line comes on its standard input; then waits for all that were acknowledged. It prints a
 * line for everything that happens.
 */
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { fail } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { RunHandle } from "../../../src/runtime/orchestrator.ts";

export type DiskReport =
  | { readonly kind: "acknowledged" | "completed"; readonly run: string }
  | { readonly kind: "refused"; readonly run: string; readonly code: string; readonly retryable: boolean }
  | { readonly kind: "done" };

const PAYLOAD_BYTES = 20_000;
/** Runs at work at once: enough that some wait for a timer or an agent when the disk is full. */
const AT_ONCE = 8;

const definition = workflowFromObject({
  name: "fill_disk",
  agents: { worker: { local: "worker" } },
  input: { type: "object" },
  steps: {
    flaky: {
      needs: ["slow"],
      agent: "worker",
      skill: "flaky",
      retry: { attempts: 4, initial: "40ms", factor: 1, max: "40ms", jitter: "none" },
    },
    slow: { agent: "worker", skill: "slow", with: { text: "${{ input.text }}" } },
  },
  output: { length: "${{ size(steps.slow.output.text) }}", attempts: "${{ steps.flaky.attempts }}" },
});

const worker = defineAgent({
  name: "worker",
  description: "Works a little, and sometimes fails.",
  version: "1.0.0",
  capabilities: {
    flaky: {
      description: "Fails twice.",
      run: ({ assignment }) => (assignment.attempt < 3 ? fail("BUSY", "Not now.", { retryable: true }) : { ok: true }),
    },
    slow: {
      description: "Gives back a text, later.",
      run: async ({ input }) => {
        await delay(30);
        return { text: (input as unknown as { readonly text: string }).text.toUpperCase() };
      },
    },
  },
});

function report(line: DiskReport): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function main(db: string): Promise<void> {
  const stop = new AbortController();
  process.stdin.once("data", () => stop.abort());
  const orchestrator = await openOrchestrator({ db, agents: [worker] });
  let count = 0;
  const followed: Promise<void>[] = [];
  const follow = async (id: string, handle: RunHandle): Promise<void> => {
    const result = await handle.result();
    if (result.status === "completed") report({ kind: "completed", run: id });
  };
  const lane = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      count += 1;
      const id = `full-${count}`;
      try {
        const handle = await orchestrator.start(definition, { text: `${id} `.repeat(PAYLOAD_BYTES / 8) }, { id });
        report({ kind: "acknowledged", run: id });
        const end = follow(id, handle);
        followed.push(end);
        // A run that cannot go on must not keep others from being tried.
        await Promise.race([end, delay(300)]);
      } catch (error) {
        if (!(error instanceof TuttiError)) throw error;
        report({ kind: "refused", run: id, code: error.code, retryable: error.retryable });
        await delay(20);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await Promise.all(followed);
  await orchestrator.close();
  report({ kind: "done" });
  process.exit(0);
}

await main(process.argv[2] ?? "tutti.db");
