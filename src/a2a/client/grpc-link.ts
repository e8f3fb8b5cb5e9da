/** Speaking gRPC to an agent (A2A 10): the SDK's messages over our own egress, and answers that are checked. */
import type { Message, SendMessageResponse, StreamResponse, Task } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";

import { EgressError, type Grpc } from "../../runtime/egress/egress.ts";
import type { GrpcCall } from "../../runtime/egress/egress-grpc.ts";
import { eventIdOf, LAST_EVENT_ID_KEY } from "../grpc/event-id.ts";
import { type Decode, loadGrpcService } from "../grpc/service.ts";
import { toSaid } from "./grpc-said.ts";
import type { At, Link, LinkEvent } from "./links.ts";

/** Throws T3013 when the packages for gRPC are not installed. */
export async function openGrpc(at: At, grpc: Grpc): Promise<Link> {
  const { methods, decode } = await loadGrpcService();
  const calls = grpcCalls({ url: at.url, grpc, decode, toSaid });
  const { tenant } = at;
  return {
    transport: {
      sendMessage: async (params, options) => calls.resultOf(await calls.ask(methods.sendMessage, { ...params, tenant }, options)),
      getTask: (params, options) => calls.ask(methods.getTask, { ...params, tenant }, options),
      listTasks: (params, options) => calls.ask(methods.listTasks, { ...params, tenant }, options),
      cancelTask: (params, options) => calls.ask(methods.cancelTask, { ...params, tenant }, options),
      createTaskPushNotificationConfig: (params, options) =>
        calls.ask(methods.createTaskPushNotificationConfig, { ...params, tenant }, options),
    },
    subscribe: ({ id, after }, options) => calls.follow(methods.subscribeToTask, { request: { tenant, id }, after }, options),
  };
}

/** A method of a service, as it is called. */
export type Method<Request, Answer> = {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
};

type Place = {
  readonly url: string;
  readonly grpc: Grpc;
  readonly decode: Decode;
  /** What is meant by an error of the agent at this host. */
  readonly toSaid: (error: unknown, host: string) => unknown;
};

/** Calls of an agent's methods, whichever version they are of. */
export function grpcCalls({ url, grpc, decode, toSaid: said }: Place) {
  const { host } = new URL(url);
  const callOf = <Request>(
    method: Method<Request, unknown>,
    request: Request,
    { signal, serviceParameters }: RequestOptions,
  ): GrpcCall => ({
    url,
    method: method.path,
    request: method.requestSerialize(request),
    metadata: serviceParameters ?? {},
    signal,
  });
  const answerOf = <Answer>(method: Method<never, Answer>, bytes: Uint8Array): Answer => decoded(decode, method, { bytes, host });
  return {
    async ask<Request, Answer>(method: Method<Request, Answer>, request: Request, options: RequestOptions = {}): Promise<Answer> {
      const answer = await grpc.unary(callOf(method, request, options)).catch((error: unknown) => {
        throw said(error, host);
      });
      return answerOf(method, answer);
    },
    async *follow<Request>(
      method: Method<Request, StreamResponse>,
      { request, after }: { readonly request: Request; readonly after: string | null },
      options: RequestOptions,
    ): AsyncGenerator<LinkEvent, void, undefined> {
      const call = callOf(method, request, options);
      const metadata = { ...call.metadata, ...(after === null ? {} : { [LAST_EVENT_ID_KEY]: after }) };
      try {
        for await (const bytes of grpc.stream({ ...call, metadata })) {
          yield { id: eventIdOf(bytes), event: answerOf(method, bytes) };
        }
      } catch (error) {
        throw said(error, host);
      }
    },
    resultOf({ payload }: SendMessageResponse): Message | Task {
      if (payload !== undefined) return payload.value;
      throw new EgressError("garbled", `${host} did not answer as A2A says: there is neither a task nor a message.`);
    },
  };
}

/** The answer came with a good status: whatever is wrong with it, the agent may have acted. */
function decoded<Answer>(
  decode: Decode,
  method: Method<never, Answer>,
  { bytes, host }: { readonly bytes: Uint8Array; readonly host: string },
): Answer {
  try {
    return decode(method.responseDeserialize, bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EgressError("garbled", `${host} did not answer as A2A says: ${why}.`, { cause });
  }
}
