/** What an act comes to: the outcome of one turn, as the port to agents has it. */
import { parseDuration } from "../base/duration.ts";
import { TuttiError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import type { Work } from "../ports/agents.ts";
import type { Failure, Outcome, Question } from "../scheduler/outcome.ts";
import type { Act, Behaviour, FailSpec, QuestionSpec } from "./behaviour.ts";

/** The act of this turn: a question that has been answered is followed by what comes after it. */
export function actOf(behaviour: Behaviour, { exchanges }: Work): Act {
  let act: Act = behaviour;
  for (const { answer } of exchanges) {
    if (!("ask" in act) && !("authRequired" in act)) return act;
    act = act.next ?? { answer };
  }
  return act;
}

/** The outcome of an act; null when it never comes. */
export function outcomeOf(act: Act, agent: string, work: Work): Outcome | null {
  if ("answer" in act) return answered(act.answer, work);
  if ("duplicate" in act) return completed(act.duplicate);
  if ("lost" in act) return completed(act.lost);
  if ("wrong" in act) return completed("This is not what was asked for.");
  if ("fail" in act) return { kind: "failed", failure: failureOf(act.fail, agent) };
  if ("reject" in act) return { kind: "rejected", failure: { code: "T4105", message: act.reject, retryable: false } };
  if ("cancel" in act) return { kind: "canceled", failure: { code: "T4106", message: act.cancel, retryable: false } };
  if ("ask" in act) return { kind: "inputRequired", question: questionOf(act.ask) };
  if ("authRequired" in act) return { kind: "authRequired", question: questionOf(act.authRequired) };
  if ("unreachable" in act) return unreachable(agent);
  if ("unknown" in act) return { kind: "unknown", failure: unknownFailure(agent) };
  return null;
}

export function completed(value: Json): Outcome {
  return { kind: "completed", reply: typeof value === "string" ? { text: value } : { data: [value] } };
}

export function unreachable(agent: string): Outcome {
  return { kind: "failed", failure: { code: "NETWORK_ERROR", message: `Agent "${agent}" cannot be reached.`, retryable: true } };
}

/** What an agent says whose script has no behaviour left: that is a mistake of the test, so it is not tried again. */
export function usedUp(agent: string, { capability, assignment }: Work): Outcome {
  const { subtask_id: path, attempt } = assignment;
  const message = `The script of "${agent}" has nothing for attempt ${attempt} of ${path} (capability "${capability}").`;
  return { kind: "failed", failure: { code: "T2202", message, retryable: false } };
}

/** A duration of a script, in milliseconds. Throws T2201 when it cannot be read. */
export function durationOf(text: string): number {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new TuttiError("T2201", parsed.error);
}

function answered(answer: Extract<Act, { answer: unknown }>["answer"], work: Work): Outcome {
  if (typeof answer !== "function") return completed(answer);
  const { input, text, capability, exchanges, assignment } = work;
  try {
    const answers = exchanges.map((exchange) => exchange.answer);
    return completed(answer({ input, text, capability, path: assignment.subtask_id, attempt: assignment.attempt, answers }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", failure: { code: "AGENT_ERROR", message, retryable: false } };
  }
}

function failureOf(spec: string | FailSpec, agent: string): Failure {
  const { code = "AGENT_ERROR", message, retryable = true, retryAfter, details } = typeof spec === "string" ? { code: spec } : spec;
  return {
    code,
    message: message ?? `Agent "${agent}" failed with ${code}, as its script says.`,
    retryable,
    ...(retryAfter === undefined ? {} : { retryAfterMs: durationOf(retryAfter) }),
    ...(details === undefined ? {} : { details }),
  };
}

function questionOf(spec: string | QuestionSpec): Question {
  return typeof spec === "string" ? { prompt: spec } : spec;
}

function unknownFailure(agent: string): Failure {
  const message = `Whether agent "${agent}" got the message cannot be known.`;
  return { code: "T4104", message, retryable: false };
}
