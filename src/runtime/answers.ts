/**
 * Answers to questions.
 *
 * 1. What does not fit the question's schema is never posted (T4005); the question stays open.
 * 2. The first answer stands. The same one again is fine; another one is told who decided what (T4006).
 */
import { TuttiError } from "../base/errors.ts";
import type { RunRef, Tenant } from "../base/ids.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { FACTS_PER_READ } from "../base/limits.ts";
import { compileSchema } from "../definition/schema.ts";
import type { HistoryEntry, Host } from "../ports/host.ts";
import type { Fact } from "../scheduler/index.ts";
import type { Question } from "../scheduler/outcome.ts";
import { findQuestion, type OpenQuestion } from "./open-questions.ts";
import { undonePath } from "./run-path.ts";

export type GivenAnswer = {
  readonly question: string;
  readonly answer: Json;
  readonly by: string;
  /** The A2A message that brought it. */
  readonly message?: JsonObject;
};

/** Runs and facts that are searched for an answer that was given before. */
const RUNS_SEARCHED = 500;
const FACTS_SEARCHED = 200_000;
const RUNS_PER_PAGE = 100;

/** Answers an open question; the run that it belongs to. Throws T4004, T4005, T4006, and T5007 for a run in quarantine. */
export async function giveAnswer(host: Host, tenant: Tenant, given: GivenAnswer): Promise<RunRef> {
  const found = await host.lookUp(tenant, "question", given.question);
  const open = found === null ? null : await findQuestion(host, tenant, given.question);
  if (found === null || open === null) return acceptRepeated(host, tenant, given, found?.run ?? null);
  const answer = asAnswer(open, given.answer);
  const problems = problemsOfAnswer(answer, open.question);
  if (problems.length > 0) throw unfit(open.id, problems);
  await expectNoQuarantine(host, found.run);
  const { applied } = await host.post(found.run, {
    kind: "questionAnswered",
    question: open.id,
    answer,
    by: given.by,
    ...(given.message === undefined ? {} : { message: given.message }),
  });
  // Somebody else was faster.
  return applied ? found.run : acceptRepeated(host, tenant, given, found.run);
}

/** Its question is open, and nobody can decide on an answer until the run is released. */
async function expectNoQuarantine(host: Host, run: RunRef): Promise<void> {
  const record = await host.get(run);
  if (record?.status !== "quarantined") return;
  throw new TuttiError("T5007", `Run ${run.id} is quarantined, and takes no answer: ${record.error?.message ?? ""}`, {
    help: "Its question stays open. After an update, release it with `tutti resume`, and answer then.",
  });
}

/** Why an answer cannot be used; empty when it can. */
export function problemsOfAnswer(answer: Json, { schema }: Question): readonly string[] {
  if (schema === undefined || !isJsonObject(schema)) return [];
  const compiled = compileSchema(schema, "all");
  // An agent's schema that cannot be used checks nothing: the agent will say what it thinks.
  return compiled.ok ? compiled.value(answer) : [];
}

const WORDS: { readonly [word: string]: string } = {
  approve: "approved",
  approved: "approved",
  yes: "approved",
  y: "approved",
  reject: "rejected",
  rejected: "rejected",
  no: "rejected",
  n: "rejected",
};

/** A decision as the run takes it: a word stands for `{ decision }`, and an approval has its form. */
export function asAnswer({ kind, question }: Pick<OpenQuestion, "kind" | "question">, answer: Json): Json {
  if (kind === "agent") return answer;
  const decision = isJsonObject(answer) ? answer["decision"] : answer;
  const word = typeof decision === "boolean" ? (decision ? "approved" : "rejected") : decision;
  const isDecided = kind === "approval" || kind === "budget";
  const known = typeof word === "string" && isDecided ? (WORDS[word.toLowerCase()] ?? word) : word;
  if (known === undefined) return answer;
  const form = kind === "approval" && known === "approved" && hasForm(question) ? { form: {} } : {};
  return isJsonObject(answer) ? { ...form, ...answer, decision: known } : { ...form, decision: known };
}

function hasForm({ schema }: Question): boolean {
  const properties = schema?.["properties"];
  return isJsonObject(properties) && Object.hasOwn(properties, "form");
}

/** The error about an answer that does not fit. */
export function unfit(id: string, problems: readonly string[]): TuttiError {
  return new TuttiError("T4005", `The answer does not fit question ${id}: ${problems.join(" ")}`, { help: "The question stays open." });
}

async function acceptRepeated(host: Host, tenant: Tenant, { question, answer }: GivenAnswer, run: RunRef | null): Promise<RunRef> {
  const earlier = await earlierAnswer(host, tenant, question, run);
  if (earlier === null)
    throw new TuttiError("T4004", `Question ${question} is not open: it does not exist, its time is over, or its run has ended.`, {
      help: "`tutti questions` lists the open ones.",
    });
  if (isSame(earlier, answer)) return earlier.run;
  const who = earlier.by === null ? "has been" : `was answered by ${earlier.by}`;
  const when = new Date(earlier.at).toISOString();
  const sentence = `Question ${question} ${earlier.by === null ? `${who} decided` : who} at ${when}, with ${canonicalJson(earlier.answer)}.`;
  throw new TuttiError("T4006", sentence, {
    help: "The first answer stands, and yours is another one; nothing was changed.",
    details: { question, run: earlier.run.id, answer: earlier.answer, by: earlier.by, at: when },
  });
}

/** An answer that a history has. */
type EarlierAnswer = { readonly run: RunRef; readonly answer: Json; readonly by: string | null; readonly at: number };

function isSame(earlier: EarlierAnswer, answer: Json): boolean {
  if (canonicalJson(earlier.answer) === canonicalJson(answer)) return true;
  const kind = isJsonObject(earlier.answer) && "decision" in earlier.answer ? "approval" : "agent";
  return (
    canonicalJson(plain(asAnswer({ kind, question: { prompt: "" } }, earlier.answer))) ===
    canonicalJson(plain(asAnswer({ kind, question: { prompt: "" } }, answer)))
  );
}

/** A form that holds nothing is as none. */
function plain(answer: Json): Json {
  if (!isJsonObject(answer) || !("form" in answer)) return answer;
  const { form, ...rest } = answer;
  return form === null || (isJsonObject(form) && Object.keys(form).length === 0) ? rest : answer;
}

/** What may still be read, and what was read since others had their turn. */
type Budget = { facts: number; inThisTurn: number };

/** Looks for the answer in the histories of the newest runs: an answered question has no entry of its own. */
async function earlierAnswer(host: Host, tenant: Tenant, question: string, run: RunRef | null): Promise<EarlierAnswer | null> {
  const budget: Budget = { facts: FACTS_SEARCHED, inThisTurn: 0 };
  if (run !== null) return answerInRun(host, run, question, budget);
  let cursor: string | null = null;
  for (let searched = 0; searched < RUNS_SEARCHED; searched += RUNS_PER_PAGE) {
    const page: Awaited<ReturnType<Host["list"]>> = await host.list({
      tenant,
      limit: RUNS_PER_PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const record of page.items) {
      const found = await answerInRun(host, record.run, question, budget);
      if (found !== null) return found;
    }
    cursor = page.nextCursor;
    if (cursor === null) return null;
  }
  return null;
}

async function answerInRun(host: Host, run: RunRef, question: string, budget: Budget): Promise<EarlierAnswer | null> {
  const search = new AnswerSearch(run, question);
  for (let seq = 1; budget.facts > 0;) {
    const entries = await readSome(host, run, seq, budget);
    for (const { fact } of entries) search.take(fact);
    if (search.found !== null || entries.length < FACTS_PER_READ) return search.found;
    seq += entries.length;
  }
  return null;
}

/** A page of a history. Others have their turns between so many facts: of one long history, or of many short ones. */
async function readSome(host: Host, run: RunRef, seq: number, budget: Budget): Promise<readonly HistoryEntry[]> {
  if (budget.inThisTurn >= FACTS_PER_READ) {
    await host.rest();
    budget.inThisTurn = 0;
  }
  const entries = await host.history(run, seq, FACTS_PER_READ);
  budget.facts -= entries.length;
  budget.inThisTurn += entries.length;
  return entries;
}

/** Reads a history for what became of one question. */
class AnswerSearch {
  readonly #run: RunRef;
  readonly #question: string;
  #isBudget = false;
  #undone: string | null = null;
  found: EarlierAnswer | null = null;

  constructor(run: RunRef, question: string) {
    this.#run = run;
    this.#question = question;
  }

  take(fact: Fact): void {
    const { at } = fact;
    const answer = this.#answerIn(fact);
    if (answer !== null) this.found ??= { run: this.#run, at, ...answer };
  }

  #answerIn(fact: Fact): Pick<EarlierAnswer, "answer" | "by"> | null {
    if ("question" in fact && fact.question === this.#question) return this.#direct(fact);
    // What follows from a decision that is no fact of its own.
    if (this.#isBudget && fact.kind === "runEnding") return { answer: { decision: "rejected" }, by: null };
    const isRetry =
      fact.kind === "subtaskAssigned" && this.#undone !== null && undonePath(fact.path) === this.#undone && fact.path !== this.#undone;
    return isRetry ? { answer: { decision: "retry" }, by: null } : null;
  }

  #direct(fact: Fact): Pick<EarlierAnswer, "answer" | "by"> | null {
    if (fact.kind === "questionAnswered") return { answer: fact.answer, by: fact.by };
    if (fact.kind === "budgetGranted") return { answer: { decision: "approved" }, by: fact.by };
    if (fact.kind === "approvalDecided") {
      const { decision = null, form = null } = fact.output;
      return { answer: { decision, form }, by: fact.by };
    }
    if (fact.kind === "compensationEnded" && fact.outcome === "skipped") return { answer: { decision: "skip" }, by: null };
    if (fact.kind === "budgetExceeded") this.#isBudget = true;
    if (fact.kind === "compensationFailed") this.#undone = fact.path;
    return null;
  }
}
