import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { TuttiError } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import { MIGRATIONS } from "./migrations.ts";
import { toStoreError } from "./store-error.ts";

/** The oldest SQLite that is free of the WAL-reset corruption bug. */
const OLDEST_SQLITE = [3, 51, 3] as const;
/** "TUTT": it tells our files from those of other programs. */
export const APPLICATION_ID = 0x54555454;

export type DatabaseOptions = { readonly path: string; readonly readOnly?: boolean; readonly synchronous?: "full" | "normal" };

/** Opens the database file, makes it if need be, and brings its tables up to date. */
export function openDatabase({ path, readOnly = false, synchronous = "full" }: DatabaseOptions): DatabaseSync {
  if (readOnly && !existsSync(path)) {
    throw new TuttiError("T5002", `There is no database at ${path}.`, { help: "Start a run first, or name another file with --db." });
  }
  let database: DatabaseSync | undefined;
  try {
    if (!readOnly) makeDirectoryOf(path);
    database = new DatabaseSync(path, { readOnly, timeout: 2_000 });
    checkSqliteVersion(database);
    if (readOnly) refuseOlderSchema(checkSchemaVersion(database, path), path);
    else prepare(database, path, synchronous);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof TuttiError ? error : toStoreError(error, `open ${path}`);
  }
}

/** Makes the directory of a database, for this user only. Throws T5002 when it cannot be made. */
export function makeDirectoryOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toStoreError(error, `make the directory of ${path}`);
  }
}

/** Only an owner may change the tables, so one who only reads has to wait for it. */
function refuseOlderSchema(version: number, path: string): void {
  if (version === MIGRATIONS.length) return;
  throw new TuttiError(
    "T5002",
    `The database ${path} has schema version ${version}, and its owner has yet to bring it to ${MIGRATIONS.length}.`,
    {
      help: "Try again in a moment; or start or resume a run on it, which does that.",
      retryable: true,
    },
  );
}

function prepare(database: DatabaseSync, path: string, synchronous: "full" | "normal"): void {
  // First a look: a file that is not ours must stay as it is.
  const version = checkSchemaVersion(database, path);
  database.exec("pragma journal_mode = wal");
  database.exec(`pragma synchronous = ${synchronous}`);
  database.exec("pragma wal_autocheckpoint = 4000");
  // Not more: a commit that split pages has SQLite look through all that it caches. What does not fit, the system caches.
  database.exec("pragma cache_size = -8192");
  if (version === 0) database.exec(`pragma application_id = ${APPLICATION_ID}`);
  MIGRATIONS.slice(version).forEach((migration, index) => {
    failpoint("open.migrating");
    database.exec(`begin immediate; ${migration}; pragma user_version = ${version + index + 1}; commit`);
  });
}

function checkSchemaVersion(database: DatabaseSync, path: string): number {
  const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new TuttiError(
      "T5003",
      `The database ${path} has schema version ${version}; this program knows versions up to ${MIGRATIONS.length}.`,
      {
        help: "Use the version of Tutti that wrote it, or a newer one. Nothing has been changed.",
      },
    );
  }
  const applicationId = Number(database.prepare("pragma application_id").get()?.["application_id"] ?? 0);
  const tableCount = Number(database.prepare("select count(*) as count from sqlite_master").get()?.["count"] ?? 0);
  if (applicationId !== APPLICATION_ID && tableCount > 0) {
    throw new TuttiError("T5002", `The file ${path} is a SQLite database of another program.`, { help: "Name another file with --db." });
  }
  return version;
}

function checkSqliteVersion(database: DatabaseSync): void {
  const text = String(database.prepare("select sqlite_version() as version").get()?.["version"]);
  if (!isOldSqlite(text)) return;
  throw new TuttiError(
    "T5002",
    `This Node brings SQLite ${text}, which can corrupt a database; Tutti needs ${OLDEST_SQLITE.join(".")} or newer.`,
    {
      help: "Update Node 24 to its newest release.",
    },
  );
}

/** True for a version of SQLite that can corrupt a database in WAL mode. */
export function isOldSqlite(version: string): boolean {
  const parts = version.split(".").map(Number);
  const place = OLDEST_SQLITE.findIndex((wanted, index) => (parts[index] ?? 0) !== wanted);
  return place !== -1 && (parts[place] ?? 0) < (OLDEST_SQLITE[place] ?? 0);
}
