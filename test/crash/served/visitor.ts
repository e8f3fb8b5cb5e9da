/**
 * A client of the served sweep. It does what A2A allows a client to do when a server dies under it: it
 * sends the same message again, and goes on reading after the last event that it has. It writes down
 * what it sees.
 */
import { eventsIn, HEADERS } from "../../e2e/a2a/http/harness.ts";
import type { ServerLives } from "./server-lives.ts";

/** ProtoJSON as it came. */
export type Wire = { readonly [name: string]: unknown };
export type WireTask = Wire & {
  readonly id: string;
  readonly status: { readonly state: string; readonly message?: { readonly messageId: string; readonly metadata?: Wire } };
  readonly history?: readonly { readonly messageId: string }[];
};
export type SeenEvent = { readonly id: string; readonly event: Wire };

/** The answer was an error of the protocol. */
export class Refused extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class Visitor {
  readonly #lives: ServerLives;

  constructor(lives: ServerLives) {
    this.#lives = lives;
  }

  /** An operation over JSON-RPC, until there is an answer. Throws `Refused`. */
  async ask(operation: string, params: object): Promise<Wire> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: operation, params });
    const text = await this.#untilAnswered(async () => {
      const answer = await fetch(this.#lives.url, { method: "POST", headers: HEADERS, body });
      return answer.text();
    });
    const { error, result = {} } = JSON.parse(text) as {
      readonly error?: { readonly code: number; readonly message: string };
      readonly result?: Wire;
    };
    if (error !== undefined) throw new Refused(error.code, error.message);
    return result;
  }

  /** The card's bytes and its ETag. */
  card(): Promise<string> {
    return this.#untilAnswered(async () => {
      const answer = await fetch(`${this.#lives.url}/.well-known/agent-card.json`);
      return `${answer.headers.get("etag")} ${await answer.text()}`;
    });
  }

  async task(id: string): Promise<WireTask> {
    return (await this.ask("GetTask", { id })) as WireTask;
  }

  /**
   * The events of one stream over HTTP+JSON, up to where it ends or is cut: `message` begins it, or a
   * subscription to `task` does, after the event `after`.
   */
  async *stream(
    of: { readonly message: object } | { readonly task: string },
    after: string | null,
  ): AsyncGenerator<SeenEvent, void, undefined> {
    const headers = after === null ? HEADERS : { ...HEADERS, "last-event-id": after };
    const life = await this.#lives.listening();
    try {
      const answer =
        "message" in of
          ? await fetch(`${this.#lives.url}/message:stream`, { method: "POST", headers, body: JSON.stringify(of.message) })
          : await fetch(`${this.#lives.url}/tasks/${of.task}:subscribe`, { headers });
      if (!answer.ok) throw new Refused(answer.status, await answer.text());
      // Pieces of an answer have no place in the history, and are not promised.
      for await (const { id, data } of eventsIn(answer)) if (id !== undefined) yield { id, event: data as Wire };
    } catch (error) {
      if (error instanceof Refused) throw error;
      await this.#lives.listening(life);
    }
  }

  async #untilAnswered(ask: () => Promise<string>): Promise<string> {
    for (let lost = 0; ;) {
      const life = await this.#lives.listening(lost);
      try {
        return await ask();
      } catch {
        lost = life;
      }
    }
  }
}

/** The states that a stream's event, or a task, tells. */
export function stateIn(event: Wire): string | undefined {
  const { task, statusUpdate } = event as { readonly task?: WireTask; readonly statusUpdate?: Pick<WireTask, "status"> };
  return (task ?? statusUpdate)?.status.state.replace("TASK_STATE_", "");
}
