/**
 * The service of A2A's gRPC binding (A2A 10), from the SDK: its messages and how they are written. Both
 * ends read what comes with more care than the SDK does.
 *
 * 1. A message holds only so many values: a few bytes can ask for much memory.
 * 2. What is no message, or no UTF-8, or nested too deeply, is refused and never made to fit.
 */
import type { LegacyA2AService } from "@a2a-js/sdk/compat/v0_3/server/grpc";
import type { A2AService } from "@a2a-js/sdk/server/grpc";
import type { BinaryReader } from "@bufbuild/protobuf/wire";

import { MAX_PROTOBUF_NUMBERS } from "../../base/limits.ts";
import { loadWithGrpc } from "../../runtime/egress/load-grpc.ts";
import { isShallow } from "../wire/wire.ts";

/** Reads a message. Throws an error whose words may be told. */
export type Decode = <Message>(decode: (bytes: Buffer) => Message, bytes: Uint8Array) => Message;

type Service<Methods> = { readonly methods: Methods; readonly decode: Decode };
export type GrpcService = Service<A2AService>;
/** That of A2A 0.3. */
export type LegacyGrpcService = Service<typeof LegacyA2AService>;

let loading: Promise<GrpcService> | undefined;
let loadingLegacy: Promise<LegacyGrpcService> | undefined;

/** Throws T3013 when the packages for gRPC are not installed. */
export function loadGrpcService(): Promise<GrpcService> {
  return (loading ??= load(async () => (await import("@a2a-js/sdk/server/grpc")).A2AService));
}

/** Throws T3013 when the packages for gRPC are not installed. */
export function loadLegacyGrpcService(): Promise<LegacyGrpcService> {
  return (loadingLegacy ??= load(async () => (await import("@a2a-js/sdk/compat/v0_3/server/grpc")).LegacyA2AService));
}

async function load<Methods>(importMethods: () => Promise<Methods>): Promise<Service<Methods>> {
  const methods = await loadWithGrpc(importMethods);
  const { BinaryReader: Reader } = await loadWithGrpc(() => import("@bufbuild/protobuf/wire"));
  return { methods, decode: (decode, bytes) => read(decode, careful(new Reader(bytes, strictText))) };
}

/** What a message that cannot be taken is like. Its words may be told to anyone. */
export class UnreadableMessage extends Error {
  override readonly name = "UnreadableMessage";
}

function read<Message>(decode: (bytes: Buffer) => Message, reader: CarefulReader): Message {
  const message = decoded(decode, reader);
  if (reader.pos !== reader.len) throw new UnreadableMessage("it ends before its time");
  if (!isShallow(message)) throw new UnreadableMessage("it is nested too deeply");
  if (reader.prototypeCount > countOf(message, PROTOTYPE))
    throw new UnreadableMessage(`a key of it is "${PROTOTYPE}", which no key may be`);
  return message;
}

function decoded<Message>(decode: (bytes: Buffer) => Message, reader: CarefulReader): Message {
  try {
    // The SDK's decoders take a reader as well as bytes, and their types do not say so.
    return decode(reader as unknown as Buffer);
  } catch (error) {
    throw error instanceof UnreadableMessage ? error : new UnreadableMessage("it is not a message of A2A", { cause: error });
  }
}

type CarefulReader = BinaryReader & { prototypeCount: number };

/** Every field begins with a number, and many have a second one for their length. */
function careful(reader: BinaryReader): CarefulReader {
  const mine: CarefulReader = Object.assign(reader, { prototypeCount: 0 });
  const uint32 = reader.uint32.bind(reader);
  const string = reader.string.bind(reader);
  let left = MAX_PROTOBUF_NUMBERS;
  mine.uint32 = () => {
    left -= 1;
    if (left < 0) throw new UnreadableMessage("it holds too many values");
    return uint32();
  };
  mine.string = () => {
    const text = string();
    if (text === PROTOTYPE) mine.prototypeCount += 1;
    return text;
  };
  return mine;
}

/** A key of this name is lost when the SDK makes an object of a message. */
const PROTOTYPE = "__proto__";

function countOf(value: unknown, text: string): number {
  if (value === text) return 1;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return 0;
  return Object.values(value).reduce((count: number, inner: unknown) => count + countOf(inner, text), 0);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function strictText(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}
