import type { Artifact, StreamResponse, TaskStatus } from "@a2a-js/sdk";

import { MAX_ARTIFACTS_SHOWN } from "../../base/limits.ts";
import type { Watch } from "../../ports/agents.ts";
import { isInterrupted, isTerminal, textOf } from "../wire/wire.ts";
import { statusToProgress } from "./task-to-outcome.ts";
import type { IgnoredCount, TaskUpdates } from "./task-updates.ts";

/** Passes on what a stream says that is news: progress, and each piece of text once, however often the stream begins anew. */
export class Relay {
  readonly #watch: Watch;
  readonly #updates: TaskUpdates;
  readonly #ignored: IgnoredCount;
  /** How much text of each artifact was shown. */
  readonly #lengthById = new Map<string, number>();

  constructor(watch: Watch, updates: TaskUpdates, ignored: IgnoredCount) {
    this.#watch = watch;
    this.#updates = updates;
    this.#ignored = ignored;
  }

  /** True when the task is said to be over or to ask something: then it is to be asked for. */
  take(event: StreamResponse): boolean {
    const payload = event.payload;
    switch (payload?.$case) {
      case "task":
        for (const artifact of isOpen(payload.value.status) ? payload.value.artifacts : []) this.#show(artifact, 0);
        // A stream that begins anew begins with what was told before.
        return this.#tell(payload.value.status, this.#updates.judge(payload.value.status) === "news");
      case "statusUpdate":
        return this.#tell(payload.value.status, this.#updates.isNews(payload.value.status));
      case "artifactUpdate": {
        const { artifact, append, lastChunk } = payload.value;
        // The last, whole version of an artifact comes with the outcome; pieces before it are shown.
        if (artifact !== undefined && append) this.#append(artifact);
        else if (artifact !== undefined && !lastChunk) this.#show(artifact, 0);
        return false;
      }
      case "message":
      case undefined:
        return false;
    }
  }

  #tell(status: TaskStatus | undefined, isNews: boolean): boolean {
    const isSettled = !isOpen(status);
    const progress = isNews && !isSettled ? statusToProgress(status) : null;
    if (progress !== null) this.#watch.progress(progress);
    return isSettled;
  }

  #append(artifact: Artifact): void {
    const shown = this.#lengthById.get(artifact.artifactId);
    if (shown === undefined) this.#ignored.misplaced += 1;
    this.#show(artifact, shown ?? 0);
  }

  /** Shows the text of an artifact, which begins at an offset, as far as it was not shown yet. */
  #show(artifact: Artifact, offset: number): void {
    const text = textOf(artifact.parts);
    if (text === undefined) return;
    const shown = this.#lengthById.get(artifact.artifactId) ?? 0;
    const fresh = text.slice(Math.max(0, shown - offset));
    this.#remember(artifact.artifactId, Math.max(shown, offset + text.length));
    if (fresh !== "") this.#watch.chunk(fresh);
  }

  #remember(artifactId: string, length: number): void {
    this.#lengthById.delete(artifactId);
    this.#lengthById.set(artifactId, length);
    const [oldest] = this.#lengthById.keys();
    if (this.#lengthById.size > MAX_ARTIFACTS_SHOWN && oldest !== undefined) this.#lengthById.delete(oldest);
  }
}

function isOpen(status: TaskStatus | undefined): boolean {
  return !isTerminal(status?.state) && !isInterrupted(status?.state);
}
