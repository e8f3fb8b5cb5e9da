/**
 * Serves one of the five agents over A2A: `node --conditions=source agents/serve.ts NAME [PORT]`.
 * Prints one line of JSON, `{"name":…,"url":…}`, when it is ready, and ends on SIGTERM or SIGINT. With
 * `--with-parent` it ends as well when its standard input does, so that no agent outlives a demo.
 */
import { parseArgs } from "node:util";

import { serveAgent } from "tutti";

import { analyticsAgent } from "./analytics.ts";
import { chartAgent } from "./chart.ts";
import { cleanAgent } from "./clean.ts";
import { dataAgent } from "./data.ts";
import { reportAgent } from "./report.ts";

const AGENTS = [dataAgent, cleanAgent, analyticsAgent, chartAgent, reportAgent];

const { positionals, values } = parseArgs({ allowPositionals: true, options: { "with-parent": { type: "boolean", default: false } } });
const [name, port = "0"] = positionals;
const agent = AGENTS.find((known) => known.name === name);
if (agent === undefined || !/^\d{1,5}$/.test(port)) {
  process.stderr.write(`Usage: serve.ts NAME [PORT] [--with-parent]; NAME is one of ${AGENTS.map((known) => known.name).join(", ")}.\n`);
  process.exit(2);
}
const server = await serveAgent(agent, { port: Number(port), host: "127.0.0.1" });
process.stdout.write(`${JSON.stringify({ name, url: server.url })}\n`);

let closing = false;
const close = async (): Promise<void> => {
  if (closing) return;
  closing = true;
  await server.close();
  process.exit(0);
};
process.once("SIGTERM", () => void close());
process.once("SIGINT", () => void close());
if (values["with-parent"]) process.stdin.on("end", () => void close()).resume();
