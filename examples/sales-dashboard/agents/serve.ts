/**
 * Serves one of the five agents over A2A: `node --conditions=source agents/serve.ts NAME [PORT]`.
 * Prints one line of JSON, `{"name":…,"url":…}`, when it is ready, and ends on SIGTERM or SIGINT. With
 * `--with-parent` it ends as well when its standard input does, so that no agent outlives a demo.
 */
import { parseArgs } from "node:util";

import { type LocalAgent, serveAgent } from "tutti";

/** A process loads its own agent: one that draws no charts need not wait for what draws them. */
const AGENTS = new Map<string, () => Promise<LocalAgent>>([
  ["data", async () => (await import("./data.ts")).dataAgent],
  ["clean", async () => (await import("./clean.ts")).cleanAgent],
  ["analytics", async () => (await import("./analytics.ts")).analyticsAgent],
  ["chart", async () => (await import("./chart.ts")).chartAgent],
  ["report", async () => (await import("./report.ts")).reportAgent],
]);

const { positionals, values } = parseArgs({ allowPositionals: true, options: { "with-parent": { type: "boolean", default: false } } });
const [name = "", port = "0"] = positionals;
const load = AGENTS.get(name);
if (load === undefined || !/^\d{1,5}$/.test(port)) {
  process.stderr.write(`Usage: serve.ts NAME [PORT] [--with-parent]; NAME is one of ${[...AGENTS.keys()].join(", ")}.\n`);
  process.exit(2);
}
const server = await serveAgent(await load(), { port: Number(port), host: "127.0.0.1" });
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
