/**
 * A program: a server of an agent and a workflow on a database file, for the test that sends it anything.
 * It says its address, and for every line that it is given, how many bytes it holds when all garbage is gone.
 */
import { createInterface } from "node:readline";

import { createServer } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { ask } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";
import { helper, REPORT } from "../../unit/a2a/handler/agents.ts";

const agent = defineAgent({
  name: "target",
  description: "Takes what comes.",
  version: "1.0.0",
  capabilities: {
    echo: { description: "Gives back what it gets.", run: ({ input, text }) => ({ input, text }) },
    question: { description: "Asks.", run: ({ answer }) => (answer === undefined ? ask("Which?") : { answer }) },
  },
});

const orchestrator = await openOrchestrator({ db: process.argv[2] ?? ":memory:", agents: [helper] });
const server = await createServer(orchestrator, {
  agents: [agent],
  workflows: [workflowFromObject(REPORT)],
  // Whatever it logs as an error is one: the test reads it.
  log: (level, event, fields) => {
    if (level === "error") process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
  },
});
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
createInterface(process.stdin)
  .on("line", () => {
    collectGarbage();
    process.stdout.write(`${process.memoryUsage().heapUsed}\n`);
  })
  .on("close", () => process.exit(0));
