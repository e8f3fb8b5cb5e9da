/**
 * Progress without a terminal: one line for each change of state, none of which is ever drawn again.
 * The items of an `each` are told by tenths, and one by one only when something is wrong with them.
 */
import { indexOf } from "../../scheduler/path.ts";
import type { Fact } from "../../scheduler/index.ts";
import type { StepBoard } from "../../runtime/run-board.ts";
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
    this.#idColumns = Math.min(28, Math.max(8, ...shown.board.steps.map(({ id }) => id.length)));
  }

  begin(): void {
    const { run, workflow, version, board } = this.#shown;
    if (board.seq > 0)
      this.#terminal.say(`${run} goes on  ${workflow}@${version}  ${board.stepsOver}/${counted(board.steps.length, "step")} over`);
  }

  changed(fact: Fact, step: StepBoard | null): void {
    if (step === null) return this.#tellRun(fact);
    const isItem = "path" in fact && indexOf(fact.path) !== null;
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
    const { glyph, style } = lookOfRun(board.status);
    this.#line(fact.at, this.#terminal.paint(style, `${glyph} run ${board.status}${endingText(fact)}`));
  }

  #tellStep(fact: Fact, step: StepBoard): void {
    const { glyph, word, who, detail, style } = stepText(step, this.#shown.board, fact.at);
    const state = `${glyph} ${pad(step.id, this.#idColumns)}  ${pad(word, 9)}`;
    this.#line(fact.at, `${style === null ? state : this.#terminal.paint(style, state)}  ${who}${detail === "" ? "" : `  ${detail}`}`);
  }

  #line(at: number, text: string): void {
    this.#terminal.say(`${clockText(at - (this.#shown.board.startedAt ?? at))}  ${text}`.trimEnd());
  }

  #isWorthTelling(fact: Fact, step: StepBoard): boolean {
    if (fact.kind === "questionAsked" || fact.kind === "subtaskFailed") return true;
    const completed = step.countByStatus.get("completed") ?? 0;
    const tenth = Math.floor((10 * completed) / Math.max(1, step.itemCount ?? 1));
    if (tenth === (this.#tenthByStep.get(step.id) ?? 0) || tenth === 10) return false;
    this.#tenthByStep.set(step.id, tenth);
    return true;
  }
}

/** Facts that change what a step's line says. */
function isChange(fact: Fact): boolean {
  return (
    fact.kind !== "messageIntended" && fact.kind !== "messageResent" && fact.kind !== "taskReleased" && fact.kind !== "subtaskProgressed"
  );
}

function endingText(fact: Fact): string {
  if (fact.kind === "runFailed") return `: ${clean(fact.failure.message)}`;
  if (fact.kind === "runCanceled") return ` by ${clean(fact.by)}: ${clean(fact.reason)}`;
  if (fact.kind === "runPaused" || fact.kind === "runResumed") return ` by ${clean(fact.by)}`;
  return fact.kind === "runEnding" && fact.ending.kind === "failed" ? ", and about to fail" : "";
}
