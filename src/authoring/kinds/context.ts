import type { ContextAccess } from "../../definition/definition.ts";
import { at, isAbsent, type Place, type Reader, readObject, readTexts } from "../file/reader.ts";

/** `context: { read, write }`: the paths that the agent may read, and change (least privilege). */
export function readContext(reader: Reader, place: Place): ContextAccess | null {
  if (isAbsent(place)) return null;
  const object = readObject(reader, place, { known: ["read", "write"] });
  if (object === null) return null;
  const paths = (key: string): readonly string[] => readTexts(reader, at(object, place.path, key)).map(({ text }) => text);
  return { read: paths("read"), write: paths("write") };
}
