/** What tests of a machine's faults share: tools that may be missing, and processes that fill a disk. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { onTestFinished } from "vitest";

import { publishSkip } from "../../support/trust-figures.ts";
import { takePicture } from "../evidence.ts";
import type { DiskReport } from "../world/fill-disk.ts";

const PROGRAM = join(import.meta.dirname, "../world/fill-disk.ts");

/** Is done when the test is over, the last first. */
export function cleanUp(action: () => void): void {
  onTestFinished(action);
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tutti-machine-"));
  cleanUp(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The sentence to skip a test with: it is printed and counted, too. */
export function skipSentence(figures: string, reason: string): string {
  publishSkip(figures, reason);
  return reason;
}

/** Why a tool of the system cannot be used here; null when it can. */
export function cannot(command: string, ...args: readonly string[]): string | null {
  try {
    execFileSync(command, args, { stdio: "pipe" });
    return null;
  } catch (error) {
    return `${command} ${args.join(" ")}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
  }
}

/** A process that starts runs until it is told to stop, and what it has told so far. */
export class Filler {
  readonly reports: DiskReport[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #hasEnded = false;

  /** `under`: a command that runs the process, and keeps its id. */
  constructor(db: string, under: readonly string[] = []) {
    const [command, ...words] = [...under, process.execPath, "--conditions=source", PROGRAM, db];
    this.#child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on("line", (line) => {
        this.reports.push(JSON.parse(line) as DiskReport);
        for (const watcher of this.#watchers) watcher();
      });
    }
    this.#child.once("close", () => {
      this.#hasEnded = true;
      for (const watcher of this.#watchers) watcher();
    });
    cleanUp(() => void this.#child.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  count(kind: DiskReport["kind"], from = 0): number {
    return this.reports.slice(from).filter((report) => report.kind === kind).length;
  }

  runs(kind: "acknowledged" | "completed"): readonly string[] {
    return this.reports.flatMap((report) => (report.kind === kind ? [report.run] : []));
  }

  /** Resolves when something holds; rejects when the process ends before. */
  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds() && !this.#hasEnded) return;
        this.#watchers.delete(look);
        if (holds()) resolve();
        else reject(new Error("The process ended before that."));
      };
      this.#watchers.add(look);
      look();
    });
  }

  stop(): void {
    this.#child.stdin?.write("stop\n");
  }
}

/** Stops a process that fills a disk, and says what became of everything. */
export async function whatBecame(filler: Filler, db: string) {
  filler.stop();
  await filler.until(() => filler.count("done") === 1);
  const picture = takePicture(db);
  const acknowledged = filler.runs("acknowledged");
  const completed = new Set(filler.runs("completed"));
  return {
    refusals: [
      ...new Set(
        filler.reports.flatMap((report) =>
          report.kind === "refused" ? [`${report.code} ${report.retryable ? "retryable" : "final"}`] : [],
        ),
      ),
    ],
    integrity: picture.integrity,
    unfinished: acknowledged.filter((run) => !completed.has(run)),
    lost: acknowledged.filter((run) => picture.runs.get(run)?.status !== "completed"),
    gaps: [...picture.runs].filter(([, { facts }]) => facts.some(({ seq }, index) => seq !== index + 1)).map(([run]) => run),
  };
}

export const NOTHING_LOST = { integrity: "ok", unfinished: [], lost: [], gaps: [] };

/** The same as figures. */
export function figuresOf(filler: Filler, became: Awaited<ReturnType<typeof whatBecame>>) {
  const { lost, unfinished, gaps, refusals } = became;
  return {
    acknowledged: filler.count("acknowledged"),
    refused: filler.count("refused"),
    refusals,
    lost: lost.length,
    stuck: unfinished.length,
    gaps: gaps.length,
  };
}
