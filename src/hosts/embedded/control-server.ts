import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { TuttiError } from "../../base/errors.ts";
import { isJsonObject } from "../../base/json.ts";
import { MAX_CONTROL_BYTES } from "../../base/limits.ts";
import type { Host } from "../../ports/host.ts";
import { CONTROL_PATH, CONTROL_TIMEOUT_MS, type ControlAnswers, type ControlFailure, type ControlRequest } from "./control-protocol.ts";
import { nodeHttp } from "./node-http.ts";
import type { OwnerAddress } from "./owner.ts";

const KINDS: readonly ControlRequest["kind"][] = ["ping", "define", "start", "post", "release", "moveCursor"];

export type ControlServer = { readonly address: OwnerAddress; close(): void };

/** Listens on loopback for other processes of the same user, who know the token from a file of mode 0600. */
export async function serveControl(host: Host): Promise<ControlServer> {
  const token = randomBytes(32).toString("base64url");
  const server = nodeHttp.createServer({ requestTimeout: CONTROL_TIMEOUT_MS }, (request, response) => {
    respond(host, token, request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const url = await listen(server);
  return {
    address: { pid: process.pid, url, token },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

async function respond(host: Host, token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== CONTROL_PATH || request.method !== "POST" || !isAuthorized(request, token)) {
    response.writeHead(404).end();
    return;
  }
  try {
    const answer = await answerTo(host, readRequest(await readBody(request)));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(failureOf(error)));
  }
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_CONTROL_BYTES) throw new TuttiError("T5011", `The request is larger than ${MAX_CONTROL_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readRequest(text: string): ControlRequest {
  const asked: unknown = JSON.parse(text);
  const kind = isJsonObject(asked) ? asked["kind"] : undefined;
  if (!KINDS.some((known) => known === kind)) throw new TuttiError("T5011", `The request is of no known kind: ${text.slice(0, 80)}`);
  return asked as ControlRequest;
}

async function answerTo(host: Host, asked: ControlRequest): Promise<ControlAnswers[ControlRequest["kind"]]> {
  switch (asked.kind) {
    case "ping":
      return { pid: process.pid };
    case "define":
      return { fingerprint: await host.define(asked.tenant, asked.definition, asked.options) };
    case "start":
      return host.start(asked.request);
    case "post":
      return host.post(asked.run, asked.input);
    case "release":
      await host.release(asked.run);
      return {};
    case "moveCursor":
      await host.moveCursor(asked.tenant, asked.name, asked.position);
      return {};
  }
}

function failureOf(error: unknown): ControlFailure {
  if (error instanceof TuttiError)
    return { code: error.code, message: error.message, help: error.help ?? null, retryable: error.retryable };
  return { code: "T5011", message: error instanceof Error ? error.message : String(error), help: null, retryable: false };
}
