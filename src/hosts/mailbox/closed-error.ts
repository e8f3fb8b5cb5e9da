import { TuttiError } from "../../base/errors.ts";

/** What a closed host says to everybody. */
export function closedError(): TuttiError {
  return new TuttiError("T5008", "The host is closed; the run goes on when a process opens the database again.", { retryable: true });
}
