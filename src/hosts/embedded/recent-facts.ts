/**
 * The facts of the last commits, as they are stored: those who wait for a run ask for what has just
 * been written, and need not read it again.
 *
 * 1. It has nothing that is not durable.
 * 2. Of a run that it knows it has all facts from some number to the last.
 * 3. It holds twice RECENT_FACT_LENGTH characters at most, and the facts of twice RECENT_COMMITS commits: what is
 *    let go of soon is collected cheaply. Of a commit that has more than once as many characters it keeps
 *    nothing: that is a crowd of runs, or a wide one, and not somebody who waits for an answer.
 */
import type { RunRef } from "../../base/ids.ts";
import { RECENT_COMMITS, RECENT_FACT_LENGTH } from "../../base/limits.ts";
import { type EncodedFact, type FactRow, keyOf } from "../mailbox/store.ts";

type ByRun = Map<string, FactRow[]>;

export class RecentFacts {
  #newer: ByRun = new Map();
  #older: ByRun = new Map();
  /** Characters in the newer half, and commits. When it is full, the older one is let go of. */
  #length = 0;
  #commits = 0;

  /** What a commit has written, in its order. */
  add(facts: readonly FactRow[]): void {
    const length = lengthOf(facts);
    if (length > RECENT_FACT_LENGTH) return this.clear();
    let of: { readonly run: RunRef; readonly rows: FactRow[] } | null = null;
    for (const fact of facts) {
      if (of === null || of.run !== fact.run) of = { run: fact.run, rows: rowsOf(this.#newer, fact.run) };
      of.rows.push(fact);
    }
    this.#length += length;
    this.#commits += 1;
    if (this.#length < RECENT_FACT_LENGTH && this.#commits < RECENT_COMMITS) return;
    this.#older = this.#newer;
    this.#forgetNewer();
  }

  /** Facts of a run from a number on; null when it has not all of them, or does not know. */
  read(run: RunRef, fromSeq: number, limit: number): readonly EncodedFact[] | null {
    const key = keyOf(run);
    const older = this.#older.get(key);
    const newer = this.#newer.get(key);
    const first = (older ?? newer)?.[0];
    if (first === undefined || first.seq > fromSeq) return null;
    const rows = older === undefined || newer === undefined ? (older ?? newer ?? []) : [...older, ...newer];
    const from = fromSeq - first.seq;
    return rows.slice(from, from + limit);
  }

  /** The last fact of a run; undefined when it does not know. */
  last(run: RunRef): EncodedFact | undefined {
    const key = keyOf(run);
    return (this.#newer.get(key) ?? this.#older.get(key))?.at(-1);
  }

  clear(): void {
    this.#older = new Map();
    this.#forgetNewer();
  }

  #forgetNewer(): void {
    this.#newer = new Map();
    this.#length = 0;
    this.#commits = 0;
  }
}

function lengthOf(facts: readonly FactRow[]): number {
  return facts.reduce((length, { body }) => length + body.length, 0);
}

function rowsOf(byRun: ByRun, run: RunRef): FactRow[] {
  const key = keyOf(run);
  const rows = byRun.get(key) ?? [];
  byRun.set(key, rows);
  return rows;
}
