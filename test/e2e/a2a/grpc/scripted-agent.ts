/** An agent that answers every gRPC call as it is told, with its card over HTTP. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { A2AService } from "@a2a-js/sdk/server/grpc";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
} from "@grpc/grpc-js";

import { encodeDetails, STATUS_DETAILS_KEY, type StatusDetails } from "../../../../src/a2a/grpc/status-details.ts";
import type { MethodName } from "./harness.ts";
import { cardOf } from "./scripted-agent-card.ts";

const NOTHING = {};

/** A status instead of a result. */
export class Told extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata = new Metadata();

  constructor(code: number, details = "", more: Partial<StatusDetails> | Buffer = NOTHING) {
    super(details);
    this.code = code;
    this.details = details;
    if (more === NOTHING) return;
    this.metadata.set(STATUS_DETAILS_KEY, Buffer.isBuffer(more) ? more : encodeDetails({ code, message: details }, more));
  }
}

export type Call = { readonly request: unknown; readonly metadata: Metadata };
type Answers = {
  /** A message of the method, its bytes, or a status that is thrown. */
  readonly [name in MethodName]?: (call: Call) => object | Promise<object>;
};
export type Streamed = (call: ServerWritableStream<unknown, Buffer>) => void;

export type ScriptedAgent = AsyncDisposable & {
  readonly cardUrl: string;
  /** Where gRPC is: `host:port`. */
  readonly target: string;
  readonly asked: (Call & { readonly name: string })[];
  /** Its HTTP side, for what the card says. */
  card: object;
};

export async function scriptedAgent(
  answers: Answers,
  { subscribe, streaming = false }: { subscribe?: Streamed; streaming?: boolean } = {},
): Promise<ScriptedAgent> {
  const server = new Server({ "grpc.max_receive_message_length": 100_000, "grpc.max_send_message_length": -1 });
  const asked: ScriptedAgent["asked"] = [];
  for (const [name, method] of Object.entries(A2AService)) {
    const serialize = method.responseSerialize as (message: object) => Buffer;
    const definition = {
      ...method,
      responseSerialize: (answer: Buffer | object) => (Buffer.isBuffer(answer) ? answer : serialize(answer)),
    };
    const work = async (call: Call): Promise<object> => {
      const answer = answers[name as MethodName];
      if (answer === undefined) throw new Told(12, "Not here.");
      return answer(call);
    };
    const answerTo = async (...[call, callback]: Parameters<handleUnaryCall<unknown, object>>): Promise<void> => {
      asked.push({ name, request: call.request, metadata: call.metadata });
      const result = await work(call).catch((error: Told) => error);
      if (result instanceof Told) callback(result);
      else callback(null, result);
    };
    const unary: handleUnaryCall<unknown, object> = (call, callback) => {
      answerTo(call, callback).catch(() => undefined);
    };
    const stream: handleServerStreamingCall<unknown, Buffer> = (call) => {
      asked.push({ name, request: call.request, metadata: call.metadata });
      if (subscribe === undefined) call.emit("error", new Told(12, "Not here."));
      else subscribe(call);
    };
    server.addService({ [name]: definition }, { [name]: method.responseStream ? stream : unary });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const target = `127.0.0.1:${port}`;
  const here: { card: object } = { card: cardOf([{ url: target, protocolBinding: "GRPC" }], streaming) };
  const http = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(here.card));
  });
  const cardUrl = await listening(http);
  const close = async (): Promise<void> => {
    server.forceShutdown();
    http.closeAllConnections();
    http.close();
  };
  return Object.assign(here, { cardUrl, target, asked, [Symbol.asyncDispose]: close });
}

function listening(server: HttpServer): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
