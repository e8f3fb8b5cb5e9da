/**
 * A program: the official SDK's own server as its documentation builds it, with express and grpc-js, over
 * every binding and both versions. Its executor has the skills of the matrix.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { type AgentCard, type Part, Role, type Task, TaskState } from "@a2a-js/sdk";
import { LegacyA2AService, legacyGrpcService } from "@a2a-js/sdk/compat/v0_3/server/grpc";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from "@a2a-js/sdk/server";
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import { A2AService, grpcService } from "@a2a-js/sdk/server/grpc";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import express from "express";

import { dataPart, message, textPart } from "../../../../src/a2a/wire/wire.ts";
import { artifact } from "../../../../src/a2a/task/task-artifacts.ts";
import { gate, type Gate } from "../harness.ts";
import { type Offered, sayReady } from "./server-process.ts";

// It writes whatever it refuses, which is no news to the tests.
console.error = () => undefined;

const gates = new Map<string, Gate>();
const keyByTask = new Map<string, string>();
function gateOf(key: string): Gate {
  const known = gates.get(key) ?? gate();
  gates.set(key, known);
  return known;
}

const inputOf = (parts: readonly Part[]): { readonly n?: number; readonly key?: string } =>
  (parts.find(({ content }) => content?.$case === "data")?.content?.value ?? {}) as { readonly n?: number; readonly key?: string };
const part = (content: Part["content"], filename = "", mediaType = ""): Part => ({ content, filename, mediaType, metadata: undefined });

/** What an executor tells of one task. */
class Teller {
  readonly #request: RequestContext;
  readonly #bus: ExecutionEventBus;

  constructor(request: RequestContext, bus: ExecutionEventBus) {
    this.#request = request;
    this.#bus = bus;
  }

  begin(): void {
    const { taskId: id, contextId, task, userMessage } = this.#request;
    const made: Task = {
      id,
      contextId,
      status: this.#status(TaskState.TASK_STATE_SUBMITTED),
      artifacts: [],
      history: [userMessage],
      metadata: undefined,
    };
    this.#bus.publish(AgentEvent.task(task ?? made));
  }

  state(state: TaskState, text?: string): void {
    const { taskId, contextId } = this.#request;
    this.#bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: this.#status(state, text), metadata: undefined }));
  }

  artifact(parts: readonly Part[], append = false): void {
    const { taskId, contextId } = this.#request;
    const told = artifact({ id: "a1", name: "reply", parts: [...parts] });
    this.#bus.publish(AgentEvent.artifactUpdate({ taskId, contextId, artifact: told, append, lastChunk: !append, metadata: undefined }));
  }

  done(...parts: readonly Part[]): void {
    this.artifact(parts);
    this.state(TaskState.TASK_STATE_COMPLETED);
  }

  say(text: string): void {
    this.#bus.publish(AgentEvent.message(this.#message(text, "")));
  }

  #status(state: TaskState, text?: string) {
    const said = text === undefined ? undefined : this.#message(text, this.#request.taskId);
    return { state, message: said, timestamp: new Date().toISOString() };
  }

  #message(text: string, taskId: string) {
    return message({ id: crypto.randomUUID(), role: Role.ROLE_AGENT, parts: [textPart(text)], contextId: this.#request.contextId, taskId });
  }
}

const SKILLS: { readonly [name: string]: (tell: Teller, request: RequestContext) => void | Promise<void> } = {
  double: (tell, { userMessage }) => tell.done(dataPart({ n: (inputOf(userMessage.parts).n ?? 0) * 2 })),
  async slow(tell, { taskId, userMessage }) {
    const { key = "" } = inputOf(userMessage.parts);
    keyByTask.set(taskId, key);
    tell.state(TaskState.TASK_STATE_WORKING, "Begun.");
    await gateOf(key).opened;
    tell.artifact([textPart("one ")]);
    tell.artifact([textPart("two")], true);
    tell.state(TaskState.TASK_STATE_COMPLETED);
  },
  release(tell, { userMessage }) {
    gateOf(inputOf(userMessage.parts).key ?? "").open();
    tell.done(textPart("Released."));
  },
  question(tell, { task, userMessage }) {
    if (task === undefined) return tell.state(TaskState.TASK_STATE_INPUT_REQUIRED, "Which colour?");
    const [given] = userMessage.parts;
    tell.done(dataPart({ colour: (given?.content?.value as string | undefined) ?? null }));
  },
  auth(tell, { task }) {
    if (task === undefined) tell.state(TaskState.TASK_STATE_AUTH_REQUIRED, "Allow access.");
    else tell.done(textPart("Thank you."));
  },
  fail: (tell) => tell.state(TaskState.TASK_STATE_FAILED, "It broke."),
  files: (tell) =>
    tell.done(
      dataPart({ ok: true }),
      textPart("All kinds."),
      part({ $case: "raw", value: Buffer.from([0, 1, 2]) }, "a.bin", "application/octet-stream"),
      part({ $case: "url", value: "https://files.example/b.txt" }, "b.txt", "text/plain"),
    ),
};

const executor: AgentExecutor = {
  async execute(request, bus) {
    const tell = new Teller(request, bus);
    const wanted = String(request.userMessage.metadata?.["operation"]);
    if (wanted === "hello") return tell.say("Hello.");
    tell.begin();
    await SKILLS[wanted]?.(tell, request);
    return undefined;
  },
  async cancelTask(taskId, bus) {
    const status = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId: "", status, metadata: undefined }));
    gateOf(keyByTask.get(taskId) ?? "").open();
  },
};

const card: AgentCard = {
  name: "sdk",
  description: "Made with the SDK alone.",
  supportedInterfaces: [],
  provider: undefined,
  version: "1.0.0",
  capabilities: { streaming: true, extensions: [] },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [...Object.keys(SKILLS), "hello"].map((name) => ({
    id: name,
    name,
    description: name,
    tags: ["test"],
    examples: [],
    inputModes: [],
    outputModes: [],
    securityRequirements: [],
  })),
  signatures: [],
};

const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
const both = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: true } };
const app = express();
app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler }));
app.use("/rpc", jsonRpcHandler(both));
app.use("/rest", restHandler(both));
const http = await new Promise<Server>((resolve) => {
  const server = app.listen(0, "127.0.0.1", () => resolve(server));
});
const grpc = new GrpcServer();
grpc.addService(A2AService, grpcService({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
grpc.addService(LegacyA2AService, legacyGrpcService({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => (error === null ? resolve(port) : reject(error)));
});

const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
const places = { JSONRPC: `${url}/rpc`, "HTTP+JSON": `${url}/rest`, GRPC: `127.0.0.1:${grpcPort}` };
const offered = ["1.0", "0.3"].flatMap((protocolVersion) =>
  Object.entries(places).map(([protocolBinding, at]): Offered => ({ url: at, protocolBinding, protocolVersion })),
);
card.supportedInterfaces = offered.map((one) => ({ ...one, tenant: "" }));
sayReady({ url, offered });
