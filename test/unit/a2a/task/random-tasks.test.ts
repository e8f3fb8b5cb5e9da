/** Whatever happens in a run, its task and the events that tell of it keep A2A's rules and agree with each other. */
import { array, assert, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { TaskState } from "@a2a-js/sdk";

import { matchState } from "../../../../src/a2a/server/state-filter.ts";
import type { TaskShape } from "../../../../src/a2a/task/task-event.ts";
import { TaskView } from "../../../../src/a2a/task/task-view.ts";
import { isTerminal } from "../../../../src/a2a/wire/wire.ts";
import { questionsOf } from "../../../../src/runtime/open-questions.ts";
import { DEFAULT_TENANT, type RunId } from "../../../../src/base/ids.ts";
import { runErrorOf } from "../../../../src/hosts/mailbox/run-error.ts";
import type { RunRecord } from "../../../../src/ports/host.ts";
import { asksOf, type Fact, type RunState, statusOf } from "../../../../src/scheduler/index.ts";
import type { Outcome } from "../../../../src/scheduler/outcome.ts";
import { EVERY_KIND, sayAnything } from "../../../support/every-kind.ts";
import { Choices, liveThrough } from "../../../support/random-world.ts";
import { step, type World } from "../../../support/world.ts";
import { contentsOf, CONTEXT, RUN, stateName, TaskWorld } from "./task-world.ts";

const RUNS = 60;
const WORKFLOW: TaskShape = { kind: "workflow", name: "test", steps: Object.keys(EVERY_KIND).length };
const AGENT: TaskShape = { kind: "agent", name: "writer" };
const SECRET = "password=hunter2";

/** A random run, compared with the run's own state after each input. */
class Watched extends TaskWorld {
  #messages = 0;

  override input(input: Parameters<World["input"]>[0]): readonly Fact[] {
    this.#messages += 1;
    const message = { messageId: `m-${this.#messages}-again`, role: "ROLE_USER", taskId: RUN, contextId: CONTEXT, parts: [{ text: "so" }] };
    const facts = super.input(input.kind === "questionAnswered" && this.#messages % 2 === 0 ? { ...input, message } : input);
    this.#expectAgreement();
    return facts;
  }

  get shape(): TaskShape {
    return "work" in this.program.definition.steps ? AGENT : WORKFLOW;
  }

  #expectAgreement(): void {
    const { state, view } = this;
    if (state === null) return;
    expect(STATES.filter((listed) => isListed(recordOf(state, this.shape), listed)).map(stateName)).toEqual([this.taskState]);
    if (isTerminal(view.at.task.status?.state)) return;
    const open = questionsOf(state).map(({ id, question, to, until }) => ({ id, question, to, until }));
    const told = view.openQuestions.map(({ id, question, to, until }) => ({ id, question, to, until }));
    expect(told.toSorted(byId)).toEqual(open.toSorted(byId));
    this.#expectPercent(state.stepsOver);
  }

  #expectPercent(stepsOver: number): void {
    const told = this.said.metadata?.["progress_percentage"] as unknown;
    if (this.shape.kind === "workflow" && told !== undefined) {
      expect(told).toBeGreaterThanOrEqual(0);
      expect(told).toBeLessThanOrEqual(Math.floor((100 * stepsOver) / (this.shape.steps ?? 1)));
    }
  }
}

/** Every state that a list may be asked for. */
const STATES = [1, 2, 3, 4, 5, 6, 7, 8].map((state): TaskState => state);

/** What a host knows of the run without its history. */
function recordOf(state: RunState, shape: TaskShape): RunRecord {
  const asks = asksOf(state);
  return {
    run: { tenant: DEFAULT_TENANT, id: RUN as RunId },
    workflow: shape.kind === "agent" ? `agent:${shape.name}` : shape.name,
    version: "1.0.0",
    fingerprint: "f",
    status: statusOf(state),
    createdAt: state.startedAt,
    updatedAt: state.at,
    endedAt: null,
    error: runErrorOf(state),
    labels: {},
    ...(asks === null ? {} : { asks }),
  };
}

function isListed(record: RunRecord, listed: TaskState): boolean {
  const match = matchState(listed);
  if (match === null || match.filter.status?.includes(record.status) !== true) return false;
  return (match.filter.asks ?? record.asks ?? "none") === (record.asks ?? "none") && match.isMatch(record);
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : 1;
}

/** Agents that also want an authorisation, and handlers that throw. */
function sayMore(path: string, choices: Choices): Outcome {
  if (choices.isOneIn(9)) return { kind: "authRequired", question: { prompt: "Who are you?", data: { url: "https://a.example" } } };
  if (choices.isOneIn(9))
    return { kind: "failed", failure: { code: "AGENT_ERROR", message: `Error: ${SECRET}.`, retryable: choices.isOneIn(2) } };
  return sayAnything(path, choices);
}

function randomTask(shape: TaskShape, numbers: readonly number[]): Watched {
  const choices = new Choices(numbers);
  const steps = shape.kind === "agent" ? { work: step({ retry: { attempts: 1 + choices.below(2) }, deliver: "stream" }) } : EVERY_KIND;
  const world = new Watched(steps, shape, choices.isOneIn(5) ? { budget: { attempts: 8, onExceeded: "ask" } } : {});
  world.start({ items: [1, 2, 3].slice(0, choices.below(4)) });
  liveThrough(world, choices, sayMore);
  return world;
}

/** The events and the task, folded anew, the task as well as the run may be left and taken up again at any fact, also by a copy. */
function expectFoldsAnywhere(world: Watched, shape: TaskShape): void {
  let view = new TaskView(shape, { id: RUN });
  const ids: (string | null)[] = [];
  for (const [index, fact] of (JSON.parse(JSON.stringify(world.facts)) as Fact[]).entries()) {
    const copy = view.copy();
    const told = copy.apply({ kind: "fact", seq: index + 1, fact });
    expect(view.apply({ kind: "fact", seq: index + 1, fact })).toEqual(told);
    expect(copy.byteCount).toBe(view.byteCount);
    expect(copy.at.task.status).toEqual(view.at.task.status);
    ids.push(...told.map(({ id }) => id));
    view = copy;
  }
  expect(view.at).toEqual(world.view.at);
  expect(ids).toEqual(world.events.map(({ id }) => id));
}

describe.each([
  ["a workflow", WORKFLOW],
  ["a served agent", AGENT],
] as const)("the task of %s", (_what, shape) => {
  it(
    "is, after every fact, what its events make of it at a caller's, in states that A2A allows, and found in lists by that state (L006, L007, L008, L029, X060)",
    { timeout: 60_000 },
    () => {
      assert(
        property(array(nat(10_000), { minLength: 30, maxLength: 160 }), (numbers) => {
          const world = randomTask(shape, numbers);
          world.follower.expectUnchanged();
          expectFoldsAnywhere(world, shape);
          expect(isTerminal(world.task.status?.state)).toBe(true);
          expect(contentsOf(world.said).length).toBeGreaterThan(0);
          expect(JSON.stringify([world.task, world.events])).not.toContain(SECRET);
        }),
        { numRuns: RUNS },
      );
    },
  );
});
