/**
 * A stream of events to one reader over gRPC.
 *
 * 1. An event is taken from the task only when the one before it has left: a slow reader costs one event,
 *    not memory that grows.
 * 2. When either side ends, the task's events are released, once.
 */
import type { ServerWritableStream } from "@grpc/grpc-js";

import type { TaskEvents } from "../../a2a/server/handler.ts";
import type { TaskEvent } from "../../a2a/task/task-event.ts";

export type EventsToWrite = {
  readonly events: TaskEvents;
  readonly toBytes: (event: TaskEvent) => Buffer;
  /** Gives the way to end the stream from outside, with a reason; the result is called when it has ended. */
  readonly onOpen: (stop: (reason: Error) => void) => () => void;
};

/** Resolves when the events have ended or their reader has left; rejects with what went wrong, or with the reason. */
export async function writeEvents(call: ServerWritableStream<Buffer, Buffer>, { events, toBytes, onOpen }: EventsToWrite): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let isOver = false;
  const pump = async (): Promise<void> => {
    for (;;) {
      const next = await events.next();
      if (next.done === true || isOver) return;
      await write(call, toBytes(next.value));
    }
  };
  call.once("cancelled", () => stopped.resolve());
  if (call.cancelled) stopped.resolve();
  const onEnd = onOpen(stopped.reject);
  try {
    await Promise.race([pump(), stopped.promise]);
  } finally {
    isOver = true;
    onEnd();
    // Nobody waits for it, and nobody is left to hear of what goes wrong.
    events.return().catch(() => undefined);
  }
}

/** Resolves when the bytes have left: not before the reader has room for them, and never when it has gone. */
function write(call: ServerWritableStream<Buffer, Buffer>, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    call.write(bytes, () => resolve());
  });
}
