/**
 * The independent auditor of simulated histories (issue 5, deliverable 1; reliability.md, 3.H). It knows
 * what the language promises, and nothing of how the engine keeps it: it reads facts as JSON, the
 * workflows as their files say them, and what agents and people wrote down.
 *
 * 1. It is sound: a history that keeps all promises has no violation.
 * 2. It is sharp: each promise has a test in which it is broken, and noticed.
 */
import type { Evidence, SimulatedRun, Told, Violation } from "../evidence.ts";
import { Attempts } from "./attempts.ts";
import { auditBelow } from "./below.ts";
import { auditChildren, auditFailures, auditTasks } from "./belonging.ts";
import { Spending } from "./budget.ts";
import { Clocks } from "./clocks.ts";
import { auditEnding } from "./endings.ts";
import { ENDS, type Flaw, numberAt } from "./facts.ts";
import { auditChildEnds, auditLocalEnds, auditWaiting } from "./heard.ts";
import { auditLimits } from "./limits.ts";
import { auditMessages, isMessage, type Message } from "./messages.ts";
import { Late } from "./late.ts";
import { Order } from "./order.ts";
import { auditPauses } from "./pauses.ts";
import { Questions } from "./people.ts";
import { Places } from "./places.ts";
import { auditLives, auditSecrets, auditSequence, auditTold } from "./promises.ts";
import { auditLeftovers, auditStanding, timeUpIn } from "./quiet.ts";
import { auditTenants, keyOf, labelOf, tenantOf } from "./tenants.ts";
import { Undoing } from "./undoing.ts";
import { auditUnwanted, auditWanted } from "./unwanted.ts";
import { Values } from "./values.ts";
import { Work } from "./work.ts";
import { workflowOf } from "./workflow.ts";

/** Everything that a simulated history breaks of what is promised; empty when all is kept. */
export function audit(evidence: Evidence): readonly Violation[] {
  const violations: Violation[] = [];
  const flaw = (invariant: string, sentence: string, run: string): void => void violations.push({ invariant, run, sentence });
  const { tenants } = evidence;
  // Who only looked was told of what is somebody else's, or not there.
  const told = Map.groupBy(
    evidence.told.filter(({ what }) => what !== "shown"),
    ({ tenant, run }) => keyOf(tenant, run),
  );
  const messages = Map.groupBy(evidence.diary.filter(isMessage), (message) => keyOf(tenantOf(message, tenants), message.run));
  const below = Map.groupBy(evidence.runs, ({ tenant, parent }) => keyOf(tenant, parent ?? ""));
  for (const run of evidence.runs) {
    const key = keyOf(run.tenant, run.id);
    const known = { told: told.get(key) ?? [], messages: messages.get(key) ?? [], below: below.get(key) ?? [] };
    told.delete(key);
    messages.delete(key);
    auditRun(run, known, { evidence, flaw: (invariant, sentence) => flaw(invariant, sentence, labelOf(run.tenant, run.id, tenants)) });
  }
  for (const { tenant, run } of firstsOf(told))
    flaw("I1", "somebody was told of it, and there is no such run", labelOf(tenant, run, tenants));
  for (const message of firstsOf(messages))
    flaw("I1", "an agent worked for it, and there is no such run", labelOf(tenantOf(message, tenants), message.run, tenants));
  auditLimits(evidence, flaw);
  auditLives(evidence, flaw);
  auditSecrets(evidence, flaw);
  auditTenants(evidence, flaw);
  return violations;
}

function firstsOf<Entry>(groups: ReadonlyMap<string, readonly Entry[]>): readonly Entry[] {
  return [...groups.values()].flatMap((group) => group.slice(0, 1));
}

type Known = { readonly told: readonly Told[]; readonly messages: readonly Message[]; readonly below: readonly SimulatedRun[] };
type Judged = { readonly evidence: Evidence; readonly flaw: Flaw };

/** One run, with what people were told of it, what agents were given for it, and the runs below. */
function auditRun(run: SimulatedRun, { told, messages, below }: Known, { evidence, flaw }: Judged): void {
  auditSequence(run, flaw);
  auditHistory(run, evidence, flaw);
  auditEnding(run, evidence, flaw);
  auditTold(run, told, flaw);
  auditMessages(run, messages, { evidence, flaw });
  auditTasks(run, messages, flaw);
  auditFailures(run, messages, { diary: evidence.diary, flaw });
  auditBelow(run, below, flaw);
  auditChildren(run, below, flaw);
  auditChildEnds(below, { run, evidence, flaw });
  auditLocalEnds(messages, { run, evidence, flaw });
  auditPauses(run, below, { evidence, flaw });
  auditWaiting(run, told, flaw);
  auditUnwanted(run, messages, { evidence, flaw });
  auditWanted(run, evidence, flaw);
}

/** One history, fact by fact. */
function auditHistory(run: SimulatedRun, evidence: Evidence, flaw: Flaw): void {
  const name = run.facts[0]?.fact["workflow"];
  const places = new Places(workflowOf(typeof name === "string" ? evidence.definitions[name] : undefined));
  const work = new Work(flaw);
  const order = new Order(places, flaw);
  const questions = new Questions(flaw);
  const clocks = new Clocks(places, flaw);
  const takers = [
    work,
    order,
    new Attempts(places, flaw),
    clocks,
    new Spending(places.workflow.budget, flaw),
    new Undoing(places, flaw),
    new Values(places, flaw),
    new Late(flaw),
    questions,
  ];
  let isOver = false;
  let before = 0;
  const timeIsUp = timeUpIn(run);
  for (const { fact } of run.facts) {
    // What stands after the end is told once, elsewhere.
    if (isOver) break;
    // What became true in the very moment in which its time was up, leads to nothing any more.
    if (fact.seq === timeIsUp && !work.standing.isEnding && before < fact.at) {
      order.settle(work.standing);
      auditStanding(work.standing, "when its time was up", flaw);
    }
    for (const taker of takers) taker.take(fact);
    isOver = ENDS.has(fact.kind);
    before = fact.at;
  }
  if (!isOver) {
    order.settle(work.standing);
    auditStanding(work.standing, "when all was quiet", flaw);
  }
  const isSignalWaitedFor = [...work.standing.waits.values()].some((wait) => numberAt(wait, "until") === null);
  const isAsking = questions.open.size > 0 || isSignalWaitedFor || work.standing.isPaused;
  auditLeftovers(run, evidence, { asks: isAsking, flaw });
}
