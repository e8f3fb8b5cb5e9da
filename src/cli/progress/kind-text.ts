/** What matters of a step that is more than one agent's work: its rounds, branches, waits and votes. */
import { formatDuration } from "../../base/duration.ts";
import type { Step, WaitStep } from "../../definition/definition.ts";
import { nameOfTarget } from "../../definition/target.ts";
import type { Tally } from "../../runtime/board/board-votes.ts";
import { onlyRow, type ScopeBoard, type StepBoard, type SubtaskRow, type WaitRow } from "../../runtime/board/board-rows.ts";
import { clean, counted, cut } from "../text.ts";

const TEXT_COLUMNS = 60;
const VOTES_TOLD = 3;
const VOTE_COLUMNS = 20;

/** Who or what a step is given to, as far as its definition says. */
export function whoOf(step: Step): string {
  switch (step.kind) {
    case "delegate":
      return nameOfTarget(step.target);
    case "parallel":
      return `${Object.keys(step.branches).length} branches`;
    case "group":
      return counted(Object.keys(step.steps).length, "step");
    case "loop":
      return "loop";
    case "handoff":
      return counted(Object.keys(step.agents).length, "agent");
    case "plan":
      return nameOfTarget(step.planner.target);
    case "approval":
      return step.to.join(", ");
    case "aggregate":
      return step.strategy;
    case "wait":
      return waitName(step);
    case "set":
      return "context";
  }
}

function waitName({ wait }: WaitStep): string {
  return wait.kind === "signal" ? `signal ${wait.name}` : "timer";
}

/** How far the inner steps are; empty for a step that has none. */
export function scopeText(step: Step, { scope }: Pick<SubtaskRow, "scope">): string {
  if (scope === null) return "";
  switch (scope.kind) {
    case "loop":
      return joined(roundText("iteration", scope, step.kind === "loop" ? step.max : null), scoreText(scope));
    case "handoff":
      return joined(`${roundText("turn", scope, step.kind === "handoff" ? step.max : null)}: ${scope.agent ?? ""}`, afterText(scope));
    case "parallel":
      return joined(overText(scope), votesText(scope.votes));
    case "group":
      return overText(scope);
    case "plan":
      return scope.isPlanned ? `${overText(scope)} planned` : "planning";
    case "handler":
      return "";
  }
}

/** The same of a step that is over. */
export function scopeSummary(step: Step, { scope }: Pick<SubtaskRow, "scope">): string {
  if (scope === null) return "";
  if (scope.kind === "loop") return counted(scope.iteration, "iteration");
  if (scope.kind === "handoff") return joined(counted(scope.iteration, "turn"), `ended by ${scope.agent ?? ""}`);
  return scopeText(step, { scope });
}

function roundText(word: string, { iteration }: ScopeBoard, max: number | null): string {
  return `${word} ${iteration}${max === null ? "" : ` of ${max}`}`;
}

function scoreText({ score, note }: ScopeBoard): string {
  return joined(score === null ? "" : `last score ${score}`, note === null ? "" : cut(clean(note), TEXT_COLUMNS));
}

function afterText({ agentsBefore }: ScopeBoard): string {
  return agentsBefore.length === 0 ? "" : `after ${agentsBefore.join(" → ")}`;
}

function overText({ steps }: ScopeBoard): string {
  const all = [...steps.values()];
  const failed = all.filter(({ status }) => status === "failed_permanent").length;
  const over = all.filter(({ endedAt }) => endedAt !== null).length;
  return joined(`${over}/${all.length}`, failed === 0 ? "" : `${failed} failed`);
}

/** `votes: "yes" 2, "no" 1`. */
export function votesText(votes: Tally | null): string {
  if (votes === null) return "";
  const results = votes.results();
  const told = results.slice(0, VOTES_TOLD).map(({ value, voters }) => `${cut(clean(value), VOTE_COLUMNS)} ${voters}`);
  return `votes: ${told.join(", ")}${results.length > VOTES_TOLD ? ", …" : ""}`;
}

/** What a subtask waits for, and until when. */
export function waitText(wait: WaitRow, question: SubtaskRow["question"], now: number): string {
  switch (wait.kind) {
    case "time":
      return `until ${instant(wait.until)} (${inText(wait.until, now)})`;
    case "signal":
      return joined(`for signal "${clean(wait.name)}"`, untilText(wait.until, now));
    case "approval":
      return joined(
        `asks ${cut(clean(wait.to.join(", ")), TEXT_COLUMNS)}${question === null ? "" : `: "${cut(clean(question.question.prompt), TEXT_COLUMNS)}" ${question.id}`}`,
        wait.isEscalated ? "escalated" : wait.reminders === 0 ? "" : counted(wait.reminders, "reminder"),
        untilText(wait.until, now),
      );
  }
}

function untilText(until: number | null, now: number): string {
  return until === null ? "" : `until ${instant(until)} (${inText(until, now)})`;
}

function inText(at: number, now: number): string {
  return at <= now ? "now" : `in ${formatDuration(at - now)}`;
}

function instant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** The decision of an approval that is over. */
export function decisionText({ decision }: SubtaskRow): string {
  if (decision === null) return "";
  return `${decision.decision} ${decision.by === null ? "because nobody answered in time" : `by ${clean(decision.by)}`}`;
}

/** How the undoing of a step stands. */
export function compensationText({ compensation }: Pick<SubtaskRow, "compensation">): string {
  switch (compensation) {
    case null:
      return "";
    case "running":
      return "being undone";
    case "completed":
      return "undone";
    case "skipped":
      return "left as it is, not undone";
    case "timedOut":
      return "its undoing ran out of time";
    case "failed":
      return "its undoing failed and waits for a decision";
  }
}

/** The rows under a step: its inner steps in their order, and what stands in for it or undoes it. */
export function rowsUnder(step: StepBoard): readonly StepBoard[] {
  const row = step.itemCount === null ? onlyRow(step) : step.whole;
  return row == null ? [] : stepsIn(row);
}

export function stepsIn({ scope, inner }: SubtaskRow): readonly StepBoard[] {
  const before = ["makePlan", "approvePlan"].flatMap((name) => inner.get(name) ?? []);
  const after = [...inner].filter(([name]) => name !== "makePlan" && name !== "approvePlan").map(([, handler]) => handler);
  return [...before, ...(scope?.steps.values() ?? []), ...after];
}

export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
