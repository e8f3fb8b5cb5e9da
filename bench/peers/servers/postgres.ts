/**
 * A PostgreSQL of the measured folder's own, with the settings it comes with (fsync, synchronous_commit and
 * full_page_writes are on), on loopback with a password. It is a child of this process and of the same
 * process group, so that whoever kills the group kills it too. The database refuses to run as root: then it
 * runs as its own user, or as nobody.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "./ports.ts";

export type Postgres = {
  /** Without the name of a database. */
  readonly url: string;
  close(): Promise<void>;
};

const HOME = "/usr/lib/postgresql";
const START_TIMEOUT_MS = 60_000;

/** The folder of PostgreSQL's programs, or null when it is not installed. */
export function postgresPrograms(): string | null {
  const versions = existsSync(HOME) ? readdirSync(HOME).map(Number).filter(Number.isFinite) : [];
  const newest = versions.toSorted((left, right) => right - left).find((version) => existsSync(join(HOME, String(version), "bin/initdb")));
  return newest === undefined ? null : join(HOME, String(newest), "bin");
}

/** Makes a cluster in the folder, or takes up the one that is there, also after a kill. */
export async function startPostgres(directory: string): Promise<Postgres> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error(`There is no PostgreSQL under ${HOME}.`);
  const data = join(directory, "postgres");
  const passwordFile = join(directory, "password");
  if (!existsSync(data)) makeCluster({ programs, data, passwordFile });
  const port = await freePort();
  const [program, ...args] = asUser(join(programs, "postgres"), ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", ""]);
  const log = openSync(join(directory, "server.log"), "a");
  const server = spawn(program, args, { stdio: ["ignore", log, log] });
  const url = `postgresql://bench:${readFileSync(passwordFile, "utf8").trim()}@127.0.0.1:${port}`;
  await untilReady(`${url}/postgres`, () => server.exitCode);
  return {
    url,
    async close() {
      server.kill("SIGINT");
      if (server.exitCode === null) await once(server, "exit");
    },
  };
}

function makeCluster({
  programs,
  data,
  passwordFile,
}: {
  readonly programs: string;
  readonly data: string;
  readonly passwordFile: string;
}): void {
  writeFileSync(passwordFile, randomBytes(16).toString("hex"));
  mkdirSync(data, { mode: 0o700 });
  const user = unprivilegedUser();
  if (user !== null) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  chmodSync(passwordFile, 0o600);
  const options = ["-D", data, "-U", "bench", "-A", "scram-sha-256", "--pwfile", passwordFile, "--no-locale", "-E", "UTF8"];
  const [program, ...args] = asUser(join(programs, "initdb"), options);
  // It would say which commands to start the server with, and complain about a working directory it may not read.
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], cwd: data });
}

/** The command line as a user that PostgreSQL accepts. */
function asUser(program: string, args: readonly string[]): readonly [string, ...string[]] {
  const user = unprivilegedUser();
  if (user === null) return [program, ...args];
  return ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--", program, ...args];
}

function unprivilegedUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const line = ["postgres", "nobody"].map((name) => lines.find((one) => one.startsWith(`${name}:`))).find((one) => one !== undefined);
  if (line === undefined) throw new Error("PostgreSQL needs a user that is not root: postgres or nobody.");
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

/** The driver is the one that DBOS brings. */
type Client = { connect(): Promise<void>; end(): Promise<void> };
type Driver = { readonly Client: new (url: string) => Client };

async function untilReady(url: string, exitCode: () => number | null): Promise<void> {
  const { Client } = createRequire(createRequire(import.meta.url).resolve("@dbos-inc/dbos-sdk"))("pg") as Driver;
  const deadlineAt = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new Client(url);
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (exitCode() !== null || Date.now() > deadlineAt) throw error;
      await sleep(20);
    }
  }
}
