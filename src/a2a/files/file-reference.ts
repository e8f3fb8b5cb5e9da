/** References to files in the JSON that runs hold (design.md, fact 11). Pure. */
import { isJsonObject, type Json } from "../../base/json.ts";
import { MAX_FILES } from "../../base/limits.ts";

/** A file whose content the host keeps. */
export type FileReference = {
  readonly payload: string;
  readonly bytes: number;
  readonly mediaType: string;
  readonly name: string;
};

/** What a record of an artifact, and every other reference, says of a file; records may have metadata besides. */
export function asFile(value: Json): FileReference | null {
  if (!isJsonObject(value)) return null;
  const { payload, bytes, mediaType, name } = value;
  if (typeof payload !== "string" || !/^[0-9a-f]{64}$/.test(payload)) return null;
  if (typeof bytes !== "number" || typeof mediaType !== "string" || typeof name !== "string") return null;
  return { payload, bytes, mediaType, name };
}

const KEYS = 4;

/** True for a value that is a reference to a file, and nothing besides. */
export function isOnlyFile(value: Json): boolean {
  return isJsonObject(value) && Object.keys(value).length === KEYS && asFile(value) !== null;
}

/** The files that a value refers to, wherever in it: each once, at most as many as a message may have. */
export function filesIn(value: Json): readonly FileReference[] {
  const found = new Map<string, FileReference>();
  const left: Json[] = [value];
  while (left.length > 0 && found.size < MAX_FILES) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) continue;
    const file = asFile(next);
    if (file !== null) found.set(file.payload, file);
    else for (const inner of Object.values(next).toReversed()) left.push(inner);
  }
  return [...found.values()];
}
