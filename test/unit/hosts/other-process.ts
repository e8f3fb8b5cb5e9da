import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Said = {
  readonly owns?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly retryable?: boolean;
  readonly acknowledged?: number;
};
export type OtherProcess = { readonly child: ChildProcess; readonly said: Said };

const SCRIPT = join(import.meta.dirname, "owner-process.ts");

/** Starts another process on a database and waits for what it says. With a limit, its files cannot outgrow that many 512-byte blocks. */
export async function startOther(path: string, mode: "own" | "try" | "try-as-nobody" | "fill", fileBlocks?: number): Promise<OtherProcess> {
  const command = [process.execPath, "--conditions=source", SCRIPT, path, mode];
  const limited = fileBlocks === undefined ? command : ["sh", "-c", 'ulimit -f "$0" && exec "$@"', String(fileBlocks), ...command];
  const [program = "", ...parameters] = limited;
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => ["{}"])])) as [string];
  return { child, said: JSON.parse(line) as Said };
}

/** Resolves when the process has ended by itself. */
export async function ended({ child }: OtherProcess): Promise<void> {
  if (child.exitCode === null) await once(child, "exit");
}

/** The end that no process can prepare for. */
export async function killHard(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
