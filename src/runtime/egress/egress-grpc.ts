/**
 * gRPC as bytes in and bytes out, through the same door as every other request. What the bytes mean is
 * for the one who calls.
 *
 * It owns one connection for each origin and trust level. States of a connection: opening → ready →
 * forgotten (it could not be opened, did not answer in time, or its addresses were checked too long ago);
 * calls that are on a forgotten one end by themselves.
 *
 * 1. A call begins only on a connection that is open. So what fails before has certainly not been sent,
 *    and what fails later without a word of the other side may have been.
 * 2. An address from the network is looked up and checked once, and the connection goes to what was
 *    checked, with TLS for the name. A name cannot lead elsewhere in between.
 * 3. No proxy, no retry and no service configuration of a name service has a say in a call.
 */
import { lookup } from "node:dns/promises";

import type { CallOptions, ChannelOptions, Client, ServiceError } from "@grpc/grpc-js";

import {
  CHECKED_ADDRESS_MS,
  CONNECT_TIMEOUT_MS,
  MAX_ORIGINS,
  MAX_RESPONSE_BYTES,
  MAX_STREAM_EVENT_BYTES,
  REQUEST_TIMEOUT_MS,
} from "../../base/limits.ts";
import { EgressError } from "./egress-error.ts";
import { isSilent, toGrpcFailure } from "./grpc-failure.ts";
import { loadWithGrpc } from "./load-grpc.ts";
import { isPublicAddress, type Trust } from "./trust.ts";

type GrpcJs = typeof import("@grpc/grpc-js");

export type GrpcCall = {
  /** `https` for TLS, `http` without; a path is not looked at. */
  readonly url: string;
  /** The method, such as `/lf.a2a.v1.A2AService/GetTask`. */
  readonly method: string;
  readonly request: Uint8Array;
  readonly metadata: { readonly [name: string]: string };
  readonly signal?: AbortSignal | undefined;
};

/** Calls at a trust level. They throw `EgressError`, or a `GrpcStatus` when the other side answered with one. */
export type Grpc = {
  unary(call: GrpcCall): Promise<Uint8Array>;
  /** Read at the pace of the one who reads; left, it ends the call. */
  stream(call: GrpcCall): AsyncGenerator<Uint8Array, void, undefined>;
};

type Connection = { readonly client: Client; readonly grpc: GrpcJs; readonly openedAt: number };

export class GrpcConnections {
  /** In the order of last use. */
  readonly #open = new Map<string, Promise<Connection>>();
  /** How each call that is under way is ended. */
  readonly #calls = new Set<() => void>();

  at(trust: Trust): Grpc {
    return { unary: (call) => this.#unary(call, trust), stream: (call) => this.#stream(call, trust) };
  }

  /** Calls under way fail. */
  close(): void {
    for (const cancel of this.#calls) cancel();
    for (const key of this.#open.keys()) this.#forget(key);
  }

  async #unary(call: GrpcCall, trust: Trust): Promise<Uint8Array> {
    const url = checkedUrl(call.url, trust);
    const { client, grpc } = await this.#connected(url, trust, call.signal);
    const metadata = metadataOf(grpc, call);
    return new Promise((resolve, reject) => {
      let hasBegun = false;
      const options: CallOptions = { deadline: Date.now() + REQUEST_TIMEOUT_MS };
      const started = client.makeUnaryRequest(call.method, asBuffer, asBytes, call.request, metadata, options, (error, answer) => {
        ended();
        if (error === null) resolve(answer ?? new Uint8Array());
        else reject(this.#failed(error, { url, trust, hasBegun, isAborted: call.signal?.aborted === true }));
      });
      const ended = this.#begun(started, call.signal);
      started.on("metadata", () => (hasBegun = true));
    });
  }

  async *#stream(call: GrpcCall, trust: Trust): AsyncGenerator<Uint8Array, void, undefined> {
    const url = checkedUrl(call.url, trust);
    const { client, grpc } = await this.#connected(url, trust, call.signal);
    const started = client.makeServerStreamRequest(call.method, asBuffer, asBytes, call.request, metadataOf(grpc, call));
    const ended = this.#begun(started, call.signal);
    try {
      for await (const message of started as AsyncIterable<Uint8Array>) {
        if (message.length > MAX_STREAM_EVENT_BYTES)
          throw new EgressError("garbled", `An event of the stream of ${url.host} is too large.`, { code: "T3004" });
        yield message;
      }
    } catch (error) {
      if (error instanceof EgressError) throw error;
      throw this.#failed(error as ServiceError, { url, trust, hasBegun: true, isAborted: call.signal?.aborted === true });
    } finally {
      ended();
      started.cancel();
    }
  }

  /** From now on the call ends with its signal, and with all of this; until the result is called. */
  #begun(started: { cancel(): void }, signal: AbortSignal | undefined): () => void {
    const cancel = (): void => started.cancel();
    this.#calls.add(cancel);
    signal?.addEventListener("abort", cancel);
    return () => {
      this.#calls.delete(cancel);
      signal?.removeEventListener("abort", cancel);
    };
  }

  #failed(error: ServiceError, at: { url: URL; trust: Trust; hasBegun: boolean; isAborted: boolean }): Error {
    const failure = toGrpcFailure(error, { host: at.url.host, hasBegun: at.hasBegun, isAborted: at.isAborted });
    // The connection may lead nowhere by now, without anybody having been told.
    if (isSilent(error)) this.#forget(keyOf(at.url, at.trust));
    return failure;
  }

  /** Throws `notSent` when the call was given up meanwhile. */
  async #connected(url: URL, trust: Trust, signal: AbortSignal | undefined): Promise<Connection> {
    const connection = await untilAborted(this.#connection(url, trust), url, signal);
    if (signal?.aborted === true) throw givenUp(url);
    return connection;
  }

  async #connection(url: URL, trust: Trust): Promise<Connection> {
    const key = keyOf(url, trust);
    const known = this.#open.get(key);
    if (known !== undefined) {
      this.#open.delete(key);
      this.#open.set(key, known);
      const connection = await known;
      const isChecked = trust === "operator" || performance.now() - connection.openedAt < CHECKED_ADDRESS_MS;
      if (isChecked && (await isReady(connection))) return connection;
      if (this.#open.get(key) === known) this.#forget(key);
      return this.#connection(url, trust);
    }
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_ORIGINS && oldest !== undefined) this.#forget(oldest);
    const opening = open(url, trust);
    this.#open.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      if (this.#open.get(key) === opening) this.#open.delete(key);
      throw error;
    }
  }

  /** Calls that are on it go on. */
  #forget(key: string): void {
    const known = this.#open.get(key);
    this.#open.delete(key);
    known?.then(
      ({ client }) => client.close(),
      () => undefined,
    );
  }
}

/** What `makeUnaryRequest` writes, and gives back, is what the caller has. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const asBytes = (bytes: Buffer): Uint8Array => bytes;

function keyOf(url: URL, trust: Trust): string {
  return `${trust} ${url.origin}`;
}

function checkedUrl(text: string, trust: Trust): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new EgressError("notSent", `"${text}" is no address for gRPC.`, { code: "T3003" });
  if (trust === "network" && url.protocol !== "https:")
    throw new EgressError("notSent", `${url.origin} is not asked: addresses from the network must use TLS.`, { code: "T6001" });
  if (url.username !== "" || url.password !== "")
    throw new EgressError("notSent", `The address of ${url.host} holds credentials; use a token instead.`, { code: "T6001" });
  return url;
}

function metadataOf(grpc: GrpcJs, { url, metadata: values }: GrpcCall): InstanceType<GrpcJs["Metadata"]> {
  const metadata = new grpc.Metadata();
  try {
    for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  } catch (cause) {
    // Its words may hold the value, and that a secret.
    throw new EgressError("notSent", `A header for ${new URL(url).host} has characters that gRPC does not take.`, { code: "T3005", cause });
  }
  return metadata;
}

async function open(url: URL, trust: Trust): Promise<Connection> {
  const grpc = await loadWithGrpc(() => import("@grpc/grpc-js"));
  const tls = url.protocol === "https:";
  const port = url.port === "" ? (tls ? "443" : "80") : url.port;
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const target = trust === "network" ? await checkedTarget(name, port) : `dns:${url.hostname}:${port}`;
  const options: ChannelOptions = {
    ...OPTIONS,
    "grpc.default_authority": `${url.hostname}:${port}`,
    ...(trust === "network" ? { "grpc.ssl_target_name_override": name } : {}),
  };
  const client = new grpc.Client(target, tls ? grpc.credentials.createSsl() : grpc.credentials.createInsecure(), options);
  const connection = { client, grpc, openedAt: performance.now() };
  if (await isReady(connection)) return connection;
  client.close();
  throw new EgressError("notSent", `${url.host} cannot be reached over gRPC${tls ? " with TLS" : ""}.`);
}

const OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": MAX_RESPONSE_BYTES,
  "grpc.max_send_message_length": -1,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  // Two egresses share no connection: they may belong to two tenants.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_channelz": 0,
};

/** The addresses that a name leads to now, when all of them may be asked (reliability.md, finding 11). */
async function checkedTarget(name: string, port: string): Promise<string> {
  const found = await lookup(name, { all: true }).catch((cause: Error) => {
    throw new EgressError("notSent", `${name} cannot be reached: ${cause.message}.`, { cause });
  });
  const allowed = found.filter(({ address }) => isPublicAddress(address));
  const [first] = allowed;
  if (first === undefined) {
    const sentence = `${name} is not asked: it is a private address, and was named by the network.`;
    throw new EgressError("notSent", sentence, { code: "T6001" });
  }
  const ofOneFamily = allowed.filter(({ family }) => family === first.family);
  if (first.family === 4) return `ipv4:${ofOneFamily.map(({ address }) => `${address}:${port}`).join(",")}`;
  return `ipv6:${ofOneFamily.map(({ address }) => `[${address}]:${port}`).join(",")}`;
}

/** Whether the connection is open, or can be opened now. */
async function isReady({ client, grpc }: Connection): Promise<boolean> {
  const channel = client.getChannel();
  const givenUpAt = Date.now() + CONNECT_TIMEOUT_MS;
  const { READY, TRANSIENT_FAILURE, SHUTDOWN } = grpc.connectivityState;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === READY) return true;
    if (state === TRANSIENT_FAILURE || state === SHUTDOWN) return false;
    const hasChanged = await new Promise<boolean>((resolve) => {
      channel.watchConnectivityState(state, givenUpAt, (error) => resolve(error === undefined));
    });
    if (!hasChanged) return false;
  }
}

/** Others may wait for the same connection, so that it goes on being opened when one of them gives up. */
function untilAborted<Value>(work: Promise<Value>, url: URL, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return work;
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(givenUp(url));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  return Promise.race([work, stopped.promise]).finally(() => signal.removeEventListener("abort", onAbort));
}

function givenUp({ host }: URL): EgressError {
  return new EgressError("notSent", `The request to ${host} was given up before it was sent.`);
}
