import { TuttiError } from "../../../src/base/errors.ts";
import { MailboxHost } from "../../../src/hosts/mailbox/mailbox-host.ts";
import type { Batch } from "../../../src/hosts/mailbox/store.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import type { HostHarness } from "./harness.ts";
import { hostConformance } from "./host-conformance.ts";

/** A store on which commits can be made to fail, as on a full disk. */
class FlakyStore extends MemoryStore {
  failures = 0;
  readonly refused = new Set<string>();

  override commit(batch: Batch): void {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new TuttiError("T5004", "The disk is full.", { retryable: true });
    }
    if (batch.facts.some(({ run }) => this.refused.has(run.id))) throw new Error("The fact is refused.");
    super.commit(batch);
  }
}

async function makeHarness(): Promise<HostHarness> {
  const store = new FlakyStore();
  let host: MailboxHost | undefined;
  return {
    async open(parts) {
      host?.mailbox.close();
      host = openMemory({ store, ...parts });
      host.recover();
      return host;
    },
    async reader() {
      return openMemory({ store, performer: { perform: () => undefined, cannotRecover: () => null } });
    },
    failCommits(count) {
      store.failures = count;
    },
    refuseFactsOf(run) {
      store.refused.add(run.id);
    },
    async dispose() {
      await host?.close();
    },
  };
}

hostConformance("memory", makeHarness);
