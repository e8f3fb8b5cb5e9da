/**
 * Progress without a terminal: one line for each change of state, none of which is ever drawn again.
 * The items of an `each` are told by tenths, and one by one only when something is wrong with them.
 */
import { eachStep, longNameOf } from "../../definition/walk.ts";
import type { Fact, RunStatus } from "../../scheduler/index.ts";
import type { StepBoard } from "../../runtime/board/run-board.ts";
import type { Terminal } from "../terminal.ts";
import { clean, counted, pad } from "../text.ts";
import { clockText, lookOfRun, stepText } from "./step-text.ts";
import type { Shown, View } from "./view.ts";

export class LineView implements View {
  readonly #terminal: Terminal;
  readonly #shown: Shown;
  readonly #idColumns: number;
  readonly #tenthByStep = new Map<string, number>();

  constructor(terminal: Terminal, shown: Shown) {
    this.#terminal = terminal;
    this.#shown = shown;
    this.#idColumns = Math.min(28, Math.max(8, ...shown.board.steps.map(pathLength)));
  }

  begin(): void {
    const { run, workflow, version, board } = this.#shown;
    if (board.seq > 0)
      this.#terminal.say(`${run} goes on  ${workflow}@${version}  ${board.stepsOver}/${counted(board.steps.length, "step")} over`);
  }

  changed(fact: Fact, step: StepBoard | null): void {
    if (step === null) return this.#tellRun(fact);
    const isItem = "path" in fact && fact.path.includes("]");
    if (isItem ? this.#isWorthTelling(fact, step) : isChange(fact)) this.#tellStep(fact, step);
  }

  tick(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}

  #tellRun(fact: Fact): void {
    const { run, workflow, version, board } = this.#shown;
    if (fact.kind === "runStarted")
      return this.#line(fact.at, `${run} started  ${workflow}@${version}  ${counted(board.steps.length, "step")}`);
    const text = runText(fact, board.status);
    if (text === null) return;
    const { glyph, style } = lookOfRun(board.status);
    this.#line(fact.at, this.#terminal.paint(style, `${glyph} ${text}`));
  }

  #tellStep(fact: Fact, step: StepBoard): void {
    const { glyph, word, who, detail, style } = stepText(step, this.#shown.board, fact.at);
    const state = `${glyph} ${pad(step.path, this.#idColumns)}  ${pad(word, 9)}`;
    this.#line(fact.at, `${style === null ? state : this.#terminal.paint(style, state)}  ${who}${detail === "" ? "" : `  ${detail}`}`);
  }

  #line(at: number, text: string): void {
    this.#terminal.say(`${clockText(at - (this.#shown.board.startedAt ?? at))}  ${text}`.trimEnd());
  }

  /** Of items, and of what stands in them, only what somebody has to look at; else a word at every tenth. */
  #isWorthTelling(fact: Fact, step: StepBoard): boolean {
    if (fact.kind === "questionAsked" || fact.kind === "subtaskFailed") return true;
    if (fact.kind === "waitStarted") return fact.wait === "approval";
    const completed = step.countByStatus.get("completed") ?? 0;
    const tenth = Math.floor((10 * completed) / Math.max(1, step.itemCount ?? 1));
    if (tenth === (this.#tenthByStep.get(step.path) ?? 0) || tenth === 10) return false;
    this.#tenthByStep.set(step.path, tenth);
    return true;
  }
}

/** The columns that a step and the ones in it take, with a round of one digit. */
function pathLength({ id, step }: StepBoard): number {
  return Math.max(...eachStep({ steps: { [id]: step } }).map((inner) => longNameOf(inner).length + (inner.holder === null ? 0 : 2)));
}

/** Facts that change what a step's line says. */
function isChange(fact: Fact): boolean {
  return (
    fact.kind !== "messageIntended" &&
    fact.kind !== "messageResent" &&
    fact.kind !== "subtaskQueued" &&
    fact.kind !== "taskReleased" &&
    fact.kind !== "subtaskProgressed" &&
    fact.kind !== "scopeClosed"
  );
}

/** What is said of a fact that is about no step; null for those that say nothing to a person. */
function runText(fact: Fact, status: RunStatus): string | null {
  if (fact.kind === "runPaused" || fact.kind === "runResumed") return `run ${status} by ${clean(fact.by)}`;
  // Why a run fails stands at the step, and once more when the run is over.
  if (fact.kind === "runEnding") return fact.ending.kind === "canceled" ? `run canceling by ${clean(fact.ending.by)}` : null;
  if (fact.kind === "runCompensating") return "run compensating: what was done is undone, the last first";
  if (fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled") return `run ${status}`;
  if (fact.kind === "signalReceived") return `signal "${clean(fact.name)}" by ${clean(fact.by)}`;
  if (fact.kind === "budgetGranted") return `budget granted again by ${clean(fact.by)}`;
  if (fact.kind !== "budgetExceeded") return null;
  const asks = fact.question === undefined ? "" : `: ${fact.question} asks for as much again`;
  return `budget of ${fact.limit} is used up, ${fact.spent} of ${fact.allowed}${asks}`;
}
