/**
 * What a user is promised of a workflow, judged by what agents did and what the history says.
 *
 * 1. A finding is *broken* when the workflow can be changed so that it does not happen. What no workflow
 *    can prevent, since an agent lets nobody know, and a wait for a person whom everyone can see, are *noted*.
 * 2. What the auditor of the simulated world finds is a mistake of Tutti itself, and always told.
 */
import { stepNameOf } from "../../testing/scenario-names.ts";
import { audit } from "../auditor/audit.ts";
import { pathOf, textAt } from "../auditor/facts.ts";
import { characterOf } from "../crew.ts";
import type { Evidence, SimulatedRun } from "../evidence.ts";
import type { CastMember } from "../random-agents.ts";
import { endingOf, type Ending } from "./ending.ts";
import { type Execution, executionsOf } from "./executions.ts";

type PromiseName = "ends" | "inTime" | "keepsResults" | "undoesOnce" | "worksOnce" | "tutti";

/** `sentence` says what happens at the step, and can be said of several at once. */
export type Finding = {
  readonly promise: PromiseName;
  readonly isBroken: boolean;
  readonly step: string | null;
  readonly sentence: string;
};

export type Judgement = { readonly ending: Ending; readonly findings: readonly Finding[] };

export function judge(evidence: Evidence, cast: readonly CastMember[]): Judgement {
  const ending = endingOf(evidence);
  const executions = executionsOf(evidence);
  const findings = [
    ...endFindings(ending),
    ...evidence.runs.flatMap((run) => lostResults(run, executions, cast)),
    ...repeatedWork(evidence, executions, cast),
    ...audit(evidence).map(({ invariant, run, sentence }): Finding => {
      const told = `Tutti itself breaks its promise ${invariant}: ${run}: ${sentence}. Please report it with this seed.`;
      return { promise: "tutti", isBroken: true, step: null, sentence: told };
    }),
  ];
  return { ending, findings: [...new Map(findings.map((finding) => [keyOf(finding), finding])).values()] };
}

/** Findings of one kind at one step are one. */
export function keyOf({ promise, isBroken, step, sentence }: Finding): string {
  return JSON.stringify([promise, isBroken, step, promise === "tutti" ? sentence : null]);
}

function endFindings({ outcome, step, waitsFor, code }: Ending): readonly Finding[] {
  const found = (promise: PromiseName, isBroken: boolean, sentence: string): readonly Finding[] => [{ promise, isBroken, step, sentence }];
  if (outcome === "stuck") return found("ends", true, "does not come to an end, and nobody is asked");
  if (outcome === "waiting" && waitsFor === "signal")
    return found("ends", true, "waits for a signal with no end but the run's own timeout, and nobody is asked: give the wait a timeout");
  if (outcome === "waiting") return found("ends", false, "waits for a person, with no end but the run's own timeout");
  if (outcome === "failed" && code === "T4109") return found("inTime", true, "is still at work when the run's timeout ends it all");
  return [];
}

/** Work that an agent completed, and of which the run's end says that it failed. Told as unknown it is told as it is. */
function lostResults({ id, facts }: SimulatedRun, executions: readonly Execution[], cast: readonly CastMember[]): readonly Finding[] {
  const endOrder = facts.findLast(({ fact }) => fact.kind === "runFailed")?.order ?? null;
  if (endOrder === null) return [];
  return facts.flatMap(({ fact }): readonly Finding[] => {
    const reason = textAt(fact, "reason");
    if (fact.kind !== "subtaskFailed" || fact["tolerated"] === true || reason === "invalid" || reason === "expression") return [];
    const path = pathOf(fact);
    const done = executions.find((one) => one.run === id && one.path === path && isDone(one, facts) && (one.ended?.order ?? 0) < endOrder);
    if (done === undefined) return [];
    const isUnknown = reason === "unknown";
    const isNear = cast.find(({ name }) => name === done.agent)?.place === "local";
    const sentence = lossInWords({ isUnknown, isNear });
    return [{ promise: "keepsResults", isBroken: !isUnknown && !isNear, step: stepNameOf(path), sentence }];
  });
}

function lossInWords({ isUnknown, isNear }: { readonly isUnknown: boolean; readonly isNear: boolean }): string {
  if (isUnknown)
    return "may be done although the run fails, which says that nobody can know (T4104): onUnknown: ask lets a person decide, resend sends it again";
  if (isNear) return "can be done in this process, which dies before the result is on the disk; the run fails for other reasons then";
  return "is completed by its agent, and the run ends as if it had failed";
}

/** An attempt whose output broke its contract gave nothing. */
function isDone({ path, attempt, ended }: Execution, facts: SimulatedRun["facts"]): boolean {
  const isInvalid = facts.some(
    ({ fact }) => fact.kind === "attemptFailed" && pathOf(fact) === path && fact["attempt"] === attempt && fact["reason"] === "invalid",
  );
  return ended?.kind === "completed" && !isInvalid;
}

/** Work that was completed more than once at agents. */
function repeatedWork({ seed, runs }: Evidence, executions: readonly Execution[], cast: readonly CastMember[]): readonly Finding[] {
  const findings: Finding[] = [];
  const done = new Map<string, Execution>();
  for (const one of executions) {
    const facts = runs.find(({ id }) => id === one.run)?.facts ?? [];
    if (!isDone(one, facts)) continue;
    const key = JSON.stringify([one.run, one.path]);
    const before = done.get(key);
    done.set(key, one);
    // The next turn of a conversation is no repetition.
    if (before !== undefined && before.turn === one.turn) findings.push(repetition(one, before, { seed, cast }));
  }
  return findings;
}

type World = { readonly seed: string; readonly cast: readonly CastMember[] };

function repetition(one: Execution, before: Execution, { seed, cast }: World): Finding {
  const member = cast.find(({ name }) => name === one.agent);
  const { lists, dedupes, isDirect } = characterOf(seed, member?.principal ?? one.agent);
  const isRemote = member?.place === "remote";
  const isSame = one.attempt === before.attempt;
  const isCopy = one.sent !== null && one.sent === before.sent;
  const letsKnow = isRemote && (dedupes || (lists && !isCopy && !isDirect));
  const isUndoing = one.path.endsWith("/compensate");
  // What works in this process is only ever done twice because that died.
  const isBroken = isRemote && (isSame ? letsKnow : isUndoing);
  const sentence = `can be done twice: ${repetitionInWords({ isSame, isRemote, letsKnow })}`;
  return { promise: isUndoing ? "undoesOnce" : "worksOnce", isBroken, step: stepNameOf(one.path), sentence };
}

function repetitionInWords(what: { readonly isSame: boolean; readonly isRemote: boolean; readonly letsKnow: boolean }): string {
  if (!what.isRemote) return "its agent works in this process, which dies before the result is on the disk";
  if (!what.isSame) return "an attempt that was given up is completed after all, beside the next one";
  return what.letsKnow ? "although its agent lets one know" : "an agent that does not recognise a repeated message does it again";
}
