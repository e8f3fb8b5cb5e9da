/**
 * A simulated history as a scenario file tells it: what each agent did at each attempt, as the workflow
 * saw it; what people did, and when the process died. It expects what was promised, so that it fails
 * until the workflow is mended; or, of an ending that breaks nothing, that ending.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { attemptOf, codeOf, objectAt, pathOf, textAt, wordIn } from "../auditor/facts.ts";
import type { Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import type { CastMember } from "../random-agents.ts";
import type { Ending } from "./ending.ts";
import { type Execution, executionsOf } from "./executions.ts";
import type { Finding } from "./promises.ts";

export type Expected = { readonly kind: "finding"; readonly finding: Finding } | { readonly kind: "ending"; readonly ending: Ending };

type Options = { readonly input: Json; readonly cast: readonly CastMember[]; readonly expected: Expected };

/** Less is the time of a request or two. */
const SLOW_MS = 1_000;

/** A duration that loses nothing: a millisecond may decide. */
function exactly(durationMs: number): string {
  return durationMs % 1_000 === 0 ? `${durationMs / 1_000}s` : `${durationMs}ms`;
}

/** One scenario, as it stands in a scenario file. */
export function scenarioOf(evidence: Evidence, { input, cast, expected }: Options): JsonObject {
  const top = evidence.runs.find(({ parent }) => parent === null);
  const startAt = top?.facts[0]?.fact.at ?? 0;
  const seed = top === undefined ? null : textAt(top.facts[0]?.fact ?? NO_FACT, "seed");
  const events = eventsOf(evidence, startAt);
  const silence = silenceIn(evidence, expected);
  return {
    name: nameOf(expected),
    input,
    ...(seed === null ? {} : { seed }),
    agents: agentsOf(evidence, cast),
    ...(events.length === 0 ? {} : { events }),
    ...(silence === null ? {} : { advance: silence }),
    expect: expectOf(expected, evidence),
  };
}

const NO_FACT: StoredFact = { seq: 0, kind: "", at: 0 };

function nameOf(expected: Expected): string {
  if (expected.kind === "ending") {
    const { outcome, code, step } = expected.ending;
    return `it ends as ${[outcome, code, step === null ? null : `at ${step}`].filter((part) => part !== null).join(" ")}`;
  }
  const { promise, step } = expected.finding;
  return `${NAMES[promise]}${step === null ? "" : `: ${step}`}`;
}

const NAMES: { readonly [promise in Finding["promise"]]: string } = {
  ends: "it comes to an end",
  inTime: "it is done within its timeout",
  keepsResults: "no result of an agent is lost",
  undoesOnce: "a compensation is done once",
  worksOnce: "work is done once",
  tutti: "Tutti keeps its own promises",
};

function expectOf(expected: Expected, { runs }: Evidence): JsonObject {
  if (expected.kind === "finding") {
    const { promise, step } = expected.finding;
    const top = runs.find(({ parent }) => parent === null);
    if (promise === "undoesOnce" && step !== null) return { status: top?.status ?? "failed", attempts: { [step]: 1 } };
    return { status: "completed" };
  }
  const { outcome } = expected.ending;
  if (outcome === "waiting" || outcome === "stuck") return { status: "waiting" };
  return outcome === "failed" ? { status: "failed", failure: failureIn(runs) } : { status: outcome };
}

/** What is special of the failure: the code of the step that failed, if one did. */
function failureIn(runs: Evidence["runs"]): JsonObject {
  const end = runs.find(({ parent }) => parent === null)?.facts.find(({ fact }) => fact.kind === "runFailed")?.fact ?? NO_FACT;
  const { details } = objectAt(end, "failure");
  const code = isJsonObject(details) ? wordIn(details, "code") : "";
  return code === "" ? { code: codeOf(end) } : { details: { code } };
}

/** How long nobody acts, where the run comes to its end by that. */
function silenceIn({ runs }: Evidence, expected: Expected): string | null {
  if (expected.kind !== "ending" || expected.ending.outcome !== "failed") return null;
  const facts = runs.flatMap((run) => run.facts.map(({ fact }) => fact));
  const isMet = (wait: StoredFact): boolean =>
    facts.some((fact) => (fact["question"] === wait["id"] && fact["by"] !== null && answerOf(fact) !== null) || isTaken(fact, wait));
  const waits = facts.filter((fact) => fact.kind === "questionAsked" || (fact.kind === "waitStarted" && fact["wait"] !== "time"));
  const span = Math.max(0, ...facts.map(({ at }) => at)) - Math.min(...facts.map(({ at }) => at));
  return waits.every(isMet) ? null : exactly(span);
}

function isTaken(fact: StoredFact, wait: StoredFact): boolean {
  return wait["wait"] === "signal" && fact.kind === "subtaskCompleted" && pathOf(fact) === pathOf(wait);
}

function agentsOf({ runs, ...evidence }: Evidence, cast: readonly CastMember[]): JsonObject {
  const executions = executionsOf({ runs, ...evidence });
  const scripts = new Map<string, JsonObject[]>();
  for (const run of runs)
    for (const { fact } of run.facts) {
      if (fact.kind !== "subtaskAssigned") continue;
      const agent = agentOf(fact, run.facts);
      if (agent !== null) scripts.set(agent, [...(scripts.get(agent) ?? []), behaviourOf(fact, run, executions)]);
    }
  return Object.fromEntries(
    [...scripts].map(([agent, script]) => [
      agent,
      agentObject(
        simplified(script),
        cast.find(({ name }) => name === agent),
      ),
    ]),
  );
}

/** Behind A2A, when it was there. */
function agentObject(script: readonly JsonObject[], member: CastMember | undefined): Json {
  const only = script.length === 1 && script[0] !== undefined ? script[0] : script;
  if (member?.place !== "remote") return only;
  const others = member.capabilities.filter((name) => name !== member.name);
  return { remote: true, ...(others.length === 0 ? {} : { capabilities: others }), script: only };
}

/** One that does the same whatever it is asked needs no steps. */
function simplified(script: readonly JsonObject[]): readonly JsonObject[] {
  const bare = script.map((behaviour): JsonObject => Object.fromEntries(Object.entries(behaviour).filter(([key]) => key !== "step")));
  const [first] = bare;
  return first !== undefined && bare.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? [first] : script;
}

/** Who was given the work; null for a sub-workflow or an event, which no script stands in for. */
function agentOf(assigned: StoredFact, facts: SimulatedRun["facts"]): string | null {
  const target = objectAt(assigned, "target");
  if (target["kind"] === "agent") return wordIn(target, "agent");
  if (target["kind"] !== "capability") return null;
  const same = facts.find(
    ({ fact }) => isOf(fact, assigned) && (textAt(fact, "agent") !== null || wordIn(objectAt(fact, "intent"), "agent") !== ""),
  );
  return same === undefined ? wordIn(target, "capability") : (textAt(same.fact, "agent") ?? wordIn(objectAt(same.fact, "intent"), "agent"));
}

function isOf(fact: StoredFact, assigned: StoredFact): boolean {
  return pathOf(fact) === pathOf(assigned) && attemptOf(fact) === attemptOf(assigned);
}

const CLOSES: ReadonlySet<string> = new Set([
  "subtaskCompleted",
  "attemptFailed",
  "subtaskFailed",
  "compensationFailed",
  "attemptTimedOut",
  "subtaskCanceled",
  "compensationEnded",
]);

/** What the agent did at one attempt, as the workflow saw it. */
function behaviourOf(assigned: StoredFact, { id, facts }: SimulatedRun, executions: readonly Execution[]): JsonObject {
  const step = pathOf(assigned);
  const end = facts.find(
    ({ fact }) => fact.seq > assigned.seq && CLOSES.has(fact.kind) && (isOf(fact, assigned) || `${pathOf(fact)}/compensate` === step),
  )?.fact;
  const resent = facts.some(({ fact }) => fact.kind === "messageResent" && isOf(fact, assigned));
  const done = executions.find(
    (one) => one.run === id && one.path === step && one.attempt === attemptOf(assigned) && one.ended?.kind === "completed",
  );
  const asked = facts.find(({ fact }) => fact.kind === "questionAsked" && isOf(fact, assigned))?.fact;
  const tookMs = end === undefined ? 0 : end.at - assigned.at;
  const slow = tookMs < SLOW_MS ? {} : { slow: exactly(tookMs) };
  if (asked !== undefined && textAt(asked, "asks") === "input")
    return { step, ask: wordIn(objectAt(asked, "question"), "prompt"), next: actOf(end, done) };
  if (done?.ended !== undefined && done.ended !== null && isGivenUp(end)) {
    // What it did while one waited, and nobody could read, is as if it had not come; what came later came to nobody.
    if (done.ended.at <= (end?.at ?? 0)) return { step, hang: true };
    return { step, slow: exactly(done.ended.at - assigned.at), answer: done.ended.output };
  }
  if (resent && end?.kind === "subtaskCompleted") return { step, lost: done?.ended?.output ?? outputOf(end["output"]) };
  if (end === undefined || end.kind === "subtaskCanceled" || reasonOf(end) === "timedOut") return { step, hang: true };
  return { step, ...slow, ...actOf(end, done) };
}

function isGivenUp(end: StoredFact | undefined): boolean {
  return reasonOf(end) === "timedOut" || end?.kind === "subtaskCanceled";
}

function reasonOf(fact: StoredFact | undefined): string | null {
  if (fact === undefined) return null;
  return fact.kind === "attemptTimedOut" ? "timedOut" : textAt(fact, "reason");
}

/** What the agent said at the end; what it wrote besides its output is in its own words only. */
function actOf(end: StoredFact | undefined, done: Execution | undefined): JsonObject {
  if (end === undefined) return { hang: true };
  if (end.kind === "subtaskCompleted") return { answer: done?.ended?.output ?? outputOf(end["output"]) };
  if (end.kind === "compensationEnded") return { answer: done?.ended?.output ?? "undone" };
  const failure = objectAt(end, "failure");
  const reason = reasonOf(end);
  if (reason === "rejected") return { reject: wordIn(failure, "message") || "Not this." };
  if (reason === "unknown") return { unknown: true };
  if (reason === "invalid") return { wrong: true };
  const retryAfterMs = failure["retryAfterMs"];
  return {
    fail: {
      code: codeOf(end),
      ...(failure["retryable"] === false ? { retryable: false } : {}),
      ...(typeof retryAfterMs === "number" && retryAfterMs > 0 ? { retryAfter: exactly(retryAfterMs) } : {}),
    },
  };
}

function outputOf(output: unknown): Json {
  return (output ?? null) as Json;
}

/** What people did, and when the process died. */
function eventsOf({ runs, lives }: Evidence, startAt: number): readonly JsonObject[] {
  const events: { readonly at: number; readonly event: JsonObject }[] = [];
  const add = (at: number, event: JsonObject) =>
    events.push({ at, event: { ...(at - startAt < 1 ? {} : { after: exactly(at - startAt) }), ...event } });
  for (const { endedAt } of lives) if (endedAt !== null && endedAt >= startAt) add(endedAt, { restart: true });
  const askedAt = new Map<string, { readonly at: number; readonly path: string }>();
  for (const { parent, facts } of runs)
    for (const { fact } of facts) {
      if (fact.kind === "questionAsked" || fact.kind === "waitStarted")
        askedAt.set(String(fact["id"]), { at: fact.at, path: pathOf(fact) });
      const answer = answerOf(fact);
      const asked = askedAt.get(String(fact["question"]));
      if (answer !== null && asked !== undefined)
        events.push({
          at: fact.at,
          event: { at: asked.path, ...(fact.at - asked.at < 1 ? {} : { after: exactly(fact.at - asked.at) }), ...answer },
        });
      if (parent === null && fact.kind === "signalReceived")
        add(fact.at, { signal: { name: textAt(fact, "name"), payload: (fact["payload"] ?? null) as Json } });
      const ending = objectAt(fact, "ending");
      if (parent === null && fact.kind === "runEnding" && ending["kind"] === "canceled") add(fact.at, { cancel: wordIn(ending, "reason") });
    }
  return events.toSorted((left, right) => left.at - right.at).map(({ event }) => event);
}

function answerOf(fact: StoredFact): JsonObject | null {
  if (fact.kind === "questionAnswered") return { answer: (fact["answer"] ?? null) as Json };
  if (fact.kind !== "approvalDecided" || fact["by"] === null) return null;
  const { decision, form } = objectAt(fact, "output");
  return { [decision === "approved" ? "approve" : "reject"]: isJsonObject(form) ? form : true };
}
