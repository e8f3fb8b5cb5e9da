/** Time, injected. `now` is UTC milliseconds and may jump; `schedule` and `monotonic` do not. */
export type Clock = {
  now(): number;
  /** Milliseconds since some instant; it never jumps, whatever is done to the wall clock. */
  monotonic(): number;
  /** Calls back once, not before `delayMs` have gone by; the result takes it back. */
  schedule(delayMs: number, callback: () => void): () => void;
};

/** Resolves when a time has gone by on a clock. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}

/** Node's timers cannot hold longer delays; they would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. A timer never keeps the process alive by itself. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
