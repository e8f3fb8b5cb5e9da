import { type Artifact, type Message, type Part, Role, type Task, TaskState } from "@a2a-js/sdk";

import type { JsonObject } from "../../base/json.ts";
import type { UsageKeys } from "../../definition/definition.ts";
import type { ArtifactRecord, Reply } from "../../scheduler/outcome.ts";
import { type KeptFile, partToRecord, saysMore } from "../wire/part-record.ts";
import { dataOf, REPLY_ARTIFACT, textOf } from "../wire/wire.ts";
import { usageOf } from "./usage.ts";

/** How a result is read. */
export type Reading = {
  /** Where the agent's metadata has what it used. */
  readonly usage?: UsageKeys | undefined;
  /** The files whose content the host has. */
  readonly kept?: ReadonlyMap<Part, KeptFile>;
  /** Counts artifacts that have the id of another one. */
  readonly ignored?: { misplaced: number };
};

/** The result of a message that an agent answered directly, without a task. */
export function messageToReply({ parts, metadata }: Message, reading: Reading = {}): Reply {
  return replyOf({ parts, records: specialRecords(parts, "file", reading), usage: usageOf([metadata], reading.usage) });
}

/** Results are in artifacts (A2A 3.7); agents that put them in the last message are understood too. */
export function taskToReply(task: Task, reading: Reading): Reply {
  const artifacts = lastOfEach(task.artifacts, reading);
  const main = artifacts.filter((artifact) => artifact.artifactId === REPLY_ARTIFACT).flatMap(({ parts }) => parts);
  const others = artifacts.filter((artifact) => artifact.artifactId !== REPLY_ARTIFACT);
  const parts = main.length > 0 ? main : others.flatMap((artifact) => artifact.parts);
  const said = parts.length > 0 ? [] : wordsOf(task);
  return replyOf({
    parts: [...parts, ...said],
    records: [
      ...specialRecords(main, REPLY_ARTIFACT, reading),
      ...others.flatMap((artifact) => artifactRecords(artifact, reading)),
      ...specialRecords(said, "file", reading),
    ],
    usage: usageOf([...artifacts.map(({ metadata }) => metadata), task.metadata, task.status?.message?.metadata], reading.usage),
  });
}

/** True when a completed task holds no result, so that its history is worth a look. */
export function isEmptyResult(task: Task): boolean {
  return (
    task.status?.state === TaskState.TASK_STATE_COMPLETED && task.artifacts.length === 0 && (task.status.message?.parts.length ?? 0) === 0
  );
}

/** The parts of a result as they were read: whose files are worth keeping. */
export function resultParts(task: Task): readonly Part[] {
  const parts = task.artifacts.flatMap((artifact) => artifact.parts);
  return parts.length > 0 ? parts : wordsOf(task);
}

/** An artifact's id is its own in its task (A2A 4.1.7): a second one with it replaces the first. */
function lastOfEach(artifacts: readonly Artifact[], { ignored }: Reading): readonly Artifact[] {
  const byId = new Map(artifacts.map((artifact, index) => [artifact.artifactId || `#${index}`, artifact]));
  if (ignored !== undefined) ignored.misplaced += artifacts.length - byId.size;
  return [...byId.values()];
}

function wordsOf(task: Task): readonly Part[] {
  return task.status?.message?.parts ?? task.history.findLast((message) => message.role === Role.ROLE_AGENT)?.parts ?? [];
}

function replyOf(found: {
  readonly parts: readonly Part[];
  readonly records: readonly ArtifactRecord[];
  readonly usage: JsonObject | undefined;
}): Reply {
  const text = textOf(found.parts);
  const data = dataOf(found.parts);
  return {
    ...(text === undefined ? {} : { text }),
    ...(data.length === 0 ? {} : { data }),
    ...(found.records.length === 0 ? {} : { artifacts: found.records }),
    ...(found.usage === undefined ? {} : { usage: found.usage }),
  };
}

function artifactRecords(artifact: Artifact, reading: Reading): ArtifactRecord[] {
  const name = artifact.name === "" ? artifact.artifactId : artifact.name;
  return artifact.parts.flatMap((part) => partToRecord(part, name, reading.kept?.get(part)) ?? []);
}

/** Files, and what has a name, a media type or metadata that text and data alone would lose. */
function specialRecords(parts: readonly Part[], name: string, { kept }: Reading): ArtifactRecord[] {
  return parts.filter(saysMore).flatMap((part) => partToRecord(part, name, kept?.get(part)) ?? []);
}
