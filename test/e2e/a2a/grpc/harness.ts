/** A gRPC client as it stands in every language: gRPC's own library and the SDK's description of the service. */
import {
  type CallOptions,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { A2AService } from "@a2a-js/sdk/server/grpc";

import { decodeDetails, STATUS_DETAILS_KEY } from "../../../../src/a2a/grpc/status-details.ts";

export type MethodName = keyof A2AService;
export type Words = { readonly [name: string]: string };
export const VERSION: Words = { "a2a-version": "1.0" };

/** What came back: the message as it was decoded, or the status, and what came with either. */
export type Answer = {
  readonly message?: unknown;
  readonly code: number;
  readonly details: string;
  readonly info: ReturnType<typeof decodeDetails>;
  readonly headers: Metadata;
};

export class Caller {
  readonly #client: Client;

  constructor(target: string, options: object = {}) {
    this.#client = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1, ...options });
  }

  /** Fields that are not given are empty, as in Protocol Buffers. */
  ask(name: MethodName, request: object, words: Words = VERSION, options: CallOptions = {}): Promise<Answer> {
    return this.askBytes(name, requestBytes(name, request), words, options);
  }

  askBytes(name: MethodName, bytes: Uint8Array, words: Words = VERSION, options: CallOptions = {}): Promise<Answer> {
    const { path, responseDeserialize } = A2AService[name];
    return new Promise((resolve) => {
      let headers = new Metadata();
      const call = this.#client.makeUnaryRequest(
        path,
        asBuffer,
        responseDeserialize as (bytes: Buffer) => unknown,
        bytes,
        metadataOf(words),
        options,
        (error, message) => resolve({ ...statusOf(error), message, headers }),
      );
      call.on("metadata", (told: Metadata) => (headers = told));
    });
  }

  open(name: MethodName, request: object, words: Words = VERSION): Opened {
    const { path } = A2AService[name];
    return new Opened(
      this.#client.makeServerStreamRequest(path, asBuffer, (bytes) => bytes, requestBytes(name, request), metadataOf(words)),
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** A stream that is read one by one. */
export class Opened {
  readonly call: ClientReadableStream<Buffer>;
  readonly status: Promise<Answer>;
  readonly #events: AsyncIterator<Buffer>;

  constructor(call: ClientReadableStream<Buffer>) {
    this.call = call;
    this.status = new Promise((resolve) => {
      let headers = new Metadata();
      call.on("metadata", (told) => (headers = told));
      call.on("status", (status: StatusObject) => resolve({ ...statusOf(status), headers }));
    });
    call.on("error", () => undefined);
    this.#events = call[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next event, as bytes; null when there is none any more. */
  async bytes(): Promise<Buffer | null> {
    const next = await this.#events.next().catch(() => ({ done: true as const, value: undefined }));
    return next.done === true ? null : next.value;
  }

  async next(): Promise<unknown> {
    const bytes = await this.bytes();
    return bytes === null ? null : A2AService.subscribeToTask.responseDeserialize(bytes);
  }

  async all(): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) all.push(event);
    return all;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

function requestBytes(name: MethodName, request: object): Uint8Array {
  const { requestDeserialize, requestSerialize } = A2AService[name];
  const empty = requestDeserialize(Buffer.alloc(0));
  return (requestSerialize as (request: object) => Buffer)({ ...empty, ...request });
}

function metadataOf(words: Words): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(words)) metadata.set(name, value);
  return metadata;
}

function statusOf(error: ServiceError | StatusObject | null): Omit<Answer, "headers"> {
  const [bytes] = error?.metadata?.get(STATUS_DETAILS_KEY) ?? [];
  return { code: error?.code ?? 0, details: error?.details ?? "", info: decodeDetails(typeof bytes === "object" ? bytes : null) };
}
