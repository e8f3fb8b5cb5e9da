/**
 * The id of an event in a gRPC stream, by which the stream is taken up again (metadata `last-event-id`).
 * A2A has no field for it; it stands beside the event, as in the line `id:` of an event stream over HTTP:
 * in a field of `StreamResponse` that A2A does not use, and that everyone else skips.
 */
import { field, messageOf, ReadMessage } from "./protobuf.ts";

/** Above what the protocol will use, and above what Protocol Buffers keep for themselves. */
const EVENT_ID_FIELD = 20_001;

/** The metadata of a request that says which event the reader has. */
export const LAST_EVENT_ID_KEY = "last-event-id";

export function withEventId(event: Buffer, id: string | null): Buffer {
  return id === null ? event : messageOf(event, field(EVENT_ID_FIELD, id));
}

export function eventIdOf(event: Uint8Array): string | null {
  return new ReadMessage(event).text(EVENT_ID_FIELD);
}
