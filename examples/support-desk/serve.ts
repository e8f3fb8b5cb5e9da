/**
 * Serves the refund agent over A2A: `node --conditions=source examples/support-desk/serve.ts [PORT]`.
 * Prints its address, and ends on SIGTERM or SIGINT.
 */
import { serveAgent } from "tutti";

import { refundAgent } from "./agents.ts";

const server = await serveAgent(refundAgent, { port: Number(process.argv[2] ?? "4301") });
process.stdout.write(`${server.url}\n`);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close().then(() => process.exit(0)));
