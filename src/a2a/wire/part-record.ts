/**
 * Parts of artifacts and messages as records of a reply, and back (A2A 4.1.6). Nothing is lost on the
 * way: text, data, bytes and address, name, media type and metadata. Pure.
 */
import type { Part } from "@a2a-js/sdk";

import type { ArtifactRecord } from "../../scheduler/outcome.ts";
import { jsonFromWire, metadataOf } from "./wire.ts";

/** Where the host keeps the content of a file. */
export type KeptFile = { readonly payload: string; readonly bytes: number };

const TEXT = "text/plain";
const DATA = "application/json";
const FILE = "application/octet-stream";

/** A part under its own name, else under that of its artifact; null when it is empty. */
export function partToRecord(part: Part, artifactName: string, kept?: KeptFile): ArtifactRecord | null {
  const { content, mediaType } = part;
  const metadata = metadataOf(part.metadata);
  const about = { name: part.filename === "" ? artifactName : part.filename, ...(metadata === undefined ? {} : { metadata }) };
  switch (content?.$case) {
    case "text":
      return { ...about, mediaType: mediaType || TEXT, text: content.value };
    case "data":
      return { ...about, mediaType: mediaType || DATA, data: jsonFromWire(content.value) };
    case "url":
      return { ...about, mediaType: mediaType || FILE, url: content.value };
    case "raw":
      return { ...about, mediaType: mediaType || FILE, ...(kept ?? { bytes: content.value.toString("base64") }) };
    case undefined:
      return null;
  }
}

/**
 * A record as a part of an artifact that has its name. Of a file that the host keeps only its reference
 * is known here: whoever has the host puts the content in its place.
 */
export function recordToPart(record: ArtifactRecord): Part {
  const { name, mediaType, metadata } = record;
  const content = contentOf(record);
  const isFile = content?.$case === "url" || content?.$case === "raw";
  return { content, metadata: metadata === undefined ? undefined : { ...metadata }, filename: isFile ? name : "", mediaType };
}

function contentOf({ name, mediaType, url, bytes, text, data, payload }: ArtifactRecord): Part["content"] {
  if (url !== undefined) return { $case: "url", value: url };
  if (payload !== undefined) return { $case: "data", value: { payload, bytes, mediaType, name } };
  if (typeof bytes === "string") return { $case: "raw", value: Buffer.from(bytes, "base64") };
  return text === undefined ? { $case: "data", value: data ?? null } : { $case: "text", value: text };
}

/** True for a part that a text or a value alone would not tell all of. */
export function saysMore({ content, filename, mediaType, metadata }: Part): boolean {
  if (content?.$case === "url" || content?.$case === "raw") return true;
  const usual = content?.$case === "text" ? TEXT : DATA;
  return filename !== "" || (mediaType !== "" && mediaType !== usual) || Object.keys(metadata ?? {}).length > 0;
}
