/**
 * How a command gets at a database.
 *
 * 1. Reading needs no owner: the file is read as it is.
 * 2. `drive` owns the database, and takes up every open run, or goes through the process that does.
 * 3. `record` only makes a decision of a person durable. Without an owner it owns the file for that
 *    moment and performs nothing, so that no agent begins what the end of the command would cut off.
 */
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { TuttiError } from "../base/errors.ts";
import { createAgentFactory } from "../agents/agent-factory.ts";
import { isOwnerAlive } from "../hosts/embedded/control-client.ts";
import { openGuest } from "../hosts/embedded/guest-host.ts";
import { openEmbedded } from "../hosts/embedded/open-embedded.ts";
import { readOwnerAddress } from "../hosts/embedded/owner.ts";
import type { Host } from "../ports/host.ts";
import { silentLog, type Log } from "../ports/log.ts";
import { Orchestrator } from "../runtime/orchestrator.ts";
import { Registry } from "../runtime/registry/registry.ts";
import type { Cli } from "./cli.ts";
import { type LeftOver, readLeftOvers } from "./left-over.ts";

export type Session = AsyncDisposable & {
  readonly db: string;
  readonly role: "owner" | "guest";
  /** The process that owns the database, when it is another one. */
  readonly ownerPid: number | null;
  readonly orchestrator: Orchestrator;
  /** What was taken up from an earlier process. */
  readonly leftOvers: readonly LeftOver[];
};

/** How long to wait for a process that is becoming the owner, or has just ceased to be. */
const OWNER_PATIENCE_MS = 5_000;
const LOOK_MS = 100;

/** Reads a database. Throws T5002 when there is none. */
export function openReader(cli: Cli, db: string): Session {
  return session(db, { role: "guest", orchestrator: orchestratorOn(cli, openGuest(db)) });
}

/** Owns the database and takes up its runs, or goes through the owner. */
export function openDriver(cli: Cli, db: string, log: Log = silentLog): Promise<Session> {
  return ownOrVisit(cli, db, async () => {
    await bringUpToDate(db);
    const leftOvers = await readLeftOvers(db);
    const orchestrator = await cli.openOrchestrator({ db, log });
    return session(db, { role: "owner", orchestrator, leftOvers });
  });
}

/** For `cancel`: what is in flight must be told, so this owner has agents, but it takes up no other run. */
export function openCanceler(cli: Cli, db: string): Promise<Session> {
  return ownOrVisit(cli, db, async () => session(db, { role: "owner", orchestrator: await cli.openOrchestrator({ db, recover: false }) }));
}

/** For decisions that need nobody at work. */
export function openRecorder(cli: Cli, db: string): Promise<Session> {
  return ownOrVisit(cli, db, async () => session(db, { role: "owner", orchestrator: orchestratorOn(cli, await ownBriefly(db)) }));
}

/** Owns the database, performs nothing, and takes up no run. */
function ownBriefly(db: string): ReturnType<typeof openEmbedded> {
  const performer = { perform: () => undefined, cannotRecover: () => "this process only records" };
  return openEmbedded({ path: db, performer, control: false });
}

/**
 * Brings a database of an older version up to date, which only its owner may: by owning it for a
 * moment. What cannot be done, for instance because another process is about to, is left to whoever
 * opens the database next.
 */
export async function bringUpToDate(db: string): Promise<void> {
  if (db === ":memory:" || !existsSync(db)) return;
  try {
    await openGuest(db).close();
  } catch (error) {
    if (!(error instanceof TuttiError) || error.code !== "T5002" || !error.retryable) return;
    await ownBriefly(db).then(
      (host) => host.close(),
      () => undefined,
    );
  }
}

/** True while some process owns the database. */
export async function ownerOf(db: string): Promise<number | null> {
  const address = readOwnerAddress(db);
  return address !== null && (await isOwnerAlive(address)) ? address.pid : null;
}

async function ownOrVisit(cli: Cli, db: string, own: () => Promise<Session>): Promise<Session> {
  const givenUpAt = Date.now() + OWNER_PATIENCE_MS;
  for (;;) {
    const ownerPid = db === ":memory:" ? null : await ownerOf(db);
    if (ownerPid !== null) return session(db, { role: "guest", orchestrator: orchestratorOn(cli, openGuest(db)), ownerPid });
    try {
      return await own();
    } catch (error) {
      if (!(error instanceof TuttiError) || error.code !== "T5001" || Date.now() > givenUpAt) throw error;
    }
    await delay(LOOK_MS);
  }
}

/** The façade over a host that this process did not compose: it starts, reads and posts, and performs nothing. */
function orchestratorOn(cli: Cli, host: Host): Orchestrator {
  const registry = new Registry(createAgentFactory((name) => cli.environment[name]));
  return new Orchestrator({ host, registry, close: () => host.close() });
}

type Parts = Pick<Session, "role" | "orchestrator"> & Partial<Session>;

function session(db: string, parts: Parts): Session {
  return { db, ownerPid: null, leftOvers: [], ...parts, [Symbol.asyncDispose]: () => parts.orchestrator.close() };
}
