import { MAX_ENDED_PUSHES, PUSH_DONE_MS, RETENTION_MS } from "../../base/limits.ts";
import { keyOf, type PushRef, type PushRow } from "./push-row.ts";

/** Which configs are over, and until when each can still be read. The oldest go first when there are too many. */
export class EndedPushes {
  readonly #untilByKey = new Map<string, { readonly ref: PushRef; readonly until: number }>();

  /** Gives back the config that has to go to make room. */
  add(ref: PushRef, { standing }: PushRow): readonly PushRef[] {
    if (standing.kind === "open") return [];
    const keptMs = standing.kind === "done" ? PUSH_DONE_MS : RETENTION_MS;
    this.#untilByKey.set(keyOf(ref), { ref, until: standing.at + keptMs });
    const [oldest] = this.#untilByKey.values();
    return oldest === undefined || this.#untilByKey.size <= MAX_ENDED_PUSHES ? [] : [oldest.ref];
  }

  remove(ref: PushRef): void {
    this.#untilByKey.delete(keyOf(ref));
  }

  /** Those that have been kept long enough. */
  due(now: number): readonly PushRef[] {
    return [...this.#untilByKey.values()].filter(({ until }) => until <= now).map(({ ref }) => ref);
  }
}
