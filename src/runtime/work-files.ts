import { TuttiError } from "../base/errors.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { MAX_FILES, MAX_INLINE_FILE_BYTES } from "../base/limits.ts";
import type { Tenant } from "../base/ids.ts";
import type { WorkFile } from "../ports/agents.ts";
import type { Host } from "../ports/host.ts";

/**
 * The `files` of a step as an agent gets them. An item is `{ url | payload | bytes | text, mediaType,
 * name }`: an address, a reference to what the host keeps, or, as in the artifacts of another step,
 * the content itself. Throws T3101 when one cannot be used.
 */
export async function loadFiles(files: Json, tenant: Tenant, host: Host): Promise<readonly WorkFile[]> {
  if (!isJsonArray(files)) throw unusable("`files` is not a list");
  if (files.length > MAX_FILES) throw unusable(`there are ${files.length} files, and a step may give ${MAX_FILES}`);
  const loaded: WorkFile[] = [];
  let byteCount = 0;
  for (const [index, file] of files.entries()) {
    if (!isJsonObject(file)) throw unusable(`file ${index + 1} is not an object`);
    const one = await loadFile(file, index, tenant, host);
    byteCount += one.kind === "bytes" ? one.bytes.length : 0;
    if (byteCount > MAX_INLINE_FILE_BYTES) {
      throw unusable(`together they are larger than ${MAX_INLINE_FILE_BYTES} bytes, which is what fits in a message; give a URL`);
    }
    loaded.push(one);
  }
  return loaded;
}

async function loadFile(file: JsonObject, index: number, tenant: Tenant, host: Host): Promise<WorkFile> {
  const name = textOf(file, "name") ?? `file-${index + 1}`;
  const mediaType = textOf(file, "mediaType") ?? textOf(file, "media_type");
  const url = textOf(file, "url");
  const fallbackType = "application/octet-stream";
  if (url !== undefined) {
    if (!URL.canParse(url)) throw unusable(`the address of file "${name}", "${url.slice(0, 200)}", is not one`);
    return { kind: "url", url, name, mediaType: mediaType ?? fallbackType };
  }
  const base64 = textOf(file, "bytes");
  if (base64 !== undefined) return { kind: "bytes", bytes: Buffer.from(base64, "base64"), name, mediaType: mediaType ?? fallbackType };
  const text = file["text"];
  if (typeof text === "string") return { kind: "bytes", bytes: Buffer.from(text), name, mediaType: mediaType ?? "text/plain" };
  const payload = textOf(file, "payload");
  if (payload === undefined) throw unusable(`file "${name}" has neither a url nor a payload`);
  const bytes = await host.getPayload(tenant, payload);
  if (bytes === null) throw new TuttiError("T5010", `The content of file "${name}", payload ${payload}, is not in this database.`);
  return { kind: "bytes", bytes, name, mediaType: mediaType ?? fallbackType };
}

function textOf(file: JsonObject, key: string): string | undefined {
  const value = file[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function unusable(why: string): TuttiError {
  return new TuttiError("T3101", `The files of the step cannot be given to the agent: ${why}.`, {
    help: "Each is { url | payload, mediaType, name }.",
  });
}
