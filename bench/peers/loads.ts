/** What is measured, and how much of it. */

export const ENGINES = ["floor", "tutti", "openworkflow", "dbos", "restate"] as const;
export type EngineName = (typeof ENGINES)[number];

export const TITLES: Readonly<Record<EngineName, string>> = {
  floor: "raw node:sqlite (the floor)",
  tutti: "Tutti, embedded",
  openworkflow: "OpenWorkflow, SQLite",
  dbos: "DBOS, PostgreSQL",
  restate: "Restate, one node",
};

/** Runs of steps, one after the other for so long. */
export type StepLoad = {
  readonly kind: "steps";
  readonly name: "chain" | "fan-out" | "wide";
  readonly title: string;
  /** Steps side by side in a run; 0: five steps, one after the other. */
  readonly width: number;
  readonly atOnce: number;
  readonly warmUpMs: number;
  readonly timedMs: number;
};
/** Runs that wait for a person or a signal. */
export type WaitingLoad = {
  readonly kind: "waiting";
  readonly name: "waiting";
  readonly title: string;
  readonly runs: number;
  readonly settleMs: number;
};
/** Open runs whose engine is killed, and another process that brings them to their end. */
export type RecoveryLoad = { readonly kind: "recovery"; readonly name: "recovery"; readonly title: string; readonly runs: number };
export type Load = StepLoad | WaitingLoad | RecoveryLoad;

export type Size = "quick" | "full";

export const REPETITIONS: Readonly<Record<Size, number>> = { quick: 1, full: 5 };

export function loadsOf(size: Size): readonly Load[] {
  const full = size === "full";
  const time = full ? { warmUpMs: 2_000, timedMs: 8_000 } : { warmUpMs: 500, timedMs: 1_500 };
  return [
    { kind: "steps", name: "chain", title: "five-step chains, 64 at once", width: 0, atOnce: 64, ...time },
    { kind: "steps", name: "fan-out", title: "100-wide fan-outs, 8 at once", width: 100, atOnce: 8, ...time },
    { kind: "steps", name: "wide", title: "1,000-wide fan-out in one run", width: 1_000, atOnce: 1, ...time },
    { kind: "waiting", name: "waiting", title: "waiting runs", runs: full ? 5_000 : 500, settleMs: full ? 5_000 : 3_000 },
    { kind: "recovery", name: "recovery", title: "open runs after a kill", runs: full ? 1_000 : 200 },
  ];
}

export function stepsPerRun({ width }: StepLoad): number {
  return width === 0 ? 5 : width;
}
