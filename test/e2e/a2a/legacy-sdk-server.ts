import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { AgentCard } from "@a2a-js/sdk";
import { DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
import { jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";

import type { JsonObject } from "../../../src/base/json.ts";
import { gate } from "./harness.ts";
import { executorOf, type SdkAgent } from "./sdk-server.ts";

/** The version that each request named, and what it asked for. */
export type LegacySdkAgent = SdkAgent & { readonly asked: string[] };

/**
 * An agent of A2A 0.3: the official SDK's own server in its legacy mode, with both HTTP bindings at one
 * address. Its card is one of 0.3, and knows nothing of 1.0.
 */
export async function legacySdkAgent(options: {
  readonly binding: "JSONRPC" | "HTTP+JSON";
  readonly streaming: boolean;
}): Promise<LegacySdkAgent> {
  const release = gate();
  const executions: string[] = [];
  const asked: string[] = [];
  const requestHandler = new DefaultRequestHandler(cardOf(options.streaming), new InMemoryTaskStore(), executorOf(release, executions));
  const legacyCompat = { enabled: true };
  const handlers = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat };
  const app = express();
  app.use((request, _response, next) => {
    asked.push(`${request.header("a2a-version") ?? ""} ${request.method} ${request.path.replace(/[0-9a-f-]{36}/, "{id}")}`);
    next();
  });
  app.get("/.well-known/agent-card.json", (_request, response) => void response.json(legacyCard(url, options)));
  app.use("/rpc", jsonRpcHandler(handlers));
  app.use("/rest", restHandler(handlers));
  const server: Server = app.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => {
    server.once("listening", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url, release, executions, asked, [Symbol.asyncDispose]: close };
}

/** As the 0.3 specification writes a card (5.5). */
function legacyCard(url: string, { binding, streaming }: { readonly binding: string; readonly streaming: boolean }): JsonObject {
  const address = binding === "JSONRPC" ? `${url}/rpc` : `${url}/rest`;
  return {
    protocolVersion: "0.3.0",
    name: "sdk",
    description: "Made with the SDK alone.",
    url: address,
    preferredTransport: binding,
    additionalInterfaces: [{ url: address, transport: binding }],
    version: "1.0.0",
    capabilities: { streaming, pushNotifications: false },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [{ id: "sum", name: "sum", description: "Sums.", tags: ["math"] }],
  };
}

/** What the SDK's server itself goes by. */
function cardOf(streaming: boolean): AgentCard {
  return {
    name: "sdk",
    description: "Made with the SDK alone.",
    supportedInterfaces: ["JSONRPC", "HTTP+JSON"].map((protocolBinding) => ({
      url: "",
      protocolBinding,
      tenant: "",
      protocolVersion: "0.3",
    })),
    provider: undefined,
    version: "1.0.0",
    capabilities: { streaming, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
    signatures: [],
  };
}
