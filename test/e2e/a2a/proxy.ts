import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the proxy does with one answer: passes it on, or cuts the connection at a point. */
export type Fate = "pass" | "cutBeforeAnswer" | "cutAfterFirstChunk";

/** A proxy that really forwards, and loses answers as a test decides. */
export class Proxy implements AsyncDisposable {
  readonly #server: Server;
  #upstream = "";
  readonly requests: string[] = [];
  fateOf: (request: { readonly path: string; readonly body: string }) => Fate = () => "pass";

  private constructor() {
    this.#server = createServer((incoming, outgoing) => void this.#forward(incoming, outgoing).catch(() => outgoing.destroy()));
  }

  static async start(): Promise<Proxy> {
    const proxy = new Proxy();
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  forwardTo(url: string): void {
    this.#upstream = url;
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = incoming.url ?? "/";
    this.requests.push(`${incoming.method ?? ""} ${path}`);
    const fate = this.fateOf({ path, body });
    const headers = { "content-type": "application/json", "a2a-version": "1.0", accept: incoming.headers.accept ?? "*/*" };
    const answer = await fetch(this.#upstream + path, { method: incoming.method ?? "GET", headers, ...(body === "" ? {} : { body }) });
    if (fate === "cutBeforeAnswer") {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
    for await (const chunk of answer.body ?? []) {
      await new Promise((written) => {
        outgoing.write(chunk, written);
      });
      if (fate === "cutAfterFirstChunk") {
        outgoing.destroy();
        return;
      }
    }
    outgoing.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
