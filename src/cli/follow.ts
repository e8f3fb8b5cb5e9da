/**
 * Watches a run until there is a reason to stop.
 *
 * 1. It only reads and shows; a run does not depend on being watched.
 * 2. A transient state of the past is no reason: before it stops because the run waits, it looks at
 *    what the run's record says now.
 * 3. A run in another process is watched by reading. When that process is gone, the caller is told,
 *    so that it can take the run up itself.
 */
import type { RunRef } from "../base/ids.ts";
import type { HistoryEntry } from "../ports/host.ts";
import type { RunBoard } from "../runtime/board/run-board.ts";
import { questionsOf } from "../runtime/open-questions.ts";
import type { Fact, RunState } from "../scheduler/index.ts";
import { Asker } from "./ask.ts";
import type { Cli } from "./cli.ts";
import { nameOfUser } from "./name-of-user.ts";
import type { View } from "./progress/view.ts";
import { ownerOf, type Session } from "./session.ts";

export type FollowEnd = "over" | "waiting" | "quarantined" | "waitOver" | "interrupted" | "ownerGone";

export type Following = {
  readonly session: Session;
  readonly run: RunRef;
  readonly board: RunBoard;
  readonly view: View;
  /** When to stop waiting, as an instant. */
  readonly untilAt: number | null;
  /** What to do when the run waits for an answer: ask here, stop, or wait on. */
  readonly onQuestion: "ask" | "stop" | "stay";
};

const TICK_MS = 500;
const FACTS_PER_PAGE = 1_000;

export async function follow(cli: Cli, following: Following): Promise<FollowEnd> {
  const watch = new Watch(cli, following);
  return watch.run();
}

class Watch {
  readonly #following: Following;
  readonly #stop = new AbortController();
  readonly #asker: Asker | null;
  #end: FollowEnd | null = null;
  #isChecking = false;
  /** The last fact of the state that was looked at. */
  #seenSeq = 0;
  #missedOwner = 0;

  constructor(cli: Cli, following: Following) {
    this.#following = following;
    const { keyboard, terminal } = cli;
    const { view, session } = following;
    const isAsking = following.onQuestion === "ask" && keyboard !== null;
    const parts = {
      terminal,
      view,
      answer: (id: string, value: Parameters<typeof session.orchestrator.answer>[1]) =>
        session.orchestrator.answer(id, value, nameOfUser()),
      interrupted: () => this.#finish("interrupted"),
    };
    this.#asker = isAsking ? new Asker({ keyboard, ...parts }) : null;
  }

  async run(): Promise<FollowEnd> {
    const { session, run, board, view } = this.#following;
    const interrupt = (): void => this.#finish("interrupted");
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    const ticker = setInterval(() => void this.#tick(), TICK_MS);
    try {
      await this.#lookWhetherItWaits();
      for await (const entry of session.orchestrator.host.watch(run, board.seq + 1, this.#stop.signal)) {
        if (entry.kind === "fact") await this.#take(entry);
        if (this.#end !== null) break;
      }
      return this.#end ?? (board.endedAt === null ? "ownerGone" : "over");
    } finally {
      clearInterval(ticker);
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
      this.#asker?.close();
      view.end();
    }
  }

  async #take({ seq, fact }: HistoryEntry): Promise<void> {
    const { board, view } = this.#following;
    const step = board.apply(fact);
    view.changed(fact, step);
    if (isOver(fact)) return this.#finish("over");
    const closed = closedQuestion(fact);
    if (closed !== null) this.#asker?.withdraw(closed);
    // A run that is paused because a person must decide finishes first what is in flight.
    const mayWait = asksSomebody(fact) || board.status === "waiting" || board.status === "paused";
    // A look is at the whole run: of thousands of questions that were asked together, the first look has seen all.
    if (mayWait && seq > this.#seenSeq) await this.#lookWhetherItWaits();
  }

  async #lookWhetherItWaits(): Promise<void> {
    const { session, run, onQuestion } = this.#following;
    if (onQuestion === "stay") return;
    const state = await session.orchestrator.host.inspect(run);
    if (state === null) return;
    this.#seenSeq = state.seq;
    if (this.#asker !== null) return this.#asker.offer(questionsOf(state));
    if (needsSomebody(state)) this.#finish("waiting");
  }

  async #tick(): Promise<void> {
    const { view, untilAt } = this.#following;
    view.tick();
    if (untilAt !== null && Date.now() >= untilAt) return this.#finish("waitOver");
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      await this.#check();
    } finally {
      this.#isChecking = false;
    }
  }

  /** What no fact tells: a quarantined run records nothing more, and a dead owner says nothing. */
  async #check(): Promise<void> {
    const { session, run } = this.#following;
    const record = await session.orchestrator.host.get(run);
    if (record?.status === "quarantined") return this.#finish("quarantined");
    if (session.role === "owner") return;
    this.#missedOwner = (await ownerOf(session.db)) === null ? this.#missedOwner + 1 : 0;
    // Twice, so that an owner that is busy for a moment is not taken for dead.
    if (this.#missedOwner >= 2 && record?.endedAt === null) this.#finish("ownerGone");
  }

  #finish(end: FollowEnd): void {
    this.#end ??= end;
    this.#stop.abort();
  }
}

function isOver(fact: Fact): boolean {
  return fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled";
}

/** Facts after which there may be a question that was not there before. */
function asksSomebody(fact: Fact): boolean {
  return (
    fact.kind === "questionAsked" || fact.kind === "waitStarted" || fact.kind === "budgetExceeded" || fact.kind === "compensationFailed"
  );
}

/** The question that nobody has to answer any more. */
function closedQuestion(fact: Fact): string | null {
  if (fact.kind === "questionAnswered" || fact.kind === "approvalDecided" || fact.kind === "budgetGranted") return fact.question;
  return fact.kind === "compensationEnded" || fact.kind === "subtaskCanceled" ? (fact.question ?? null) : null;
}

/** True when the run stands still until an answer or a signal comes: a time would move it by itself. */
export function needsSomebody(state: RunState): boolean {
  if (state.end !== null) return false;
  const waits = Object.values(state.waits);
  if (state.flightCount > state.waitingCount || waits.some(({ kind }) => kind === "time")) return false;
  return questionsOf(state).length > 0 || waits.some(({ kind }) => kind === "signal");
}

/** Applies what has happened so far without showing it. */
export async function catchUp({ orchestrator }: Session, run: RunRef, board: RunBoard): Promise<void> {
  for (;;) {
    const entries = await orchestrator.host.history(run, board.seq + 1, FACTS_PER_PAGE);
    for (const { fact } of entries) board.apply(fact);
    if (entries.length < FACTS_PER_PAGE) return;
  }
}
