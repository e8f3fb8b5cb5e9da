/** What a process and everything that it started use, as Linux tells it. */
import { readdirSync, readFileSync } from "node:fs";

export type Usage = {
  /** Memory in bytes, pages that processes share counted once (proportional set size). */
  readonly memory: number;
  /** Bytes that were handed to the disk since the processes began. */
  readonly written: number;
};

/** Programs that watch the engine and are no part of it. */
const WATCHERS = new Set(["strace"]);

/** The process and all of its descendants. */
export function treeOf(root: number): readonly number[] {
  const childrenOf = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [root];
  for (const pid of tree) for (const child of childrenOf.get(pid) ?? []) tree.push(child.pid);
  return tree;
}

export function usageOf(pids: readonly number[]): Usage {
  const parts = pids.filter((pid) => !WATCHERS.has(readField(`/proc/${pid}/comm`, /^(.*)$/m) ?? "")).map(usageOfOne);
  return { memory: sum(parts.map(({ memory }) => memory)), written: sum(parts.map(({ written }) => written)) };
}

export function isAlive(pid: number): boolean {
  const state = readField(`/proc/${pid}/stat`, /\) (\w)/);
  return state !== null && state !== "Z";
}

function allProcesses(): readonly { readonly pid: number; readonly parent: number }[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.map((pid) => ({ pid, parent: Number(readField(`/proc/${pid}/stat`, /\) \w (\d+)/) ?? -1) }));
}

function usageOfOne(pid: number): Usage {
  return {
    memory: Number(readField(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) ?? 0) * 1_024,
    written: Number(readField(`/proc/${pid}/io`, /^write_bytes: (\d+)/m) ?? 0),
  };
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
