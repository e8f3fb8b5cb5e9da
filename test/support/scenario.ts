/** What the scenarios share: the real product, opened on a file or in memory, and events to wait for. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Agent, type Clock, type Fact, type Json, openOrchestrator, type Orchestrator, type RunHandle } from "tutti";
import type { TestRun } from "tutti/testing";

/** Three attempts without the real delays between them. */
export const QUICKLY = { attempts: 3, initial: "1ms", factor: 1, max: "1ms", jitter: "none" } as const;

/** For agents whose failures are a part of the scenario. */
export const silent = (): void => undefined;

/** A promise that a test fulfils. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();
  readonly opened: Promise<void> = this.#opened.promise;

  open(): void {
    this.#opened.resolve();
  }
}

/** A folder with a database, which may be opened, closed and opened again. */
export class Place implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "tutti-scenario-"));
  readonly db = join(this.folder, "tutti.db");
  readonly #opened: AsyncDisposable[] = [];

  async open(agents: readonly Agent[]): Promise<Orchestrator> {
    return this.keep(await openOrchestrator({ db: this.db, agents }));
  }

  /** Disposed of at the latest with the place, newest first. */
  keep<Kept extends AsyncDisposable>(kept: Kept): Kept {
    this.#opened.unshift(kept);
    return kept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The product in memory. */
export function openInMemory(agents: readonly Agent[], clock?: Clock): Promise<Orchestrator> {
  return openOrchestrator({ db: ":memory:", agents, ...(clock === undefined ? {} : { clock }) });
}

/** Another system that listens on HTTP, at an address of its own. A request that it cannot answer is answered with 500. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a test run gave. */
export function outputOf({ result }: TestRun): Json {
  if (result.status !== "completed") throw new Error(`The run is ${result.status}: ${JSON.stringify(result)}`);
  return result.output;
}

/** The whole history of a run; waits for its end. */
export async function historyOf(handle: RunHandle): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  for await (const entry of handle.watch()) if (entry.kind === "fact") facts.push(entry.fact);
  return facts;
}

/** Waits for the first fact of a kind, at a path if one is given. */
export async function whenFact<Kind extends Fact["kind"]>(
  handle: RunHandle,
  kind: Kind,
  path?: string,
): Promise<Extract<Fact, { kind: Kind }>> {
  const isWanted = (fact: Fact): fact is Extract<Fact, { kind: Kind }> =>
    fact.kind === kind && (path === undefined || ("path" in fact && fact.path === path));
  for await (const entry of handle.watch()) if (entry.kind === "fact" && isWanted(entry.fact)) return entry.fact;
  throw new Error(`Run ${handle.id} ended without a fact ${kind}${path === undefined ? "" : ` at ${path}`}.`);
}

export function ofKind<Kind extends Fact["kind"]>(facts: readonly Fact[], kind: Kind): readonly Extract<Fact, { kind: Kind }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: Kind }> => fact.kind === kind);
}
