/** What is said in the messages of a task, before it has an id, a place and an instant. */
import type { Part } from "@a2a-js/sdk";

import type { Json, JsonObject } from "../../base/json.ts";
import { MAX_TOLD_CHARACTERS } from "../../base/limits.ts";
import { dataPart } from "../wire/wire.ts";

/** A message's contents. `kind` and `percent` become parts of its id (requirements L020, L024, L030, L033, L038). */
export type Words = {
  readonly kind: "accept" | "progress" | "question" | "complete" | "failure" | "cancel";
  readonly parts: readonly Part[];
  readonly metadata: JsonObject;
  readonly percent?: number;
};

/** A data part with what it is, for people (requirement L019: A2A has no field of its own for it). */
export function describedPart(value: Json, description: string): Part {
  return { ...dataPart(value), metadata: { description } };
}

/** A text of somebody else's, at a length that a message can bear. */
export function shortened(text: string, limit = MAX_TOLD_CHARACTERS): string {
  return text.length <= limit ? text : `${text.slice(0, cutBefore(text, limit - 1))}…`;
}

/** The last place at or before this one where a text can be cut without breaking a character in two. */
export function cutBefore(text: string, place: number): number {
  const last = text.charCodeAt(place - 1);
  return place < text.length && last >= 0xd8_00 && last <= 0xdb_ff ? place - 1 : place;
}

/** An instant as A2A writes it: ISO 8601 with milliseconds, in UTC. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
