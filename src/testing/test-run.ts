import { AssertionError } from "node:assert";

import { parseDuration } from "../base/duration.ts";
import { TuttiError } from "../base/errors.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { PostedInput } from "../ports/host.ts";
import { RunBoard } from "../runtime/board/run-board.ts";
import { readResult, type RunResult } from "../runtime/run-result.ts";
import type { Fact, RunStatus } from "../scheduler/index.ts";
import type { RunRef } from "../base/ids.ts";
import type { CallRecord } from "./behaviour.ts";
import { attemptsOf, type Dag, dagOf, openAsksOf, type OpenAsk, orderOf, skippedOf } from "./history.ts";
import type { TestWorld } from "./test-world.ts";

/**
 * A run in virtual time: what became of it, and the hands to steer it with.
 *
 * After `testWorkflow`, each steering call lets the run go on, as `untilIdle` does. After
 * `startWorkflow` no time goes by until `advance` or `untilIdle` is called.
 */
export class TestRun implements AsyncDisposable {
  readonly definition: Definition;
  readonly #world: TestWorld;
  readonly #run: RunRef;
  readonly #isByHand: boolean;
  #result: RunResult;

  constructor(parts: { readonly world: TestWorld; readonly run: RunRef; readonly definition: Definition; readonly isByHand: boolean }) {
    this.definition = parts.definition;
    this.#world = parts.world;
    this.#run = parts.run;
    this.#isByHand = parts.isByHand;
    this.#result = { status: "open", run: parts.run.id };
  }

  get id(): string {
    return this.#run.id;
  }

  /** How it ended; `open` while it has not, for example because it waits for an answer. */
  get result(): RunResult {
    return this.#result;
  }

  /** What it is doing: `waiting` for an answer, `paused`, or how it ended. */
  get status(): RunStatus {
    return this.#world.store.find(this.#run)?.record.status ?? "running";
  }

  /** Its facts so far, oldest first. */
  get history(): readonly Fact[] {
    return this.#world.store.factsOf(this.#run);
  }

  /** The histories of the runs that it started as sub-workflows, by run id. */
  get children(): { readonly [run: string]: readonly Fact[] } {
    const children = this.#world.store.runs.filter(({ id }) => id !== this.id);
    return Object.fromEntries(children.map((run) => [run.id, this.#world.store.factsOf(run)]));
  }

  /** The table of its subtasks (requirements W084). */
  get board(): RunBoard {
    const board = new RunBoard(this.definition);
    for (const fact of this.history) board.apply(fact);
    return board;
  }

  /** Virtual time since the test began, in milliseconds. */
  get elapsedMs(): number {
    return this.#world.elapsedMs;
  }

  /** How often a subtask was given to an agent, fallbacks included; of an `each` or a loop, all of them. */
  attempts(path: string): number {
    return attemptsOf(this.history, path);
  }

  /** The paths of what began, in this order. */
  order(): readonly string[] {
    return orderOf(this.history);
  }

  skipped(): readonly string[] {
    return skippedOf(this.history);
  }

  dag(): Dag {
    return dagOf(this.definition);
  }

  /** What an agent of this test was asked, oldest first. Throws T2201 when there is none of this name. */
  calls(agent: string): readonly CallRecord[] {
    const standIn = this.#world.standIns.get(agent);
    if (standIn !== undefined) return standIn.calls();
    throw new TuttiError("T2201", `The test has no agent "${agent}"; there are ${[...this.#world.standIns.keys()].join(", ") || "none"}.`);
  }

  /** The events that it has published, oldest first: in a test they are taken, and go nowhere. */
  emitted(): readonly { readonly event: string; readonly path: string; readonly data: Json }[] {
    return this.history.flatMap((fact) => {
      if (fact.kind !== "subtaskAssigned" || fact.target.kind !== "sink") return [];
      return [{ event: fact.target.event, path: fact.path, data: fact.input ?? null }];
    });
  }

  /** The questions that wait for an answer: the run's own and its sub-workflows', oldest first. */
  questions(): readonly OpenAsk[] {
    return this.#world.store.runs.flatMap((run) => openAsksOf(this.#world.store.factsOf(run)));
  }

  /** Answers a question, by its id or the path of its step; the only open one when none is named. */
  answer(answer: Json, question?: string, by = "test"): Promise<void> {
    return this.#answer(this.#find(question, null), answer, by);
  }

  /** Approves, with what the form asks for. */
  approve(form: JsonObject = {}, question?: string, by = "test"): Promise<void> {
    return this.#answer(this.#find(question, "approval"), decision("approved", form), by);
  }

  reject(form: JsonObject = {}, question?: string, by = "test"): Promise<void> {
    return this.#answer(this.#find(question, "approval"), decision("rejected", form), by);
  }

  signal(name: string, payload: Json = null, by = "test"): Promise<void> {
    return this.#steer({ kind: "signaled", name, payload, by });
  }

  cancel(reason = "canceled by the test", by = "test"): Promise<void> {
    return this.#steer({ kind: "cancelRequested", reason, by });
  }

  pause(by = "test"): Promise<void> {
    return this.#steer({ kind: "pauseRequested", by });
  }

  resume(by = "test"): Promise<void> {
    return this.#steer({ kind: "resumeRequested", by });
  }

  /** As when the process dies at this moment, and another one takes the run up. */
  async restart(): Promise<void> {
    this.#world.restart();
    await this.#goOn();
  }

  /** Lets a time go by, such as "1h", with all that happens in it. */
  async advance(duration: string): Promise<void> {
    const parsed = parseDuration(duration);
    if (!parsed.ok) throw new TuttiError("T2201", parsed.error);
    await this.#world.drive(() => false, this.#world.clock.now() + parsed.value);
    await this.#look();
  }

  /** Lets the run go on until it is over, or nothing happens any more unless somebody acts. */
  async untilIdle(): Promise<void> {
    await this.#world.drive(() => this.#isOver() || this.#world.isUpToOthers);
    await this.#look();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.#world.settle();
    await this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world.close();
  }

  #isOver(): boolean {
    const record = this.#world.store.find(this.#run)?.record;
    return record !== undefined && (record.endedAt !== null || record.status === "quarantined");
  }

  async #steer(input: PostedInput): Promise<void> {
    await Promise.all([this.#world.orchestrator.host.post(this.#run, input), this.#world.settle()]);
    await this.#goOn();
  }

  #goOn(): Promise<void> {
    return this.#isByHand ? this.settle() : this.untilIdle();
  }

  /** Throws T4005 when the answer does not fit the question. */
  async #answer({ id }: OpenAsk, answer: Json, by: string): Promise<void> {
    await Promise.all([this.#world.orchestrator.answer(id, answer, by), this.#world.settle()]);
    await this.#goOn();
  }

  #find(named: string | undefined, kind: OpenAsk["kind"] | null): OpenAsk {
    const open = this.questions();
    const fitting = open.filter(
      (ask) => (kind === null || ask.kind === kind) && (named === undefined || ask.id === named || ask.path === named),
    );
    const [found, second] = fitting;
    if (found !== undefined && second === undefined) return found;
    const what = `${kind ?? "question"}${named === undefined ? "" : ` "${named}"`}`;
    const shown = open.map((ask) => `${ask.kind} at ${ask.path} ("${ask.prompt}")`).join("; ");
    throw new AssertionError({
      message: `${found === undefined ? `There is no open ${what}` : `More than one ${what} is open; name its path`}. Open: ${shown || "nothing"}.`,
    });
  }

  async #look(): Promise<void> {
    const { host } = this.#world.orchestrator;
    if ((await host.get(this.#run)) !== null) this.#result = await readResult(host, this.#run);
  }
}

function decision(word: "approved" | "rejected", form: JsonObject): JsonObject {
  return Object.keys(form).length === 0 ? { decision: word } : { decision: word, form };
}
