/**
 * Plays a range of seeds in processes beside each other.
 *
 * 1. A range is given out in pieces; a piece is a whole number of cases, wherever the range begins.
 * 2. A process that dies over a piece, or says nothing for minutes, is a failure of that piece.
 * 3. After enough failures no more pieces are given out. Those that were are played to their end, so what
 *    was played has no gap, and another campaign can go on after it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

import type { Done, Range } from "./player.ts";
import { SEEDS_PER_CASE } from "./seed-case.ts";
import { add, type Failure, NOTHING, type Tally } from "./tally.ts";

export type Campaign = {
  readonly first: number;
  readonly count: number;
  readonly jobs: number;
  readonly mostFailures: number;
  readonly onProgress?: (tally: Tally) => void;
  /** Stops it as enough failures do. */
  readonly signal?: AbortSignal;
};

export type Outcome = { readonly tally: Tally; readonly failures: readonly Failure[]; readonly seconds: number };

const PIECE = 40 * SEEDS_PER_CASE;
/** A thousand seeds take seconds; only one that goes round in a circle takes so long. */
const CIRCLE_MS = 180_000;
/** A process that has played so many pieces makes room for a fresh one. */
const MOST_PIECES = 100;

export async function playMany(campaign: Campaign): Promise<Outcome> {
  const beganAt = performance.now();
  const pieces = piecesOf(campaign);
  const failures: Failure[] = [];
  let tally = NOTHING;
  const take = (done: Done): void => {
    tally = add(tally, done.tally);
    failures.push(...done.failures);
    campaign.onProgress?.(tally);
  };
  const next = (): Range | null =>
    failures.length >= campaign.mostFailures || campaign.signal?.aborted === true ? null : (pieces.next().value ?? null);
  await Promise.all(Array.from({ length: campaign.jobs }, () => work(next, take)));
  return { tally, failures: failures.toSorted((a, b) => a.seed - b.seed), seconds: (performance.now() - beganAt) / 1_000 };
}

function* piecesOf({ first, count }: Range): Generator<Range, undefined> {
  for (let from = first; from < first + count;) {
    const end = Math.min(first + count, (Math.floor(from / PIECE) + 1) * PIECE);
    yield { first: from, count: end - from };
    from = end;
  }
}

/** One process after the other, until there is nothing more to play. */
async function work(next: () => Range | null, take: (done: Done) => void): Promise<void> {
  for (let range = next(); range !== null;) {
    const player = fork(join(import.meta.dirname, "player.ts"), { execArgv: ["--conditions=source"] });
    for (let pieces = 0; pieces < MOST_PIECES && range !== null; pieces += 1) {
      const done = await play(player, range);
      take(done);
      range = next();
      if (player.exitCode !== null || player.signalCode !== null) break;
    }
    if (player.connected) player.disconnect();
  }
}

function play(player: ChildProcess, range: Range): Promise<Done> {
  const { promise, resolve } = Promise.withResolvers<Done>();
  const lose = (sentence: string) => resolve(lost(range, sentence));
  const onExit = (code: number | null) => lose(`The process ended with ${code ?? "a signal"}.`);
  const timer = setTimeout(() => {
    lose("It goes on for ever.");
    player.kill("SIGKILL");
  }, CIRCLE_MS);
  player.once("message", (done: Done) => resolve(done));
  player.once("exit", onExit);
  player.send(range);
  return promise.finally(() => {
    clearTimeout(timer);
    player.off("exit", onExit);
    player.removeAllListeners("message");
  });
}

function lost({ first, count }: Range, sentence: string): Done {
  const violations = [{ invariant: "ends", run: "*", sentence: `${sentence} It is one of ${count} seeds from ${first} on.` }];
  return { range: { first, count }, tally: NOTHING, failures: [{ seed: first, violations, faults: [] }] };
}
