/**
 * Reads the body of an event stream (WHATWG HTML, 9.2), with the ids that the SDK's reader drops: they
 * are what a stream is taken up again by. Each character is looked at once, however small the pieces
 * are that it comes in.
 */
import { MAX_STREAM_EVENT_BYTES } from "../../base/limits.ts";
import { EgressError } from "../../runtime/egress/egress.ts";

/** An event as it was sent. `id` is the last one that the stream has named; null before the first. */
export type ServerEvent = { readonly id: string | null; readonly type: string; readonly data: string };

/** The events of a stream, until it ends. Throws `EgressError` when it cannot be read. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = body.getReader();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.take(decode(decoder, value));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new EgressError("garbled", "The stream is not valid UTF-8.", { cause });
  }
}

class EventParser {
  #pieces: string[] = [];
  #length = 0;
  #id: string | null = null;
  #type = "message";
  #data: string[] = [];

  *take(text: string): Generator<ServerEvent, void, undefined> {
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      this.#pieces.push(text.slice(from, end));
      from = end + 1;
      const line = this.#pieces.join("");
      this.#pieces = [];
      const event = this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event !== null) yield event;
    }
    this.#pieces.push(text.slice(from));
    this.#grow(text.length - from);
  }

  #line(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "id" && !value.includes("\0")) this.#id = value;
    if (field === "event") this.#type = value;
    if (field === "data") {
      this.#data.push(value);
      this.#grow(value.length);
    }
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = this.#data.length === 0 ? null : { id: this.#id, type: this.#type, data: this.#data.join("\n") };
    this.#data = [];
    this.#type = "message";
    this.#length = 0;
    return event;
  }

  /** What waits for the end of its event has a limit, however it is cut into lines. */
  #grow(characterCount: number): void {
    this.#length += characterCount;
    if (this.#length > MAX_STREAM_EVENT_BYTES) throw new EgressError("garbled", "An event of the stream is too large.", { code: "T3004" });
  }
}
