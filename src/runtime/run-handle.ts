import { TuttiError } from "../base/errors.ts";
import type { RunId, RunRef } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Host, PostedInput } from "../ports/host.ts";
import { giveAnswer } from "./answers.ts";
import { type OpenQuestion, openQuestionsOf } from "./open-questions.ts";
import { readResult, type RunResult } from "./run-result.ts";

/** A decision of a person. */
export type DecisionOptions = {
  /** The question's id; absent: the only approval, or question about a budget, that is open. */
  readonly question?: string;
  /** What the approval's form asks for. */
  readonly form?: JsonObject;
  readonly by?: string;
};

/** One run, to be followed and steered. */
export class RunHandle {
  readonly run: RunRef;
  /** False when the same request had started it before. */
  readonly created: boolean;
  readonly #host: Host;

  constructor(host: Host, run: RunRef, created: boolean) {
    this.#host = host;
    this.run = run;
    this.created = created;
  }

  get id(): RunId {
    return this.run.id;
  }

  /** Waits for the end of the run. */
  async result(signal?: AbortSignal): Promise<RunResult> {
    // An open wait keeps the process alive; the host's own timers do not.
    const keepAlive = setInterval(() => undefined, 60_000);
    try {
      await this.#host.over(this.run, signal);
      return await readResult(this.#host, this.run);
    } finally {
      clearInterval(keepAlive);
    }
  }

  /** The facts of the run from a sequence number on, as they come, until its end. */
  watch(fromSeq = 1, signal?: AbortSignal): ReturnType<Host["watch"]> {
    return this.#host.watch(this.run, fromSeq, signal);
  }

  cancel(reason = "canceled by the caller", by = "local"): Promise<boolean> {
    return this.#post({ kind: "cancelRequested", reason, by });
  }

  /** Nothing new is assigned until `resume`; what is in flight goes on (requirements W190). */
  pause(by = "local"): Promise<boolean> {
    return this.#post({ kind: "pauseRequested", by });
  }

  /** Lets a paused run go on, and a quarantined one try the inputs again that it had stumbled over. */
  async resume(by = "local"): Promise<boolean> {
    const record = await this.#host.get(this.run);
    if (record?.status !== "quarantined") return this.#post({ kind: "resumeRequested", by });
    await this.#host.release(this.run);
    return true;
  }

  /** Gives a signal to a `wait` with this name, or to a later one. False when the run is over. */
  signal(name: string, payload: Json = null, by = "local"): Promise<boolean> {
    return this.#post({ kind: "signaled", name, payload, by });
  }

  /** The questions of this run that wait for an answer. */
  questions(): Promise<readonly OpenQuestion[]> {
    return openQuestionsOf(this.#host, this.run);
  }

  /** Answers a question of this run; see `Orchestrator.answer`. */
  async answer(question: string, answer: Json, by = "local"): Promise<void> {
    await giveAnswer(this.#host, this.run.tenant, { question, answer, by });
  }

  /** Approves what is asked: the question that is named, or the only one there is to decide. */
  approve(options: DecisionOptions = {}): Promise<void> {
    return this.#decide("approved", options);
  }

  /** The opposite of `approve`. */
  reject(options: DecisionOptions = {}): Promise<void> {
    return this.#decide("rejected", options);
  }

  async #decide(decision: "approved" | "rejected", { question, form, by }: DecisionOptions): Promise<void> {
    const id = question ?? onlyDecision(this.id, await this.questions()).id;
    await this.answer(id, { decision, ...(form === undefined ? {} : { form }) }, by);
  }

  /** True when it changed something; false when the run was already so, or is over. */
  async #post(input: PostedInput): Promise<boolean> {
    return (await this.#host.post(this.run, input)).applied;
  }
}

/** The one question that can be approved or rejected. Throws T4004 when there is none, or more than one. */
export function onlyDecision(run: string, open: readonly OpenQuestion[]): OpenQuestion {
  const [only, ...others] = open.filter(({ kind }) => kind === "approval" || kind === "budget");
  if (only === undefined)
    throw new TuttiError("T4004", `Nothing is to be decided in run ${run}.`, { help: "`tutti questions` lists the open questions." });
  if (others.length === 0) return only;
  const ids = [only, ...others].map(({ id }) => id).join(", ");
  throw new TuttiError("T4004", `${others.length + 1} questions are to be decided in run ${run}: ${ids}.`, { help: "Name one of them." });
}
