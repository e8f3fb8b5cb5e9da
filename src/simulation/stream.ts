import type { JsonObject } from "../base/json.ts";
import type { Clock } from "../ports/clock.ts";
import { EgressError } from "../runtime/egress/egress-error.ts";
import type { Strike } from "./faults.ts";
import { textIn } from "./messages.ts";
import type { Asked } from "./network.ts";

/** The events of a task on their way to a process; null when there is nothing to follow. */
export function openStream(clock: Clock, request: Asked, strike: Strike | null): ReadableStream<Uint8Array> | null {
  const { agent, host, id, signal, latencyMs, params } = request;
  const encoder = new TextEncoder();
  const cutAfter = strike?.fault === "cutStream" ? (strike.amount ?? 1) : Number.POSITIVE_INFINITY;
  let eventCount = 0;
  let isOver = false;
  let stopListening: () => void = () => undefined;
  let body!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      body = controller;
    },
    cancel: () => finish(() => undefined),
  });
  const finish = (conclude: () => void) => {
    if (isOver) return;
    isOver = true;
    stopListening();
    signal?.removeEventListener("abort", onAbort);
    conclude();
  };
  const onAbort = () => finish(() => body.error(new EgressError("ambiguous", `The request to ${host} was given up.`)));
  const arrive = (act: () => void) => clock.schedule(latencyMs, () => (isOver || !request.caller.isAlive ? undefined : act()));
  const event = (result: JsonObject) => {
    eventCount += 1;
    if (eventCount > cutAfter) return;
    arrive(() => body.enqueue(encoder.encode(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`)));
    // One half of the streams that are cut end, the others break.
    if (eventCount === cutAfter)
      arrive(() =>
        finish(() => (cutAfter % 2 === 0 ? body.close() : body.error(new EgressError("ambiguous", `The stream of ${host} broke.`)))),
      );
  };
  const end = () => arrive(() => finish(() => body.close()));
  const stop = agent.listen(textIn(params, "id"), { event, end });
  if (stop === null) return null;
  stopListening = stop;
  signal?.addEventListener("abort", onAbort);
  return stream;
}
