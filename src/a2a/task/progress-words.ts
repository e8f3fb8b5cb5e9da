/** Work that goes on, in words (requirements L024 to L029): an agent's own, or how far a workflow is. */
import type { JsonObject } from "../../base/json.ts";
import { asClause } from "../../base/text.ts";
import type { Progress } from "../../scheduler/input.ts";
import { textPart } from "../wire/wire.ts";
import { failureFields, runPhrase, type Said, saidOf } from "./subtask-words.ts";
import type { TaskShape } from "./task-event.ts";
import { remainingTime, type TaskTally } from "./task-tally.ts";
import { describedPart, isoTime, shortened, type Words } from "./words.ts";

const DESCRIPTION = "Detailed progress information";

type Followed = Parameters<typeof saidOf>[0];

/** What a fact says of the task while it is worked on; null when it says nothing that a caller follows. */
export function progressWords(fact: Followed, shape: TaskShape, tally: TaskTally): Words | null {
  if (shape.kind === "agent") return agentWords(fact, tally);
  const said = saidOf(fact);
  return said === null ? null : workflowWords(said, fact.at, tally);
}

/** Nothing is asked any more, and nothing else is to be said. */
export function goesOn(at: number, tally: TaskTally): Words {
  return workflowWords({ phrase: tally.phase === "running" ? "processing continues" : tally.phase }, at, tally);
}

/** A served agent's run has one subtask, of which its caller knows nothing. */
function agentWords(fact: Followed, tally: TaskTally): Words | null {
  switch (fact.kind) {
    case "subtaskProgressed":
      return agentsOwnWords(fact.progress, tally.takenMs(fact.at));
    case "attemptFailed": {
      const { attempt, failure, retryAt } = fact;
      const more = { attempt, retry_at: isoTime(retryAt), ...failureFields(failure) };
      return workflowWords({ phrase: `attempt ${attempt} failed; another follows`, more }, fact.at, tally);
    }
    case "questionAnswered":
      return workflowWords({ phrase: "the answer is there; processing continues" }, fact.at, tally);
    case "runEnding":
      // A failure is told as the agent's own, when it is the end.
      return fact.ending.kind === "failed" ? null : workflowWords(runPhrase(fact), fact.at, tally);
    case "budgetGranted":
    case "runPaused":
    case "runResumed":
    case "runCompensating":
      return workflowWords(runPhrase(fact), fact.at, tally);
    case "stepSkipped":
    case "stepExpanded":
    case "stepCompleted":
    case "scopeOpened":
    case "scopeClosed":
    case "iterationStarted":
    case "planAccepted":
    case "waitStarted":
    case "approvalReminded":
    case "approvalDecided":
    case "messageReceived":
    case "signalReceived":
    case "contextChanged":
    case "budgetExceeded":
    case "subtaskAssigned":
    case "subtaskQueued":
    case "messageIntended":
    case "messageResent":
    case "subtaskAccepted":
    case "subtaskCompleted":
    case "subtaskFailed":
    case "questionAsked":
    case "attemptTimedOut":
    case "attemptRefused":
    case "subtaskCanceled":
    case "taskReleased":
    case "compensationEnded":
    case "compensationFailed":
      return null;
  }
}

/** The progress that an agent reports, as it reports it. */
function agentsOwnWords({ percent, phase, note }: Progress, takenMs: number): Words {
  const about: Facets = { percent: percent ?? null, phase: phase === undefined ? null : shortened(phase), takenMs };
  const details = note === undefined ? {} : { details: shortened(note) };
  const otherwise = shortened(note ?? phase ?? "Processing continues.");
  return {
    kind: "progress",
    parts: [
      textPart(percent === undefined ? otherwise : progressText(percent, about.phase)),
      describedPart({ ...dataOf(about), ...details }, DESCRIPTION),
    ],
    metadata: metadataOf(about),
    ...(percent === undefined ? {} : { percent }),
  };
}

function workflowWords({ phrase, subtask, state, more }: Said, at: number, tally: TaskTally): Words {
  const { percent } = tally;
  const about: Facets = { percent, phase: phrase, takenMs: tally.takenMs(at) };
  const who: JsonObject = subtask === undefined ? {} : { subtask_id: subtask };
  const data = { ...who, ...(state === undefined ? {} : { state }), ...more, ...dataOf(about) };
  return {
    kind: "progress",
    parts: [textPart(percent === null ? sentence(phrase, subtask) : progressText(percent, phrase)), describedPart(data, DESCRIPTION)],
    metadata: { ...metadataOf(about), ...who, ...(tally.phase === "running" ? {} : { run_state: tally.phase }) },
    ...(percent === null ? {} : { percent }),
  };
}

type Facets = { readonly percent: number | null; readonly phase: string | null; readonly takenMs: number };

function progressText(percent: number, phase: string | null): string {
  return `Progress update: ${percent}% complete.${phase === null ? "" : ` Current phase: ${phase}`}`;
}

function dataOf({ percent, phase, takenMs }: Facets): JsonObject {
  return {
    ...(percent === null ? {} : { progress_percentage: percent, estimated_remaining: remainingTime(takenMs, percent) }),
    ...(phase === null ? {} : { current_phase: phase }),
  };
}

function metadataOf({ percent, phase }: Facets): JsonObject {
  return {
    update_type: "progress",
    ...(percent === null ? {} : { progress_percentage: percent }),
    ...(phase === null ? {} : { phase }),
  };
}

/** A phrase about the run as a sentence; one about a subtask begins with its path, which is spelled as it is. */
function sentence(phrase: string, subtask: string | undefined): string {
  const words = subtask === undefined ? phrase.charAt(0).toUpperCase() + phrase.slice(1) : phrase;
  return `${asClause(words)}.`;
}
