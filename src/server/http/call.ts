/** A request that has been let in, and how it is performed, in either binding. */
import { HTTP_EXTENSION_HEADER } from "@a2a-js/sdk";
import type { A2AError } from "@a2a-js/sdk/errors";

import type { CallContext, TaskEvents, TaskHandler } from "../../a2a/server/handler.ts";
import { InvalidFieldsError } from "../../a2a/wire/invalid-fields.ts";
import { type MessageShape, violationsOf } from "../../a2a/wire/request-shape.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { admitted, contextOf, toA2aError, toKnown } from "../admission.ts";
import type { Identity } from "../authentication.ts";
import type { OpenCalls } from "../open-calls.ts";
import { eventStream, type EventStreamOptions } from "./event-stream.ts";
import { STREAMS, type StreamName, UNARY, type UnaryName } from "./operations.ts";
import type { ServedCard } from "./served-card.ts";
import type { ServiceParameters } from "./service-parameters.ts";

export type Call = {
  readonly handler: TaskHandler;
  readonly card: ServedCard;
  readonly identity: Identity;
  readonly parameters: ServiceParameters;
  /** Aborts when the connection is closed before the answer is written. */
  readonly gone: () => AbortSignal;
  readonly calls: OpenCalls;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** Headers of a binding's answer. */
export type Headers = { readonly [name: string]: string };

/**
 * Checks the version and the extensions; gives the headers of the answer. Throws `A2AError`.
 * Another version of the protocol would begin here: let it in, and translate in the bindings.
 */
export async function admit({ parameters, card }: Call): Promise<Headers> {
  const active = await admitted(parameters, () => card.current());
  return active.length === 0 ? {} : { [HTTP_EXTENSION_HEADER]: active.join(", ") };
}

/** Performs an operation; the answer as JSON. Throws only what `toKnown` lets through. */
export async function perform(call: Call, name: UnaryName, params: JsonObject): Promise<unknown> {
  const operation = UNARY[name];
  const end = call.calls.begin(call.identity.name);
  try {
    return await operation.perform(call.handler, params, checked(call, operation.shape, params));
  } catch (error) {
    throw toKnown(error, call.log);
  } finally {
    end();
  }
}

/** How a binding writes a stream. */
export type StreamWords = Pick<EventStreamOptions, "toData" | "headers"> & { readonly toFailure: (error: A2AError) => string };

/** Opens a stream. Throws as `perform` does, and only before the stream begins. */
export async function open(call: Call, name: StreamName, params: JsonObject, words: StreamWords): Promise<Response> {
  const operation = STREAMS[name];
  const { calls, clock, heartbeatMs, log } = call;
  const end = calls.begin(call.identity.name);
  let events: TaskEvents;
  try {
    events = await operation.open(call.handler, params, checked(call, operation.shape, params), call.parameters.lastEventId);
  } catch (error) {
    end();
    throw toKnown(error, log);
  }
  return eventStream({
    events,
    toData: words.toData,
    failure: (error) => words.toFailure(toA2aError(error, log)),
    heartbeatMs,
    clock,
    headers: words.headers,
    onOpen(endStream) {
      const forget = calls.addStream(endStream);
      return () => {
        forget();
        end();
      };
    },
  });
}

/** Checks the form of the parameters, and for which tenant they are. */
function checked({ identity, parameters, gone }: Call, shape: MessageShape, params: JsonObject): CallContext {
  const violations = violationsOf(shape, params);
  if (violations.length > 0) throw new InvalidFieldsError(violations);
  const { tenant } = params;
  return { ...contextOf(identity, parameters, typeof tenant === "string" ? tenant : ""), gone };
}
