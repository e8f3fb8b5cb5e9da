import { fingerprintOf as hashOf } from "../base/hash.ts";
import type { Definition } from "./definition.ts";

/**
 * The identity of a definition's meaning: SHA-256 over its canonical JSON without `agents`, since
 * bindings differ by environment and are recorded per run (workflow-language.md, Versions).
 */
export function fingerprintOf(definition: Definition): string {
  const { agents: _, ...meaning } = definition;
  return hashOf(meaning);
}
