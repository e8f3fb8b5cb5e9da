/**
 * How a method of the gRPC service is performed, whatever it does and whichever version of A2A it is of:
 * a message is read, the call is let in, the operation is performed, and its answer written.
 *
 * 1. A refusal is a status, and never the beginning of a stream.
 * 2. The words of an unexpected exception go to the log only.
 * 3. Messages are read and written here, not by gRPC, which would tell of a bad one as its own failure.
 */
import { RequestMalformedError } from "@a2a-js/sdk/errors";
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";

import { withEventId } from "../../a2a/grpc/event-id.ts";
import type { Decode } from "../../a2a/grpc/service.ts";
import type { CallContext, TaskEvents, TaskHandler } from "../../a2a/server/handler.ts";
import type { TaskEvent } from "../../a2a/task/task-event.ts";
import type { Log } from "../../ports/log.ts";
import { contextOf, logFailure, toKnown, turnedAway } from "../admission.ts";
import { readServiceParameters, type ServiceParameters } from "../http/service-parameters.ts";
import type { OpenCalls } from "../open-calls.ts";
import type { Gate } from "./gate.ts";
import { statusOf } from "./grpc-status.ts";
import { writeEvents } from "./write-events.ts";

export type MethodParts = {
  readonly grpc: typeof import("@grpc/grpc-js");
  readonly gate: Gate;
  readonly handler: TaskHandler;
  readonly calls: OpenCalls;
  readonly log: Log;
};

/** What the versions of A2A do each in their own way. */
export type Dialect = {
  readonly decode: Decode;
  /** Where active extensions are named. */
  readonly extensionKey: string;
  /** The extensions that are active. Throws `A2AError` when the version or the extensions are not taken. */
  readonly admit: (parameters: ServiceParameters) => Promise<readonly string[]>;
};

/** A method as gRPC takes it: how it is called, and what it does. */
export type Served = {
  readonly definition: MethodDefinition<Buffer, Buffer>;
  readonly perform: handleUnaryCall<Buffer, Buffer> | handleServerStreamingCall<Buffer, Buffer>;
};

export type ServedMethods = readonly [ServiceDefinition, UntypedServiceImplementation];

export function asService(served: readonly Served[]): ServedMethods {
  return [
    Object.fromEntries(served.map(({ definition }) => [definition.path, definition])),
    Object.fromEntries(served.map(({ definition, perform }) => [definition.path, perform])),
  ];
}

/** A method of the service as the SDK describes it. */
export type Described<Request, Answer> = {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (answer: Answer) => Buffer;
};

function asBytes(path: string, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  const same = (bytes: Buffer): Buffer => bytes;
  const codecs = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  return { path, requestStream: false, responseStream, ...codecs };
}

/** What a call came with. */
type Given<Request> = {
  readonly params: Request;
  readonly context: CallContext;
  readonly parameters: ServiceParameters;
  /** What the answer comes with. */
  readonly headers: Metadata;
  /** To be called when the call has ended. */
  readonly end: () => void;
};

export function unaryWith(parts: MethodParts & Dialect) {
  return <Request extends object, Answer>(
    method: Described<Request, Answer>,
    perform: (params: Request, context: CallContext) => Promise<Answer>,
  ): Served => {
    const work = async (call: GrpcCall & { sendMetadata(headers: Metadata): void }): Promise<Buffer> => {
      const { params, context, headers, end } = await open(parts, method, call);
      try {
        const bytes = method.responseSerialize(await perform(params, context));
        call.sendMetadata(headers);
        return bytes;
      } finally {
        end();
      }
    };
    const answer = async (...[call, callback]: Parameters<handleUnaryCall<Buffer, Buffer>>): Promise<void> => {
      const result = await work(call).catch((error: unknown) => statusOf(parts.grpc, toKnown(error, parts.log)));
      if (Buffer.isBuffer(result)) callback(null, result);
      else callback(result);
    };
    return {
      definition: asBytes(method.path, false),
      perform(call, callback) {
        answer(call, callback).catch((error: unknown) => logFailure(parts.log, error));
      },
    };
  };
}

export function streamWith(parts: MethodParts & Dialect) {
  const { grpc, log, calls } = parts;
  return <Request extends object>(
    method: Described<Request, TaskEvent["event"]>,
    begin: (params: Request, context: CallContext, after: string | null) => Promise<TaskEvents>,
  ): Served => {
    const answer: handleServerStreamingCall<Buffer, Buffer> = (call) => {
      const work = async (): Promise<void> => {
        const { params, context, parameters, headers, end } = await open(parts, method, call);
        try {
          const events = await begin(params, context, parameters.lastEventId);
          call.sendMetadata(headers);
          await writeEvents(call, {
            events,
            toBytes: ({ id, event }) => withEventId(method.responseSerialize(event), id),
            onOpen: (stop) => calls.addStream(() => stop(turnedAway("The server is shutting down."))),
          });
        } finally {
          end();
        }
      };
      work().then(
        () => call.end(),
        (error: unknown) => call.emit("error", statusOf(grpc, toKnown(error, log))),
      );
    };
    return { definition: asBytes(method.path, true), perform: answer };
  };
}

type GrpcCall = {
  readonly metadata: Metadata;
  readonly request: Buffer;
  readonly cancelled: boolean;
  once(event: "cancelled", listener: () => void): unknown;
};

/** Aborts when the caller gives up, or its deadline is over. */
function goneOf(call: GrpcCall): () => AbortSignal {
  return () => {
    const gone = new AbortController();
    call.once("cancelled", () => gone.abort());
    if (call.cancelled) gone.abort();
    return gone.signal;
  };
}

/** Everything that is asked of a call before its operation. */
async function open<Request extends object>(
  { grpc, decode, gate, calls, admit, extensionKey }: MethodParts & Dialect,
  method: Described<Request, never>,
  call: GrpcCall,
): Promise<Given<Request>> {
  const { metadata, request } = call;
  const { identity, headers: given } = gate.of(metadata);
  const parameters = readServiceParameters(given, new URLSearchParams());
  const active = await admit(parameters);
  const headers = new grpc.Metadata();
  if (active.length > 0) headers.set(extensionKey, active.join(", "));
  const end = calls.begin(identity.name);
  try {
    const params = decoded(decode, method.requestDeserialize, request);
    const context = { ...contextOf(identity, parameters, tenantIn(params)), gone: goneOf(call) };
    return { params, context, parameters, headers, end };
  } catch (error) {
    end();
    throw error;
  }
}

/** 0.3 knows no tenants. */
function tenantIn(params: object): string {
  return "tenant" in params && typeof params.tenant === "string" ? params.tenant : "";
}

function decoded<Request>(decode: Decode, deserialize: (bytes: Buffer) => Request, request: Buffer): Request {
  try {
    return decode(deserialize, request);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RequestMalformedError({ message: `The request cannot be taken: ${why}.`, cause });
  }
}
