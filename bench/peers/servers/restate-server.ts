/**
 * Restate's server from its npm package: one node with its defaults (its log is synced to the disk), on
 * loopback, without telemetry. A child of this process and of the same process group. The ports stay the
 * same over a restart, because the server knows the service by its address.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "./ports.ts";

type Ports = { readonly fabric: number; readonly ingress: number; readonly admin: number; readonly service: number };
export type RestateServer = { readonly ingressUrl: string; close(): Promise<void> };

const START_TIMEOUT_MS = 60_000;

/** The server's program for this machine, or null when npm has none for it. */
export function restateProgram(): string | null {
  const require = createRequire(createRequire(import.meta.url).resolve("@restatedev/restate-server/package.json"));
  try {
    const manifest = require.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/package.json`);
    return join(manifest, "../bin/restate-server");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** Starts the server on the folder, and the service on its port before it is made known to the server. */
export async function startRestate(directory: string, startService: (port: number) => Promise<void>): Promise<RestateServer> {
  const program = restateProgram();
  if (program === null) throw new Error("There is no Restate server for this machine on npm.");
  const portsFile = join(directory, "ports.json");
  const isNew = !existsSync(portsFile);
  if (isNew) writeFileSync(portsFile, JSON.stringify(await choosePorts()));
  const ports = JSON.parse(readFileSync(portsFile, "utf8")) as Ports;
  await startService(ports.service);
  const log = openSync(join(directory, "server.log"), "a");
  const server = spawn(program, ["--base-dir", join(directory, "restate"), "--node-name", "bench"], {
    stdio: ["ignore", log, log],
    env: { ...process.env, ...settings(ports) },
  });
  const admin = `http://127.0.0.1:${ports.admin}`;
  const ingressUrl = `http://127.0.0.1:${ports.ingress}`;
  for (const url of [`${admin}/health`, `${ingressUrl}/restate/health`]) await untilOk(url, () => server.exitCode);
  if (isNew) await register(admin, `http://127.0.0.1:${ports.service}`);
  return {
    ingressUrl,
    async close() {
      server.kill("SIGTERM");
      if (server.exitCode === null) await once(server, "exit");
    },
  };
}

async function choosePorts(): Promise<Ports> {
  return { fabric: await freePort(), ingress: await freePort(), admin: await freePort(), service: await freePort() };
}

function settings({ fabric, ingress, admin }: Ports): Readonly<Record<string, string>> {
  return {
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${fabric}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
  };
}

async function register(admin: string, uri: string): Promise<void> {
  const response = await fetch(`${admin}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri }),
  });
  if (!response.ok) throw new Error(`Restate did not take the service: ${response.status} ${await response.text()}`);
}

async function untilOk(url: string, exitCode: () => number | null): Promise<void> {
  const deadlineAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const isOk = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return;
    if (exitCode() !== null) throw new Error(`The Restate server ended with ${exitCode()}.`);
    if (Date.now() > deadlineAt) throw new Error(`The Restate server was not ready within ${START_TIMEOUT_MS} ms.`);
    await sleep(20);
  }
}
