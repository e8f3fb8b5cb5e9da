/** Tutti as its readers use it: an orchestrator on a file, an agent in this process, workflows as data. */
import { join } from "node:path";

import { ask, defineAgent, type Definition, openOrchestrator, workflowFromObject } from "../../../src/index.ts";
import { items, type Peer, type PeerOptions } from "../engine.ts";

const AGENT = "adder";

export async function openTutti({ directory, steps }: PeerOptions): Promise<Peer> {
  const adder = defineAgent({
    name: AGENT,
    description: "Adds one to a number.",
    version: "1.0.0",
    capabilities: {
      add: { description: "Adds one.", run: ({ input }) => steps.add(valueOf(input)) },
      third: { description: "Adds one, unless it is held.", run: ({ input }) => steps.third(valueOf(input)) },
      person: { description: "Asks, and so waits.", run: () => ask("Go on?") },
    },
  });
  const orchestrator = await openOrchestrator({ db: join(directory, "tutti.db"), agents: [adder] });
  return {
    chain: async () => Number(await orchestrator.run(CHAIN, { value: 0 })),
    fanOut: async (width) => Number(await orchestrator.run(FAN_OUT, { items: items(width) })),
    startWaiting: (id) => orchestrator.start(WAITING, {}, { id }),
    startOpen: (id) => orchestrator.start(CHAIN, { value: 0 }, { id }),
    resultOfOpen: async (id) => Number(await orchestrator.run(CHAIN, { value: 0 }, { id })),
    close: () => orchestrator.close(),
  };
}

const CHAIN: Definition = workflowFromObject({
  tutti: "1.0",
  name: "chain",
  version: "1.0.0",
  steps: {
    s1: { capability: "add", with: { value: "${{ input.value }}" } },
    s2: { capability: "add", with: { value: "${{ steps.s1.output.value }}" } },
    s3: { capability: "third", with: { value: "${{ steps.s2.output.value }}" } },
    s4: { capability: "add", with: { value: "${{ steps.s3.output.value }}" } },
    s5: { capability: "add", with: { value: "${{ steps.s4.output.value }}" } },
  },
  output: "${{ steps.s5.output.value }}",
});

const FAN_OUT: Definition = workflowFromObject({
  tutti: "1.0",
  name: "fan_out",
  version: "1.0.0",
  steps: { work: { each: "${{ input.items }}", as: "item", capability: "add", with: { value: "${{ item }}" } } },
  output: "${{ size(steps.work.output) }}",
});

const WAITING: Definition = workflowFromObject({
  tutti: "1.0",
  name: "waiting",
  version: "1.0.0",
  steps: { first: { capability: "add", with: { value: 1 } }, person: { needs: ["first"], capability: "person" } },
});

function valueOf(input: unknown): number {
  const value: unknown = typeof input === "object" && input !== null && "value" in input ? input.value : 0;
  return typeof value === "number" ? value : 0;
}
