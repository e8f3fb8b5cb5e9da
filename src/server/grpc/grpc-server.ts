/**
 * A server of A2A over gRPC, on a port of its own: where it listens, what it limits, and how it ends.
 * What it answers is in the other files of this folder. TLS is for a proxy in front of it.
 *
 * 1. It takes what the HTTP server takes: the same callers, rates, sizes and open calls. A web page
 *    cannot speak gRPC, so that no name needs to be kept from it.
 * 2. A connection that is idle or does not answer is closed.
 */
import { createServer, type Server, type Socket } from "node:net";

import { loadGrpcService, loadLegacyGrpcService } from "../../a2a/grpc/service.ts";
import type { TaskHandler } from "../../a2a/server/handler.ts";
import { IDLE_CONNECTION_MS, MAX_CALLS_PER_CALLER, MAX_HEADER_BYTES, PING_PATIENCE_MS } from "../../base/limits.ts";
import { loadWithGrpc } from "../../runtime/egress/load-grpc.ts";
import { legacyGrpcMethods } from "../legacy/legacy-grpc.ts";
import { listen } from "../listen.ts";
import type { OpenCalls } from "../open-calls.ts";
import { Gate } from "./gate.ts";
import { grpcMethods } from "./grpc-methods.ts";
import type { GateOptions } from "./grpc-options.ts";

export type GrpcParts = GateOptions & {
  readonly handler: TaskHandler;
  readonly calls: OpenCalls;
  readonly host: string;
  readonly port: number;
  readonly maxRequestBytes: number;
  readonly maxConnections: number;
  readonly heartbeatMs: number;
  /** Whether A2A 0.3 is spoken as well. */
  readonly legacy: boolean;
};

export type GrpcServer = {
  readonly port: number;
  /** Takes nothing new; resolves when everything that is open has ended. */
  close(): Promise<void>;
  /** Ends everything that is open. */
  destroy(): void;
};

/** Throws T3013 when the packages for gRPC are not installed, and else as `listen` does. */
export async function startGrpc(parts: GrpcParts): Promise<GrpcServer> {
  const grpc = await loadWithGrpc(() => import("@grpc/grpc-js"));
  const service = await loadGrpcService();
  const legacy = parts.legacy ? await loadLegacyGrpcService() : null;
  const gate = new Gate(grpc, parts);
  const server = new grpc.Server({
    interceptors: [gate.interceptor],
    "grpc.max_receive_message_length": parts.maxRequestBytes,
    "grpc.max_metadata_size": MAX_HEADER_BYTES,
    "grpc.max_concurrent_streams": MAX_CALLS_PER_CALLER,
    "grpc.max_connection_idle_ms": IDLE_CONNECTION_MS,
    "grpc.keepalive_time_ms": parts.heartbeatMs,
    "grpc.keepalive_timeout_ms": PING_PATIENCE_MS,
    "grpc.enable_channelz": 0,
  });
  const methodParts = { ...parts, grpc, gate };
  server.addService(...grpcMethods(methodParts, service));
  if (legacy !== null) server.addService(...legacyGrpcMethods(methodParts, legacy));
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  listener.maxConnections = parts.maxConnections;
  const port = await listen(listener, parts.host, parts.port);
  return {
    port,
    close: async () => {
      await Promise.all([closed(listener), new Promise<void>((resolve) => server.tryShutdown(() => resolve()))]);
    },
    destroy() {
      listener.close();
      server.forceShutdown();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function closed(listener: Server): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve());
  });
}
