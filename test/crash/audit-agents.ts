/** What agents and receivers wrote down of a run, against its history. */
import { ENDS } from "../../src/simulation/auditor/facts.ts";
import type { Violation } from "./auditor.ts";
import { CLOSINGS } from "./audit-history.ts";
import { type Evidence, factsIn, type StoredFact } from "./evidence.ts";
import type { Delivery, Entry, Execution, Message } from "./world/journal.ts";

/** One message id for an effect in all its sends, one task for a message id. */
export function auditMessages(run: string, { atEnd, before, after }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const messages = [...before, ...after].filter((entry): entry is Message => entry.event === "message" && entry.run === run);
  for (const [correlation, sent] of Map.groupBy(messages, ({ correlation: key }) => key)) {
    const [ids, tasks] = [new Set(sent.map(({ messageId }) => messageId)), new Set(sent.map(({ taskId }) => taskId))];
    const whose = `${sent[0]?.path ?? ""} attempt ${sent[0]?.attempt ?? 0} (${correlation})`;
    if (ids.size > 1) findings.push({ kind: "duplicate", run, sentence: `${whose} was sent under ${ids.size} message ids` });
    if (tasks.size > 1) findings.push({ kind: "duplicate", run, sentence: `${whose} made ${tasks.size} tasks` });
  }
  const intents = factsIn(atEnd, run)
    .filter(({ kind }) => kind === "messageIntended")
    .map((fact) => ({ effect: effectOf(fact), messageId: messageIdOf(fact) }));
  for (const [effect, of] of Map.groupBy(intents, ({ effect: key }) => key)) {
    if (new Set(of.map(({ messageId }) => messageId)).size > 1)
      findings.push({ kind: "duplicate", run, sentence: `${effect} was intended under several message ids` });
  }
  for (const [messageId, of] of Map.groupBy(intents, (intent) => intent.messageId)) {
    if (new Set(of.map(({ effect }) => effect)).size > 1)
      findings.push({ kind: "history", run, sentence: `message id ${messageId} stands for several effects` });
  }
  const known = new Set(intents.map(({ messageId }) => messageId));
  for (const { messageId, path } of messages) {
    if (!known.has(messageId))
      findings.push({ kind: "history", run, sentence: `${path} was sent as ${messageId}, which was never intended` });
  }
  return findings;
}

/** Who did what how often, and when. */
export function auditExecutions(run: string, evidence: Evidence): readonly Violation[] {
  const { atCrash, atEnd, before, after } = evidence;
  const findings: Violation[] = [];
  const facts = factsIn(atEnd, run);
  const all = [...before, ...after].filter(isBegin(run));
  const endedAt = facts.find(({ kind }) => ENDS.has(kind))?.at ?? Infinity;
  const assigned = new Set(facts.filter(({ kind }) => kind === "subtaskAssigned").map(attemptOf));
  for (const { path, attempt, agent, at } of all) {
    if (at > endedAt) findings.push({ kind: "duplicate", run, sentence: `${agent} began ${path} after the end of the run` });
    if (!assigned.has(`${path} attempt ${attempt}`))
      findings.push({ kind: "history", run, sentence: `${agent} executed ${path} attempt ${attempt}, which was never assigned` });
  }
  // In one life of the process a handler of it works once; a remote one works once, whatever dies.
  for (const [work, executions] of Map.groupBy(
    all,
    ({ life, path, attempt, turn }) => `${path} attempt ${attempt} turn ${turn} in ${life}`,
  )) {
    if (executions.length > 1) findings.push({ kind: "duplicate", run, sentence: `${work} was executed ${executions.length} times` });
  }
  const finished = new Set(factsIn(atCrash, run).flatMap(overIn));
  for (const { path, agent } of after.filter(isBegin(run))) {
    if (finished.has(path))
      findings.push({ kind: "duplicate", run, sentence: `${agent} executed ${path} again after its completion was recorded` });
  }
  return [...findings, ...auditAnswers(run, facts, all)];
}

/** Every answer of an agent was given by an agent. */
function auditAnswers(run: string, facts: readonly StoredFact[], begun: readonly Execution[]): readonly Violation[] {
  const findings: Violation[] = [];
  const atAgents = new Set(facts.filter((fact) => fact.kind === "subtaskAssigned" && isForAgent(fact)).map(attemptOf));
  const executed = new Set(begun.map(({ path, attempt }) => `${path} attempt ${attempt}`));
  for (const fact of facts) {
    if (!CLOSINGS.has(fact.kind) || fact["reason"] === "timedOut" || fact["agent"] === "") continue;
    if (atAgents.has(attemptOf(fact)) && !executed.has(attemptOf(fact)))
      findings.push({ kind: "lost", run, sentence: `${attemptOf(fact)} has an answer, and nobody executed it` });
  }
  for (const path of facts.filter(({ kind }) => kind === "compensationEnded").map((fact) => `${String(fact["path"])}/compensate`)) {
    const attempts = facts.filter((fact) => fact.kind === "subtaskAssigned" && fact["path"] === path);
    const last = attempts.at(-1);
    if (last !== undefined && isForAgent(last) && !executed.has(attemptOf(last)))
      findings.push({ kind: "lost", run, sentence: `${path} is recorded as done, and nobody executed it` });
  }
  return findings;
}

/** An event is told at least once, always as the same, and under a key that no other has. */
export function auditDeliveries(run: string, { atEnd, before, after }: Evidence): readonly Violation[] {
  const findings: Violation[] = [];
  const deliveries = [...before, ...after].filter((entry): entry is Delivery => entry.event === "delivery" && entry.run === run);
  const facts = factsIn(atEnd, run);
  const emitted = new Set(facts.filter((fact) => targetOf(fact).kind === "sink").map((fact) => String(fact["path"])));
  for (const [path, told] of Map.groupBy(deliveries, (delivery) => delivery.path)) {
    if (!emitted.has(path)) findings.push({ kind: "history", run, sentence: `${path} was told, and was never to be told` });
    const contents = new Set(told.map(({ type, id, key, data }) => JSON.stringify([type, id, key, data])));
    if (contents.size > 1) findings.push({ kind: "duplicate", run, sentence: `${path} was told as ${contents.size} different events` });
  }
  for (const [key, told] of Map.groupBy(deliveries, (delivery) => delivery.key)) {
    if (new Set(told.map(({ path }) => path)).size > 1)
      findings.push({ kind: "lost", run, sentence: `key ${key} stands for several events: a receiver keeps the first` });
  }
  const taken = new Set(deliveries.filter(({ status }) => status < 300).map(({ path }) => path));
  for (const path of facts.flatMap(overIn)) {
    if (emitted.has(path) && !taken.has(path)) findings.push({ kind: "lost", run, sentence: `${path} is over, and the event never came` });
  }
  return findings;
}

function isBegin(run: string): (entry: Entry) => entry is Execution {
  return (entry): entry is Execution => entry.event === "begin" && entry.run === run;
}

/** The subtasks of which a fact says that they have done their work. */
function overIn(fact: StoredFact): readonly string[] {
  if (fact.kind === "subtaskCompleted") return [String(fact["path"])];
  return fact.kind === "compensationEnded" && fact["outcome"] === "completed" ? [`${String(fact["path"])}/compensate`] : [];
}

type StoredTarget = { readonly kind: string };

export function targetOf(fact: StoredFact): StoredTarget {
  return (fact["target"] as StoredTarget | undefined) ?? { kind: "none" };
}

function isForAgent(fact: StoredFact): boolean {
  const { kind } = targetOf(fact);
  return kind === "agent" || kind === "capability";
}

function attemptOf(fact: StoredFact): string {
  const path = String(fact["path"]);
  return `${fact.kind === "compensationFailed" ? `${path}/compensate` : path} attempt ${String(fact["attempt"])}`;
}

function effectOf(fact: StoredFact): string {
  return `${String(fact["path"])}/${String(fact["attempt"])}/${String(fact["turn"])}`;
}

function messageIdOf(fact: StoredFact): string {
  return (fact["intent"] as { readonly messageId: string }).messageId;
}
