import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

import type { FactRow } from "../mailbox/store.ts";

/** Rows of one statement. More than these gain nothing measurable. */
const MOST_ROWS = 8;

/** Facts are most of what is written. Those of one run that follow each other share a statement, at half the cost of one each. */
export class FactInserts {
  /** By their number of rows, from one; together they are prepared once. */
  readonly #statements: readonly StatementSync[];

  constructor(database: DatabaseSync) {
    this.#statements = Array.from({ length: MOST_ROWS }, (_, index) => database.prepare(insertOf(index + 1)));
  }

  write(facts: readonly FactRow[]): void {
    for (let from = 0; from < facts.length;) {
      const end = endOfGroup(facts, from);
      this.#statements[end - from - 1]?.run(...valuesOf(facts, from, end));
      from = end;
    }
  }
}

/** The tenant, run and version are said once, and each sequence number follows from the first. */
function insertOf(rows: number): string {
  const values = Array.from({ length: rows }, (_, index) => `(?1, ?2, ?3 + ${index}, ?4, ?${5 + 2 * index}, ?${6 + 2 * index})`);
  return `insert into fact (tenant, run, seq, version, body, payloads) values ${values.join(", ")}`;
}

function endOfGroup(facts: readonly FactRow[], from: number): number {
  const first = facts[from] as FactRow;
  const limit = Math.min(facts.length, from + MOST_ROWS);
  let end = from + 1;
  for (; end < limit; end += 1) {
    const { run, seq, version } = facts[end] as FactRow;
    if (seq !== first.seq + end - from || version !== first.version || run.id !== first.run.id || run.tenant !== first.run.tenant) break;
  }
  return end;
}

function valuesOf(facts: readonly FactRow[], from: number, end: number): SQLInputValue[] {
  const { run, seq, version } = facts[from] as FactRow;
  const values: SQLInputValue[] = [run.tenant, run.id, seq, version];
  for (let index = from; index < end; index += 1) {
    const { body, payloads } = facts[index] as FactRow;
    values.push(body, payloads);
  }
  return values;
}
