import type { Agent, Watch, Work } from "../ports/agents.ts";
import type { Clock } from "../ports/clock.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import { durationOf } from "./acts.ts";
import type { Behaviour, CallRecord } from "./behaviour.ts";

/** What a stand-in needs of the world that it stands in. */
export type Stage = {
  readonly clock: Clock;
  /** Milliseconds of virtual time so far. */
  elapsedMs(): number;
  /** Says an outcome a second time, after it has been said once. */
  sayAgain(work: Work, agent: string, outcome: Outcome): void;
};

/** A stand-in at work: the agent, and what it was asked. */
export type StandIn = { readonly agent: Agent; readonly calls: () => readonly CallRecord[] };

/** Takes the time of a behaviour, and reports its progress evenly over it; `takenMs` have gone by already. */
export async function takeTime({ slow, progress }: Behaviour, clock: Clock, watch: Watch, takenMs = 0): Promise<void> {
  const reports = progress === undefined ? [] : [progress].flat();
  const slowMs = slow === undefined ? 0 : durationOf(slow);
  let passedMs = takenMs;
  for (const [index, report] of reports.entries()) {
    const dueMs = (slowMs * index) / reports.length;
    if (dueMs < takenMs) continue;
    await waitOrStop(clock, dueMs - passedMs, watch.signal);
    passedMs = Math.max(passedMs, dueMs);
    if (!watch.signal.aborted) watch.progress(report);
  }
  await waitOrStop(clock, slowMs - passedMs, watch.signal);
}

async function waitOrStop(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const takeBack = clock.schedule(delayMs, resolve);
  const stop = () => {
    takeBack();
    resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  await promise;
}

/** The turn that a piece of work belongs to: the last part of its key. */
export function turnOf({ key }: Work): number {
  return Number(key.slice(key.lastIndexOf("/") + 1));
}
