/**
 * Questions that wait for a person or a caller: those of agents, and those of the run itself, which
 * are approvals, budgets that are used up, work of which nobody knows what became, and compensations
 * that failed (design.md, fact 3).
 */
import type { RunRef, Tenant } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import type { Host, LookUp } from "../ports/host.ts";
import type { BudgetName } from "../scheduler/fact.ts";
import type { RunState } from "../scheduler/index.ts";
import type { Question } from "../scheduler/outcome.ts";
import type { Flight, WaitState } from "../scheduler/state.ts";

export type QuestionKind = "agent" | "unknown" | "approval" | "budget" | "compensation";

/** A question with everything that is needed to answer it. */
export type OpenQuestion = {
  readonly kind: QuestionKind;
  readonly id: string;
  readonly run: string;
  readonly workflow: string;
  /** The subtask that it is about; empty when it is about the run. */
  readonly path: string;
  /** The agent that asks; empty when the run does. */
  readonly agent: string;
  readonly question: Question;
  /** The people that an approval asks. */
  readonly to: readonly string[];
  /** When it is decided without an answer; null: only the run's own time limits it. */
  readonly until: number | null;
};

/** Every open question of a tenant, up to a number. */
export async function openQuestions(host: Host, tenant: Tenant, limit: number): Promise<readonly OpenQuestion[]> {
  const found: OpenQuestion[] = [];
  // A run that is not in memory is read from the disk: once for all that it asks.
  const byRun = Map.groupBy(await host.questions(tenant, limit), ({ run }) => run.id);
  for (const asked of byRun.values()) {
    const [{ run }] = asked as [LookUp, ...LookUp[]];
    // What has been answered or canceled since the list was read is not open any more.
    const open = await host.peek(run, (state) => asked.flatMap(({ key, path }) => questionIn(state, key, path) ?? []));
    found.push(...(open ?? []));
  }
  return found;
}

/** The open questions of a run: those that are named, as far as they are open; else all of them. */
export async function openQuestionsOf(host: Host, run: RunRef, named?: readonly string[]): Promise<readonly OpenQuestion[]> {
  const open = await host.peek(run, (state) => {
    if (state.end !== null) return [];
    return named === undefined ? questionsOf(state) : named.flatMap((id) => questionNamed(state, id) ?? []);
  });
  return open ?? [];
}

/** An open question by its whole id. */
export async function findQuestion(host: Host, tenant: Tenant, id: string): Promise<OpenQuestion | null> {
  const found = await host.lookUp(tenant, "question", id);
  return found === null ? null : host.peek(found.run, (state) => questionIn(state, id, found.path));
}

function questionNamed(state: RunState, id: string): OpenQuestion | null {
  const path = Object.hasOwn(state.questions, id) ? state.questions[id] : undefined;
  return path === undefined && state.budgetQuestion?.id !== id ? null : questionIn(state, id, path ?? "");
}

/** The open questions of one run. */
export function questionsOf(state: RunState): readonly OpenQuestion[] {
  const { budgetQuestion } = state;
  const places = [...Object.entries(state.questions), ...(budgetQuestion === null ? [] : [[budgetQuestion.id, ""] as const])];
  return places.flatMap(([id, path]) => questionIn(state, id, path) ?? []);
}

function questionIn(state: RunState, id: string, path: string): OpenQuestion | null {
  const flight = state.flights[path];
  if (flight?.question?.id === id) return isHandled(state, path) ? null : ofAgent(state, path, flight, flight.question.question);
  const wait = state.waits[path];
  if (wait?.kind === "approval" && wait.id === id) return ofApproval(state, path, wait);
  if (state.budgetQuestion?.id === id) return ofBudget(state, state.budgetQuestion);
  const failed = state.compensations.find(({ question }) => question === id);
  return failed === undefined ? null : ofCompensation(state, id, failed.path);
}

/** A handler of the step answers it. */
function isHandled(state: RunState, path: string): boolean {
  return state.scopes[path]?.kind === "handler";
}

function ofAgent(state: RunState, path: string, flight: Flight, question: Question): OpenQuestion {
  const kind = flight.question?.asks === "unknown" ? "unknown" : "agent";
  return { ...commonOf(state, path), kind, id: flight.question?.id ?? "", agent: flight.agent ?? "", question };
}

function ofApproval(state: RunState, path: string, { id, question, to, until }: Extract<WaitState, { kind: "approval" }>): OpenQuestion {
  return { ...commonOf(state, path), kind: "approval", id, question, to, until };
}

function ofBudget(state: RunState, { id, limit }: NonNullable<RunState["budgetQuestion"]>): OpenQuestion {
  return { ...commonOf(state, ""), kind: "budget", id, question: questionOfBudget(limit) };
}

function ofCompensation(state: RunState, id: string, path: string): OpenQuestion {
  const until = state.compensating?.deadlineAt ?? null;
  return { ...commonOf(state, path), kind: "compensation", id, question: questionOfCompensation(path), until };
}

/** Whether there is more of a budget that is used up. */
export function questionOfBudget(limit: BudgetName): Question {
  return { prompt: `The run's budget of ${limit} is used up. Grant as much again?`, schema: decisionSchema("approved", "rejected") };
}

/** What is to become of a compensation that failed. */
export function questionOfCompensation(path: string): Question {
  return { prompt: `Undoing ${path} failed. Try it again, or leave it as it is?`, schema: decisionSchema("retry", "skip") };
}

function decisionSchema(...decisions: readonly string[]): JsonObject {
  return { type: "object", required: ["decision"], properties: { decision: { enum: decisions } } };
}

function commonOf({ run, workflow }: RunState, path: string): Pick<OpenQuestion, "run" | "workflow" | "path" | "agent" | "to" | "until"> {
  return { run, workflow, path, agent: "", to: [], until: null };
}
