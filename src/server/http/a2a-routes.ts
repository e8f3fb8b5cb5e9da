/**
 * A2A's two HTTP bindings as one web handler, for each served thing: JSON-RPC on its path, HTTP+JSON
 * below it, and its card at the well-known path. Bindings only translate: what an operation does is
 * the task handler's, so that all of them behave the same (A2A 5.1).
 *
 * 1. Every error is JSON, also those before A2A: size, credentials, media type, overload.
 * 2. A refusal is never the beginning of a stream.
 * 3. The words of an unexpected exception go to the log only.
 * 4. Nobody's body is read before they are known.
 */
import { AGENT_CARD_PATH } from "@a2a-js/sdk";
import { type Context, Hono } from "hono";

import type { PublishedCard } from "../../a2a/card/publish-card.ts";
import { OverloadError, type TaskHandler } from "../../a2a/server/handler.ts";
import type { JsonObject } from "../../base/json.ts";
import { CARD_FRESH_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { identify, logFailure, turnedAway } from "../admission.ts";
import type { Authenticator, Identity } from "../authentication.ts";
import type { OpenCalls } from "../open-calls.ts";
import { answerLegacy } from "../legacy/answer-legacy.ts";
import { LEGACY_CARD_PATH, sharedCard } from "../legacy/shared-card.ts";
import type { RateLimit } from "../rate-limit.ts";
import { Refusal } from "../refusal.ts";
import { REFUSALS } from "../wire-errors.ts";
import type { Call } from "./call.ts";
import { type BodyText, readBody } from "./json-body.ts";
import { answerJsonRpc } from "./json-rpc-binding.ts";
import { answerRest } from "./rest-binding.ts";
import { ServedCard } from "./served-card.ts";
import { readServiceParameters } from "./service-parameters.ts";

/** Something that is served: "" is the server itself, others have a path such as `/agents/planner`. */
export type Served = {
  readonly path: string;
  readonly handler: TaskHandler;
  /** The handler's card as bytes that outlive the process; made here when absent. */
  readonly publishedCard?: () => Promise<PublishedCard>;
};

/** Something else that everyone may read, such as the keys that sign. */
export type PublicDocument = { readonly path: string; readonly read: () => Promise<JsonObject> };

/** A place of the server that is none of A2A's: it knows by itself whom it answers. */
export type WebRoute = { readonly path: string; readonly answer: (request: Request) => Response | Promise<Response> };

export type RouteOptions = {
  readonly served: readonly Served[];
  readonly documents: readonly PublicDocument[];
  readonly routes: readonly WebRoute[];
  readonly authenticator: Authenticator;
  readonly rate: RateLimit | null;
  readonly calls: OpenCalls;
  readonly maxRequestBytes: number;
  /** Whether A2A 0.3 is spoken as well. */
  readonly legacy: boolean;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** True while the server goes down: it takes nothing new. */
  readonly isClosing: () => boolean;
  /** Host names, as `plainHost` has them, under which requests may come; null for any. Keeps web pages from reaching loopback. */
  readonly hosts: ReadonlySet<string> | null;
};

export function a2aRoutes(options: RouteOptions): Hono {
  const app = new Hono({ strict: false });
  app.onError((error) => failure(error, options.log));
  app.use((context, next) => {
    gate(context, options);
    return next();
  });
  for (const { path, read } of options.documents) app.get(path, async () => Response.json(await read(), { headers: DOCUMENT_HEADERS }));
  for (const { path, answer } of options.routes) app.all(path, (context) => answer(context.req.raw));
  // The longest path first: whatever is left is the server's own, or nobody's.
  for (const served of options.served.toSorted((left, right) => right.path.length - left.path.length)) route(app, served, options);
  app.all("*", (context) => {
    throw nothingAt(context);
  });
  return app;
}

const DOCUMENT_HEADERS = { "cache-control": `public, max-age=${CARD_FRESH_MS / 1000}` };

function route(app: Hono, { path, handler, publishedCard }: Served, options: RouteOptions): void {
  const card = new ServedCard(handler, options.clock, publishedCard);
  const tell = options.legacy ? sharedCard : undefined;
  app.get(`${path}/${AGENT_CARD_PATH}`, (context) => card.answer(context.req.raw.headers, tell));
  if (options.legacy) app.get(`${path}/${LEGACY_CARD_PATH}`, (context) => card.answer(context.req.raw.headers, tell));
  app.all(`${path}/*`, async (context) => {
    const { raw } = context.req;
    const identity = await identify(raw.headers, options);
    const url = new URL(raw.url);
    const parameters = readServiceParameters(raw.headers, url.searchParams);
    const call: Call = { ...options, handler, card, identity, parameters, gone: () => raw.signal };
    const body = raw.method === "POST" ? await bodyOf(raw, identity, options) : "";
    const below = pathBelow(path, url.pathname);
    const request = { method: raw.method, path: below, query: url.searchParams, body };
    const legacy = options.legacy ? await answerLegacy(request, call) : null;
    if (legacy !== null) return legacy;
    return raw.method === "POST" && (below === "" || below === "/") ? answerJsonRpc(body, call) : answerRest(request, call);
  });
}

/**
 * What a path says below the served one. Only whole segments are cut off: the served path was found whatever
 * its letters were written as. Escapes that nothing needs are taken back (RFC 3986, section 6.2.2.2); the
 * others stay for whoever reads the segments.
 */
function pathBelow(served: string, pathname: string): string {
  const segments = pathname.replace(/%[2-7][\dA-F]/gi, plainLetter).split("/");
  return segments
    .slice(served.split("/").length)
    .map((segment) => `/${segment}`)
    .join("");
}

function plainLetter(code: string): string {
  const letter = decodeURIComponent(code);
  return /[\w.~-]/.test(letter) ? letter : code;
}

/** A call while it comes: a body takes memory, and of one caller there are only so many. */
async function bodyOf(request: Request, { name }: Identity, { calls, maxRequestBytes }: RouteOptions): Promise<BodyText> {
  const end = calls.begin(name);
  try {
    return await readBody(request, maxRequestBytes);
  } finally {
    end();
  }
}

/** Before everything: is this server up, and is it meant? */
function gate(context: Context, { isClosing, hosts }: RouteOptions): void {
  if (isClosing()) throw turnedAway("The server is shutting down.");
  if (hosts === null) return;
  const host = plainHost(context.req.header("host")?.replace(/:\d+$/, "") ?? "");
  if (!hosts.has(host)) throw new Refusal("forbidden", `This server does not answer to the name "${host.slice(0, 100)}".`);
  const origin = context.req.header("origin");
  if (origin !== undefined && !hosts.has(plainHost(URL.parse(origin)?.hostname ?? ""))) {
    throw new Refusal("forbidden", `Pages of "${origin.slice(0, 100)}" may not use this server.`);
  }
}

/** Names of hosts ignore case, and with a dot at its end a name is the same one (RFC 9110, section 4.2.3; RFC 1034, section 3.1). */
export function plainHost(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function nothingAt(context: Context): Refusal {
  return new Refusal("notFound", `There is nothing at ${context.req.method} ${context.req.path.slice(0, 200)}.`);
}

function failure(error: unknown, log: Log): Response {
  if (error instanceof Refusal) return refused(error);
  if (error instanceof OverloadError) return refused(turnedAway(error.message));
  logFailure(log, error);
  return Response.json(toStatus({ http: 500, status: "INTERNAL" }, "The agent's server has an error of its own."), { status: 500 });
}

/** A refusal in the form that HTTP+JSON has for all errors (google.rpc.Status, A2A 11.6). */
export function refused({ kind, message, headers }: Refusal): Response {
  const code = REFUSALS[kind];
  return Response.json(toStatus(code, message), { status: code.http, headers: { ...headers } });
}

function toStatus({ http, status }: { readonly http: number; readonly status: string }, message: string): object {
  return { error: { code: http, status, message, details: [] } };
}
