/**
 * Server-sent events of one reader (A2A 9.4.2, 11.7).
 *
 * 1. An event is taken from the task only when the connection has room for it: a slow reader costs
 *    one event, not memory that grows.
 * 2. A silence is broken by comments, so that nobody in between closes an idle connection.
 * 3. When either side ends, the task's events are released, once.
 * 4. What goes wrong under way is told as an event, in the words of the protocol; never by its own.
 */
import { SSE_HEADERS } from "@a2a-js/sdk";

import type { TaskEvents } from "../../a2a/server/handler.ts";
import type { TaskEvent } from "../../a2a/task/task-event.ts";
import type { Clock } from "../../ports/clock.ts";

export type EventStreamOptions = {
  readonly events: TaskEvents;
  /** An event as the binding writes it. */
  readonly toData: (event: TaskEvent["event"]) => string;
  /** The whole of an event that tells of an error of this server. */
  readonly failure: (error: unknown) => string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly headers: { readonly [name: string]: string };
  /** Gives the way to end the stream from outside; the result is called when it has ended. */
  readonly onOpen: (end: () => void) => () => void;
};

const ENCODER = new TextEncoder();
const HEARTBEAT = ENCODER.encode(": heartbeat\n\n");

export function eventStream({ events, toData, failure, heartbeatMs, clock, headers, onOpen }: EventStreamOptions): Response {
  let stopHeartbeat: () => void = () => undefined;
  let onEnd: () => void = () => undefined;
  let isOver = false;
  const finish = (): void => {
    isOver = true;
    stopHeartbeat();
    onEnd();
  };
  const beat = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if ((controller.desiredSize ?? 0) > 0) controller.enqueue(HEARTBEAT);
    stopHeartbeat = clock.schedule(heartbeatMs, () => beat(controller));
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stopHeartbeat = clock.schedule(heartbeatMs, () => beat(controller));
      onEnd = onOpen(() => {
        if (isOver) return;
        finish();
        controller.close();
        release(events);
      });
    },
    async pull(controller) {
      const next = await events.next().catch((error: unknown) => ({ done: true as const, value: failure(error) }));
      if (isOver) return;
      if (next.done !== true) {
        controller.enqueue(ENCODER.encode(frame(next.value.id, toData(next.value.event))));
        return;
      }
      finish();
      if (next.value !== undefined) controller.enqueue(ENCODER.encode(next.value));
      controller.close();
    },
    cancel() {
      finish();
      release(events);
    },
  });
  return new Response(body, { headers: { ...SSE_HEADERS, ...headers } });
}

function frame(id: string | null, data: string): string {
  return id === null ? `data: ${data}\n\n` : `id: ${id}\ndata: ${data}\n\n`;
}

/** Nobody waits for it, and nobody is left to hear of what goes wrong. */
function release(events: TaskEvents): void {
  events.return().catch(() => undefined);
}
