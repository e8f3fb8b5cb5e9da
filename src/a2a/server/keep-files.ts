import type { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { JsonObject } from "../../base/json.ts";
import { MAX_FILES, MAX_INLINE_FILE_BYTES } from "../../base/limits.ts";
import { filesOf } from "../wire/file-part.ts";
import type { Intake } from "./served-thing.ts";

/**
 * The files of a message as a run refers to them (design.md, fact 11): what was inline is kept, and
 * found by its hash; an address stays one.
 */
export async function keepFiles({ parts }: Message, { keepFile }: Intake): Promise<readonly JsonObject[]> {
  const files = filesOf(parts);
  if (files.length > MAX_FILES) throw new RequestMalformedError(`The message has ${files.length} files; it may have ${MAX_FILES}.`);
  const byteCount = files.reduce((sum, file) => sum + (file.kind === "bytes" ? file.bytes.length : 0), 0);
  if (byteCount > MAX_INLINE_FILE_BYTES)
    throw new RequestMalformedError(
      `The files of the message have ${byteCount} bytes, and inline there may be ${MAX_INLINE_FILE_BYTES}; give a URL.`,
    );
  return Promise.all(
    files.map(async (file): Promise<JsonObject> => {
      const { name, mediaType } = file;
      if (file.kind === "url") return { url: file.url, name, mediaType };
      return { payload: await keepFile(file.bytes), bytes: file.bytes.length, name, mediaType };
    }),
  );
}
