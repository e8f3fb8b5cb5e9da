import type { ErrorCode } from "./codes.ts";
import type { Json } from "./json.ts";

/** What every error of Tutti says besides its sentence. */
export type ErrorDetails = {
  /** What the reader can do about it, as a sentence. */
  readonly help?: string;
  /** The values behind the sentence, for programs. */
  readonly details?: Json;
  /** True when the same call may succeed later without any change. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

/**
 * The one error class of Tutti's edges: a stable code (`docs/errors.md` has a section for each), a
 * sentence with the values, and what to do.
 */
export class TuttiError extends Error {
  override readonly name: string = "TuttiError";
  readonly code: ErrorCode;
  readonly help: string | undefined;
  readonly details: Json | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, sentence: string, more: ErrorDetails = {}) {
    super(sentence, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.help = more.help;
    this.details = more.details;
    this.retryable = more.retryable ?? false;
  }
}
