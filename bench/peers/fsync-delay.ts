/**
 * Slows every fsync and fdatasync of a process and of all that it starts, in the kernel's own way of
 * tracing. A preloaded library would miss Restate, whose server is linked statically; so it is one tool
 * for all. The filter in the kernel lets every other system call pass without a stop.
 */
import { spawnSync } from "node:child_process";

export type Slowing = { readonly wrap: readonly string[] } | { readonly skipped: string };

export function slowFsync(delayMicros: number): Slowing {
  if (delayMicros === 0) return { wrap: [] };
  const wrap = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"];
  const inject = ["-e", `inject=fsync,fdatasync:delay_exit=${delayMicros}`];
  const { error, status, stderr } = spawnSync("strace", [...wrap.slice(1), ...inject, "true"], { encoding: "utf8" });
  if (error !== undefined) return { skipped: "strace is not installed, and a delay for each fsync needs it." };
  if (status !== 0) return { skipped: `strace cannot trace here: ${stderr.trim()}` };
  return { wrap: [...wrap, ...inject] };
}
