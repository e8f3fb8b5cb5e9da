import type { RunRef } from "../base/ids.ts";
import { decodeFact } from "../hosts/mailbox/codec.ts";
import { keyOf, type Batch } from "../hosts/mailbox/store.ts";
import { MemoryStore } from "../hosts/memory/memory-store.ts";
import type { Fact } from "../scheduler/index.ts";

/** A store in memory that tells of every fact the moment it is durable, before anything is done about it. */
export class WatchedStore extends MemoryStore {
  readonly runs: RunRef[] = [];
  readonly #factsByRun = new Map<string, Fact[]>();
  onFact: (run: RunRef, fact: Fact) => void = () => undefined;

  override commit(batch: Batch): void {
    super.commit(batch);
    for (const { run } of batch.newRuns) this.runs.push(run);
    for (const row of batch.facts) {
      const fact = decodeFact(row, (hash) => this.payload(row.run.tenant, hash));
      this.#factsOf(row.run).push(fact);
      this.onFact(row.run, fact);
    }
  }

  factsOf(run: RunRef): readonly Fact[] {
    return this.#factsOf(run);
  }

  #factsOf(run: RunRef): Fact[] {
    const known = this.#factsByRun.get(keyOf(run));
    if (known !== undefined) return known;
    const facts: Fact[] = [];
    this.#factsByRun.set(keyOf(run), facts);
    return facts;
  }
}
