import type { KeepFile } from "../../ports/agents.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";

/** Where the files of an answer go that are too large for a history: to the payloads of the run's tenant. */
export function keeperOf(context: Pick<EffectContext, "host">, flight: Flight): KeepFile {
  return (content) => context.host().putPayload(flight.placed.run.tenant, content);
}
