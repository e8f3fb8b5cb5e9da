import { LEGACY_EXTENSION_HEADER } from "../../a2a/legacy/legacy.ts";
import type { Call, Headers } from "../http/call.ts";
import { activateExtensions } from "../http/service-parameters.ts";

/** The headers of an answer. Throws `A2AError`. */
export async function admitLegacy({ parameters, card }: Call): Promise<Headers> {
  const active = activateExtensions(parameters, await card.current());
  return active.length === 0 ? {} : { [LEGACY_EXTENSION_HEADER]: active.join(", ") };
}
