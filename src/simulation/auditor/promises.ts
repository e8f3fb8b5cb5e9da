/**
 * What people outside were told, against what is durable.
 *
 * 1. What was acknowledged was in the history before it was (I1).
 * 2. A result once told is the result for ever, and the one in the history (I3).
 * 3. A reader sees every fact once, in order, and none that is not durable; all see the same (I8).
 */
import type { Evidence, SimulatedRun, Told } from "../evidence.ts";
import { asObject, ENDS, type Flaw } from "./facts.ts";
import { canonical } from "./join.ts";

type Facts = SimulatedRun["facts"];

export function auditTold(run: SimulatedRun, told: readonly Told[], flaw: Flaw): void {
  const reached = new Map<string, number>();
  const signaled = new Map<string, number>();
  let result: { readonly status: string; readonly output: string } | null = null;
  for (const one of told) {
    switch (one.what) {
      case "started":
        if (!isThere(run.facts, one.order, "runStarted")) flaw("I1", `it was acknowledged as started, and nothing durable said so`);
        break;
      case "acknowledged":
      case "refused":
        auditAct(run.facts, one, { signaled, flaw });
        break;
      case "result":
        if (!OVER.has(one.status)) break;
        if (result !== null && (result.status !== one.status || result.output !== one.output))
          flaw("I3", `its result was told as ${result.status} ${result.output}, and then as ${one.status} ${one.output}`);
        result ??= one;
        auditResult(run.facts, one, flaw);
        break;
      case "fact":
        auditReading(run.facts, one, { reached, flaw });
        break;
      case "waits":
      case "shown":
        break;
    }
  }
}

const OVER: ReadonlySet<string> = new Set(["completed", "failed", "canceled"]);

function isThere(facts: Facts, before: number, ...kinds: readonly string[]): boolean {
  return facts.some(({ order, fact }) => order <= before && kinds.includes(fact.kind));
}

type Acknowledged = Extract<Told, { act: string }>;
type Kept = { readonly signaled: Map<string, number>; readonly flaw: Flaw };

function auditAct(facts: Facts, { order, what, act, key }: Acknowledged, { signaled, flaw }: Kept): void {
  const isOver = isThere(facts, order, "runEnding", ...ENDS);
  // A signal that nobody waits for yet is kept.
  if (what === "refused" && act === "signal" && !isOver) flaw("I1", `signal ${key} was refused, and the run was going on`);
  if (what === "refused") return;
  const expect = (holds: boolean): void => {
    if (!holds) flaw("I1", `${act} ${key} was acknowledged, and it is not in the history`);
  };
  switch (act) {
    case "start":
      return;
    case "cancel":
      return expect(isOver);
    case "pause":
      return expect(isOver || isThere(facts, order, "runPaused", "budgetExceeded"));
    case "resume":
      return expect(isOver || isThere(facts, order, "runResumed"));
    case "signal": {
      const count = (signaled.get(key) ?? 0) + 1;
      signaled.set(key, count);
      const received = facts.filter((one) => one.order <= order && one.fact.kind === "signalReceived" && one.fact["name"] === key).length;
      return expect(isOver || received >= count);
    }
    case "answer":
      return expect(
        isOver ||
          facts.some((one) => one.order <= order && (one.fact["question"] === key || one.fact["asked"] === key) && one.fact["id"] !== key),
      );
  }
}

function auditResult(facts: Facts, { order, status, output }: Extract<Told, { what: "result" }>, flaw: Flaw): void {
  const end = facts.find((one) => ENDS.has(one.fact.kind));
  if (end === undefined || end.order > order) return flaw("I3", `it was told as ${status} before it was durable`);
  if (end.fact.kind.toLowerCase() !== `run${status}`)
    return flaw("I3", `it was told as ${status}, and its history ends with ${end.fact.kind}`);
  if (status !== "completed") return;
  const said: unknown = JSON.parse(output);
  if (canonical(asObject(said)["output"] ?? null) !== canonical(end.fact["output"] ?? null))
    flaw("I3", `its output was told as ${output}, and it is ${canonical(end.fact["output"])}`);
}

type Readers = { readonly reached: Map<string, number>; readonly flaw: Flaw };

function auditReading(facts: Facts, { order, reader, seq, kind }: Extract<Told, { what: "fact" }>, { reached, flaw }: Readers): void {
  const before = reached.get(reader);
  if (before !== undefined && seq !== before + 1) flaw("I8", `${reader} got fact ${seq} after ${before}`);
  reached.set(reader, seq);
  const stored = facts[seq - 1];
  if (stored === undefined || stored.fact.kind !== kind)
    flaw("I8", `${reader} was told of fact ${seq} as ${kind}, and it is ${stored?.fact.kind ?? "not there"}`);
  else if (stored.order > order) flaw("I8", `${reader} was told of fact ${seq} before it was durable`);
}

/** Numbers without a gap, from 1, in the order in which facts became durable. */
export function auditSequence({ facts }: SimulatedRun, flaw: Flaw): void {
  let before = 0;
  for (const [index, { order, fact }] of facts.entries()) {
    if (fact.seq !== index + 1) flaw("I8", `fact ${index + 1} has the number ${fact.seq}`);
    if (order < before) flaw("I8", `fact ${fact.seq} became durable before the one that it follows`);
    before = order;
  }
  const [first] = facts;
  if (first === undefined || first.fact.kind !== "runStarted") flaw("I1", "its history does not begin with its start");
}

/** One owner at a time: who is no more writes nothing, and says nothing (I6). Lives are numbered from 1, in their order. */
export function auditLives({ lives, runs, told }: Evidence, flaw: (invariant: string, sentence: string, run: string) => void): void {
  for (const [index, { number, beganOrder, endedOrder }] of lives.entries()) {
    const next = lives[index + 1];
    if (next !== undefined && (endedOrder === null || endedOrder > next.beganOrder || beganOrder > next.beganOrder))
      flaw("I6", `life ${next.number} of the process began before life ${number} was over`, "*");
  }
  for (const { id, facts } of runs) {
    let place = 0;
    for (const { order, fact } of facts) {
      while ((lives[place]?.endedOrder ?? Infinity) < order) place += 1;
      if (order < (lives[place]?.beganOrder ?? Infinity))
        flaw("I6", `fact ${fact.seq} (${fact.kind}) was written while there was no process`, id);
    }
  }
  // Who hears its last words may write them down after its death, and before another life begins.
  for (const { order, life, what, run } of told) {
    if (order > (lives[life]?.beganOrder ?? Infinity)) flaw("I6", `life ${life} said something (${what}) when it was no more`, run);
  }
}

/** Words that must be nowhere (I13). */
export function auditSecrets(
  { runs, told, log, canaries }: Evidence,
  flaw: (invariant: string, sentence: string, run: string) => void,
): void {
  if (canaries.length === 0) return;
  const find = (text: string, where: string, run: string): void => {
    for (const canary of canaries) if (text.includes(canary)) flaw("I13", `a secret is in ${where}`, run);
  };
  for (const [index, line] of log.entries()) find(line, `line ${index + 1} of the log`, "*");
  for (const { id, facts } of runs) {
    for (const { fact } of facts) if (holdsAny(fact, canaries)) flaw("I13", `a secret is in fact ${fact.seq} (${fact.kind})`, id);
  }
  for (const one of told) if (one.what === "result") find(one.output, "a result", one.run);
}

/** Whether a text inside of a value holds one of some words; quicker than to write the value down. */
function holdsAny(value: unknown, words: readonly string[]): boolean {
  if (typeof value === "string") return words.some((word) => value.includes(word));
  if (typeof value !== "object" || value === null) return false;
  for (const inner of Object.values(value)) if (holdsAny(inner, words)) return true;
  return false;
}
