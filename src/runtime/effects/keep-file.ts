import type { KeepFile } from "../../ports/agents.ts";
import { pause } from "../../ports/clock.ts";
import { isWorthRepeating } from "./courier.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Where the files of an answer go that are too large for a history: to the payloads of the run's tenant.
 * Like the answer itself they are not lost to a full disk (courier.ts).
 */
export function keeperOf({ host, clock }: Pick<EffectContext, "host" | "clock">, flight: Flight): KeepFile {
  return async (content) => {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
      try {
        return await host().putPayload(flight.placed.run.tenant, content);
      } catch (error) {
        if (!flight.isGoingOn || !isWorthRepeating(error)) throw error;
      }
      await pause(clock, delayMs);
    }
  };
}
