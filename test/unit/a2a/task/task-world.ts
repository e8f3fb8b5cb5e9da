/** A run driven by hand, followed as a task: by a view, and by a caller's copy made of the view's events. */
import { type Message, type StreamResponse, type Task, TaskState } from "@a2a-js/sdk";
import { expect } from "vitest";

import type { Json, JsonObject } from "../../../../src/base/json.ts";
import type { TaskEvent, TaskShape } from "../../../../src/a2a/task/task-event.ts";
import { TaskView } from "../../../../src/a2a/task/task-view.ts";
import { isTerminal } from "../../../../src/a2a/wire/wire.ts";
import type { Fact } from "../../../../src/scheduler/index.ts";
import type { Origin, StartInput } from "../../../../src/scheduler/input.ts";
import { World } from "../../../support/world.ts";
import { ClientCopy } from "./client-copy.ts";

export const RUN = "task_1";
export const CONTEXT = "context_1";

/** A request as it comes over A2A. */
export function originOf(parts: Json = [{ text: "Do it." }], metadata: JsonObject = {}): Origin {
  const message = { messageId: "m-1", role: "ROLE_USER", taskId: RUN, contextId: CONTEXT, parts, metadata };
  return { caller: "ann", context: CONTEXT, message };
}

/** Follows a history as a task, and checks with each fact what must hold for every history. */
export class Follower {
  readonly view: TaskView;
  readonly copy = new ClientCopy();
  readonly events: TaskEvent[] = [];
  readonly #texts: string[] = [];
  #seq = 0;

  constructor(shape: TaskShape, id = RUN) {
    this.view = new TaskView(shape, { id });
  }

  get task(): Task {
    return this.view.at.task;
  }

  apply(fact: Fact): readonly TaskEvent[] {
    const before = this.#seq === 0 ? undefined : this.task;
    this.#seq += 1;
    const another = this.view.copy();
    const events = this.view.apply({ kind: "fact", seq: this.#seq, fact });
    for (const told of events) {
      expectTransition(this.#seq === 1 && this.events.length === 0 ? undefined : this.copy.task, told.event);
      this.events.push(told);
      this.#texts.push(JSON.stringify(told.event));
      // Pieces of answers are beside the task.
      if (told.id !== null) this.copy.take(told.event);
    }
    if (fact.kind === "messageReceived") this.copy.keep(last(this.task.history));
    const recorded = events.filter(({ id }) => id !== null);
    // Another reader goes on from here with the same; pieces of answers were told to this one only.
    expect(another.apply({ kind: "fact", seq: this.#seq, fact }).filter(({ id }) => id !== null)).toEqual(recorded);
    expect(another.at).toEqual(this.view.at);
    expect(recorded.map(({ id }) => id)).toEqual(recorded.map((_event, n) => `${this.#seq}.${n}`));
    expect(this.task.status?.timestamp).toBe(new Date(fact.at).toISOString());
    this.#expectSame(recorded.some(({ event }) => event.payload?.$case !== "artifactUpdate"));
    if (before !== undefined && isTerminal(before.status?.state)) expect(events).toEqual([]);
    return events;
  }

  /** No event that was given out is any different now. */
  expectUnchanged(): void {
    expect(this.events.map(({ event }) => JSON.stringify(event))).toEqual(this.#texts);
  }

  #expectSame(isTold: boolean): void {
    const { task } = this;
    // Facts without a status of their own move its instant alone, and nobody is told.
    const shown = { ...task, status: isTold ? task.status : { ...task.status, timestamp: this.copy.task.status?.timestamp } };
    expect(this.copy.task).toEqual(shown);
    const ids = task.history.map(({ messageId }) => messageId);
    expect(ids).toEqual([...new Set(ids)]);
  }
}

/** A world whose run is followed as a task. */
export class TaskWorld extends World {
  readonly follower: Follower;

  constructor(steps: JsonObject, shape: TaskShape, rest: JsonObject = {}) {
    super(steps, rest, { replays: false });
    this.follower = new Follower(shape);
  }

  override start(input: Json = {}, run = RUN, more: Partial<StartInput> = {}): this {
    return super.start(input, run, { origin: originOf(), ...more });
  }

  override input(input: Parameters<World["input"]>[0]): readonly Fact[] {
    const facts = super.input(input);
    for (const fact of facts) this.follower.apply(fact);
    return facts;
  }

  /** The caller answers the only open question with a message of its own. */
  say(answer: Json, id = "m-2"): readonly Fact[] {
    const message = { messageId: id, role: "ROLE_USER", taskId: RUN, contextId: CONTEXT, parts: [{ data: answer }] };
    return this.input({ kind: "questionAnswered", question: this.question, answer, by: "ann", message });
  }

  get task(): Task {
    return this.follower.task;
  }

  get view(): TaskView {
    return this.follower.view;
  }

  get events(): readonly TaskEvent[] {
    return this.follower.events;
  }

  get taskState(): string {
    return stateName(this.task.status?.state);
  }

  /** The message of the status. */
  get said(): Message {
    const said = this.task.status?.message;
    if (said === undefined) throw new Error("The status says nothing.");
    return said;
  }
}

export function stateName(state: TaskState | undefined): string {
  return (state === undefined ? "" : TaskState[state]).replace("TASK_STATE_", "");
}

/** The texts of a message, and the values of its data parts. */
export function contentsOf({ parts }: Pick<Message, "parts">): readonly unknown[] {
  return parts.map(({ content }) => content?.value as unknown);
}

/** What L007 and A2A allow; there is no table in the specification, but terminal is final. */
function expectTransition(before: Task | undefined, { payload }: StreamResponse): void {
  if (payload?.$case === "task") {
    expect(before).toBeUndefined();
    expect(stateName(payload.value.status?.state)).toBe("SUBMITTED");
  }
  if (payload?.$case !== "statusUpdate") return;
  const from = stateName(before?.status?.state);
  const to = stateName(payload.value.status?.state);
  expect(ALLOWED[from], `${from} → ${to}`).toContain(to);
  // Every transition has its instant and its message (L006).
  expect(payload.value.status?.message?.parts.length).toBeGreaterThan(0);
  expect(payload.value.status?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
}

const LATER = ["WORKING", "INPUT_REQUIRED", "AUTH_REQUIRED", "COMPLETED", "FAILED", "REJECTED", "CANCELED"];
const ALLOWED: { readonly [from: string]: readonly string[] } = {
  SUBMITTED: ["WORKING"],
  WORKING: LATER,
  INPUT_REQUIRED: LATER,
  AUTH_REQUIRED: LATER,
};

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) throw new Error("There is none.");
  return item;
}
