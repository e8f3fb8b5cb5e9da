/**
 * Progress on a terminal: a block that is drawn again in place.
 *
 * 1. It never is higher than the screen, or drawing again would leave copies behind: steps that are
 *    over, and steps that have yet to begin, are folded into one line each when there are too many.
 * 2. It is drawn at most every `DRAW_MS`, however many facts arrive.
 */
import { onlyRow } from "../../runtime/board/board-rows.ts";
import type { RunBoard, StepBoard } from "../../runtime/board/run-board.ts";
import type { Terminal } from "../terminal.ts";
import { counted, cut, pad, widthOf } from "../text.ts";
import { rowsUnder } from "./kind-text.ts";
import { bar, clockText, lookOfRun, stepText } from "./step-text.ts";
import type { Shown, View } from "./view.ts";

const DRAW_MS = 60;
const BAR_COLUMNS = 12;
/** The header, the two folded lines, the budget, the hint, and the line that the cursor stands on. */
const SPARE_ROWS = 6;
const UP_AND_CLEAR = (rows: number): string => `${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`;

export class LiveView implements View {
  readonly #terminal: Terminal;
  readonly #shown: Shown;
  readonly #now: () => number;
  #drawnRows = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isStale = true;
  #isPaused = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(terminal: Terminal, shown: Shown, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#shown = shown;
    this.#now = now;
  }

  begin(): void {
    this.#drawNow();
  }

  changed(): void {
    this.#isStale = true;
    if (this.#timer !== null || this.#isPaused) return;
    this.#timer = setTimeout(() => this.#drawNow(), Math.max(0, DRAW_MS - (this.#now() - this.#drawnAt)));
  }

  tick(): void {
    if (!this.#isPaused) this.#drawNow();
  }

  pause(): void {
    if (this.#isPaused) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#draw(blockOf(this.#shown, this.#terminal, this.#now(), false));
    this.#isPaused = true;
    // The picture stays above the question; the next one begins below it.
    this.#drawnRows = 0;
  }

  resume(): void {
    this.#isPaused = false;
    this.changed();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#isPaused) this.#draw(blockOf(this.#shown, this.#terminal, this.#now(), false));
    this.#isPaused = true;
  }

  #drawNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isPaused || (!this.#isStale && this.#shown.board.endedAt !== null)) return;
    this.#draw(blockOf(this.#shown, this.#terminal, this.#now(), true));
  }

  #draw(lines: readonly string[]): void {
    this.#terminal.draw(`${UP_AND_CLEAR(this.#drawnRows)}${lines.join("\n")}\n`);
    this.#drawnRows = lines.length;
    this.#drawnAt = this.#now();
    this.#isStale = false;
  }
}

/** The block as lines that each fit the screen. */
export function blockOf(shown: Shown, terminal: Terminal, now: number, isOpen: boolean): readonly string[] {
  const { board } = shown;
  const columns = Math.max(40, terminal.columns - 1);
  const { above, shownSteps, below } = fold(board, Math.max(3, terminal.rows - SPARE_ROWS));
  const hint = isOpen && board.endedAt === null ? [terminal.paint("dim", cut(shown.hint, columns))] : [];
  return [
    header(shown, terminal, now, columns),
    ...(above === 0 ? [] : [terminal.paint("dim", `✓ ${counted(above, "step")} over`)]),
    ...stepLines(shownSteps, board, terminal, { now, columns }),
    ...budgetLine(board, terminal, columns),
    ...(below === 0 ? [] : [terminal.paint("dim", `· ${counted(below, "step")} pending`)]),
    ...hint,
  ];
}

function header({ run, workflow, version, board }: Shown, terminal: Terminal, now: number, columns: number): string {
  const { glyph, style } = lookOfRun(board.status);
  const elapsed = clockText((board.endedAt ?? now) - (board.startedAt ?? now));
  const right = `${bar(board.stepsOver, board.steps.length, BAR_COLUMNS)}  ${board.stepsOver}/${board.steps.length} steps  ${elapsed}`;
  const word = `${glyph} ${board.status}`;
  const left = cut(`${run}  ${workflow}@${shortVersion(version)}`, columns - widthOf(right) - widthOf(word) - 4);
  return `${terminal.paint(style, word)}  ${terminal.paint("strong", pad(left, columns - widthOf(right) - widthOf(word) - 4))}  ${right}`;
}

/** A budget that is used up holds the whole run, so it stands below all steps. */
function budgetLine({ budget }: RunBoard, terminal: Terminal, columns: number): readonly string[] {
  if (budget === null) return [];
  const asks = budget.question === null ? "" : `; ${budget.question} asks for as much again`;
  return [terminal.paint("warn", cut(`! the budget of ${budget.limit} is used up: ${budget.spent} of ${budget.allowed}${asks}`, columns))];
}

/** A workflow without a version has the fingerprint for one, of which the beginning is enough here. */
function shortVersion(version: string): string {
  return version.replace(/^0\.0\.0\+([0-9a-f]{6}).*$/, "$1");
}

function stepLines(
  steps: readonly StepBoard[],
  board: RunBoard,
  terminal: Terminal,
  { now, columns }: { readonly now: number; readonly columns: number },
): readonly string[] {
  const texts = steps.map((step) => ({ id: `${"  ".repeat(step.depth)}${step.id}`, ...stepText(step, board, now) }));
  const idColumns = Math.min(28, Math.max(0, ...texts.map(({ id }) => id.length)));
  const whoColumns = Math.min(24, Math.max(0, ...texts.map(({ who }) => widthOf(who))));
  return texts.map(({ id, glyph, word, who, detail, style }) => {
    const name = pad(cut(id, idColumns), idColumns);
    const rest = Math.max(0, columns - 2 - idColumns - 2 - 9 - 2 - whoColumns - 2);
    const state = pad(word, 9);
    return `${paint(terminal, style, glyph)} ${name}  ${paint(terminal, style, state)}  ${terminal.paint("dim", pad(cut(who, whoColumns), whoColumns))}  ${cut(detail, rest)}`.trimEnd();
  });
}

function paint(terminal: Terminal, style: Parameters<Terminal["paint"]>[0] | null, text: string): string {
  return style === null ? text : terminal.paint(style, text);
}

/**
 * Which rows are shown when not all of them fit: first those that are at work, then their neighbours.
 * Inner steps are shown while the step around them is at work, and when it has failed.
 */
function fold(
  board: RunBoard,
  rows: number,
): { readonly above: number; readonly shownSteps: readonly StepBoard[]; readonly below: number } {
  const all = board.steps.flatMap(withInner);
  if (all.length <= rows) return { above: 0, shownSteps: all, below: 0 };
  const active = all.filter((step) => step.endedAt === null && step.status !== "pending");
  const failed = all.filter((step) => step.status === "failed_permanent");
  const pending = all.filter((step) => step.endedAt === null && step.status === "pending");
  const over = all
    .filter((step) => step.endedAt !== null && step.status !== "failed_permanent")
    .toSorted((left, right) => (right.endedAt ?? 0) - (left.endedAt ?? 0));
  const kept = new Set([...failed, ...active, ...over.slice(0, 3), ...pending, ...over].slice(0, rows));
  const isHidden = (step: StepBoard): boolean => !kept.has(step);
  const outermost = board.steps.filter(isHidden);
  const above = outermost.filter((step) => step.endedAt !== null).length;
  return { above, shownSteps: all.filter((step) => kept.has(step)), below: outermost.length - above };
}

function withInner(step: StepBoard): readonly StepBoard[] {
  const isShown = step.status === "failed_permanent" || (step.endedAt === null && step.status !== "pending") || isUndone(step);
  return isShown ? [step, ...rowsUnder(step).flatMap(withInner)] : [step];
}

function isUndone(step: StepBoard): boolean {
  const compensation = onlyRow(step)?.compensation ?? null;
  return compensation === "running" || compensation === "failed";
}
