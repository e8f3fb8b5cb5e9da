import type { Part } from "@a2a-js/sdk";

import type { WorkFile } from "../../ports/agents.ts";

/** A file as a part of a message (A2A 4.1.6): its address, or its content. */
export function fileToPart(file: WorkFile): Part {
  const content: Part["content"] =
    file.kind === "url" ? { $case: "url", value: file.url } : { $case: "raw", value: Buffer.from(file.bytes) };
  return { content, metadata: undefined, filename: file.name, mediaType: file.mediaType };
}

/** The files among the parts of a message. */
export function filesOf(parts: readonly Part[]): readonly WorkFile[] {
  return parts.flatMap(({ content, filename, mediaType }, index): readonly WorkFile[] => {
    const about = { name: filename === "" ? `file-${index + 1}` : filename, mediaType: mediaType || "application/octet-stream" };
    if (content?.$case === "url") return [{ kind: "url", url: content.value, ...about }];
    return content?.$case === "raw" ? [{ kind: "bytes", bytes: content.value, ...about }] : [];
  });
}
