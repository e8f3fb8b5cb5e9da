/** What is said of a step on one line: a glyph, a word, who has it, and what matters now. */
import { formatDuration } from "../../base/duration.ts";
import { nameOfTarget } from "../../definition/target.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import { onlyRow } from "../../runtime/board/board-rows.ts";
import type { RunBoard, StepBoard, SubtaskRow, SubtaskStatus } from "../../runtime/board/run-board.ts";
import type { Style } from "../terminal.ts";
import { clean, cut } from "../text.ts";
import { compensationText, decisionText, joined, scopeSummary, scopeText, votesText, waitText, whoOf } from "./kind-text.ts";

export type StepText = {
  readonly glyph: string;
  readonly word: string;
  readonly who: string;
  readonly detail: string;
  readonly style: Style | null;
};

const LOOKS: { readonly [status in SubtaskStatus]: { readonly glyph: string; readonly word: string; readonly style: Style | null } } = {
  pending: { glyph: "·", word: "pending", style: "dim" },
  assigned: { glyph: "▹", word: "assigned", style: "accent" },
  running: { glyph: "▸", word: "running", style: "accent" },
  waiting: { glyph: "?", word: "waiting", style: "warn" },
  retrying: { glyph: "↻", word: "retrying", style: "warn" },
  completed: { glyph: "✓", word: "completed", style: "good" },
  failed: { glyph: "!", word: "timed out", style: "warn" },
  failed_permanent: { glyph: "✗", word: "failed", style: "bad" },
  skipped: { glyph: "–", word: "skipped", style: "dim" },
  canceled: { glyph: "⊘", word: "canceled", style: "dim" },
};

const RUN_LOOKS: { readonly [status in RunStatus]: { readonly glyph: string; readonly style: Style } } = {
  running: { glyph: "▸", style: "accent" },
  waiting: { glyph: "?", style: "warn" },
  paused: { glyph: "‖", style: "warn" },
  canceling: { glyph: "⊘", style: "warn" },
  compensating: { glyph: "↺", style: "warn" },
  completed: { glyph: "✓", style: "good" },
  failed: { glyph: "✗", style: "bad" },
  canceled: { glyph: "⊘", style: "warn" },
  quarantined: { glyph: "!", style: "bad" },
};

const REASON_COLUMNS = 60;
const BAR_COLUMNS = 8;

export function lookOfRun(status: RunStatus): { readonly glyph: string; readonly style: Style } {
  return RUN_LOOKS[status];
}

export function stepText(step: StepBoard, board: RunBoard, now: number): StepText {
  // One row of an each-step may not stand for all of them.
  const only = onlyRow(step);
  const detail = step.itemCount === null ? subtaskDetail(step, only, board, now) : listDetail(step, step.itemCount, now);
  return {
    ...LOOKS[step.status],
    who: clean(only?.assignedTo ?? whoOf(step.step)),
    detail: joined(detail, only === undefined ? "" : compensationText(only)),
  };
}

function subtaskDetail(step: StepBoard, row: SubtaskRow | undefined, board: RunBoard, now: number): string {
  switch (step.status) {
    case "pending":
      return board.endedAt === null ? needsText(step, board) : "never began";
    case "assigned":
    case "running":
      return row === undefined ? "" : workText(step, row);
    case "retrying":
      return row === undefined ? "" : retryText(step, row, now);
    case "waiting":
      return row === undefined ? "" : waitingText(row, now);
    case "completed":
      return row === undefined ? keptText(board) : completedText(step, row);
    case "failed":
      return "canceling the task at the agent";
    case "failed_permanent":
      return joined(row?.isTolerated === true ? "not critical" : "", attemptsText(step.attempts), failureText(row));
    case "skipped":
      return skippedText(step);
    case "canceled":
      return "";
  }
}

/** A step that is over without ever having begun here. */
function keptText({ forkedFrom }: RunBoard): string {
  return forkedFrom === null ? "" : `kept from ${forkedFrom.run}`;
}

function workText(step: StepBoard, row: SubtaskRow): string {
  if (row.standIn !== null) return joined(`${row.standIn} stands in for it`, failureText(row));
  return joined(scopeText(step.step, row), attemptText(step, row), progressText(row), failureText(row));
}

function waitingText({ wait, question }: SubtaskRow, now: number): string {
  if (wait !== null) return waitText(wait, question, now);
  return question === null ? "" : `for an answer to ${question.id}: "${cut(clean(question.question.prompt), REASON_COLUMNS)}"`;
}

function completedText(step: StepBoard, row: SubtaskRow): string {
  const attempts = row.scope === null ? attemptsText(step.attempts) : "";
  return joined(decisionText(row), scopeSummary(step.step, row), durationText(step), attempts);
}

function needsText(step: StepBoard, board: RunBoard): string {
  // Of an inner step only the needs are known, not how they stand: its neighbours are on the lines around it.
  const isOpen = (id: string): boolean => step.depth > 0 || board.steps.some((other) => other.id === id && other.endedAt === null);
  const open = step.step.needs.filter(isOpen);
  return open.length === 0 ? "" : `needs ${cut(open.join(", "), REASON_COLUMNS)}`;
}

function skippedText({ skipped }: StepBoard): string {
  if (skipped === null) return "";
  if (skipped.kind === "upstream") return `${skipped.steps.join(", ")} was skipped`;
  return `${cut(clean(skipped.source), REASON_COLUMNS)} is false`;
}

function listDetail(step: StepBoard, itemCount: number, now: number): string {
  const count = (status: SubtaskStatus): number => step.countByStatus.get(status) ?? 0;
  const over = count("completed") + count("failed_permanent") + count("canceled") + count("skipped");
  if (step.endedAt !== null)
    return joined(`${count("completed")}/${itemCount}`, votesText(step.votes), durationText(step), failedItems(count("failed_permanent")));
  const active = (["running", "waiting"] as const).flatMap((status) => (count(status) === 0 ? [] : [`${count(status)} ${status}`]));
  return joined(
    `${over}/${itemCount} ${bar(over, itemCount, BAR_COLUMNS)}`,
    step.whole?.standIn == null ? "" : `${step.whole.standIn} stands in for it`,
    votesText(step.votes),
    ...active,
    retryingItems(step, count("retrying"), now),
    failedItems(count("failed_permanent")),
  );
}

function retryingItems(step: StepBoard, count: number, now: number): string {
  if (count === 0) return "";
  const row = step.rows.values().find(({ status }) => status === "retrying");
  return `${count} retrying${row === undefined ? "" : `: ${retryText(step, row, now)}`}`;
}

function failedItems(count: number): string {
  return count === 0 ? "" : `${count} failed`;
}

/** `HTTP 503, attempt 2/3 in 3s`. A fallback and a repair are called what they are. */
export function retryText(step: StepBoard, row: SubtaskRow, now: number): string {
  const inMs = Math.max(0, (row.retryAt ?? now) - now);
  const when = inMs < 1000 ? "now" : `in ${Math.ceil(inMs / 1000)}s`;
  return `${reasonOf(row)}, ${nextText(step, row, row.attempts + 1)} ${when}`;
}

function attemptText(step: StepBoard, row: SubtaskRow): string {
  return row.attempts < 2 ? "" : nextText(step, row, row.attempts);
}

function nextText({ step }: StepBoard, { fallback, isRepair }: SubtaskRow, attempt: number): string {
  if (step.kind !== "delegate") return `attempt ${attempt}`;
  if (fallback === null) return isRepair ? "asked to repair its output" : `attempt ${attempt}/${step.retry.attempts}`;
  const target = step.fallback[fallback];
  const place = step.fallback.length < 2 ? "" : ` ${fallback + 1}/${step.fallback.length}`;
  return `fallback${place}${target === undefined ? "" : ` ${clean(nameOfTarget(target))}`}`;
}

function failureText(row: SubtaskRow | undefined): string {
  return row === undefined || row.failure === null ? "" : `${row.status === "failed_permanent" ? "" : "after: "}${reasonOf(row)}`;
}

function reasonOf({ failure }: SubtaskRow): string {
  return failure === null ? "" : cut(clean(failure.failure.message), REASON_COLUMNS);
}

/** What an agent says of how far it is. */
export function progressText(row: SubtaskRow | undefined): string {
  const { percent, phase, note } = row?.progress ?? {};
  return joined(
    percent === undefined ? "" : `${Math.round(percent)}%`,
    cut(clean(phase ?? ""), REASON_COLUMNS),
    cut(clean(note ?? ""), REASON_COLUMNS),
  );
}

function durationText({ startedAt, endedAt }: StepBoard): string {
  return startedAt === null || endedAt === null || startedAt === endedAt ? "" : formatDuration(endedAt - startedAt);
}

function attemptsText(attempts: number): string {
  return attempts < 2 ? "" : `${attempts} attempts`;
}

export function bar(done: number, all: number, columns: number): string {
  const full = all === 0 ? columns : Math.floor((done / all) * columns);
  return "▇".repeat(full) + "░".repeat(columns - full);
}

/** `00:14`, `1:02:03`. */
export function clockText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours === 0 ? "" : `${hours}:`}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
