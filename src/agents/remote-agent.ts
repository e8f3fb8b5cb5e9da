import type { AgentCard, Message, Task } from "@a2a-js/sdk";

import { AskedQuestions } from "../a2a/client/asked-questions.ts";
import { toCallFailure } from "../a2a/client/call-failure.ts";
import type { CardSignaturePolicy } from "../a2a/client/check-card.ts";
import { A2aClient, type Description, type Secret } from "../a2a/client/client.ts";
import { cancelTask } from "../a2a/client/cancel-task.ts";
import { findMessage, taskOf } from "../a2a/client/find-message.ts";
import { TaskFollower } from "../a2a/client/follow-task.ts";
import { type Interface, versionOf } from "../a2a/client/interfaces.ts";
import { keepFiles, keepParts } from "../a2a/client/keep-files.ts";
import { taskToOutcome } from "../a2a/client/task-to-outcome.ts";
import { isEmptyResult, messageToReply } from "../a2a/client/task-to-reply.ts";
import { IgnoredCount } from "../a2a/client/task-updates.ts";
import { DEDUPE_EXTENSION, isInterrupted, metadataObject, SCHEMAS_EXTENSION } from "../a2a/wire/wire.ts";
import { untilAborted } from "../a2a/client/until-aborted.ts";
import { workToRequest } from "../a2a/client/work-to-message.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { StepLimit } from "../definition/definition.ts";
import type {
  AgentAddress,
  CancelResult,
  Capability,
  Described,
  Found,
  IgnoredUpdates,
  RemoteAgent,
  Sent,
  Watch,
  Work,
} from "../ports/agents.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { type Log, logToStandardError } from "../ports/log.ts";
import { Egress } from "../runtime/egress/egress.ts";
import type { Intent, RemoteTask } from "../scheduler/input.ts";
import { chooseName } from "./names.ts";
import type { Outcome } from "../scheduler/outcome.ts";

/** How a remote agent is called, who asks, and how far it is trusted. */
export type RemoteAgentOptions = {
  /** The name in histories and logs; the address without it. */
  readonly name?: string;
  /** A bearer token, or how to get one. It goes only to the agent's own host. */
  readonly secret?: Secret;
  /** The agent ignores a second message with the same id, though its card does not say so. */
  readonly dedupes?: boolean;
  /** Further headers for every request to the agent's own host. */
  readonly headers?: { readonly [name: string]: string };
  /** Further origins that the card may lead to, trusted like the agent's own host. */
  readonly origins?: readonly string[];
  /** Whose signature the agent's card must, or should, have. */
  readonly signature?: CardSignaturePolicy;
  /** The print of the only card that is accepted (T6005 tells it). */
  readonly pin?: string;
  /** What it takes at once, and a second, from all runs of this process together. */
  readonly limit?: StepLimit;
  /** Hears when the card changes or is not signed, and when a task goes backwards; standard error without it. */
  readonly log?: Log;
  readonly egress?: Egress;
  readonly clock?: Clock;
  /** From 0 up to 1: spreads the looks at tasks that began together. */
  readonly random?: () => number;
};

/**
 * Any A2A 1.0 agent, as an agent of a workflow. The address is that of its card, or of the place
 * whose well-known path has the card. Nothing is asked of the network before the first use.
 * Throws T6003 when a key of `signature` cannot be used.
 *
 * @example
 * const writer = remoteAgent("https://writer.example.com", { secret: () => process.env.WRITER_TOKEN ?? "" });
 */
export function remoteAgent(url: string, options: RemoteAgentOptions = {}): RemoteAgent {
  return new A2aAgent(url, options);
}

/** Others may wait for the same card, so that its request goes on when one of them gives up. */
const CARD_GIVEN_UP = "The request for the agent's card was given up.";

let sharedEgress: Egress | undefined;

class A2aAgent implements RemoteAgent {
  readonly kind = "remote";
  readonly name: string;
  readonly url: string;
  declare readonly limit?: StepLimit;
  readonly #client: A2aClient;
  readonly #follower: TaskFollower;
  readonly #questions: AskedQuestions;
  readonly #ignored = new IgnoredCount();
  readonly #clock: Clock;
  readonly #dedupes: boolean;
  #takesContextId = true;
  /** It answers some messages at once: a list of its tasks does not show all that it has done. */
  #answersWithoutTask = false;
  /** Read from the card once: each message asks for them. */
  #skills: { readonly card: AgentCard; readonly capabilities: readonly Capability[] } | null = null;

  constructor(url: string, options: RemoteAgentOptions) {
    this.url = url;
    this.name = options.name ?? chooseName(url);
    if (options.limit !== undefined) this.limit = options.limit;
    this.#clock = options.clock ?? systemClock;
    this.#dedupes = options.dedupes ?? false;
    const { secret, headers, origins, signature, pin, log = logToStandardError } = options;
    this.#client = new A2aClient({
      url,
      egress: options.egress ?? (sharedEgress ??= new Egress()),
      now: () => this.#clock.now(),
      log,
      trust: { ...(signature === undefined ? {} : { signature }), ...(pin === undefined ? {} : { pin }) },
      ...(secret === undefined ? {} : { secret }),
      ...(headers === undefined ? {} : { headers }),
      ...(origins === undefined ? {} : { origins }),
    });
    this.#questions = new AskedQuestions(() => this.#clock.monotonic());
    this.#follower = new TaskFollower({
      client: this.#client,
      clock: this.#clock,
      questions: this.#questions,
      ignored: this.#ignored,
      random: options.random ?? Math.random,
      log,
    });
  }

  /** What its agent told and nobody believed. */
  get ignored(): IgnoredUpdates {
    return this.#ignored.all;
  }

  async describe(signal: AbortSignal): Promise<Described> {
    try {
      return this.#toDescribed(await untilAborted(this.#client.describe(), signal, CARD_GIVEN_UP));
    } catch (error) {
      return { ok: false, outcome: { kind: "failed", failure: toCallFailure(error, this.name).failure } };
    }
  }

  describeNow(): Described | null {
    const known = this.#client.describeNow();
    return known === null ? null : this.#toDescribed(known);
  }

  #toDescribed({ card, chosen }: Description): Described {
    if (typeof chosen === "string")
      return { ok: false, outcome: { kind: "failed", failure: { code: "T3003", message: chosen, retryable: false } } };
    return { ok: true, identity: this.#identityOf(card, chosen) };
  }

  async send(work: Work, intent: Intent, signal: AbortSignal): Promise<Sent> {
    let answer: Message | Task;
    const instead = work.task === null ? null : await this.#unasked(work.task, intent, signal);
    if (instead !== null) return instead;
    if (work.task !== null) this.#questions.answered(work.task.taskId, work.exchanges.at(-1)?.question.prompt ?? "");
    try {
      answer = await this.#client.send(intent, workToRequest(work, intent), signal);
    } catch (error) {
      return this.#notAnswered(error, { work, intent, signal });
    }
    this.#client.interfaces.isThere(intent);
    if (!("messageId" in answer)) return this.#taskAnswer(work, intent, answer);
    // Words beside a task are not its result (A2A 3.7): the task says what became of it.
    if (work.task !== null) return atWork(intent, work.task);
    this.#answersWithoutTask = true;
    return this.#directAnswer(work, answer);
  }

  /** A task that does not ask any more gets no answer: it was told elsewhere, or is over. A second message could begin its work anew. */
  async #unasked(task: RemoteTask, intent: Intent, signal: AbortSignal): Promise<Sent | null> {
    try {
      const found = await this.#client.getTask(intent, task.taskId, { historyLength: 0 }, signal);
      return isInterrupted(found.status?.state) ? null : atWork(intent, task);
    } catch (error) {
      const { failure } = toCallFailure(error, this.name);
      // Whatever else is wrong is told when the answer is sent.
      return failure.retryable ? { kind: "notSent", outcome: { kind: "failed", failure } } : null;
    }
  }

  async #directAnswer(work: Work, answer: Message): Promise<Sent> {
    const reading = { usage: work.usage, kept: await keepParts(answer.parts, work.keep) };
    return { kind: "answer", outcome: { kind: "completed", reply: messageToReply(answer, reading) } };
  }

  async #taskAnswer(work: Work, intent: Intent, answer: Task): Promise<Sent> {
    const problem = problemOfTask(work, answer);
    if (problem !== null) return { kind: "ambiguous", message: `Agent "${this.name}" answered ${problem}.` };
    // It keeps its tasks under contexts of its own: nothing of it could be found by ours.
    if (intent.contextId !== null && work.task === null && answer.contextId !== intent.contextId) this.#takesContextId = false;
    const task = taskOf(intent, answer);
    if (isEmptyResult(answer) || this.#questions.isStale(answer)) return { kind: "task", task, over: null };
    const reading = { usage: work.usage, kept: await keepFiles(answer, work.keep), ignored: this.#ignored };
    return { kind: "task", task, over: taskToOutcome(answer, reading) };
  }

  async find(work: Work, intent: Intent, signal: AbortSignal): Promise<Found> {
    const found = await findMessage({ client: this.#client, clock: this.#clock, work, intent, signal });
    if (found.kind !== "none" || !this.#answersWithoutTask || work.task !== null) return found;
    const message = `Agent "${this.name}" has no task for the message, and it answers some messages without one.`;
    return { kind: "unknowable", message };
  }

  async attend(task: RemoteTask, watch: Watch): Promise<Outcome> {
    // After a crash nothing is known of the agent yet: its card says whether it streams.
    if (this.#client.describeNow() === null) await untilAborted(this.#client.describe(), watch.signal, CARD_GIVEN_UP).catch(() => null);
    return this.#follower.follow(task, watch);
  }

  cancel(task: RemoteTask, reason: string, signal: AbortSignal, reading?: Pick<Watch, "usage" | "keep">): Promise<CancelResult> {
    return cancelTask({ client: this.#client, clock: this.#clock, task, reason, signal, reading });
  }

  #identityOf(card: AgentCard, chosen: Interface) {
    return {
      ...addressOf(chosen),
      protocolVersion: chosen.protocolVersion,
      agentVersion: card.version,
      dedupes: this.#dedupes || card.capabilities?.extensions.some(({ uri }) => uri === DEDUPE_EXTENSION) === true,
      takesContextId: this.#takesContextId,
      capabilities: this.#capabilitiesOf(card),
    };
  }

  #capabilitiesOf(card: AgentCard): readonly Capability[] {
    if (this.#skills?.card !== card) this.#skills = { card, capabilities: capabilitiesOf(card) };
    return this.#skills.capabilities;
  }

  #notAnswered(
    error: unknown,
    { work, intent, signal }: { readonly work: Work; readonly intent: Intent; readonly signal: AbortSignal },
  ): Sent {
    const { untouched, isNoEndpoint, failure, a2aError } = toCallFailure(error, this.name);
    if (!untouched) return { kind: "ambiguous", message: failure.message };
    if (a2aError !== null && work.task === null && intent.contextId !== null && namesContext(a2aError, intent.contextId)) {
      this.#takesContextId = false;
      return { kind: "contextRefused" };
    }
    // An answer goes to where its task is. One who gave up has learnt nothing of the interface.
    const instead = isNoEndpoint && work.task === null && !signal.aborted ? this.#client.interfaces.insteadOf(intent) : null;
    return { kind: "notSent", outcome: { kind: "failed", failure }, ...(instead === null ? {} : { instead: addressOf(instead) }) };
  }
}

function addressOf(chosen: Interface): AgentAddress {
  const { url, binding, tenant } = chosen;
  return { url, binding, tenant, ...versionOf(chosen) };
}

function atWork(intent: Intent, { taskId, contextId }: RemoteTask): Sent {
  return { kind: "task", task: taskOf(intent, { id: taskId, contextId }), over: null };
}

/** Why an answer to a message is not about the work; null when it is. */
function problemOfTask({ task }: Work, answer: Task): string | null {
  if (answer.id === "") return "with a task that has no id";
  return task === null || task.taskId === answer.id ? null : `with task ${answer.id.slice(0, 200)} to a message to task ${task.taskId}`;
}

/** The specification names no error for a context id that is not taken (A2A 3.4.1), so its words must say it. */
function namesContext({ said }: { readonly said: string }, contextId: string): boolean {
  return /\bcontext[\s_-]?ids?\b/i.test(said) || said.includes(contextId);
}

/** Skills have no schemas on the wire; our extension carries them. */
function capabilitiesOf(card: AgentCard): readonly Capability[] {
  const params = card.capabilities?.extensions.find(({ uri }) => uri === SCHEMAS_EXTENSION)?.params;
  const schemas = metadataObject(params, "skills") ?? {};
  return card.skills.map(({ id, description, tags }) => {
    const schema = schemas[id];
    return { name: id, description, tags, inputSchema: schemaIn(schema, "input"), outputSchema: schemaIn(schema, "output") };
  });
}

function schemaIn(value: unknown, key: "input" | "output"): JsonObject | null {
  const schema = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(schema) ? schema : null;
}
