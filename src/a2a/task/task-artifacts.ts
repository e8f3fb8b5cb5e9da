/**
 * Results as artifacts (A2A 3.7: results are in artifacts, messages are no reliable channel), and an
 * artifact as the events that bring it.
 */
import type { Artifact, Part } from "@a2a-js/sdk";

import type { Json, JsonObject } from "../../base/json.ts";
import { MAX_ARTIFACT_CHUNK_CHARACTERS } from "../../base/limits.ts";
import type { SubtaskCompleted } from "../../scheduler/fact.ts";
import type { Reply } from "../../scheduler/outcome.ts";
import { recordToPart } from "../wire/part-record.ts";
import { dataPart, REPLY_ARTIFACT, textPart } from "../wire/wire.ts";
import { cutBefore } from "./words.ts";

/** The artifact that holds a workflow's output. */
const OUTPUT_ARTIFACT = "output";

/** One event's share of an artifact. */
export type ArtifactPiece = { readonly artifact: Artifact; readonly append: boolean; readonly lastChunk: boolean };

/** What an agent gave, as its caller gets it: the reply itself, then the artifacts that it named. */
export function replyToArtifacts(reply: Reply): Artifact[] {
  const named = (reply.artifacts ?? []).map((record, index) =>
    artifact({ id: `artifact-${index + 1}`, name: record.name, parts: [recordToPart(record)] }),
  );
  const parts = replyParts(reply);
  if (parts.length === 0 && named.length > 0) return named;
  // A result that is nothing is a result: without one, the words about the end would be taken for it.
  const said = parts.length === 0 ? [dataPart(null)] : parts;
  const metadata = reply.usage === undefined ? {} : { metadata: { usage: reply.usage } };
  return [artifact({ id: REPLY_ARTIFACT, name: "", parts: said, ...metadata }), ...named];
}

/** The parts of a reply: the text, then the data. */
export function replyParts(reply: Reply): Part[] {
  return [...(reply.text === undefined ? [] : [textPart(reply.text)]), ...(reply.data ?? []).map(dataPart)];
}

/** A workflow's output: a text as words, anything else as data. */
export function outputToArtifact(output: Json): Artifact {
  const part = typeof output === "string" ? textPart(output) : dataPart(output);
  return artifact({ id: OUTPUT_ARTIFACT, name: OUTPUT_ARTIFACT, parts: [part] });
}

/** The reply behind a completed subtask; text and data are in the fact only where they are not simply the output. */
export function replyOf({ output, text, data, artifacts, usage }: SubtaskCompleted): Reply {
  const isImplied = text === undefined && data === undefined;
  const words = isImplied && typeof output === "string" ? output : text;
  const values = isImplied && typeof output !== "string" ? [output] : data;
  return {
    ...(words === undefined || words === "" ? {} : { text: words }),
    ...(values === undefined ? {} : { data: values }),
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** Where the pieces of a step's answer go while it is at work (`deliver: stream`). */
export function streamArtifactId(path: string): string {
  return `stream-${path}`;
}

/** A piece of an answer that is not finished. */
export function streamedArtifact(id: string, text: string): Artifact {
  return artifact({ id, name: "", parts: [textPart(text)] });
}

/** What became of a streamed answer. */
export function finalArtifact(id: string, reply: Reply): Artifact {
  const parts = replyParts(reply);
  return artifact({ id, name: "", parts: parts.length === 0 ? [dataPart(null)] : parts });
}

/**
 * An artifact in pieces. A text that is too long is cut between characters; whoever puts the pieces
 * together joins them without anything in between. What cannot be cut goes whole.
 */
export function artifactPieces(whole: Artifact): ArtifactPiece[] {
  if (!whole.parts.some(isTooLong)) return [{ artifact: whole, append: false, lastChunk: true }];
  const parts = whole.parts.flatMap(cutPart);
  return parts.map((part, index) => ({
    artifact: index === 0 ? { ...whole, parts: [part] } : artifact({ id: whole.artifactId, name: whole.name, parts: [part] }),
    append: index > 0,
    lastChunk: index === parts.length - 1,
  }));
}

function isTooLong({ content }: Part): boolean {
  return content?.$case === "text" && content.value.length > MAX_ARTIFACT_CHUNK_CHARACTERS;
}

function cutPart(part: Part): Part[] {
  const { content } = part;
  if (content?.$case !== "text" || !isTooLong(part)) return [part];
  const pieces: Part[] = [];
  for (let start = 0; start < content.value.length;) {
    const end = cutBefore(content.value, start + MAX_ARTIFACT_CHUNK_CHARACTERS);
    pieces.push({ ...part, content: { $case: "text", value: content.value.slice(start, end) } });
    start = end;
  }
  return pieces;
}

export function artifact(fields: {
  readonly id: string;
  readonly name: string;
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
}): Artifact {
  return {
    artifactId: fields.id,
    name: fields.name,
    description: "",
    parts: [...fields.parts],
    metadata: fields.metadata === undefined ? undefined : { ...fields.metadata },
    extensions: [],
  };
}
