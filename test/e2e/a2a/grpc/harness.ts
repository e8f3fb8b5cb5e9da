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
import { LegacyA2AService } from "@a2a-js/sdk/compat/v0_3/server/grpc";
import { A2AService } from "@a2a-js/sdk/server/grpc";

import { decodeDetails, STATUS_DETAILS_KEY } from "../../../../src/a2a/grpc/status-details.ts";

export type MethodName = keyof A2AService;
export type LegacyMethodName = keyof typeof LegacyA2AService;
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

/** A method as the SDK describes it. */
type Method = {
  readonly path: string;
  readonly requestSerialize: (request: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
};

class ServiceCaller<Name extends string> {
  readonly #client: Client;
  readonly #methods: { readonly [name in Name]: Method };

  constructor(target: string, options: object, methods: { readonly [name in Name]: Method }) {
    this.#methods = methods;
    this.#client = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1, ...options });
  }

  /** Fields that are not given are empty, as in Protocol Buffers. */
  ask(name: Name, request: object, words: Words = VERSION, options: CallOptions = {}): Promise<Answer> {
    return this.askBytes(name, requestBytes(this.#methods[name], request), words, options);
  }

  askBytes(name: Name, bytes: Uint8Array, words: Words = VERSION, options: CallOptions = {}): Promise<Answer> {
    const { path, responseDeserialize } = this.#methods[name];
    return new Promise((resolve) => {
      let headers = new Metadata();
      const call = this.#client.makeUnaryRequest(path, asBuffer, responseDeserialize, bytes, metadataOf(words), options, (error, message) =>
        resolve({ ...statusOf(error), message, headers }),
      );
      call.on("metadata", (told: Metadata) => (headers = told));
    });
  }

  open(name: Name, request: object, words: Words = VERSION): Opened {
    const method = this.#methods[name];
    const bytes = requestBytes(method, request);
    return new Opened(
      this.#client.makeServerStreamRequest(method.path, asBuffer, (answer) => answer, bytes, metadataOf(words)),
      method.responseDeserialize,
    );
  }

  close(): void {
    this.#client.close();
  }
}

export class Caller extends ServiceCaller<MethodName> {
  constructor(target: string, options: object = {}) {
    super(target, options, A2AService);
  }
}

/** One of A2A 0.3. */
export class LegacyCaller extends ServiceCaller<LegacyMethodName> {
  constructor(target: string) {
    super(target, {}, LegacyA2AService);
  }
}

/** A stream that is read one by one. */
export class Opened {
  readonly call: ClientReadableStream<Buffer>;
  readonly status: Promise<Answer>;
  readonly #events: AsyncIterator<Buffer>;
  readonly #deserialize: Method["responseDeserialize"];

  constructor(call: ClientReadableStream<Buffer>, deserialize: Method["responseDeserialize"]) {
    this.call = call;
    this.#deserialize = deserialize;
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
    return bytes === null ? null : this.#deserialize(bytes);
  }

  async all(): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) all.push(event);
    return all;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

function requestBytes({ requestDeserialize, requestSerialize }: Method, request: object): Uint8Array {
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
