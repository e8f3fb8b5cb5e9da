import type { Fact } from "../../scheduler/index.ts";
import type { RunBoard, StepBoard } from "../../runtime/board/run-board.ts";

/** How the progress of a run is shown while it is watched. */
export type View = {
  /** The board holds what happened before; it is shown from here on. */
  begin(): void;
  /** A fact has been applied to the board; `step` is the one that it is about. */
  changed(fact: Fact, step: StepBoard | null): void;
  /** Time has gone by. */
  tick(): void;
  /** Gives the screen to a question, and takes it back. */
  pause(): void;
  resume(): void;
  /** Leaves the last picture standing. */
  end(): void;
};

/** Which run is shown. */
export type Shown = {
  readonly run: string;
  readonly workflow: string;
  readonly version: string;
  readonly board: RunBoard;
  /** What Ctrl-C does. */
  readonly hint: string;
};

export const noView: View = { begin() {}, changed() {}, tick() {}, pause() {}, resume() {}, end() {} };
