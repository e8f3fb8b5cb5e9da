import type { Clock } from "../../ports/clock.ts";

/** Waits, and ends at once when the signal aborts, or when `sooner` comes; that it never will ends nothing. */
export async function sleep(clock: Clock, delayMs: number, signal: AbortSignal, sooner?: Promise<unknown>): Promise<void> {
  if (signal.aborted) return;
  const over = Promise.withResolvers<undefined>();
  const done = (): void => over.resolve(undefined);
  const cancel = clock.schedule(delayMs, done);
  signal.addEventListener("abort", done);
  await (sooner === undefined ? over.promise : Promise.race([over.promise, sooner.catch(() => over.promise)]));
  cancel();
  signal.removeEventListener("abort", done);
}
