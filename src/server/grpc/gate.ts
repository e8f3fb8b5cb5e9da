/**
 * Before a call is read: is the server up, who asks, and not too often? As the HTTP bindings ask, with
 * metadata for headers.
 *
 * 1. Nobody's message is read before they are known.
 * 2. A message that comes too slowly is not waited for.
 */
import type { Metadata, ServerInterceptor } from "@grpc/grpc-js";

import { RECEIVE_REQUEST_MS } from "../../base/limits.ts";
import { identify, logFailure, toKnown, turnedAway } from "../admission.ts";
import type { Identity } from "../authentication.ts";
import { Refusal } from "../refusal.ts";
import type { GateOptions } from "./grpc-options.ts";
import { statusOf } from "./grpc-status.ts";

type GrpcJs = typeof import("@grpc/grpc-js");

/** A call that was let in. */
export type Admitted = { readonly identity: Identity; readonly headers: Headers };

export class Gate {
  readonly #grpc: GrpcJs;
  readonly #options: GateOptions;
  /** By the metadata of their calls: all that an interceptor and a method have in common. */
  readonly #admitted = new WeakMap<Metadata, Admitted>();

  constructor(grpc: GrpcJs, options: GateOptions) {
    this.#grpc = grpc;
    this.#options = options;
  }

  /** Throws a refusal for a call that has not come through the gate. */
  of(metadata: Metadata): Admitted {
    const admitted = this.#admitted.get(metadata);
    if (admitted === undefined) throw new Refusal("unauthenticated", "The server needs credentials that it knows.");
    return admitted;
  }

  get interceptor(): ServerInterceptor {
    const { ServerInterceptingCall, ServerListenerBuilder, status } = this.#grpc;
    return (_method, call) => {
      const tooSlow = { code: status.DEADLINE_EXCEEDED, details: "The request came too slowly." };
      const cancel = this.#options.clock.schedule(RECEIVE_REQUEST_MS, () => call.sendStatus(tooSlow));
      const admit = async (metadata: Metadata, next: (metadata: Metadata) => void): Promise<void> => {
        const refusal = await this.#admit(metadata).catch((error: unknown) => statusOf(this.#grpc, toKnown(error, this.#options.log)));
        if (refusal === undefined) {
          next(metadata);
        } else {
          cancel();
          call.sendStatus(refusal);
        }
      };
      const listener = new ServerListenerBuilder()
        .withOnReceiveMetadata((metadata, next) => {
          admit(metadata, next).catch((error: unknown) => logFailure(this.#options.log, error));
        })
        .withOnReceiveHalfClose((next) => {
          cancel();
          next();
        })
        .withOnCancel(cancel)
        .build();
      return new ServerInterceptingCall(call, { start: (next) => next(listener) });
    };
  }

  async #admit(metadata: Metadata): Promise<undefined> {
    if (this.#options.isClosing()) throw turnedAway("The server is shutting down.");
    const headers = headersOf(metadata);
    this.#admitted.set(metadata, { identity: await identify(headers, this.#options), headers });
  }
}

/** What can stand in headers as well; binary values have no meaning here. */
function headersOf(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const name of Object.keys(metadata.getMap())) {
    if (name.endsWith("-bin")) continue;
    for (const value of metadata.get(name)) headers.append(name, String(value));
  }
  return headers;
}
