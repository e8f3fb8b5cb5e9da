import { EgressError } from "../../runtime/egress/egress.ts";

/** What comes before a request, until nobody waits for it any more: then it goes on alone, and nothing was sent. */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal, sentence: string): Promise<Value> {
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(new EgressError("notSent", sentence));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  return Promise.race([work, stopped.promise]).finally(() => signal.removeEventListener("abort", onAbort));
}
