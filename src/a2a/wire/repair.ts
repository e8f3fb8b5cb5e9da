/**
 * How an agent is asked to mend an output that broke its contract: as a new task in the same context
 * (A2A 3.4.3, refinement), with the problems in words for any agent, and in the metadata for ours.
 */
import type { Message, Part } from "@a2a-js/sdk";

import { isJsonArray, type JsonObject } from "../../base/json.ts";
import { MAX_REPAIR_CHARACTERS } from "../../base/limits.ts";
import type { Repair } from "../../scheduler/fact.ts";
import type { Intent } from "../../scheduler/input.ts";
import { metadataObject, textPart } from "./wire.ts";

/** Marks the part, so that an agent of ours can tell it from the instruction. */
const MARK = "repair";

export function repairPart({ problems }: Repair): Part {
  const lines = problems.map((problem) => `- ${problem}`).join("\n");
  const list = lines.length <= MAX_REPAIR_CHARACTERS ? lines : `${lines.slice(0, MAX_REPAIR_CHARACTERS)} …`;
  const text = `Your last answer does not meet its requirements:\n${list}\nPlease answer the same task again, with these problems corrected.`;
  return { ...textPart(text), metadata: { [MARK]: true } };
}

export function repairMetadata({ problems }: Repair): JsonObject {
  return { problems };
}

/** The task that is to be mended, when it is at the agent that gets the message. */
export function repairedTask({ task }: Repair, intent: Intent): readonly string[] {
  return task !== null && task.agent === intent.agent && task.url === intent.url ? [task.taskId] : [];
}

export function isRepairPart({ metadata }: Part): boolean {
  return metadata?.[MARK] === true;
}

/** What a message says of an output that is to be mended. */
export function repairOf(metadata: Message["metadata"]): Repair | undefined {
  const problems = metadataObject(metadata, MARK)?.["problems"];
  if (problems === undefined || !isJsonArray(problems)) return undefined;
  return { problems: problems.filter((problem) => typeof problem === "string"), task: null };
}
