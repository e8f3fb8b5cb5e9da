import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { DEFAULT_TENANT, type RunId, type RunRef } from "../../../src/base/ids.ts";
import type { Json } from "../../../src/base/json.ts";
import { type EmbeddedHost, type EmbeddedOptions, openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import type { Host, Performer, PlacedCommand, PostReceipt, StartReceipt } from "../../../src/ports/host.ts";
import { single } from "../../conformance/host/workflows.ts";

export const idlePerformer: Performer = { perform: () => undefined, cannotRecover: () => null };

/** A folder for databases; at the end, what was opened in it is closed and all of it is removed. */
export class DatabaseFolder {
  readonly path = mkdtempSync(join(tmpdir(), "tutti-embedded-"));
  readonly #open: Host[] = [];

  file(name = "tutti.db"): string {
    return join(this.path, name);
  }

  /** Closed at the latest with the folder. */
  keep<Kept extends Host>(host: Kept): Kept {
    this.#open.push(host);
    return host;
  }

  async openOwner(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedHost> {
    return this.keep(await openEmbedded({ path: this.file(), performer: idlePerformer, ...options }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#open) await host.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function runOf(id: string): RunRef {
  return { tenant: DEFAULT_TENANT, id: id as RunId };
}

export async function startSingle(host: Host, id: string, input: Json = {}): Promise<StartReceipt> {
  const fingerprint = await host.define(DEFAULT_TENANT, single);
  return host.start({ run: runOf(id), seed: id, workflow: "single", version: "1.0.0", fingerprint, input, by: "test" });
}

/** Answers the only step of `single`, which ends the run. */
export function finishSingle(host: Host, id: string, output: Json = null): Promise<PostReceipt> {
  const outcome = { kind: "completed", reply: { data: [output] } } as const;
  return host.post(runOf(id), { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome });
}

export function recorder(): Performer & { readonly performed: PlacedCommand[] } {
  const performed: PlacedCommand[] = [];
  return { performed, perform: (placed) => void performed.push(placed), cannotRecover: () => null };
}
