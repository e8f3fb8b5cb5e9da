/** An agent whose answers are bytes that a test writes: whatever A2A, JSON or HTTP would not allow. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { type RemoteAgentOptions, remoteAgent } from "../../../src/agents/remote-agent.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import type { RemoteTask } from "../../../src/scheduler/input.ts";
import { card } from "./scripted.ts";

/** A request as a raw agent sees it. `reply` writes the result of JSON-RPC; `stream` the beginning of an event stream. */
export type Call = {
  readonly method: string;
  readonly id: number;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
  readonly out: ServerResponse;
  reply(result: unknown): void;
  text(content: string | Uint8Array, contentType?: string): void;
  stream(): void;
  event(result: unknown, id?: string): void;
};

export type RawAgent = AsyncDisposable & {
  readonly url: string;
  readonly remote: RemoteAgent;
  readonly calls: readonly Call[];
  readonly task: (more?: Partial<RemoteTask>) => RemoteTask;
  readonly methods: () => readonly string[];
};

export type RawOptions = Partial<RemoteAgentOptions> & {
  readonly streaming?: boolean;
  readonly card?: (url: string) => unknown;
};

export async function rawAgent(
  answer: (call: Call) => void,
  { streaming = false, card: cardOf, ...options }: RawOptions = {},
): Promise<RawAgent> {
  const calls: Call[] = [];
  const server = createServer((incoming, out) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      if (incoming.url?.endsWith("agent-card.json") === true) {
        const told = cardOf?.(url) ?? { ...card(url), capabilities: { streaming } };
        out.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
        return;
      }
      const call = callOf(incoming, out, Buffer.concat(chunks).toString());
      calls.push(call);
      answer(call);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const egress = new Egress();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    remote: remoteAgent(url, { name: "raw", egress, log: () => undefined, ...options }),
    task: (more) => ({ agent: "raw", url, binding: "JSONRPC", tenant: "", taskId: "t1", contextId: "c1", ...more }),
    methods: () => calls.map(({ method }) => method),
    async [Symbol.asyncDispose]() {
      await egress.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function callOf(incoming: IncomingMessage, out: ServerResponse, body: string): Call {
  const { id = 0, method = `${incoming.method ?? ""} ${incoming.url ?? ""}` } =
    body === "" ? {} : (JSON.parse(body) as { id?: number; method?: string });
  const text = (content: string | Uint8Array, contentType = "application/json"): void => {
    out.writeHead(200, { "content-type": contentType }).end(content);
  };
  return {
    method,
    id,
    body,
    headers: incoming.headers,
    out,
    text,
    reply: (result) => text(JSON.stringify({ jsonrpc: "2.0", id, result })),
    stream: () => out.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
    event: (result, eventId) => {
      const idLine = eventId === undefined ? "" : `id: ${eventId}\n`;
      out.write(`${idLine}data: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
    },
  };
}

/** A task as it is on the wire. */
export function wireTask(state: string, more: object = {}): { readonly [key: string]: unknown } {
  return { id: "t1", contextId: "c1", status: { state: `TASK_STATE_${state}` }, ...more };
}

export const DONE = wireTask("COMPLETED", { artifacts: [{ artifactId: "reply", parts: [{ text: "done" }] }] });
