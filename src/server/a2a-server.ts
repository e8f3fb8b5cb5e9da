/**
 * A server of A2A over HTTP, and over gRPC beside it: where it listens, what it limits, and how it ends.
 * What it answers is in `http/` and `grpc/`.
 *
 * 1. It listens on loopback only, unless callers must say who they are.
 * 2. Closing takes nothing new, waits a while for what is open, and then ends it. Nothing durable
 *    depends on a connection.
 * 3. What is not even HTTP is answered with JSON as well.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import type { Socket } from "node:net";

import { getRequestListener } from "@hono/node-server";

import { assert } from "../base/assert.ts";
import { TuttiError } from "../base/errors.ts";
import {
  CONNECTIONS_CHECK_MS,
  DRAIN_MS,
  HEARTBEAT_MS,
  MAX_CALLS_PER_CALLER,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  MAX_REQUEST_BYTES,
  RECEIVE_HEADERS_MS,
  RECEIVE_REQUEST_MS,
} from "../base/limits.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { type Log, logToStandardError } from "../ports/log.ts";
import { type Authentication, createAuthenticator, isRequired } from "./authentication.ts";
import type { GrpcOptions } from "./grpc/grpc-options.ts";
import { type GrpcParts, type GrpcServer, startGrpc } from "./grpc/grpc-server.ts";
import { a2aRoutes, plainHost, type PublicDocument, refused, type Served, type WebRoute } from "./http/a2a-routes.ts";
import { listen } from "./listen.ts";
import { OpenCalls } from "./open-calls.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";
import { Refusal } from "./refusal.ts";

export type { PublicDocument, Served, WebRoute } from "./http/a2a-routes.ts";

/** What a server lets in. */
export type ServerLimits = {
  readonly requestBytes?: number;
  readonly connections?: number;
  /** Streams and waiting calls of one caller at once. */
  readonly callsPerCaller?: number;
  /** Requests of one caller; as many as come when absent. */
  readonly rate?: Rate;
};

export type A2aServerOptions = {
  /** What is served, each at a path of its own; "" is the server itself. */
  readonly served: readonly Served[];
  /** What else everyone may read, such as `/.well-known/jwks.json`. */
  readonly documents?: readonly PublicDocument[];
  /** What else is answered, and by whom. */
  readonly routes?: readonly WebRoute[];
  readonly auth?: Authentication;
  readonly limits?: ServerLimits;
  /** The address to listen on. Anything but loopback needs `auth`. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The address that cards give, when callers reach this server by another one. */
  readonly publicUrl?: string;
  /** Serves over gRPC as well, on a port of its own: what is served at "", or the only thing. */
  readonly grpc?: GrpcOptions;
  /** False: A2A 0.3 is not spoken. Else its clients are served at the same addresses. */
  readonly legacy?: boolean;
  readonly heartbeatMs?: number;
  /** How long `close` waits for open calls. In milliseconds. */
  readonly drainMs?: number;
  readonly log?: Log;
  readonly clock?: Clock;
};

export type A2aServer = AsyncDisposable & {
  /** The address that others reach it by, without a slash at its end. */
  readonly url: string;
  /** The address that it listens on: the same, unless they reach it by another one. */
  readonly localUrl: string;
  /** The address for gRPC, as cards give it; null without `grpc`. */
  readonly grpcUrl: string | null;
  /** Where the card of a served path is. */
  cardUrl(path: string): string;
  /** Takes nothing new, lets open calls end for a while, then ends them and closes. */
  close(): Promise<void>;
};

/**
 * Serves task handlers over A2A: JSON-RPC and HTTP+JSON at each path, a card at its well-known path
 * (A2A 9, 11), and gRPC on another port when it is asked for (A2A 10). Throws T3010 when a port is in
 * use, T3011 when it cannot listen for another reason, T3013 when the packages for gRPC are not
 * installed, T6002 when it would be open to the network without authentication.
 *
 * @example
 * await using server = await createA2aServer({ served: [{ path: "", handler }], port: 4001 });
 * console.log(server.cardUrl(""));
 */
export async function createA2aServer(options: A2aServerOptions): Promise<A2aServer> {
  const { auth = {}, limits = {}, host = "127.0.0.1", clock = systemClock, log = logToStandardError } = options;
  if (!LOOPBACK.has(host) && !isRequired(auth)) throw openToEveryone(host);
  const calls = new OpenCalls(limits.callsPerCaller ?? MAX_CALLS_PER_CALLER);
  const maxConnections = limits.connections ?? MAX_CONNECTIONS;
  let isClosing = false;
  const shared = {
    authenticator: createAuthenticator(auth, log),
    rate: limits.rate === undefined ? null : new RateLimit(limits.rate, clock),
    calls,
    maxRequestBytes: limits.requestBytes ?? MAX_REQUEST_BYTES,
    legacy: options.legacy ?? true,
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    clock,
    log,
    isClosing: () => isClosing,
  };
  const { served, documents = [], routes = [] } = options;
  const app = a2aRoutes({ ...shared, served, documents, routes, hosts: allowedHosts(host, options.publicUrl) });
  const server = createServer(app.fetch, host, maxConnections);
  const port = await listen(server, host, options.port ?? 0);
  const grpc = await openGrpc(options, { ...shared, host, maxConnections }).catch((error: unknown) => {
    server.close();
    throw error;
  });
  const localUrl = `http://${inUrl(host)}:${port}`;
  const url = (options.publicUrl ?? localUrl).replace(/\/+$/, "");
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    isClosing = true;
    closing ??= shutDown({ server, grpc, calls, clock, drainMs: options.drainMs ?? DRAIN_MS });
    return closing;
  };
  const grpcUrl = grpc === null ? null : (options.grpc?.publicUrl ?? `${new URL(url).hostname}:${grpc.port}`);
  return { url, localUrl, grpcUrl, cardUrl: (path) => `${url}${path}/.well-known/agent-card.json`, close, [Symbol.asyncDispose]: close };
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

async function openGrpc({ grpc, served }: A2aServerOptions, parts: Omit<GrpcParts, "handler" | "port">): Promise<GrpcServer | null> {
  if (grpc === undefined) return null;
  const handler = served.find(({ path }) => path === "")?.handler ?? (served.length === 1 ? served[0]?.handler : undefined);
  // A method of gRPC has no path by which one of several could be meant.
  assert(handler !== undefined, "A server with gRPC serves one thing, or has one at its own path.");
  return startGrpc({ ...parts, handler, port: grpc.port ?? 0 });
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1", "[::1]"]);

/** A proxy may pass on the name that it is called by, or the one that it calls. */
function allowedHosts(host: string, publicUrl: string | undefined): ReadonlySet<string> | null {
  if (!LOOPBACK.has(host)) return null;
  return publicUrl === undefined ? LOOPBACK : new Set([...LOOPBACK, plainHost(new URL(publicUrl).hostname)]);
}

function createServer(fetch: (request: Request) => Response | Promise<Response>, hostname: string, maxConnections: number): Server {
  const errorHandler = (): Response => refused(new Refusal("malformed", "The request cannot be read."));
  const answer = getRequestListener(fetch, { hostname, errorHandler });
  const server = createHttpServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: RECEIVE_HEADERS_MS,
      requestTimeout: RECEIVE_REQUEST_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    },
    (incoming, outgoing) => {
      // It answers its own errors; what is left is a connection that cannot be written to.
      answer(incoming, outgoing).catch(() => outgoing.destroy());
    },
  );
  server.maxConnections = maxConnections;
  server.on("clientError", (error: BrokenRequest, socket: Socket) => answerBrokenRequest(error, socket));
  return server;
}

/** What Node's parser could not read, with the bytes that it was given last. */
type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** The request is broken off before there is one that could be answered. */
function answerBrokenRequest(error: BrokenRequest, socket: Socket): void {
  // On a connection that has been answered a second answer would be a lie.
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const { line, status, sentence } = BROKEN.get(error.code ?? "") ?? NOT_HTTP;
  const body = JSON.stringify({ error: { code: Number.parseInt(line, 10), status, message: sentence, details: [] } });
  const head = `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  // To HEAD there is never a body, whatever the length says.
  socket.end(error.rawPacket?.subarray(0, 5).toString() === "HEAD " ? head : head + body);
}

const NOT_HTTP = { line: "400 Bad Request", status: "INVALID_ARGUMENT", sentence: "The request is not HTTP." };
const BROKEN: ReadonlyMap<string, typeof NOT_HTTP> = new Map([
  ["HPE_HEADER_OVERFLOW", { line: "431 Request Header Fields Too Large", status: "OUT_OF_RANGE", sentence: "The headers are too large." }],
  ["ERR_HTTP_REQUEST_TIMEOUT", { line: "408 Request Timeout", status: "DEADLINE_EXCEEDED", sentence: "The request came too slowly." }],
]);

function openToEveryone(host: string): TuttiError {
  return new TuttiError("T6002", `The server would be open to everyone who can reach ${host}.`, {
    help: "Give it a token or another way to know its callers, or listen on 127.0.0.1.",
  });
}

/** How long answers that are ready get to be written. */
const LAST_WORDS_MS = 50;

type ShutDown = {
  readonly server: Server;
  readonly grpc: GrpcServer | null;
  readonly calls: OpenCalls;
  readonly clock: Clock;
  readonly drainMs: number;
};

async function shutDown({ server, grpc, calls, clock, drainMs }: ShutDown): Promise<void> {
  const httpClosed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const closed = Promise.all([httpClosed, grpc?.close()]).then(() => undefined);
  await within(clock, drainMs, calls.none());
  calls.endStreams();
  await within(clock, LAST_WORDS_MS, closed);
  server.closeAllConnections();
  grpc?.destroy();
  await closed;
}

async function within(clock: Clock, limitMs: number, work: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const cancel = clock.schedule(limitMs, limit.resolve);
  await Promise.race([work, limit.promise]).finally(cancel);
}
