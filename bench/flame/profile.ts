/** V8's own sampling profiler around a piece of work, in this process. */
import { type Profiler, Session } from "node:inspector/promises";

/** Asked for; what one gets is about 0.25 ms, and nothing while the thread waits for the disk. */
const SAMPLING_MICROS = 100;

export type Profiled = { readonly profile: Profiler.Profile; readonly elapsedMs: number };

export async function profiled(body: () => Promise<unknown>): Promise<Profiled> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROS });
    await session.post("Profiler.start");
    const startedAt = performance.now();
    await body();
    const elapsedMs = performance.now() - startedAt;
    const { profile } = await session.post("Profiler.stop");
    return { profile, elapsedMs };
  } finally {
    session.disconnect();
  }
}
