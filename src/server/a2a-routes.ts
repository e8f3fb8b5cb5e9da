/**
 * A2A's two HTTP bindings as one web handler: JSON-RPC on the base path, HTTP+JSON below it, and the
 * card at the well-known path. Bindings only translate: what an operation does is the request
 * handler's, so that all of them behave the same (A2A 5.1).
 *
 * 1. Every error is JSON, also those before A2A: size, credentials, media type, overload.
 * 2. A refusal is never the beginning of a stream.
 * 3. The words of an unexpected exception go to the log only.
 */
import { createHash, timingSafeEqual } from "node:crypto";

import { A2A_VERSION_HEADER, AGENT_CARD_PATH, AgentCard } from "@a2a-js/sdk";
import { toRestErrorBody, VersionNotSupportedError } from "@a2a-js/sdk/errors";
import { type Context, Hono } from "hono";

import { type AgentRequestHandler, OverloadError } from "../a2a/server/request-handler.ts";
import type { Log } from "../ports/log.ts";
import { answerJsonRpc } from "./json-rpc-binding.ts";
import { answerRest } from "./rest-binding.ts";

export type RouteOptions = {
  readonly handler: AgentRequestHandler;
  readonly token: string | null;
  readonly maxRequestBytes: number;
  readonly heartbeatMs: number;
  readonly log: Log;
  /** True while the server goes down: it takes nothing new. */
  readonly isClosing: () => boolean;
  /** Host names under which requests may come; null for any. Keeps web pages from reaching loopback. */
  readonly hosts: ReadonlySet<string> | null;
};

/** Seconds after which a client that was turned away may come again. */
const RETRY_AFTER = "1";

export function a2aRoutes(options: RouteOptions): Hono {
  const app = new Hono();
  app.onError((error) => failure(error, options.log));
  app.use(async (context, next) => gate(context, options) ?? next());
  app.get(`/${AGENT_CARD_PATH}`, async (context) => answerCard(context, AgentCard.toJSON(await options.handler.getAgentCard())));
  app.use(async (context, next) => guard(context, options) ?? next());
  app.post("/", async (context) => {
    const body = await readBody(context, options.maxRequestBytes);
    return body instanceof Response ? body : answerJsonRpc(body, options);
  });
  app.all("*", async (context) => {
    const body = context.req.method === "POST" ? await readBody(context, options.maxRequestBytes) : "";
    return body instanceof Response ? body : answerRest({ method: context.req.method, url: new URL(context.req.url), body }, options);
  });
  return app;
}

/** Before everything: is this server up, and is it meant? */
function gate(context: Context, { isClosing, hosts }: RouteOptions): Response | null {
  if (isClosing()) return turnedAway("The agent is shutting down.");
  const host = context.req.header("host")?.replace(/:\d+$/, "") ?? "";
  if (hosts !== null && !hosts.has(host))
    return problem(403, "PERMISSION_DENIED", `This agent does not answer to the name "${host.slice(0, 100)}".`);
  return null;
}

/** Before every operation: who asks, and in which version? */
function guard(context: Context, { token }: RouteOptions): Response | null {
  if (token !== null && !isToken(context.req.header("authorization"), token)) {
    return problem(401, "UNAUTHENTICATED", "The agent needs a bearer token.", { "www-authenticate": 'Bearer realm="agent"' });
  }
  const type = context.req.header("content-type") ?? "";
  if (context.req.method === "POST" && type !== "" && !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    return problem(415, "INVALID_ARGUMENT", `The body must be JSON, not ${type.slice(0, 100)}.`);
  }
  const version = context.req.header(A2A_VERSION_HEADER) ?? context.req.query(A2A_VERSION_HEADER) ?? "";
  if (/^1\.0(?:\.|$)/.test(version)) return null;
  const error = new VersionNotSupportedError(
    `A2A version "${version || "0.3"}" is not supported; this agent speaks 1.0. Say so in the header ${A2A_VERSION_HEADER}.`,
  );
  return context.req.path === "/"
    ? Response.json({ jsonrpc: "2.0", id: null, error: { code: -32009, message: error.message, data: [error.toErrorInfo()] } })
    : Response.json(toRestErrorBody(error, 400), { status: 400 });
}

/** Equal length, equal time: neither tells anything of the token. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}

/** The body as text, or the answer that it is too large. */
async function readBody(context: Context, maxBytes: number): Promise<string | Response> {
  const tooLarge = () => problem(413, "OUT_OF_RANGE", `The request is larger than ${maxBytes} bytes.`, { connection: "close" });
  const declared = context.req.header("content-length");
  if (declared !== undefined) return Number(declared) > maxBytes ? tooLarge() : context.req.text();
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of context.req.raw.body ?? []) {
    byteCount += chunk.byteLength;
    if (byteCount > maxBytes) return tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Cards may be kept for a minute, and are then asked for by their ETag (A2A 8.6). */
function answerCard(context: Context, card: unknown): Response {
  const text = JSON.stringify(card);
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  const headers = { etag, "cache-control": "public, max-age=60", "content-type": "application/json" };
  return context.req.header("if-none-match") === etag ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
}

function turnedAway(sentence: string): Response {
  return problem(503, "UNAVAILABLE", sentence, { "retry-after": RETRY_AFTER });
}

function failure(error: unknown, log: Log): Response {
  if (error instanceof OverloadError) return turnedAway(error.message);
  log("error", "agent_server_error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return problem(500, "INTERNAL", "The agent's server has an error of its own.");
}

/** An error before A2A, in the form that HTTP+JSON has for all errors (google.rpc.Status). */
function problem(status: number, name: string, message: string, headers: { readonly [name: string]: string } = {}): Response {
  return Response.json({ error: { code: status, status: name, message, details: [] } }, { status, headers: { ...headers } });
}
