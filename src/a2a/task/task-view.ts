/**
 * A run as an A2A task: its facts, one by one, become the task and the events that tell of it. It owns
 * what the task looks like; it does not decide, keep or send anything, and knows no clock.
 *
 *   SUBMITTED → WORKING → COMPLETED | FAILED | REJECTED | CANCELED (the end)
 *   WORKING ⇄ INPUT_REQUIRED | AUTH_REQUIRED, as long as a question is open
 *
 * 1. The same facts give the same task and the same events with the same ids, in whatever process and
 *    however often. Whoever applies the events to a task as A2A says has the view's own task; only the
 *    instant of its status, which is that of the last fact, is then that of the last fact that was told.
 * 2. A task that is over never changes (requirements L040, X044).
 * 3. A status message is in the history from the moment it is said, once (L023, L029, L032, X045). The
 *    caller's messages are there too; no event tells of them, since A2A has none for it. The first message
 *    stays, since callers find their task by it; of the others the newest MAX_TASK_HISTORY - 1 (L056).
 * 4. While a question is open, the status is that question: what goes on beside it is not told.
 * 5. What was given out is never changed later, and every fact costs the same.
 * 6. Pieces of an unfinished answer are no part of the task, have no id, and are told only while their
 *    attempt is at work. `append` is about what this view has told before: one view for each reader.
 */
import { type Artifact, type Message, Role, type StreamResponse, type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";

import { assert, present } from "../../base/assert.ts";
import { MAX_TASK_HISTORY } from "../../base/limits.ts";
import type { JsonObject } from "../../base/json.ts";
import type { HistoryEntry, StreamedChunk } from "../../ports/host.ts";
import type { Fact } from "../../scheduler/index.ts";
import { isTerminal, message as makeMessage, REPLY_ARTIFACT } from "../wire/wire.ts";
import { cancellation, completion, type Ending, failureEnding } from "./ending-words.ts";
import { goesOn, progressWords } from "./progress-words.ts";
import { heldBytes } from "./held-bytes.ts";
import { StreamedAnswers } from "./streamed-answers.ts";
import {
  type ArtifactPiece,
  artifactPieces,
  finalArtifact,
  outputToArtifact,
  replyOf,
  replyToArtifacts,
  streamArtifactId,
  streamedArtifact,
} from "./task-artifacts.ts";
import { eventId, type TaskAt, type TaskEvent, type TaskShape } from "./task-event.ts";
import { type TaskQuestion, TaskQuestions } from "./task-questions.ts";
import { routingOf } from "./routing.ts";
import { acceptance, firstMessage, receivedMessage, submitterOf, taskMetadata } from "./task-start.ts";
import { TaskTally } from "./task-tally.ts";
import { isoTime, type Words } from "./words.ts";

type Started = Extract<Fact, { kind: "runStarted" }>;
type Ended = Extract<Fact, { kind: "runCompleted" | "runFailed" | "runCanceled" }>;
type Between = Exclude<Fact, Started | Ended>;

export class TaskView {
  readonly #shape: TaskShape;
  readonly #id: string;
  #tally: TaskTally;
  #questions = new TaskQuestions();
  #streams = new StreamedAnswers();
  #seq = 0;
  #at = 0;
  #contextId = "";
  #submitter = "";
  #metadata: JsonObject = {};
  #state = TaskState.TASK_STATE_UNSPECIFIED;
  #message: Message | undefined;
  #first: Message | null = null;
  /** At most twice as many as are shown, so that dropping the oldest is rare. */
  #later: Message[] = [];
  /** How much memory the first message and what is told of it take, the later ones, and the artifacts. */
  #firstBytes = 0;
  #laterBytes = 0;
  #artifactBytes = 0;
  #artifacts: readonly Artifact[] = [];
  /** The state before the last facts that only canceled subtasks: a cancel of the run begins with some. */
  #restState = TaskState.TASK_STATE_UNSPECIFIED;
  #stateBeforeEnding: TaskState | null = null;
  #snapshot: TaskAt | null = null;
  /** What the last fact says, and how much of it has an id. */
  #told: TaskEvent[] = [];
  #recorded = 0;

  constructor(shape: TaskShape, run: { readonly id: string }) {
    this.#shape = shape;
    this.#id = run.id;
    this.#tally = new TaskTally(shape.kind === "workflow" ? shape.steps : undefined);
  }

  /** For one more reader, who has been told no pieces yet: it goes on by itself. What was given out is never changed, and so is not copied. */
  copy(): TaskView {
    const copy = new TaskView(this.#shape, { id: this.#id });
    copy.#tally = this.#tally.copy();
    copy.#questions = this.#questions.copy();
    copy.#streams = this.#streams.copy();
    copy.#seq = this.#seq;
    copy.#at = this.#at;
    copy.#contextId = this.#contextId;
    copy.#submitter = this.#submitter;
    copy.#metadata = this.#metadata;
    copy.#state = this.#state;
    copy.#message = this.#message;
    copy.#first = this.#first;
    copy.#later = [...this.#later];
    copy.#firstBytes = this.#firstBytes;
    copy.#laterBytes = this.#laterBytes;
    copy.#artifactBytes = this.#artifactBytes;
    copy.#artifacts = this.#artifacts;
    copy.#restState = this.#restState;
    copy.#stateBeforeEnding = this.#stateBeforeEnding;
    copy.#snapshot = this.#snapshot;
    return copy;
  }

  /** The task as of the last fact. There is none before the first. */
  get at(): TaskAt {
    assert(this.#seq > 0, "A task begins with the first fact of its run.");
    this.#snapshot ??= { seq: this.#seq, task: this.#task() };
    return this.#snapshot;
  }

  /** About how much memory it takes: what it holds, not what it was made of. */
  get byteCount(): number {
    const others = this.#questions.byteCount + this.#streams.byteCount + heldBytes(this.#tally.lastFailure);
    return this.#firstBytes + this.#laterBytes + this.#artifactBytes + others;
  }

  /** What waits for an answer, the oldest first. */
  get openQuestions(): readonly TaskQuestion[] {
    return this.#questions.all;
  }

  /** Applies the next fact; what it says, in order. */
  apply({ seq, fact }: HistoryEntry): readonly TaskEvent[] {
    assert(seq === this.#seq + 1, `Fact ${seq} of ${this.#id} does not follow on fact ${this.#seq}.`);
    assert(!isTerminal(this.#state), `${this.#id} is over and has no more facts.`);
    this.#seq = seq;
    this.#at = fact.at;
    this.#snapshot = null;
    this.#told = [];
    this.#recorded = 0;
    this.#tally.note(fact);
    this.#follow(fact);
    if (fact.kind !== "subtaskCanceled") this.#restState = this.#state;
    return this.#told;
  }

  /** A piece of an answer that is being given (design.md, fact 4); null when nobody waits for it any more. */
  chunk(chunk: StreamedChunk): TaskEvent | null {
    const place = isTerminal(this.#state) ? null : this.#streams.take(chunk);
    if (place === null) return null;
    const id = this.#shape.kind === "agent" ? REPLY_ARTIFACT : streamArtifactId(chunk.path);
    const piece = { artifact: streamedArtifact(id, chunk.text), append: !place.isFirst, lastChunk: false };
    return { id: null, event: this.#artifactEvent(piece) };
  }

  #follow(fact: Fact): void {
    if (fact.kind === "runStarted") return this.#start(fact);
    if (fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled") return this.#end(fact);
    if (fact.kind === "messageReceived") return this.#keep(receivedMessage(fact.message, this.#place()));
    if (fact.kind === "runEnding") this.#stateBeforeEnding ??= this.#restState;
    const isStreamed = this.#streams.follow(fact);
    if (fact.kind === "subtaskCompleted") this.#takeResult(fact, isStreamed);
    this.#goOn(fact);
  }

  /** Two events: the task as it was submitted, and that it is accepted. */
  #start(fact: Started): void {
    const first = firstMessage(fact, this.#id);
    this.#contextId = first.contextId;
    this.#metadata = taskMetadata(fact, this.#shape, first);
    this.#submitter = submitterOf(first);
    this.#first = first;
    this.#firstBytes = heldBytes(first) + heldBytes(this.#metadata);
    this.#state = TaskState.TASK_STATE_SUBMITTED;
    this.#tell({ payload: { $case: "task", value: this.#task() } });
    this.#say(TaskState.TASK_STATE_WORKING, acceptance(fact, this.#shape));
  }

  #goOn(fact: Between): void {
    const hasChanged = this.#questions.apply(fact);
    if (this.#questions.isOpen) {
      if (hasChanged) this.#say(this.#questions.state, this.#questions.words(this.#shape));
      return;
    }
    const words = progressWords(fact, this.#shape, this.#tally);
    if (words !== null || hasChanged) this.#say(TaskState.TASK_STATE_WORKING, words ?? goesOn(this.#at, this.#tally));
  }

  #end(fact: Ended): void {
    if (fact.kind === "runCompleted" && this.#shape.kind === "workflow") this.#addArtifact(outputToArtifact(fact.output));
    const { state, words } = this.#endingOf(fact);
    this.#say(state, words);
  }

  #endingOf(fact: Ended): Ending {
    const previous = this.#stateBeforeEnding ?? this.#restState;
    switch (fact.kind) {
      case "runCompleted":
        return completion(this.#artifacts, this.#at, this.#tally);
      case "runFailed":
        return failureEnding(fact.failure, this.#shape, this.#tally, previous);
      case "runCanceled":
        return cancellation(fact.reason, fact.by, previous);
    }
  }

  /** A served agent's result is the task's; that of a workflow's subtask takes the place of its pieces, for those who saw them. */
  #takeResult(fact: Extract<Fact, { kind: "subtaskCompleted" }>, isStreamed: boolean): void {
    if (this.#shape.kind === "agent") {
      for (const made of replyToArtifacts(replyOf(fact))) this.#addArtifact(made);
    } else if (isStreamed) {
      const whole = finalArtifact(streamArtifactId(fact.path), replyOf(fact));
      for (const piece of artifactPieces(whole)) this.#told.push({ id: null, event: this.#artifactEvent(piece) });
    }
  }

  /** An id is unique in the task: what has it already gives way (A2A 4.1.7). */
  #addArtifact(made: Artifact): void {
    const others = this.#artifacts.filter(({ artifactId }) => artifactId !== made.artifactId);
    this.#artifactBytes += heldBytes(made);
    // Measuring them all is for when one of them has gone.
    if (others.length < this.#artifacts.length) this.#artifactBytes = heldBytes([...others, made]);
    this.#artifacts = [...others, made];
    for (const piece of artifactPieces(made)) this.#tell(this.#artifactEvent(piece));
  }

  /** A new status with its message. */
  #say(state: TaskState, words: Words): void {
    this.#state = state;
    const said = makeMessage({
      id: this.#messageId(words),
      role: Role.ROLE_AGENT,
      parts: words.parts,
      metadata: words.metadata,
      ...this.#place(),
    });
    this.#message = said;
    this.#keep(said);
    const metadata = routingOf({ state, from: this.#shape.name, to: this.#submitter });
    this.#tell({ payload: { $case: "statusUpdate", value: { ...this.#place(), status: this.#status(), metadata } } });
  }

  /** Derived, so that a message is the same one whenever the history is read. */
  #messageId({ kind, percent }: Words): string {
    return `msg_${kind}_${this.#id}_${this.#seq}${percent === undefined ? "" : `_${Math.round(percent)}`}`;
  }

  #keep(message: Message): void {
    this.#later.push(message);
    this.#laterBytes += heldBytes(message);
    if (this.#later.length <= 2 * MAX_TASK_HISTORY) return;
    this.#later = this.#newest();
    this.#laterBytes = heldBytes(this.#later);
  }

  #newest(): Message[] {
    return this.#later.slice(1 - MAX_TASK_HISTORY);
  }

  #tell(event: StreamResponse): void {
    this.#told.push({ id: eventId(this.#seq, this.#recorded), event });
    this.#recorded += 1;
  }

  #artifactEvent(piece: ArtifactPiece): StreamResponse {
    return { payload: { $case: "artifactUpdate", value: { ...this.#place(), ...piece, metadata: undefined } } };
  }

  #task(): Task {
    return {
      id: this.#id,
      contextId: this.#contextId,
      status: this.#status(),
      artifacts: [...this.#artifacts],
      history: [present(this.#first, "A task begins with a message."), ...this.#newest()],
      metadata: { ...this.#metadata },
    };
  }

  #status(): TaskStatus {
    return { state: this.#state, message: this.#message, timestamp: isoTime(this.#at) };
  }

  #place(): { readonly taskId: string; readonly contextId: string } {
    return { taskId: this.#id, contextId: this.#contextId };
  }
}
