/** The remote side of the A2A benchmark, in a process of its own: `node a2a-agent.ts WORK_MS`. */
import { setTimeout as delay } from "node:timers/promises";

import { defineAgent } from "../src/agents/function-agent.ts";
import { serveAgent } from "../src/compose/serve-agent.ts";

const workMs = Number(process.argv[2] ?? 0);

const agent = defineAgent({
  name: "remote_adder",
  description: "Adds one to a number, somewhere else.",
  version: "1.0.0",
  capabilities: {
    add: {
      description: "Adds one.",
      run: async ({ input }) => {
        if (workMs > 0) await delay(workMs);
        const value: unknown = typeof input === "object" && input !== null && "value" in input ? input["value"] : 0;
        return { value: Number(value) + 1 };
      },
    },
  },
});

const served = await serveAgent(agent, { port: 0 });
process.stdout.write(`${served.url}\n`);
