/**
 * The people and programs around a run: they answer what is asked, decide what is to be decided, give
 * signals and cancel. A later life does the same again, as a caller does who has heard nothing.
 */
import { TuttiError } from "../../../src/base/errors.ts";
import type { Json } from "../../../src/base/json.ts";
import type { Orchestrator, RunHandle } from "../../../src/runtime/orchestrator.ts";
import type { Fact } from "../../../src/scheduler/index.ts";
import { ENDLESS_WORK } from "./endings.ts";
import { PAUSED_AT } from "./governed.ts";
import type { StartedRun } from "./orchestrate.ts";
import { ANSWER } from "./workflow.ts";

/** Something of which the host has said that it is durable, and the fact that must be there from then on. */
export type Acknowledgement = { readonly run: string; readonly fact: Fact["kind"]; readonly name?: string };

export type Surroundings = {
  readonly orchestrator: Orchestrator;
  readonly acknowledged: (what: Acknowledgement) => void;
  /** Called soon after a fact has become durable that was not there when this life began. */
  readonly pass: (name: string) => void;
};

/** Follows a run to its end, and says to it what it waits for. */
export async function attend(surroundings: Surroundings, { id, n, kind }: StartedRun, handle: RunHandle): Promise<void> {
  const { orchestrator, acknowledged, pass } = surroundings;
  const signal = async (name: string): Promise<void> => {
    if (await handle.signal(name, { n })) acknowledged({ run: id, fact: "signalReceived", name });
  };
  // One signal comes before anything waits for it.
  if (kind === "shapes") await signal("early");
  const begun = (await orchestrator.host.inspect(handle.run))?.seq ?? 0;
  let takenCount = 0;
  for await (const entry of handle.watch()) {
    if (entry.kind !== "fact") continue;
    const { fact, seq } = entry;
    if (seq > begun || (handle.created && seq === 1)) pass(`fact.${fact.kind}`);
    await answerTo(surroundings, id, fact);
    if (kind === "governed") await hold({ handle, acknowledged }, fact);
    if (fact.kind === "waitStarted" && fact.wait === "signal" && fact.name !== "early") await signal(fact.name);
    if (kind !== "endless" || fact.kind !== "subtaskAccepted") continue;
    // Of an agent it is a task, of a workflow below its run.
    if (fact.task !== undefined || fact.agent.startsWith("run:")) takenCount += 1;
    if (takenCount === ENDLESS_WORK && (await handle.cancel("It would take for ever."))) acknowledged({ run: id, fact: "runEnding" });
  }
}

/** Pauses a run when it comes to its place, and lets it go on once that is known. */
async function hold(
  { handle, acknowledged }: Pick<Surroundings, "acknowledged"> & { readonly handle: RunHandle },
  fact: Fact,
): Promise<void> {
  const run = handle.run.id;
  if (fact.kind === "waitStarted" && fact.path === PAUSED_AT && (await handle.pause())) acknowledged({ run, fact: "runPaused" });
  if (fact.kind === "runPaused" && (await handle.resume())) acknowledged({ run, fact: "runResumed" });
}

async function answerTo({ orchestrator, acknowledged }: Surroundings, run: string, fact: Fact): Promise<void> {
  const answer = async (question: string, value: Json, proof: Fact["kind"]): Promise<void> => {
    try {
      await orchestrator.answer(question, value);
      acknowledged({ run, fact: proof });
    } catch (error) {
      // The run has ended meanwhile.
      if (!(error instanceof TuttiError && error.code === "T4004")) throw error;
    }
  };
  if (fact.kind === "questionAsked" && fact.handler === undefined) await answer(fact.id, ANSWER, "questionAnswered");
  if (fact.kind === "waitStarted" && fact.wait === "approval") await answer(fact.id, { decision: "approved" }, "approvalDecided");
  if (fact.kind === "budgetExceeded" && fact.question !== undefined) await answer(fact.question, { decision: "approved" }, "budgetGranted");
  if (fact.kind === "compensationFailed") await answer(fact.question, { decision: "retry" }, "compensationFailed");
}
