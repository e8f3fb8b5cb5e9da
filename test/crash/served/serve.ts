/**
 * The process of the served sweep: serves an agent and workflows from a database file until its
 * standard input closes. It prints a line when it listens, and at the end one with the failpoints
 * that it has passed. Told to die at a failpoint, it kills itself there with SIGKILL.
 */
import { writeSync } from "node:fs";

import { setFailpointHook } from "../../../src/base/failpoint.ts";
import { createServer } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { Log } from "../../../src/ports/log.ts";
import type { FailAt } from "../world/orchestrate.ts";
import { helperAgent, servedAgent, WORKFLOWS } from "./served-things.ts";

export type ServedLife = {
  readonly life: number;
  readonly db: string;
  readonly diary: string;
  /** The same in every life, so that cards and clients stay as they are. */
  readonly port: number;
  /** Where gRPC is spoken; null: nowhere. */
  readonly grpcPort: number | null;
  /** A private key as a JSON Web Key, which signs the cards. */
  readonly signingKey: string;
  readonly failAt: FailAt | null;
};

/** What the program prints, a line each. */
export type ServedReport =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "dying"; readonly name: string; readonly count: number }
  | { readonly kind: "done"; readonly points: readonly string[] };

function report(line: ServedReport): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const log: Log = (level, event, fields) => {
  if (level === "error") writeSync(2, `${event} ${JSON.stringify(fields)} ${String(fields["error"])}\n`);
};

// What the first notification would load: a death while it is on its way is then one on the wire.
await import("../../../src/runtime/egress/connection-pools.ts");
const life = JSON.parse(process.argv[2] ?? "{}") as ServedLife;
const points: string[] = [];
setFailpointHook((name) => {
  points.push(name);
  if (life.failAt?.name !== name || points.filter((point) => point === name).length !== life.failAt.count) return;
  report({ kind: "dying", ...life.failAt });
  process.kill(process.pid, "SIGKILL");
});

const diary = { file: life.diary, life: life.life };
const orchestrator = await openOrchestrator({ db: life.db, agents: [helperAgent(diary)], log });
const server = await createServer(orchestrator, {
  workflows: WORKFLOWS,
  agents: [servedAgent(diary)],
  port: life.port,
  ...(life.grpcPort === null ? {} : { grpc: { port: life.grpcPort } }),
  signing: [{ secret: "SIGNING_KEY" }],
  readSecret: () => life.signingKey,
  push: { allow: ["http://127.0.0.1:*"] },
  drainMs: 50,
  log,
});
report({ kind: "listening", url: server.url });
await new Promise((resolve) => {
  process.stdin.resume().on("end", resolve);
});
await server.close();
await orchestrator.close();
report({ kind: "done", points });
process.exit(0);
