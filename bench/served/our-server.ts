/** The same agent as sdk-server.ts, served by Tutti: `node our-server.ts memory`, or `node our-server.ts DIRECTORY`. */
import { join } from "node:path";

import { defineAgent } from "../../src/agents/function-agent.ts";
import { serveAgent } from "../../src/compose/serve-agent.ts";
import { answerMemoryQuestions } from "./memory.ts";

const where = process.argv[2] ?? "memory";

const agent = defineAgent({
  name: "echo",
  description: "Gives back what it gets.",
  version: "1.0.0",
  capabilities: {
    echo: {
      description: "Gives it back.",
      run: ({ input }) => (isWaiting(input) ? new Promise<never>(() => undefined) : input),
    },
  },
});

function isWaiting(input: unknown): boolean {
  return typeof input === "object" && input !== null && "wait" in input;
}

const served = await serveAgent(agent, { port: 0, maxWorking: 10_000, ...(where === "memory" ? {} : { db: join(where, "ours.db") }) });
process.stdout.write(`${served.url}/\n`);
answerMemoryQuestions();
