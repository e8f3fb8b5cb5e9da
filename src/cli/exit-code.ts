import type { ErrorCode } from "../base/codes.ts";
import { TuttiError } from "../base/errors.ts";
import type { RunStatus } from "../scheduler/index.ts";

/** What the command's exit code says to a script. Pinned by test/pins/cli.test.ts. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  runFailed: 3,
  runCanceled: 4,
  notFound: 5,
  /** The run's own timeout, or `--wait`, ran out. */
  timedOut: 6,
  /** The run waits for an answer, and nobody here can be asked. */
  waiting: 8,
  /** Ctrl-C: the command stopped watching, as a shell expects to be told. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const USAGE_CODES: ReadonlySet<string> = new Set<ErrorCode>(["T2101", "T2002", "T2103"]);
const NOT_FOUND_CODES: ReadonlySet<string> = new Set<ErrorCode>(["T1504", "T4001", "T4004"]);

export function exitCodeOfError(error: unknown): ExitCode {
  if (!(error instanceof TuttiError)) return EXIT.error;
  if (USAGE_CODES.has(error.code)) return EXIT.usage;
  return NOT_FOUND_CODES.has(error.code) ? EXIT.notFound : EXIT.error;
}

/** `code` is that of the run's failure, if it failed. */
export function exitCodeOfRun(status: RunStatus, code: string | null): ExitCode {
  switch (status) {
    case "completed":
      return EXIT.ok;
    case "failed":
      return code === "T4109" ? EXIT.timedOut : EXIT.runFailed;
    case "canceled":
      return EXIT.runCanceled;
    case "quarantined":
      return EXIT.error;
    case "waiting":
      return EXIT.waiting;
    case "running":
    case "paused":
    case "canceling":
    case "compensating":
      return EXIT.timedOut;
  }
}
