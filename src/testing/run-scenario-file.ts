import type { FileProblem } from "../authoring/file/problem.ts";
import type { PostedInput } from "../ports/host.ts";
import type { Fact } from "../scheduler/index.ts";
import { mismatchesOf } from "./check-scenario.ts";
import { askOf, beginningOf } from "./history.ts";
import { loadScenarios } from "./read-scenarios.ts";
import type { Mismatch, Scenario, ScenarioAct, ScenarioEvent, ScenarioFile, ScenarioResult } from "./scenario.ts";
import type { TestWorld } from "./test-world.ts";
import { begin } from "./test-workflow.ts";

/** What became of a scenario file. With problems in it, nothing of it is run. */
export type FileReport = {
  readonly file: string;
  readonly problems: readonly FileProblem[];
  readonly scenarios: readonly ScenarioResult[];
};

/** Runs the scenarios of a file, one after the other, without any network. Throws T1001 when there is no such file. */
export async function runScenarioFile(file: string): Promise<FileReport> {
  const loaded = await loadScenarios(file);
  if (!loaded.ok) return { file, problems: loaded.error, scenarios: [] };
  const scenarios: ScenarioResult[] = [];
  for (const scenario of loaded.value.scenarios) scenarios.push(await runScenario(loaded.value, scenario));
  return { file, problems: [], scenarios };
}

async function runScenario(file: ScenarioFile, scenario: Scenario): Promise<ScenarioResult> {
  const { name, line, input, seed, agents, advance, expect } = scenario;
  const happened = new Map<ScenarioEvent, string | null>();
  try {
    const options = { agents, input, seed, workflows: file.workflows };
    await using run = await begin(file.workflow, options, false, (world) => arrange(world, scenario.events, happened));
    await run.untilIdle();
    if (advance !== null) {
      await run.advance(advance);
      await run.untilIdle();
    }
    const mismatches = [...mismatchesOf(run, expect), ...scenario.events.flatMap((event) => mismatchOf(event, happened.get(event)))];
    return { name, line, passed: mismatches.length === 0, status: run.status, elapsedMs: run.elapsedMs, mismatches };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, line, passed: false, status: "not run", elapsedMs: 0, mismatches: [{ what: "run", line, message }] };
  }
}

/** What went wrong with an event: undefined means that it did not happen, a sentence that it was refused. */
function mismatchOf({ at, act, line }: ScenarioEvent, refusal: string | null | undefined): readonly Mismatch[] {
  const where = at === null ? "" : ` at ${at}`;
  if (refusal === null) return [];
  if (refusal !== undefined) return [{ what: "events", line, message: `The event "${act.kind}"${where} was refused: ${refusal}` }];
  return [{ what: "events", line, message: `The event "${act.kind}"${where} did not happen: the run did not get there.` }];
}

/** Makes the events happen: at once when their step begins or asks, or some time later. Notes which did, and why they were refused. */
function arrange(world: TestWorld, events: readonly ScenarioEvent[], happened: Map<ScenarioEvent, string | null>): void {
  const waiting = new Set(events.filter(({ at }) => at !== null));
  const perform = (event: ScenarioEvent, question: string | null): void => {
    happened.set(event, null);
    const done = perhaps(world, event.act, question);
    done.catch((error: unknown) => happened.set(event, error instanceof Error ? error.message : String(error)));
  };
  for (const event of events) if (event.at === null) world.callAfter(event.afterMs, () => perform(event, null));
  world.onFact = (_run, fact) => {
    for (const event of waiting) {
      const question = questionAt(event, fact);
      if (question === undefined) continue;
      waiting.delete(event);
      const then = () => perform(event, question);
      // A moment later: the turn that made the fact durable is not over.
      if (event.afterMs === 0) queueMicrotask(then);
      else world.callAfter(event.afterMs, then);
    }
  };
}

/** The question that an event answers, null when it answers none; undefined when a fact is not what it waits for. */
function questionAt({ at, act }: ScenarioEvent, fact: Fact): string | null | undefined {
  if (act.kind !== "answer") return beginningOf(fact) === at ? null : undefined;
  const asked = askOf(fact);
  return asked?.path === at ? asked.id : undefined;
}

/** Does it, if there is a run to do it to. */
async function perhaps(world: TestWorld, given: ScenarioAct, question: string | null): Promise<void> {
  const [run] = world.store.runs;
  const { orchestrator } = world;
  if (given.kind === "restart") return world.restart();
  if (given.kind === "answer") {
    if (question !== null) await orchestrator.answer(question, given.answer, BY);
    return;
  }
  if (run !== undefined) await orchestrator.host.post(run, inputOf(given));
}

const BY = "scenario";

function inputOf(given: Exclude<ScenarioAct, { kind: "answer" | "restart" }>): PostedInput {
  switch (given.kind) {
    case "signal":
      return { kind: "signaled", name: given.name, payload: given.payload, by: BY };
    case "cancel":
      return { kind: "cancelRequested", reason: given.reason, by: BY };
    case "pause":
      return { kind: "pauseRequested", by: BY };
    case "resume":
      return { kind: "resumeRequested", by: BY };
  }
}
