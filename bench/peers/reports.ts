/** What a child tells of a load, and the marks by which its parent finds it in the output. */

export type StepReport = {
  readonly kind: "steps";
  readonly stepsPerSecond: number;
  readonly runs: number;
  /** Of one run, from its start to its result; absent for the floor, which has no runs. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Kept in the engine's folder when it is closed, for each step done. */
  readonly keptBytes?: number;
  /** Handed to the disk, for each step done in the measured time. */
  readonly writtenBytes?: number;
  /** The most that all processes of the engine used at once. */
  readonly peakMemory?: number;
};
export type WaitingReport = {
  readonly kind: "waiting";
  readonly startsPerSecond: number;
  /** For each waiting run: more memory of all processes, more bytes kept. */
  readonly memoryBytes: number;
  readonly keptBytes: number;
};
export type RecoveryReport = {
  readonly kind: "recovery";
  /** From the start of the first process after the kill until every open run was over. */
  readonly elapsedMs: number;
  readonly runs: number;
  /** Runs whose third step was at work when the kill came; the others had not come so far. */
  readonly heldRuns?: number;
};
export type Report = StepReport | WaitingReport | RecoveryReport;

/** `heldRuns`: every open run is on the disk, so many are at work, and the kill may come. */
export type Message = { readonly report: Report } | { readonly heldRuns: number };

const MARK = "@@tutti-bench ";

export function tell(message: Message): void {
  process.stdout.write(`${MARK}${JSON.stringify(message)}\n`);
}

/** Null for what the engine itself prints. */
export function heard(line: string): Message | null {
  return line.startsWith(MARK) ? (JSON.parse(line.slice(MARK.length)) as Message) : null;
}
