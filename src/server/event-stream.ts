import { SSE_HEADERS, type StreamResponse } from "@a2a-js/sdk";

import type { EventQueue } from "../a2a/server/event-queue.ts";

const ENCODER = new TextEncoder();
const HEARTBEAT = ENCODER.encode(": heartbeat\n\n");

/**
 * Server-sent events of one reader. It takes an event from the queue only when the connection has
 * room for it, and comments on a silence, so that nobody in between closes an idle connection.
 */
export function eventStream(events: EventQueue, toJson: (event: StreamResponse) => unknown, heartbeatMs: number): Response {
  let heartbeat: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(HEARTBEAT);
      }, heartbeatMs);
      heartbeat.unref();
    },
    async pull(controller) {
      const next = await events.next();
      if (next.done === true) {
        clearInterval(heartbeat);
        controller.close();
        return;
      }
      controller.enqueue(ENCODER.encode(`data: ${JSON.stringify(toJson(next.value))}\n\n`));
    },
    async cancel() {
      clearInterval(heartbeat);
      await events.return();
    },
  });
  return new Response(body, { headers: SSE_HEADERS });
}
