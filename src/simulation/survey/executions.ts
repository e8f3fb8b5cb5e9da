/** What agents really did, by their own diaries: each execution of a piece of work, and what it came to. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { DiaryEntry, Evidence } from "../evidence.ts";

export type Execution = {
  readonly agent: string;
  readonly taskId: string;
  readonly run: string;
  readonly path: string;
  readonly attempt: number;
  readonly turn: number;
  /** The sending that brought it; copies that the network makes have the same one. */
  readonly sent: number | null;
  readonly beganAt: number;
  /** Null when it never came to its end. */
  readonly ended: ({ readonly at: number; readonly order: number } & Said) | null;
};

/** `completed`, `failed`, …; an answer that is not what was asked for is `wrong`. */
type Said = { readonly kind: string; readonly output: Json };

/** Every turn that an agent took up, in the order in which they came. */
export function executionsOf({ diary }: Evidence): readonly Execution[] {
  const open = new Map<string, Execution>();
  const found: Execution[] = [];
  for (const entry of diary) {
    const { agent, taskId } = entry;
    const key = `${agent} ${taskId}`;
    if (entry.event === "received") {
      const { run, path, attempt, turn, sent = null, at: beganAt } = entry;
      open.set(key, { agent, taskId, run, path, attempt, turn, sent, beganAt, ended: null });
    } else if (entry.event === "ended") close(key, entry);
    else if (entry.event === "canceled" || entry.event === "forgot") close(key, null);
  }
  return [...found, ...open.values()];

  function close(key: string, end: DiaryEntry | null): void {
    const execution = open.get(key);
    if (execution === undefined) return;
    open.delete(key);
    found.push(end === null ? execution : { ...execution, ended: { at: end.at, order: end.order, ...saidBy(end) } });
  }
}

function saidBy(entry: DiaryEntry): Said {
  const said: unknown = "said" in entry && entry.said !== undefined ? JSON.parse(entry.said) : null;
  if (!isJsonObject(said)) return { kind: "", output: null };
  const { kind, output = null } = said;
  const isWrong = isJsonObject(output) && typeof output["surprise"] === "string";
  return { kind: isWrong ? "wrong" : typeof kind === "string" ? kind : "", output };
}
