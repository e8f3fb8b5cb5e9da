/**
 * The proof that nothing is nowhere (design.md, fact 6): of every open run, whether the invariants of
 * its state hold, and for which agent, instant or answer each of its open subtasks waits.
 */
import { compile } from "../definition/compile.ts";
import type { Definition } from "../definition/definition.ts";
import { nameOfTarget } from "../definition/target.ts";
import type { RunRecord } from "../ports/host.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import { brokenInvariants, nextWakeAt, type RunState } from "../scheduler/index.ts";
import type { Flight, WaitState } from "../scheduler/state.ts";
import { sentenceOf } from "./report-error.ts";
import type { Session } from "./session.ts";
import { clean, counted, cut } from "./text.ts";

export type RunReport = {
  readonly run: string;
  readonly workflow: string;
  readonly status: string;
  readonly waits: readonly { readonly subtask: string; readonly waitsFor: string }[];
  readonly problems: readonly string[];
};

const OPEN = ["running", "waiting", "paused", "canceling", "compensating", "quarantined"] as const;
/** Each page looks at all open runs, so there are to be few. */
const RUNS_PER_PAGE = 5_000;
/** Subtasks of one run that are told one by one. */
const SUBTASKS_TOLD = 50;
const PROMPT_COLUMNS = 60;
/** A timer that is due for longer than this, while a process owns the database, is stuck. */
const LATE_MS = 10_000;

export async function examineRuns({ orchestrator }: Session, isOwned: boolean): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await orchestrator.host.list({
      tenant: orchestrator.tenant,
      status: OPEN,
      limit: RUNS_PER_PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const record of page.items) reports.push(await examine(orchestrator, record, isOwned));
    cursor = page.nextCursor;
  }
  return reports;
}

async function examine({ host, registry }: Orchestrator, record: RunRecord, isOwned: boolean): Promise<RunReport> {
  const { run, workflow, version, status, fingerprint } = record;
  const head = { run: run.id, workflow: `${workflow}@${version}`, status };
  try {
    const definition = await host.definition(run.tenant, fingerprint);
    const state = await host.inspect(run);
    if (definition === null || state === null)
      return { ...head, waits: [], problems: [`Its ${definition === null ? "definition" : "state"} is missing.`] };
    const problems = [
      ...quarantineProblem(record),
      ...bindingProblem(registry, definition, state),
      ...stateProblems(state, definition),
      ...lateProblem(state, isOwned),
    ];
    return { ...head, waits: status === "quarantined" ? [] : waitsOf(state, definition), problems };
  } catch (error) {
    return { ...head, waits: [], problems: [`It cannot be read: ${sentenceOf(error)}`] };
  }
}

function quarantineProblem({ status, error }: RunRecord): readonly string[] {
  return status === "quarantined"
    ? [`Quarantined: ${clean(error?.message ?? "deciding failed")}. Its inputs are kept until it is released.`]
    : [];
}

function bindingProblem(registry: Orchestrator["registry"], definition: Definition, state: RunState): readonly string[] {
  const reason = registry.cannotBind(definition, state.bindings);
  return reason === null ? [] : [`It cannot go on from here: ${reason}.`];
}

function stateProblems(state: RunState, definition: Definition): readonly string[] {
  return brokenInvariants(state, compile(definition)).map((broken) => `Invariant ${broken}.`);
}

function lateProblem(state: RunState, isOwned: boolean): readonly string[] {
  const wakeAt = nextWakeAt(state);
  if (!isOwned || wakeAt === null || Date.now() - wakeAt < LATE_MS) return [];
  return [`Its timer of ${instant(wakeAt)} is overdue, though a process owns the database.`];
}

function waitsOf(state: RunState, definition: Definition): RunReport["waits"] {
  const open = [
    ...Object.entries(state.flights).map(([subtask, flight]) => ({ subtask, tell: () => flightText(flight, state) })),
    ...Object.entries(state.waits).map(([subtask, wait]) => ({ subtask, tell: () => waitText(wait) })),
    ...Object.keys(state.scopes).map((subtask) => ({ subtask, tell: () => innerText(subtask, state) })),
    ...runWaits(state).map(({ subtask, waitsFor }) => ({ subtask, tell: () => waitsFor })),
  ];
  const rest = open.length - SUBTASKS_TOLD;
  const hasBegun = (id: string): boolean =>
    [state.steps, state.lists, state.flights, state.waits, state.scopes].some((begun) => Object.hasOwn(begun, id));
  const pending = state.ending === null ? Object.keys(definition.steps).filter((id) => !hasBegun(id)) : [];
  return [
    // Only now: to tell of one may take a look at all others.
    ...open.slice(0, SUBTASKS_TOLD).map(({ subtask, tell }) => ({ subtask, waitsFor: tell() })),
    ...(rest > 0 ? [{ subtask: counted(rest, "further subtask"), waitsFor: "their agents and timers, as those above" }] : []),
    ...pending.map((id) => ({ subtask: id, waitsFor: pendingText(id, state, definition) })),
  ];
}

/** What the run as a whole waits for. */
function runWaits({ budgetQuestion, compensations, compensating }: RunState): RunReport["waits"] {
  const budget =
    budgetQuestion === null
      ? []
      : [{ subtask: "the run", waitsFor: `an answer to question ${budgetQuestion.id}: the budget of ${budgetQuestion.limit} is used up` }];
  const undone = compensations.at(-1);
  if (undone === undefined || compensating === null) return budget;
  const waitsFor =
    undone.question === null
      ? `its undoing, until ${instant(compensating.deadlineAt)}`
      : `an answer to question ${undone.question}: undoing it failed`;
  return [...budget, { subtask: undone.path, waitsFor }];
}

function pendingText(id: string, state: RunState, definition: Definition): string {
  const needs = (definition.steps[id]?.needs ?? []).filter((need) => !(need in state.steps));
  if (needs.length > 0) return `the steps that it needs: ${needs.join(", ")}`;
  return state.pausedAt === null ? "its turn" : "`tutti resume`: the run is paused";
}

/** A step with inner steps waits for those of them that are open. */
function innerText(path: string, state: RunState): string {
  const isIn = (other: string): boolean => other.startsWith(`${path}/`) || other.startsWith(`${path}#`);
  const inner = [...Object.keys(state.flights), ...Object.keys(state.waits), ...Object.keys(state.scopes)].filter(isIn);
  return `its inner steps: ${inner.slice(0, INNER_TOLD).join(", ")}${inner.length > INNER_TOLD ? ", …" : ""}`;
}

const INNER_TOLD = 3;

function waitText(wait: WaitState): string {
  switch (wait.kind) {
    case "time":
      return instant(wait.until);
    case "signal":
      return `signal "${clean(wait.name)}"${untilText(wait.until)}`;
    case "approval":
      return `a decision of ${clean(wait.to.join(", "))} on question ${wait.id}: "${cut(clean(wait.question.prompt), PROMPT_COLUMNS)}"${untilText(wait.until)}`;
  }
}

function untilText(until: number | null): string {
  return until === null ? "" : `, until ${instant(until)}`;
}

function flightText(flight: Flight, state: RunState): string {
  if (state.pausedAt !== null && flight.phase !== "waiting") return "`tutti resume`: the run is paused";
  const agent = clean(flight.agent ?? nameOfTarget(flight.target));
  switch (flight.phase) {
    case "assigned":
      return `agent "${agent}" to take it, until ${instant(flight.deadlineAt)}`;
    case "intended":
      return `agent "${agent}" to acknowledge message ${flight.intent?.messageId ?? ""}, until ${instant(flight.deadlineAt)}`;
    case "accepted":
      return `agent "${agent}"${flight.task === null ? " in the owner's process" : `, task ${clean(flight.task.taskId)}`}, until ${instant(flight.deadlineAt)}`;
    case "retrying":
      return `its next attempt, at ${instant(flight.retryAt ?? flight.deadlineAt)}`;
    case "waiting":
      return `an answer to question ${flight.question?.id ?? ""}: "${cut(clean(flight.question?.question.prompt ?? ""), PROMPT_COLUMNS)}"`;
    case "aborting":
      return `agent "${agent}" to acknowledge the cancel, until ${instant(flight.aborting?.patienceAt ?? flight.deadlineAt)}`;
  }
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
