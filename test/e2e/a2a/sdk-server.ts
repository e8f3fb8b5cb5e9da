import { createAdaptorServer } from "@hono/node-server";
import { type AgentCard, AgentCard as Card, formatSSEEvent, Role, SSE_HEADERS, type Task, TaskState } from "@a2a-js/sdk";
import { toJsonRpcError } from "@a2a-js/sdk/errors";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  type RequestContext,
  ServerCallContext,
} from "@a2a-js/sdk/server";
import { Hono } from "hono";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { artifact } from "../../../src/a2a/task/task-artifacts.ts";
import { dataPart, message, textPart } from "../../../src/a2a/wire/wire.ts";
import { type Gate, gate } from "./harness.ts";

/** An agent made with the official SDK alone: its executor, its handler, its store. */
export type SdkAgent = AsyncDisposable & { readonly url: string; readonly release: Gate; readonly executions: string[] };

export async function sdkAgent(options: { readonly streaming: boolean }): Promise<SdkAgent> {
  const release = gate();
  const executions: string[] = [];
  const card: AgentCard = cardOf(options.streaming);
  const handler = new JsonRpcTransportHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), executorOf(release, executions)));
  const app = new Hono();
  app.get("/.well-known/agent-card.json", (context) => context.json(Card.toJSON(card) as object));
  app.post("/", async (context) => {
    const request = (await context.req.json()) as Record<string, unknown>;
    const answer = await handler.handle(request, new ServerCallContext({ requestedVersion: context.req.header("a2a-version") ?? "" }));
    if (!(Symbol.asyncIterator in answer)) return context.json(answer);
    const events = answer;
    const body = new ReadableStream<string>({
      async pull(controller) {
        try {
          const next = await events.next();
          if (next.done === true) controller.close();
          else controller.enqueue(formatSSEEvent(next.value));
        } catch (error) {
          controller.enqueue(formatSSEEvent({ jsonrpc: "2.0", id: request["id"], error: toJsonRpcError(error) }));
          controller.close();
        }
      },
    });
    return new Response(body.pipeThrough(new TextEncoderStream()), { headers: SSE_HEADERS });
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const offered of card.supportedInterfaces) offered.url = `${url}/`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url, release, executions, [Symbol.asyncDispose]: close };
}

export function executorOf(release: Gate, executions: string[]): AgentExecutor {
  return {
    async execute(request: RequestContext, bus: ExecutionEventBus) {
      const { taskId, contextId, userMessage } = request;
      executions.push(userMessage.messageId);
      const wanted = String(userMessage.metadata?.["operation"]);
      const say = (text: string) => message({ id: crypto.randomUUID(), role: Role.ROLE_AGENT, parts: [textPart(text)], contextId, taskId });
      const statusOf = (state: TaskState, text: string) => ({ state, message: say(text), timestamp: new Date().toISOString() });
      const tell = (state: TaskState, text: string) =>
        bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: statusOf(state, text), metadata: undefined }));
      if (wanted === "hello") {
        bus.publish(AgentEvent.message({ ...say("Hello."), taskId: "" }));
        return;
      }
      const status = statusOf(TaskState.TASK_STATE_SUBMITTED, "Taken.");
      const made: Task = { id: taskId, contextId, status, artifacts: [], history: [userMessage], metadata: undefined };
      bus.publish(AgentEvent.task(request.task ?? made));
      if (wanted === "ask" && request.task === undefined) {
        tell(TaskState.TASK_STATE_INPUT_REQUIRED, "Which?");
        return;
      }
      if (wanted === "slow") await release.opened;
      const sum = artifact({ id: "a1", name: "sum", parts: [dataPart({ sum: 3 }), textPart("three")] });
      bus.publish(AgentEvent.artifactUpdate({ taskId, contextId, artifact: sum, append: false, lastChunk: true, metadata: undefined }));
      if (wanted === "fail") tell(TaskState.TASK_STATE_FAILED, "It broke.");
      else tell(TaskState.TASK_STATE_COMPLETED, "Done.");
    },
    async cancelTask(taskId, bus) {
      const status = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: new Date().toISOString() };
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId: "", status, metadata: undefined }));
      release.open();
    },
  };
}

function cardOf(streaming: boolean): AgentCard {
  return {
    name: "sdk",
    description: "Made with the SDK alone.",
    supportedInterfaces: [{ url: "", protocolBinding: "JSONRPC", tenant: "", protocolVersion: "1.0" }],
    provider: undefined,
    version: "1.0.0",
    capabilities: { streaming, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [
      {
        id: "sum",
        name: "sum",
        description: "Sums.",
        tags: ["math"],
        examples: [],
        inputModes: [],
        outputModes: [],
        securityRequirements: [],
      },
    ],
    signatures: [],
  };
}
