/** What matters of a card, as one hash to pin, and how two cards differ in it. Pure. */
import { fingerprintOf } from "../../base/hash.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_DIFFERENCE_LENGTH } from "../../base/limits.ts";
import { compareJson, differenceText } from "../../definition/difference.ts";
import { normalCard } from "./normal-card.ts";

/**
 * The print of a card: 64 hexadecimal digits over its name, interfaces, skills, capabilities and
 * security. Texts for people, such as its description and icon, and its version may change freely.
 */
export function cardPrint(wire: JsonObject): string {
  return fingerprintOf(whatMatters(wire));
}

/** How `now` differs from `pinned` in what matters: a few short lines, for a log; none when it does not. */
export function driftOf(pinned: JsonObject, now: JsonObject): readonly string[] {
  const { differences, isWhole } = compareJson(whatMatters(pinned), whatMatters(now));
  const lines = differences.map((difference) => differenceText(difference).slice(0, MAX_DIFFERENCE_LENGTH));
  return isWhole ? lines : [...lines, "and more"];
}

/** Skills and extensions by their ids, so that their order does not matter; that of interfaces does. */
function whatMatters(wire: JsonObject): JsonObject {
  const { name, supportedInterfaces, skills, capabilities, securitySchemes, securityRequirements } = normalCard(wire);
  return {
    name: name ?? "",
    interfaces: supportedInterfaces ?? [],
    skills: byKey(skills ?? [], "id"),
    capabilities: isJsonObject(capabilities) ? { ...capabilities, extensions: byKey(capabilities["extensions"] ?? [], "uri") } : {},
    securitySchemes: securitySchemes ?? {},
    securityRequirements: securityRequirements ?? [],
  };
}

/** A list as an object; or as it is, when its items cannot be told apart, so that none hides another. */
function byKey(list: Json, key: string): Json {
  if (!isJsonArray(list)) return list;
  const entries = list.map((item): [string, Json] => [textAt(item, key), item]);
  return new Set(entries.map(([name]) => name)).size === list.length ? Object.fromEntries(entries) : list;
}

function textAt(item: Json, key: string): string {
  const value = isJsonObject(item) ? item[key] : undefined;
  return typeof value === "string" ? value : "";
}
