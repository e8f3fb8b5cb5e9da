/**
 * In which media types the parts of a message may come (A2A 3.3.2): one list for what cards say and for
 * what is checked. Wildcards are those of HTTP (RFC 9110, 12.5.1). Pure.
 */
import { isJsonObject } from "../../base/json.ts";
import type { JsonSchema } from "../../definition/definition.ts";

const OF_WORDS_AND_DATA: readonly string[] = ["application/json", "text/plain", "text/*"];
const OF_ANYTHING: readonly string[] = ["application/json", "text/plain", "*/*"];

/** Of what takes words and data; a file may be of any type, so what takes files takes any. */
export function inputModesOf(takes: { readonly files: boolean }): readonly string[] {
  return takes.files ? OF_ANYTHING : OF_WORDS_AND_DATA;
}

/** True when an input has room for files of a message. */
export function takesFiles(input: JsonSchema | null): boolean {
  return takesFilesAs(input, "files") || takesFilesAs(input, "file");
}

/** True when an input has a field for the files of a message: for all of them, or for the only one. */
export function takesFilesAs(input: JsonSchema | null, field: "files" | "file"): boolean {
  if (input === null) return true;
  const properties = isJsonObject(input) ? input["properties"] : undefined;
  return properties !== undefined && isJsonObject(properties) && Object.hasOwn(properties, field);
}
