import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll } from "vitest";

import { setFailpointHook } from "../../../src/base/failpoint.ts";
import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { type EmbeddedHost, openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import type { Host } from "../../../src/ports/host.ts";
import type { HostHarness } from "./harness.ts";
import { hostConformance } from "./host-conformance.ts";

const SQLITE_FULL = 13;

let failures = 0;
setFailpointHook((name) => {
  if (name !== "commit.written" || failures === 0) return;
  failures -= 1;
  throw Object.assign(new Error("database or disk is full"), { errcode: SQLITE_FULL });
});
afterAll(() => setFailpointHook(null));

async function makeHarness(): Promise<HostHarness> {
  const directory = mkdtempSync(join(tmpdir(), "tutti-host-"));
  const readers: Host[] = [];
  let host: EmbeddedHost | undefined;
  let crashes = 0;
  const pathOf = (crash: number) => join(directory, `${crash}.db`);
  failures = 0;
  return {
    async open(parts) {
      if (host !== undefined) {
        crashes += 1;
        copyAsAfterCrash(pathOf(crashes - 1), pathOf(crashes));
        await host.close();
      }
      host = await openEmbedded({ path: pathOf(crashes), control: false, ...parts });
      host.recover();
      return host;
    },
    async reader() {
      const reader = openGuest(pathOf(crashes));
      readers.push(reader);
      return reader;
    },
    failCommits(count) {
      failures = count;
    },
    refuseFactsOf(run) {
      const database = new DatabaseSync(pathOf(crashes));
      database.exec(`create trigger refuse before insert on fact when new.run = '${run.id}' begin select raise(abort, 'refused'); end`);
      database.close();
    },
    async dispose() {
      for (const open of [...readers, ...(host === undefined ? [] : [host])]) await open.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** What a process that dies leaves behind: the files as they are, with nothing written on its way out. */
function copyAsAfterCrash(from: string, to: string): void {
  for (const ending of ["", "-wal"]) if (existsSync(`${from}${ending}`)) copyFileSync(`${from}${ending}`, `${to}${ending}`);
}

hostConformance("embedded", makeHarness);
