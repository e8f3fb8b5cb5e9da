/**
 * The open questions of a task, with everything that is needed to answer them (design.md, fact 3).
 *
 * 1. A question is open from the fact that asks it to the fact that closes it, as `lookUpsOf` has it:
 *    what a step's own handler answers is no question to the caller.
 * 2. One status tells at most MAX_QUESTIONS_TOLD of them, the oldest first; the others follow when
 *    those are answered.
 */
import { type Part, TaskState } from "@a2a-js/sdk";

import type { JsonObject } from "../../base/json.ts";
import { MAX_QUESTIONS_TOLD } from "../../base/limits.ts";
import { questionOfBudget, questionOfCompensation } from "../../runtime/open-questions.ts";
import { type Fact, lookUpsOf } from "../../scheduler/index.ts";
import type { Question } from "../../scheduler/outcome.ts";
import { dataPart, textPart } from "../wire/wire.ts";
import { heldBytes } from "./held-bytes.ts";
import type { TaskShape } from "./task-event.ts";
import { describedPart, isoTime, type Words } from "./words.ts";

/** A question that waits for the caller, or for the people that it names. */
export type TaskQuestion = {
  readonly id: string;
  readonly kind: "input" | "auth" | "unknown" | "approval" | "budget" | "compensation";
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

export class TaskQuestions {
  readonly #byId = new Map<string, TaskQuestion>();
  readonly #approvalByPath = new Map<string, string>();
  #authCount = 0;
  #byteCount = 0;
  #compensateBy: number | null = null;

  get all(): readonly TaskQuestion[] {
    return [...this.#byId.values()];
  }

  /** Others that go on by themselves. */
  copy(): TaskQuestions {
    const copy = new TaskQuestions();
    for (const [id, question] of this.#byId) copy.#byId.set(id, question);
    for (const [path, id] of this.#approvalByPath) copy.#approvalByPath.set(path, id);
    copy.#authCount = this.#authCount;
    copy.#byteCount = this.#byteCount;
    copy.#compensateBy = this.#compensateBy;
    return copy;
  }

  /** About how much memory they take. */
  get byteCount(): number {
    return this.#byteCount;
  }

  get isOpen(): boolean {
    return this.#byId.size > 0;
  }

  /** INPUT_REQUIRED, or AUTH_REQUIRED when all open questions are for an authorisation. */
  get state(): TaskState {
    return this.#authCount === this.#byId.size ? TaskState.TASK_STATE_AUTH_REQUIRED : TaskState.TASK_STATE_INPUT_REQUIRED;
  }

  /** Takes a fact in; true when what is asked, or who is asked, has changed by it. */
  apply(fact: Fact): boolean {
    if (fact.kind === "runCompensating") this.#compensateBy = fact.deadlineAt;
    if (fact.kind === "approvalReminded") return this.#remind(fact);
    let hasChanged = false;
    for (const { kind, key, open } of lookUpsOf(fact)) {
      if (kind === "question") hasChanged = (open ? this.#open(key, fact) : this.#close(key)) || hasChanged;
    }
    return hasChanged;
  }

  /** What the status says while something is asked. */
  words(shape: TaskShape): Words {
    const told = [...this.#firstFew()];
    const [only] = told;
    const isOne = only !== undefined && this.#byId.size === 1;
    const { schema } = isOne ? only.question : {};
    const isAgents = isOne && shape.kind === "agent" && (only.kind === "input" || only.kind === "auth");
    return {
      kind: "question",
      parts: isAgents ? agentsOwnParts(only.question) : [textPart(this.#text(told)), ...told.map(questionPart)],
      metadata: {
        questions: told.map(({ id }) => id),
        ...(told.length === this.#byId.size ? {} : { open_questions: this.#byId.size }),
        ...(isOne ? { question_id: only.id } : {}),
        ...(schema === undefined ? {} : { answer_schema: schema }),
      },
    };
  }

  #open(id: string, fact: Fact): boolean {
    const asked = askedBy(fact, this.#compensateBy);
    if (asked === null || this.#byId.has(id)) return false;
    this.#put({ id, ...asked });
    if (asked.kind === "auth") this.#authCount += 1;
    if (asked.kind === "approval") this.#approvalByPath.set(asked.path, id);
    return true;
  }

  #close(id: string): boolean {
    const question = this.#byId.get(id);
    if (question === undefined) return false;
    this.#byteCount -= heldBytes(question);
    this.#byId.delete(id);
    if (question.kind === "auth") this.#authCount -= 1;
    if (question.kind === "approval") this.#approvalByPath.delete(question.path);
    return true;
  }

  #remind({ path, to }: Extract<Fact, { kind: "approvalReminded" }>): boolean {
    const question = this.#byId.get(this.#approvalByPath.get(path) ?? "");
    if (question !== undefined) this.#put({ ...question, to });
    return question !== undefined;
  }

  /** Where one has its id, in its place. */
  #put(question: TaskQuestion): void {
    const previous = this.#byId.get(question.id);
    this.#byteCount += heldBytes(question) - (previous === undefined ? 0 : heldBytes(previous));
    this.#byId.set(question.id, question);
  }

  *#firstFew(): Generator<TaskQuestion> {
    let count = 0;
    for (const question of this.#byId.values()) {
      if (count === MAX_QUESTIONS_TOLD) return;
      yield question;
      count += 1;
    }
  }

  #text(told: readonly TaskQuestion[]): string {
    const [only] = told;
    if (told.length === 1 && only !== undefined) return only.question.prompt;
    return [`${this.#byId.size} questions are open.`, ...told.map(({ id, question }) => `${id}: ${question.prompt}`)].join("\n");
  }
}

type Asked = Omit<TaskQuestion, "id">;

/** What a fact that opens a question asks. */
function askedBy(fact: Fact, compensateBy: number | null): Asked | null {
  if (fact.kind === "questionAsked") {
    const { asks, path, agent, question } = fact;
    return { kind: asks, path, agent, question, to: [], until: null };
  }
  if (fact.kind === "waitStarted" && fact.wait === "approval") {
    const { path, question, to, until } = fact;
    return { kind: "approval", path, agent: "", question, to, until };
  }
  if (fact.kind === "budgetExceeded")
    return { kind: "budget", path: "", agent: "", question: questionOfBudget(fact.limit), to: [], until: null };
  if (fact.kind !== "compensationFailed") return null;
  const { path } = fact;
  return { kind: "compensation", path, agent: "", question: questionOfCompensation(path), to: [], until: compensateBy };
}

/** A served agent's question, as it asked it. */
function agentsOwnParts({ prompt, data }: Question): readonly Part[] {
  return [textPart(prompt), ...(data === undefined ? [] : [dataPart(data)])];
}

function questionPart({ id, kind, path, agent, question, to, until }: TaskQuestion): Part {
  const { prompt, schema, data } = question;
  const asked: JsonObject = {
    question_id: id,
    kind,
    prompt,
    ...(schema === undefined ? {} : { schema }),
    ...(data === undefined ? {} : { data }),
    ...(path === "" ? {} : { subtask_id: path }),
    ...(agent === "" ? {} : { agent }),
    ...(to.length === 0 ? {} : { to }),
    ...(until === null ? {} : { until: isoTime(until) }),
  };
  return describedPart(asked, "Open question");
}
