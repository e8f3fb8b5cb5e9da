import type { Part, Task } from "@a2a-js/sdk";

import { MAX_HISTORY_FILE_BYTES } from "../../base/limits.ts";
import type { KeepFile } from "../../ports/agents.ts";
import type { KeptFile } from "../wire/part-record.ts";
import { isTerminal } from "../wire/wire.ts";
import { resultParts } from "./task-to-reply.ts";

const NOTHING: ReadonlyMap<Part, KeptFile> = new Map();
const EMPTY = Buffer.alloc(0);

/** Gives the large files of a task that is over to the host, one after the other; each is let go of then. */
export function keepFiles(task: Task, keep: KeepFile | undefined): Promise<ReadonlyMap<Part, KeptFile>> {
  return isTerminal(task.status?.state) ? keepParts(resultParts(task), keep) : Promise.resolve(NOTHING);
}

export async function keepParts(parts: readonly Part[], keep: KeepFile | undefined): Promise<ReadonlyMap<Part, KeptFile>> {
  if (keep === undefined) return NOTHING;
  const kept = new Map<Part, KeptFile>();
  for (const part of parts) {
    if (part.content?.$case !== "raw" || part.content.value.length <= MAX_HISTORY_FILE_BYTES) continue;
    const { length } = part.content.value;
    kept.set(part, { payload: await keep(part.content.value), bytes: length });
    part.content = { $case: "raw", value: EMPTY };
  }
  return kept;
}
