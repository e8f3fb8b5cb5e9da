/** A process and everything that it started, as Linux tells of them. */
import { readdirSync, readFileSync } from "node:fs";

/** Programs that watch the engine and are no part of it. */
const WATCHERS = new Set(["strace"]);

/** The process and all of its descendants. */
export function treeOf(root: number): readonly number[] {
  const childrenOf = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [root];
  for (const pid of tree) for (const child of childrenOf.get(pid) ?? []) tree.push(child.pid);
  return tree;
}

/** The memory of processes in bytes, pages that they share counted once (proportional set size). */
export function memoryOf(pids: readonly number[]): number {
  const engine = pids.filter((pid) => !WATCHERS.has(readField(`/proc/${pid}/comm`, /^(.*)$/m) ?? ""));
  const kib = engine.map((pid) => Number(readField(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) ?? 0));
  return kib.reduce((total, value) => total + value, 0) * 1_024;
}

function allProcesses(): readonly { readonly pid: number; readonly parent: number }[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.map((pid) => ({ pid, parent: Number(readField(`/proc/${pid}/stat`, /\) \w (\d+)/) ?? -1) }));
}

/** Null when the process is over: between the listing and the look it may end. */
function readField(path: string, pattern: RegExp): string | null {
  try {
    return pattern.exec(readFileSync(path, "utf8"))?.[1] ?? null;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return null;
    throw error;
  }
}
