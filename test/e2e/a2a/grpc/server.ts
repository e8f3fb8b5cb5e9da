/** Servers of scripted handlers with a gRPC port, and a caller for each. */
import type { A2aServerOptions } from "../../../../src/server/a2a-server.ts";
import { type Here, Servers } from "../http/harness.ts";
import type { Script } from "../http/scripted-handler.ts";
import { Caller, LegacyCaller } from "./harness.ts";

export type GrpcHere = Here & {
  readonly caller: Caller;
  readonly legacy: LegacyCaller;
  readonly target: string;
  readonly another: (options?: object) => Caller;
};

export class GrpcServers {
  readonly #servers = new Servers();
  readonly #callers: { close(): void }[] = [];

  async serve(script: Script = {}, options: Partial<A2aServerOptions> = {}): Promise<GrpcHere> {
    const here = await this.#servers.serve(script, { grpc: {}, ...options });
    const target = here.server.grpcUrl ?? "";
    const another = (channel: object = {}): Caller => {
      const caller = new Caller(target, channel);
      this.#callers.push(caller);
      return caller;
    };
    const legacy = new LegacyCaller(target);
    this.#callers.push(legacy);
    return { ...here, target, another, caller: another(), legacy };
  }

  async close(): Promise<void> {
    for (const caller of this.#callers.splice(0)) caller.close();
    await this.#servers.close();
  }
}
