/**
 * Serves the researcher over A2A: `node --conditions=source examples/planner-researcher-writer/serve.ts [PORT]`.
 * Prints its address, and ends on SIGTERM or SIGINT.
 */
import { serveAgent } from "tutti";

import { researcherAgent } from "./agents.ts";

const server = await serveAgent(researcherAgent, { port: Number(process.argv[2] ?? "4202") });
process.stdout.write(`${server.url}\n`);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close().then(() => process.exit(0)));
