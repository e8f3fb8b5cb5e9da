/**
 * The eleven operations as methods of the gRPC service (A2A 10): messages to operations and back. What an
 * operation does is the task handler's, so that all bindings behave the same (A2A 5.1).
 *
 * 1. A refusal is a status, and never the beginning of a stream.
 * 2. The words of an unexpected exception go to the log only.
 * 3. Messages are read and written here, not by gRPC, which would tell of a bad one as its own failure.
 */
import { HTTP_EXTENSION_HEADER, type Message, type SendMessageResponse, type Task, TaskState } from "@a2a-js/sdk";
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
import type { GrpcService } from "../../a2a/grpc/service.ts";
import type { CallContext, TaskEvents, TaskHandler } from "../../a2a/server/handler.ts";
import type { TaskEvent } from "../../a2a/task/task-event.ts";
import { InvalidFieldsError } from "../../a2a/wire/invalid-fields.ts";
import type { Log } from "../../ports/log.ts";
import { admitted, contextOf, logFailure, toKnown, turnedAway } from "../admission.ts";
import { readServiceParameters, type ServiceParameters } from "../http/service-parameters.ts";
import type { OpenCalls } from "../open-calls.ts";
import type { Gate } from "./gate.ts";
import { statusOf } from "./grpc-status.ts";
import { writeEvents } from "./write-events.ts";

export type MethodParts = {
  readonly grpc: typeof import("@grpc/grpc-js");
  readonly service: GrpcService;
  readonly gate: Gate;
  readonly handler: TaskHandler;
  readonly calls: OpenCalls;
  readonly log: Log;
};

/** A method as gRPC takes it: how it is called, and what it does. */
type Served = {
  readonly definition: MethodDefinition<Buffer, Buffer>;
  readonly perform: handleUnaryCall<Buffer, Buffer> | handleServerStreamingCall<Buffer, Buffer>;
};

export function grpcMethods(parts: MethodParts): readonly [ServiceDefinition, UntypedServiceImplementation] {
  const { handler, service } = parts;
  const { methods } = service;
  const answered = unaryWith(parts);
  const streamed = streamWith(parts);
  const served: readonly Served[] = [
    answered(methods.sendMessage, async (params, context) => toResponse(await handler.sendMessage(params, context))),
    streamed(methods.sendStreamingMessage, (params, context, after) => handler.sendStreamingMessage(params, context, after)),
    streamed(methods.subscribeToTask, (params, context, after) => handler.subscribeToTask(params, context, after)),
    answered(methods.getTask, (params, context) => handler.getTask(params, context)),
    answered(methods.listTasks, (params, context) => {
      if (params.status === TaskState.UNRECOGNIZED || TaskState[params.status] === undefined) throw new InvalidFieldsError([UNKNOWN_STATE]);
      return handler.listTasks(params, context);
    }),
    answered(methods.cancelTask, (params, context) => handler.cancelTask(params, context)),
    answered(methods.getExtendedAgentCard, (_params, context) => handler.extendedCard(context)),
    answered(methods.createTaskPushNotificationConfig, (params, context) => handler.createPushConfig(params, context)),
    answered(methods.getTaskPushNotificationConfig, (params, context) => handler.getPushConfig(params, context)),
    answered(methods.listTaskPushNotificationConfigs, (params, context) => handler.listPushConfigs(params, context)),
    answered(methods.deleteTaskPushNotificationConfig, async (params, context) => {
      await handler.deletePushConfig(params, context);
      return {};
    }),
  ];
  return [
    Object.fromEntries(served.map(({ definition }) => [definition.path, definition])),
    Object.fromEntries(served.map(({ definition, perform }) => [definition.path, perform])),
  ];
}

const UNKNOWN_STATE = { field: "status", description: "must be a state of a task" };

function toResponse(answer: Message | Task): SendMessageResponse {
  return { payload: "messageId" in answer ? { $case: "message", value: answer } : { $case: "task", value: answer } };
}

/** A method of the service as the SDK describes it. */
type Described<Request, Answer> = {
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

function unaryWith(parts: MethodParts) {
  return <Request extends { readonly tenant: string }, Answer>(
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

function streamWith(parts: MethodParts) {
  const { grpc, log, calls } = parts;
  return <Request extends { readonly tenant: string }>(
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
async function open<Request extends { readonly tenant: string }>(
  { grpc, service, gate, handler, calls }: MethodParts,
  method: Described<Request, never>,
  call: GrpcCall,
): Promise<Given<Request>> {
  const { metadata, request } = call;
  const { identity, headers: given } = gate.of(metadata);
  const parameters = readServiceParameters(given, new URLSearchParams());
  const active = await admitted(parameters, () => handler.card());
  const headers = new grpc.Metadata();
  if (active.length > 0) headers.set(HTTP_EXTENSION_HEADER, active.join(", "));
  const end = calls.begin(identity.name);
  try {
    const params = decoded(service, method.requestDeserialize, request);
    const context = { ...contextOf(identity, parameters, params.tenant), gone: goneOf(call) };
    return { params, context, parameters, headers, end };
  } catch (error) {
    end();
    throw error;
  }
}

function decoded<Request>(service: GrpcService, decode: (bytes: Buffer) => Request, request: Buffer): Request {
  try {
    return service.decode(decode, request);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RequestMalformedError({ message: `The request cannot be taken: ${why}.`, cause });
  }
}
