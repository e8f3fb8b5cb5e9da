/** What a gRPC server is given. Nothing here needs the types of gRPC, which are not there for everyone. */
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Authenticator } from "../authentication.ts";
import type { RateLimit } from "../rate-limit.ts";

export type GrpcOptions = {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The address that cards give, when callers reach the port by another one: `https://…` behind a proxy that speaks TLS. */
  readonly publicUrl?: string;
};

/** What decides who comes in. */
export type GateOptions = {
  readonly authenticator: Authenticator;
  readonly rate: RateLimit | null;
  readonly isClosing: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
};
