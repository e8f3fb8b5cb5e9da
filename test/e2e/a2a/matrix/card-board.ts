/**
 * Cards that offer one interface each, so that whoever reads one has no choice of binding and version.
 * Those of 0.3 are written as 0.3 writes them.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Offered } from "./server-process.ts";

export class CardBoard implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    const card = this.#cards.get((request.url ?? "").replace("/.well-known/agent-card.json", ""));
    response.writeHead(card === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(card ?? {}));
  });
  readonly #cards = new Map<string, object>();

  static async open(): Promise<CardBoard> {
    const board = new CardBoard();
    await new Promise<void>((resolve) => {
      board.#server.listen(0, "127.0.0.1", resolve);
    });
    return board;
  }

  /** The address whose well-known path has the card. */
  pin(offered: Offered): string {
    const path = `/${this.#cards.size}`;
    this.#cards.set(path, offered.protocolVersion === "0.3" ? legacyCard(offered) : cardOf(offered));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const SKILL = { id: "any", name: "any", description: "Whatever a test needs.", tags: ["test"] };
const SAME = {
  name: "matrix",
  description: "A card of one interface.",
  version: "1.0.0",
  capabilities: { streaming: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [SKILL],
};

const cardOf = (offered: Offered) => ({ ...SAME, supportedInterfaces: [offered] });
const legacyCard = ({ url, protocolBinding }: Offered) => ({ ...SAME, protocolVersion: "0.3.0", url, preferredTransport: protocolBinding });
