/**
 * What agents wrote down, against the history.
 *
 * 1. All messages for one attempt and turn carry one id and the same words; another attempt or turn
 *    has another id (I7). Which turn it is, only the intent knows.
 * 2. Nothing leaves before it is durable that it will: the attempt, and the intent (I7).
 * 3. Work that an agent has is not sent to it again, unless the workflow says so: an unknown outcome is
 *    said instead.
 * 4. A handler of this process does the same work once in one life.
 * 5. Of a message that may have arrived, "it is not there" proves nothing for a while: it is not sent
 *    again before.
 */
import type { DiaryEntry, Evidence, SimulatedRun } from "../evidence.ts";
import { attemptOf, type Flaw, numberAt, objectAt, pathOf, wordIn } from "./facts.ts";

export type Message = Extract<DiaryEntry, { event: "received" | "answeredFromMemory" }>;

export function isMessage(entry: DiaryEntry): entry is Message {
  return entry.event === "received" || entry.event === "answeredFromMemory";
}

type Intended = { readonly messageId: string; readonly order: number };

/** What the history says of the messages of a run. */
class Ledger {
  readonly assigned = new Map<string, number>();
  readonly intents = new Map<string, Intended>();
  readonly effects = new Map<string, string>();
  readonly resent = new Map<string, number[]>();

  constructor({ facts }: SimulatedRun, flaw: Flaw) {
    for (const { order, fact } of facts) {
      const attempt = `${pathOf(fact)} attempt ${attemptOf(fact)}`;
      if (fact.kind === "subtaskAssigned") this.assigned.set(attempt, order);
      if (fact.kind === "messageResent") this.resent.set(attempt, [...(this.resent.get(attempt) ?? []), order]);
      if (fact.kind === "messageIntended")
        this.#intend(
          `${attempt} turn ${numberAt(fact, "turn")}`,
          { messageId: wordIn(objectAt(fact, "intent"), "messageId"), order },
          flaw,
        );
    }
  }

  #intend(effect: string, intended: Intended, flaw: Flaw): void {
    const before = this.intents.get(effect);
    if (before === undefined) this.intents.set(effect, intended);
    else if (before.messageId !== intended.messageId)
      flaw("I7", `${effect} was intended as ${before.messageId} and as ${intended.messageId}`);
    const owner = this.effects.get(intended.messageId) ?? effect;
    if (owner !== effect) flaw("I7", `message ${intended.messageId} stands for ${owner} and for ${effect}`);
    this.effects.set(intended.messageId, effect);
  }
}

type Seen = { readonly ledger: Ledger; readonly evidence: Evidence; readonly flaw: Flaw };

export function auditMessages(run: SimulatedRun, messages: readonly Message[], { evidence, flaw }: Omit<Seen, "ledger">): void {
  const ledger = new Ledger(run, flaw);
  const byId = new Map<string, Message[]>();
  for (const message of messages) {
    const { agent, path, attempt, messageId, order } = message;
    const work = `${path} attempt ${attempt}`;
    const assignedAt = ledger.assigned.get(work);
    if (assignedAt === undefined || assignedAt > order) flaw("I7", `${agent} got ${work}, which was not durable`);
    // Work for an agent of this process has no intent, and goes under the key of the effect.
    if (!messageId.startsWith(`${run.tenant}/${run.id}/${path}/${attempt}/`)) auditIntent(message, work, { ledger, evidence, flaw });
    const sent = byId.get(messageId);
    if (sent === undefined) byId.set(messageId, [message]);
    else sent.push(message);
  }
  for (const sent of byId.values()) if (sent.length > 1) auditRepeats(sent, { ledger, evidence, flaw });
}

function auditIntent({ agent, messageId, order }: Message, work: string, { ledger, flaw }: Seen): void {
  const effect = ledger.effects.get(messageId);
  if (effect === undefined) return flaw("I7", `${agent} got ${work} as ${messageId}, which was never intended`);
  if (!effect.startsWith(`${work} turn `)) flaw("I7", `${agent} got ${work} as ${messageId}, which was intended for ${effect}`);
  if ((ledger.intents.get(effect)?.order ?? 0) > order) flaw("I7", `${agent} got ${effect} before its intent was durable`);
}

function auditRepeats(sent: readonly Message[], { ledger, evidence, flaw }: Seen): void {
  const [first, ...others] = sent;
  if (first === undefined) return;
  for (const { content } of others)
    if (content !== first.content) flaw("I7", `message ${first.messageId} was sent in other words: ${first.content} and ${content}`);
  const isRemote = ledger.effects.has(first.messageId);
  const begun = sent.filter(({ event }) => event === "received");
  for (const [index, later] of begun.entries()) {
    const earlier = begun.slice(0, index).find((one) => {
      return one.taskId !== later.taskId && (isRemote ? hadItBefore(one, later, { ledger, evidence }) : isInOneLife(one, later, evidence));
    });
    if (earlier !== undefined)
      flaw(
        "twice",
        `${later.agent} was given ${later.path} attempt ${later.attempt} again (${later.taskId}) though it had it (${earlier.taskId})`,
      );
  }
}

type Known = Omit<Seen, "flaw">;

/** How long a message may be on its way to an agent that has been asked for it. */
const CONCLUSIVE_MS = 5_000;

/**
 * The agent had the one when the other was sent, or could yet get it; has not lost it; and nobody wants
 * it sent again.
 */
function hadItBefore(one: Message, other: Message, { ledger, evidence }: Known): boolean {
  if (one.sent === undefined || other.sent === undefined || one.sent === other.sent) return false;
  const [earlier, later] = one.sent < other.sent ? [one, other] : [other, one];
  const secondAt = later.sent ?? 0;
  const waitedMs = (later.sentAt ?? Infinity) - (earlier.sentAt ?? 0);
  if (earlier.order > secondAt && waitedMs >= CONCLUSIVE_MS) return false;
  // Who wants it sent although nobody knows, wants that after a crash, too.
  if (ledger.resent.get(`${later.path} attempt ${later.attempt}`)?.some((order) => order < secondAt) === true) return false;
  // In the order of their arrival, which the network may have turned: `one` came first.
  return !evidence.diary.some((entry) => entry.event === "forgot" && entry.taskId === one.taskId && entry.order < other.order);
}

function isInOneLife(earlier: Message, later: Message, { lives }: Evidence): boolean {
  return !lives.some(({ beganOrder }) => beganOrder > earlier.order && beganOrder < later.order);
}
