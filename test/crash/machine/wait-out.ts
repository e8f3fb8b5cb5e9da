/**
 * A program: a run that waits for a time, fails and is tried again, and waits for an agent; on a database
 * of its own. It prints a line when it is at work, and its facts at the end.
 */
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { fail } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";

export const NAP_MS = 900;
export const RETRY_MS = 700;

export type WaitReport =
  | { readonly kind: "atWork" }
  | {
      readonly kind: "over";
      readonly status: string;
      readonly wallAt: number;
      readonly facts: readonly { readonly kind: string; readonly at: number }[];
    };

const definition = workflowFromObject({
  name: "wait_out",
  agents: { worker: { local: "worker" } },
  steps: {
    nap: { wait: `${NAP_MS}ms` },
    again: {
      agent: "worker",
      skill: "again",
      retry: { attempts: 2, initial: `${RETRY_MS}ms`, factor: 1, max: `${RETRY_MS}ms`, jitter: "none" },
    },
    slow: { agent: "worker", skill: "slow", timeout: "2h" },
    after: { needs: ["nap"], wait: `${NAP_MS}ms` },
  },
});

const worker = defineAgent({
  name: "worker",
  description: "Works a little.",
  version: "1.0.0",
  capabilities: {
    again: {
      description: "Fails once.",
      run: ({ assignment }) => (assignment.attempt < 2 ? fail("BUSY", "Not now.", { retryable: true }) : { ok: true }),
    },
    slow: { description: "Takes its time.", run: () => delay(NAP_MS, { ok: true }) },
  },
});

function report(line: WaitReport): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

async function main(db: string): Promise<void> {
  const orchestrator = await openOrchestrator({ db, agents: [worker] });
  const handle = await orchestrator.start(definition, {}, { id: "waiting" });
  const facts: { kind: string; at: number }[] = [];
  for await (const entry of handle.watch()) {
    if (entry.kind !== "fact") continue;
    facts.push(entry.fact);
    if (entry.fact.kind === "attemptFailed") report({ kind: "atWork" });
  }
  const { status } = await handle.result();
  await orchestrator.close();
  report({ kind: "over", status, wallAt: Date.now(), facts });
  process.exit(0);
}

// The names above are for the test, too, which starts this file as a process of its own.
if (process.argv[1] === import.meta.filename) await main(process.argv[2] ?? "tutti.db");
