/** A server of scripted handlers, and requests as they stand on the wire. */
import { randomUUID } from "node:crypto";

import type { AgentInterface } from "@a2a-js/sdk";

import { type A2aServer, type A2aServerOptions, createA2aServer } from "../../../../src/server/a2a-server.ts";
import { type Script, scriptedHandler, type ScriptedHandler } from "./scripted-handler.ts";

export type Here = { readonly server: A2aServer; readonly url: string; readonly handler: ScriptedHandler; readonly logged: string[] };

/** Servers of one test file, which closes them after each test. */
export class Servers {
  readonly #open: A2aServer[] = [];

  async serve(script: Script = {}, options: Partial<A2aServerOptions> = {}): Promise<Here> {
    const interfaces: AgentInterface[] = [];
    const handler = scriptedHandler({ ...script, card: { supportedInterfaces: interfaces, ...script.card } });
    const logged: string[] = [];
    const server = await createA2aServer({
      served: [{ path: "", handler }],
      drainMs: 20,
      log: (_level, event, fields) => logged.push(`${event} ${JSON.stringify(fields)}`),
      ...options,
    });
    this.#open.push(server);
    if (server.grpcUrl !== null) interfaces.push({ url: server.grpcUrl, protocolBinding: "GRPC", protocolVersion: "1.0", tenant: "" });
    return { server, url: server.url, handler, logged };
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((server) => server.close()));
  }
}

export const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };
type Words = { readonly [name: string]: string };

export async function request(
  url: string,
  { method = "GET", headers = HEADERS, body }: { method?: string; headers?: Words; body?: unknown },
): Promise<Answer> {
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const answer = await fetch(url, { method, headers, ...(text === undefined ? {} : { body: text }) });
  const words = await answer.text();
  return { status: answer.status, headers: answer.headers, body: words === "" ? null : JSON.parse(words) };
}

export const post = (url: string, body: unknown, headers: Words = HEADERS): Promise<Answer> =>
  request(url, { method: "POST", headers, body });

export const rpc = (url: string, method: string, params: unknown, headers: Words = HEADERS): Promise<Answer> =>
  post(url, { jsonrpc: "2.0", id: 7, method, params }, headers);

export const saying = (text: string, more: object = {}) => ({
  message: { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text }], ...more },
});

/** One server-sent event. */
export type SentEvent = { readonly id?: string; readonly event?: string; readonly data?: unknown; readonly comment?: string };

/** The events of a stream, as they come. */
export async function* eventsIn(answer: Response): AsyncGenerator<SentEvent, void, undefined> {
  let text = "";
  for await (const chunk of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      yield eventIn(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

function eventIn(block: string): SentEvent {
  const lines = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line) ?? []);
  return Object.fromEntries(
    lines.map(([, name = "", value = ""]) =>
      name === "" ? ["comment", value] : [name, name === "data" ? (JSON.parse(value) as unknown) : value],
    ),
  );
}
