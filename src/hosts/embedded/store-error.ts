import { TuttiError } from "../../base/errors.ts";

/** SQLite's primary result codes (the low byte of an extended code). */
const SQLITE = { busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

/** Says what a failure of SQLite means, and whether waiting may help. */
export function toStoreError(error: unknown, action: string): TuttiError {
  const { code, message } = readSqliteError(error);
  switch ((code ?? 0) & 0xff) {
    case SQLITE.full:
      return new TuttiError("T5004", `The disk is full: could not ${action} (${message}).`, {
        help: "Free some space; runs go on by themselves. Nothing that was acknowledged is lost.",
        retryable: true,
        cause: error,
      });
    case SQLITE.ioError:
      return new TuttiError("T5005", `The disk reported an error: could not ${action} (${message}).`, {
        help: "Check the disk and its quota; runs go on by themselves when writing works again.",
        retryable: true,
        cause: error,
      });
    case SQLITE.busy:
    case SQLITE.locked:
      return new TuttiError("T5002", `The database is locked by another program: could not ${action} (${message}).`, {
        help: "Close the other program, for example a database browser with an open transaction.",
        retryable: true,
        cause: error,
      });
    case SQLITE.readOnly:
      return new TuttiError("T5002", `The database is read-only: could not ${action} (${message}).`, {
        help: "Make the file and its directory writable for this user, or name another file with --db.",
        cause: error,
      });
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return new TuttiError("T5002", `The file is not a sound SQLite database: could not ${action} (${message}).`, {
        help: "Restore it from a backup, or name another file with --db.",
        cause: error,
      });
    default:
      return new TuttiError("T5002", `The database failed: could not ${action} (${message}).`, {
        help: "Check that the directory exists and is writable, or name another file with --db.",
        cause: error,
      });
  }
}

function readSqliteError(error: unknown): { readonly code: number | null; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code: unknown = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : null;
  return { code: typeof code === "number" ? code : null, message };
}
