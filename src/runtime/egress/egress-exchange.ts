/**
 * One request and its reply, on undici's dispatch interface: `fetch` costs several times the CPU of
 * it, and does not tell whether a request had begun to leave when it failed.
 *
 * States: waiting (in the pool's queue) → sent (the first byte is written) → replied (headers are
 * here) → settled. `#sent` alone decides between `notSent` and `ambiguous`.
 */
import { isUtf8 } from "node:buffer";

import type { Dispatcher } from "undici";

import { MAX_DROPPED_BYTES, MAX_RESPONSE_BYTES, MAX_RETRY_AFTER_MS } from "../../base/limits.ts";
import { EgressError } from "./egress-error.ts";
import { BlockedAddress, ConnectFailure } from "./trust.ts";

type Request = {
  readonly path: string;
  readonly method: string;
  readonly headers: { [name: string]: string };
  readonly body: string | Uint8Array | null;
};

export type ExchangeOptions = {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
  /** A stream was asked for; any other that comes has to end in time, like every reply. */
  readonly streams: boolean;
  /** Settles at the headers; what follows is read and dropped. */
  readonly dropsBody: boolean;
};

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | null;
  readonly #streams: boolean;
  readonly #dropsBody: boolean;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | null = null;
  #sent = false;
  #status = 0;
  #headers: IncomingHeaders = {};
  #chunks: Buffer[] = [];
  #byteCount = 0;
  #stream: ReadableStreamDefaultController<Uint8Array> | null = null;
  #cause: EgressError | null = null;

  constructor(url: URL, { timeoutMs, signal, streams, dropsBody }: ExchangeOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    this.#streams = streams;
    this.#dropsBody = dropsBody;
  }

  start(pool: Dispatcher, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#signal?.aborted === true) {
        reject(new EgressError("notSent", `The request to ${this.#url.host} was given up before it was sent.`));
        return;
      }
      this.#signal?.addEventListener("abort", this.#onAbort);
      this.#timer = setTimeout(this.#onTimeout, this.#timeoutMs);
      pool.dispatch(request, this);
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cause !== null) {
      controller.abort(this.#cause);
      return;
    }
    this.#sent = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (this.#dropsBody && status >= 200) this.#settle();
    if (this.#dropsBody || !this.#streams || status !== 200 || !isEventStream(headers)) return;
    clearTimeout(this.#timer);
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.#stream = stream;
      },
      pull: () => controller.resume(),
      cancel: () => this.#stop(new EgressError("ambiguous", "The stream was closed by its reader.")),
    });
    this.#resolve(reply(status, headers, "", body));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // On resuming, undici hands over an empty piece. Given to the reader it would be pulled for again, without end.
    if (this.#cause !== null || chunk.length === 0) return;
    if (this.#stream === null) {
      this.#byteCount += chunk.length;
      if (this.#byteCount > (this.#dropsBody ? MAX_DROPPED_BYTES : MAX_RESPONSE_BYTES))
        return this.#stop(new EgressError("garbled", `${this.#url.host} sent a reply that is too large.`, { code: "T3004" }));
      if (!this.#dropsBody) this.#chunks.push(chunk);
      return;
    }
    this.#stream.enqueue(chunk);
    if ((this.#stream.desiredSize ?? 0) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    this.#cleanUp();
    if (this.#stream !== null) {
      if (this.#cause === null) this.#stream.close();
      return;
    }
    this.#settle();
  }

  #settle(): void {
    const [first] = this.#chunks;
    const content = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    // From here on it is held once, as a text.
    this.#chunks = [];
    const text = content.toString();
    const failure =
      statusFailure({ host: this.#url.host, status: this.#status, headers: this.#headers, text }) ?? this.#unreadable(content);
    if (failure === null) this.#resolve(reply(this.#status, this.#headers, text, null));
    else this.#reject(failure);
  }

  /** JSON is UTF-8 (RFC 8259, 8.1). With replaced characters, an answer would say what nobody has said. */
  #unreadable(content: Buffer): EgressError | null {
    const isJson = /\bjson\b/i.test(single(this.#headers["content-type"]) ?? "");
    return !isJson || isUtf8(content) ? null : new EgressError("garbled", `${this.#url.host} sent a reply that is not valid UTF-8.`);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#cleanUp();
    const failure = this.#cause ?? this.#failureOf(error);
    // After a cancel by its reader the stream is closed, and this does nothing.
    if (this.#stream === null) this.#reject(failure);
    else this.#stream.error(failure);
  }

  #failureOf(error: Error): EgressError {
    const host = this.#url.host;
    if (error instanceof BlockedAddress)
      return new EgressError("notSent", `${host} is not asked: ${error.message}`, { code: "T6001", cause: error });
    if (error instanceof ConnectFailure || !this.#sent)
      return new EgressError("notSent", `${host} cannot be reached: ${error.message}.`, { cause: error });
    return new EgressError("ambiguous", `The connection to ${host} broke before the answer: ${error.message}.`, { cause: error });
  }

  readonly #onTimeout = (): void => {
    this.#stop(
      new EgressError(this.#sent ? "ambiguous" : "notSent", `${this.#url.host} did not answer within ${this.#timeoutMs / 1000} s.`),
    );
  };

  readonly #onAbort = (): void => {
    this.#stop(new EgressError(this.#sent ? "ambiguous" : "notSent", `The request to ${this.#url.host} was given up.`));
  };

  /** A request that still waits in the queue is answered now, and dropped when its turn comes. */
  #stop(cause: EgressError): void {
    this.#cause = cause;
    this.#cleanUp();
    if (this.#controller === null) this.#reject(cause);
    else this.#controller.abort(cause);
  }

  #cleanUp(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

type IncomingHeaders = { readonly [name: string]: string | string[] | undefined };

function isEventStream(headers: IncomingHeaders): boolean {
  const type = headers["content-type"];
  return typeof type === "string" && type.startsWith("text/event-stream");
}

/** Statuses that mean the same whatever the protocol above; null for all others. */
export function statusFailure(answer: {
  readonly host: string;
  readonly status: number;
  readonly headers: IncomingHeaders;
  readonly text: string;
}): EgressError | null {
  const { host, status } = answer;
  if (status < 300) return null;
  const said = `${host} answered ${status}${excerptOf(answer.text)}`;
  if (status < 400) return status === 304 ? null : new EgressError("protocol", `${said}: redirects are not followed.`);
  if (status === 401 || status === 403) return new EgressError("denied", `${said}: our credentials were not accepted.`, { code: "T3005" });
  const retryAfterMs = retryAfterOf(answer.headers["retry-after"]);
  const more = retryAfterMs === null ? {} : { retryAfterMs };
  if (status === 408 || status === 429 || status === 503) return new EgressError("refused", `${said}: it has no room now.`, more);
  if (status >= 500 && status !== 501 && status !== 505) return new EgressError("ambiguous", `${said}.`, more);
  return null;
}

/** The sentence of an error body, short, so that the reader sees why. */
function excerptOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const error = typeof body === "object" && body !== null && "error" in body ? body.error : body;
    const message = typeof error === "object" && error !== null && "message" in error ? error.message : null;
    return typeof message === "string" && message !== "" ? ` ("${message.slice(0, 200)}")` : "";
  } catch {
    return "";
  }
}

/** Seconds or a date (RFC 9110, 10.2.3), as milliseconds from now; at most the limit. */
export function retryAfterOf(value: string | string[] | undefined): number | null {
  if (typeof value !== "string") return null;
  const seconds = Number(value);
  const delayMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(delayMs) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.round(delayMs))) : null;
}

/** As much of a `Response` as the A2A SDK and the card cache read; a real one costs ten times more. */
export function reply(status: number, headers: IncomingHeaders, text: string, body: ReadableStream<Uint8Array> | null): Response {
  const lean = {
    status,
    ok: status >= 200 && status < 300,
    statusText: "",
    body,
    headers: {
      get: (name: string) => single(headers[name.toLowerCase()]),
      has: (name: string) => headers[name.toLowerCase()] !== undefined,
      forEach(visit: (value: string, name: string) => void) {
        for (const name of Object.keys(headers)) visit(single(headers[name]) ?? "", name);
      },
    },
    text: async () => text,
    json: async (): Promise<unknown> => JSON.parse(text),
  };
  return lean as unknown as Response;
}

function single(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.join(", ");
}
