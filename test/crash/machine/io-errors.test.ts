/**
 * A disk that fails (reliability.md, 3.E): the system answers writes and syncs of the database with an
 * input/output error, one alone or many in a row, at places all over the life of a process. What was
 * acknowledged is there, what was refused can be tried again, and the process goes on by itself.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { publishFigures } from "../../support/trust-figures.ts";
import { sweepSize } from "../sweep-size.ts";
import { cannot, figuresOf, Filler, NOTHING_LOST, skipSentence, temporaryDirectory, whatBecame } from "./tools.ts";

type Fault = { readonly call: "fsync" | "pwrite64"; readonly from: number; readonly count: number };

/** Opening the database is over before the first; a run takes some 2 syncs and 75 writes. */
const EVERYWHERE: readonly Fault[] = [
  { call: "pwrite64", from: 800, count: 100 },
  { call: "fsync", from: 20, count: 20 },
  ...[300, 777, 1_301, 2_003].map((from): Fault => ({ call: "pwrite64", from, count: 1 })),
  ...[18, 29, 40, 51, 63].map((from): Fault => ({ call: "fsync", from, count: 1 })),
  { call: "pwrite64", from: 2_000, count: 500 },
  { call: "fsync", from: 45, count: 5 },
];
const FAULTS = sweepSize().name === "small" ? EVERYWHERE.slice(0, 2) : EVERYWHERE;
/** So many that every fault has come and gone. */
const COMPLETED = 80;
const LIMIT_MS = 120_000;
const WHY_NOT = cannot("strace", "-f", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1000", "true");

const sums = { points: 0, faults: 0, acknowledged: 0, refused: 0, lost: 0, stuck: 0, gaps: 0 };

describe("a disk that fails", () => {
  it.for(FAULTS)(
    "loses nothing that was acknowledged when $count $call from number $from on fail",
    { timeout: LIMIT_MS },
    async ({ call, from, count }, context) => {
      if (WHY_NOT !== null) return context.skip(skipSentence("io-errors", WHY_NOT));
      const directory = temporaryDirectory();
      const [db, trace] = [join(directory, "tutti.db"), join(directory, "trace")];
      const inject = `inject=${call}:error=EIO:when=${from}..${from + count - 1}`;
      // The tracer stands apart (-D): the process keeps its id, and ends for itself.
      const filler = new Filler(db, ["strace", "-D", "-f", "-qq", "-o", trace, "-e", `trace=${call}`, "-e", inject]);
      await filler.until(() => filler.count("completed") >= COMPLETED);
      const became = await whatBecame(filler, db);

      const faults = readFileSync(trace, "utf8").split("(INJECTED)").length - 1;
      const { refusals, ...figures } = figuresOf(filler, became);
      for (const name of ["acknowledged", "refused", "lost", "stuck", "gaps"] as const) sums[name] += figures[name];
      publishFigures("io-errors", { ...sums, points: (sums.points += 1), faults: (sums.faults += faults) });
      expect(faults).toBe(count);
      expect(became).toEqual({ ...NOTHING_LOST, refusals: refusals.filter((refusal) => refusal === "T5005 retryable") });
      // One alone may come upon a checkpoint, which nobody waits for; many in a row do not.
      if (count > 10) expect(refusals).toEqual(["T5005 retryable"]);
    },
  );
});
