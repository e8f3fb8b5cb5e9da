/** Speaking gRPC to an agent (A2A 10): the SDK's messages over our own egress, and answers that are checked. */
import type { Message, SendMessageResponse, StreamResponse, Task } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";

import { EgressError, type Grpc } from "../../runtime/egress/egress.ts";
import type { GrpcCall } from "../../runtime/egress/egress-grpc.ts";
import { eventIdOf, LAST_EVENT_ID_KEY } from "../grpc/event-id.ts";
import { type GrpcService, loadGrpcService } from "../grpc/service.ts";
import { toSaid } from "./grpc-said.ts";
import type { At, Link } from "./links.ts";

type Method<Request, Answer> = {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
};

/** Throws T3013 when the packages for gRPC are not installed. */
export async function openGrpc({ url, tenant }: At, grpc: Grpc): Promise<Link> {
  const service = await loadGrpcService();
  const { methods } = service;
  const { host } = new URL(url);
  const callOf = <Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    { signal, serviceParameters }: RequestOptions,
  ): GrpcCall => ({
    url,
    method: method.path,
    request: method.requestSerialize({ ...request, tenant }),
    metadata: serviceParameters ?? {},
    signal,
  });
  const ask = async <Request, Answer>(method: Method<Request, Answer>, request: Request, options: RequestOptions = {}): Promise<Answer> => {
    const answer = await grpc.unary(callOf(method, request, options)).catch((error: unknown) => {
      throw toSaid(error, host);
    });
    return decode(service, method, answer, host);
  };
  return {
    transport: {
      sendMessage: async (params, options) => resultOf(await ask(methods.sendMessage, params, options), host),
      getTask: (params, options) => ask(methods.getTask, params, options),
      listTasks: (params, options) => ask(methods.listTasks, params, options),
      cancelTask: (params, options) => ask(methods.cancelTask, params, options),
      createTaskPushNotificationConfig: (params, options) => ask(methods.createTaskPushNotificationConfig, params, options),
    },
    async *subscribe({ id, after }, options) {
      const call = callOf(methods.subscribeToTask, { tenant, id }, options);
      const metadata = { ...call.metadata, ...(after === null ? {} : { [LAST_EVENT_ID_KEY]: after }) };
      try {
        for await (const bytes of grpc.stream({ ...call, metadata })) {
          const event: StreamResponse = decode(service, methods.subscribeToTask, bytes, host);
          yield { id: eventIdOf(bytes), event };
        }
      } catch (error) {
        throw toSaid(error, host);
      }
    },
  };
}

/** The answer came with a good status: whatever is wrong with it, the agent may have acted. */
function decode<Answer>(service: GrpcService, method: Method<never, Answer>, bytes: Uint8Array, host: string): Answer {
  try {
    return service.decode(method.responseDeserialize, bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EgressError("garbled", `${host} did not answer as A2A says: ${why}.`, { cause });
  }
}

function resultOf({ payload }: SendMessageResponse, host: string): Message | Task {
  if (payload !== undefined) return payload.value;
  throw new EgressError("garbled", `${host} did not answer as A2A says: there is neither a task nor a message.`);
}
