import type { Message } from "@a2a-js/sdk";

import type { Json, JsonObject } from "../../base/json.ts";
import type { UsageKeys } from "../../definition/definition.ts";
import { jsonFromWire, metadataObject } from "../wire/wire.ts";

type Metadata = Message["metadata"];

/**
 * What an agent says that it has used: `{ tokens, cost, model }`, each from the first metadata that
 * has it under the definition's key. Without keys, its own `usage` as it is.
 */
export function usageOf(sources: readonly Metadata[], keys: UsageKeys | undefined): JsonObject | undefined {
  if (keys === undefined) return sources.map((metadata) => metadataObject(metadata, "usage")).find((usage) => usage !== undefined);
  const tokens = first(sources, keys.tokens, isAmount);
  const cost = first(sources, keys.cost, isAmount);
  const model = first(sources, keys.model, isName);
  if (tokens === undefined && cost === undefined && model === undefined) return undefined;
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(cost === undefined ? {} : { cost }),
    ...(model === undefined ? {} : { model }),
  };
}

function first(sources: readonly Metadata[], key: string | undefined, fits: (value: unknown) => boolean): Json | undefined {
  if (key === undefined) return undefined;
  for (const metadata of sources) {
    const found = at(metadata, key);
    if (fits(found)) return jsonFromWire(found);
  }
  return undefined;
}

/** A key with dots is a path; but some agents write flat keys that have dots themselves. */
function at(metadata: Metadata, key: string): unknown {
  if (metadata === undefined) return undefined;
  if (Object.hasOwn(metadata, key)) return metadata[key];
  let value: unknown = metadata;
  for (const name of key.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
