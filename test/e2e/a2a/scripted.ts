import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
};
export type Answer = { readonly status?: number; readonly headers?: { readonly [name: string]: string }; readonly body?: unknown };
export type Scripted = {
  readonly url: string;
  readonly remote: RemoteAgent;
  /** The same agent as another process sees it, which knows nothing of it yet. */
  readonly another: (name?: string) => RemoteAgent;
  readonly close: () => Promise<void>;
};

/** An agent that answers every request as it is told. */
export async function scripted(answer: (asked: Asked) => Answer): Promise<Scripted> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const told = answer({ method, path, body: Buffer.concat(chunks).toString(), headers });
      outgoing.writeHead(told.status ?? 200, { "content-type": "application/json", ...told.headers });
      outgoing.end(told.body === undefined ? "" : JSON.stringify(told.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const egress = new Egress();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const another = (name = "scripted"): RemoteAgent => remoteAgent(url, { name, egress });
  return {
    url,
    remote: another(),
    another,
    close: async () => {
      await egress.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export const card = (url: string, more: object = {}) => ({
  name: "scripted",
  version: "1",
  description: "d",
  supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0", ...more }],
  capabilities: {},
  skills: [{ id: "x", name: "x", description: "x", tags: ["x"] }],
});

export function isCard({ path }: Asked): boolean {
  return path.endsWith("agent-card.json");
}

/** The method of a JSON-RPC request, and an answer to it. */
export function rpcOf({ body }: Asked) {
  const { id, method } = JSON.parse(body) as { readonly id: number; readonly method: string };
  return {
    method,
    result: (result: unknown): Answer => ({ body: { jsonrpc: "2.0", id, result } }),
    error: (code: number, message: string): Answer => ({ body: { jsonrpc: "2.0", id, error: { code, message } } }),
  };
}
