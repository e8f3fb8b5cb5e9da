import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";

import { StreamResponse, TaskState } from "@a2a-js/sdk";

/** A notification as it arrived. */
export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: StreamResponse;
};

export type Reply = (response: ServerResponse, received: Received, index: number) => void;

/** A webhook on loopback that keeps what it gets, and answers as a test says. */
export class Receiver {
  readonly #server: Server;
  readonly all: Received[] = [];
  /** How many requests are being answered, and how many were at most. */
  openCount = 0;
  mostOpenCount = 0;
  reply: Reply = (response) => void response.writeHead(204).end();
  #onArrival: () => void = () => undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      this.openCount += 1;
      this.mostOpenCount = Math.max(this.mostOpenCount, this.openCount);
      response.on("close", () => {
        this.openCount -= 1;
      });
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const received = { path: request.url ?? "", headers: request.headers, body, event: StreamResponse.fromJSON(JSON.parse(body)) };
        this.all.push(received);
        this.reply(response, received, this.all.length - 1);
        this.#onArrival();
      });
    });
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => {
      receiver.#server.listen(0, "127.0.0.1", resolve);
    });
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get ids(): readonly string[] {
    return this.all.map(({ headers }) => String(headers["webhook-id"]));
  }

  /** Resolves when that many have arrived. */
  count(wanted: number): Promise<void> {
    return this.until(() => this.all.length >= wanted);
  }

  /** Resolves when what has arrived makes something true. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.#onArrival = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

export function answering(status: number, headers: { readonly [name: string]: string } = {}, body = ""): Reply {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** What an event says, in a word. */
export function wordOf({ event: { payload } }: Received): string {
  if (payload?.$case === "task") return `task ${stateOf(payload.value.status?.state)}`;
  if (payload?.$case === "statusUpdate") return stateOf(payload.value.status?.state);
  return payload?.$case ?? "nothing";
}

function stateOf(state: TaskState | undefined): string {
  return TaskState[state ?? TaskState.TASK_STATE_UNSPECIFIED].replace("TASK_STATE_", "").toLowerCase();
}

/** Resolves when something has become true; it lets everybody else go first in between. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await setImmediate();
}
