/**
 * The send ledger at work (design.md, fact 1): how a message reaches a remote agent once.
 *
 * 1. `delegate` sends nothing. It chooses the agent and the interface, and records the intent.
 * 2. `send` runs only on a durable intent. Its result, a task or an answer, is recorded before
 *    anything waits for it.
 * 3. When it is not known whether a message arrived, the agent is asked before anything is sent
 *    again, and only an agent that promises to ignore doubles is sent it without asking. If nobody
 *    can know, the outcome is `unknown`, and the step's policy decides.
 * 4. A task that nobody waits for any more is canceled at the agent.
 */
import { failpoint } from "../base/failpoint.ts";
import { CANCEL_PATIENCE_MS, MAX_CONTEXT_BYTES, RECONCILE_MS } from "../base/limits.ts";
import type { AgentIdentity, Found, RemoteAgent, Sent, Work } from "../ports/agents.ts";
import { pause } from "../ports/clock.ts";
import type { PostedInput } from "../ports/host.ts";
import type { Assignment, Command } from "../scheduler/index.ts";
import type { EffectId, Intent, RemoteTask } from "../scheduler/input.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import { leftAlone, noteOutcome, noteSent } from "./agent-health.ts";
import type { EffectContext } from "./effects.ts";
import { contextIdOf, conversationIdOf, messageIdOf } from "./effect-keys.ts";
import { describeFailure } from "./failures.ts";
import type { Flight } from "./flight.ts";
import { watchOf } from "./local-effect.ts";
import { principalOf } from "./principal.ts";
import { loadFiles } from "./work-files.ts";
import { AssignedWork } from "./work.ts";

type CommandOf<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;

const SENDS_PER_INTENT = 3;

/** A message, and who is to get it. */
type Message = { readonly agent: RemoteAgent; readonly work: Work; readonly intent: Intent };

/** Chooses the interface and records the intent; the send follows when that is durable. */
export async function delegateRemotely(context: EffectContext, flight: Flight, command: Assignment, agent: RemoteAgent): Promise<void> {
  failpoint("delegate.begun");
  const isPlain = command.context === undefined && command.files === undefined;
  const refusal = (isPlain ? null : await notFit(context, flight, command)) ?? leftAlone(context, agent, command);
  if (refusal !== null) return answer(context, flight, agent.name, refusal);
  const described = await agent.describe(flight.signal);
  failpoint("delegate.described");
  if (flight.isStopped) return;
  if (!described.ok) {
    noteOutcome(context, agent, described.outcome);
    return answer(context, flight, agent.name, described.outcome);
  }
  // An answer goes to where the task is, wherever the card leads by now.
  const { url, binding, tenant } = command.task ?? described.identity;
  const { run } = flight.placed;
  const contextId = contextOf(flight, command, agent, described.identity);
  const intent: Intent = { agent: agent.name, url, binding, tenant, messageId: messageIdOf(run, command), contextId };
  await bringAndHandOn(context, flight, { kind: "intended", intent, ...idOf(command) });
  failpoint("delegate.intended");
}

/** The conversation that a message belongs to: of its task, of the output that it repairs, of the step, or its own. */
function contextOf(flight: Flight, command: Assignment, agent: RemoteAgent, identity: AgentIdentity): string | null {
  if (command.task !== null) return command.task.contextId;
  const repaired = command.repair?.task;
  if (repaired != null && repaired.agent === agent.name && repaired.url === identity.url) return repaired.contextId;
  if (!identity.takesContextId) return null;
  const { run } = flight.placed;
  if (command.conversation === undefined) return contextIdOf(run, command.path);
  return conversationIdOf(run, command.conversation, agent.name);
}

/** Why the work cannot go into a message; null when it can. Found before anything is recorded. */
async function notFit(context: EffectContext, flight: Flight, command: Assignment): Promise<Outcome | null> {
  if (command.context !== undefined) {
    const byteCount = Buffer.byteLength(JSON.stringify(command.context));
    const message = `The parts of the run context that the agent may read have ${byteCount} bytes, and a message holds ${MAX_CONTEXT_BYTES}.`;
    if (byteCount > MAX_CONTEXT_BYTES) return { kind: "failed", failure: { code: "T3102", message, retryable: false } };
  }
  if (command.files === undefined) return null;
  try {
    await loadFiles(command.files, flight.placed.run.tenant, context.host());
    return null;
  } catch (error) {
    return { kind: "failed", failure: describeFailure(error) };
  }
}

/** Sends the intended message, or finds out what became of it. */
export async function sendRemotely(context: EffectContext, flight: Flight, command: CommandOf<"send">): Promise<void> {
  const agent = await remoteAgent(context, flight, command);
  if (agent === null || flight.isStopped) return;
  const work = new AssignedWork(flight.placed, command, agent, flight.begunAt);
  if (command.files !== undefined && !(await fillIn(context, flight, work, command))) return;
  if (flight.placed.recovered) await context.pacer.turn();
  failpoint("send.begun");
  const message: Message = { agent, work, intent: command.intent };
  if (command.again) flight.mayHaveLeft = true;
  const earlier = command.again ? orSend(command, await whatBecame(context, flight, message)) : "absent";
  failpoint("send.reconciled");
  if (flight.isStopped) return;
  const isKnown = typeof earlier === "object";
  const sent = isKnown ? earlier : await sendUntilKnown(context, flight, message, earlier);
  await conclude(context, flight, agent, command, sent);
}

/** Loads the files once more; they were there when the message was intended. */
async function fillIn(context: EffectContext, flight: Flight, work: AssignedWork, command: CommandOf<"send">): Promise<boolean> {
  try {
    work.files = await loadFiles(command.files ?? [], flight.placed.run.tenant, context.host());
    return !flight.isStopped;
  } catch (error) {
    const failure = describeFailure(error);
    const { agent } = command.intent;
    await answer(context, flight, agent, command.again ? unknown(agent, failure.message) : { kind: "failed", failure });
    return false;
  }
}

/** What nobody can know is a reason to send only when the step says so (`onUnknown: resend`). */
function orSend(command: CommandOf<"send">, became: Awaited<ReturnType<typeof whatBecame>>): typeof became {
  const isUnknown = typeof became === "object" && became.kind === "answer" && became.outcome.kind === "unknown";
  return isUnknown && command.regardless ? "absent" : became;
}

/** Looks after a task until it is over or asks something. */
export async function attendRemotely(context: EffectContext, flight: Flight, command: CommandOf<"attend">): Promise<void> {
  const agent = await remoteAgent(context, flight, command);
  if (agent === null) return;
  if (flight.placed.recovered) await context.pacer.turn();
  if (flight.isStopped) return;
  failpoint("attend.begun");
  const outcome = await agent.attend(command.task, watchOf(context, flight, command));
  failpoint("attend.over");
  if (flight.isStopped) return;
  noteOutcome(context, agent, outcome);
  await answer(context, flight, agent.name, outcome, command.task);
}

/** Cancels the task until the agent acknowledges it, or nobody is going to wait any longer. */
export async function abortRemotely(context: EffectContext, flight: Flight, command: CommandOf<"abort">, isUnsent: boolean): Promise<void> {
  failpoint("abort.begun");
  if (flight.isStopped) return;
  if (isUnsent) return answer(context, flight, command.intent?.agent ?? "", canceledByUs(command.intent?.agent ?? ""));
  const agentName = command.task?.agent ?? command.intent?.agent ?? "";
  const agent = await context.registry.resolveByName(agentName, flight.placed);
  if (agent === null) return answer(context, flight, agentName, outOfReach(agentName));
  const found = await findIntended(context, flight, agent, command);
  if (flight.isStopped) return;
  if (found.kind === "unknowable") return answer(context, flight, agentName, unknown(agentName, found.message));
  if (found.kind === "none") return answer(context, flight, agentName, canceledByUs(agentName));
  const { task } = found;
  const outcome = await cancelUntilKnown(context, flight, agent, task);
  if (outcome !== null) await answer(context, flight, agentName, outcome, task);
}

async function findIntended(context: EffectContext, flight: Flight, agent: RemoteAgent, command: CommandOf<"abort">): Promise<Found> {
  const { intent, task } = command;
  if (task !== null) return { kind: "task", task };
  if (intent === null) return { kind: "none" };
  const assignment: Assignment = {
    ...idOf(command),
    target: { kind: "agent", agent: agent.name, skill: null },
    input: null,
    text: null,
    deadlineAt: 0,
    exchanges: [],
    task: null,
  };
  const work = new AssignedWork(flight.placed, assignment, agent, flight.begunAt);
  return findPatiently(context, flight, { agent, work, intent }, "briefly");
}

async function cancelUntilKnown(context: EffectContext, flight: Flight, agent: RemoteAgent, task: RemoteTask): Promise<Outcome | null> {
  const givenUpAt = context.clock.now() + CANCEL_PATIENCE_MS;
  for (let delayMs = 100; !flight.isStopped && context.clock.now() < givenUpAt; delayMs = Math.min(2_000, delayMs * 2)) {
    failpoint("cancel.leaving");
    const result = await agent.cancel(task, "the orchestrator does not need the result any more", flight.signal);
    failpoint("cancel.answered");
    if (result.kind === "canceled") return canceledByUs(agent.name);
    if (result.kind === "over") return result.outcome;
    await pause(context.clock, delayMs);
  }
  return null;
}

/**
 * What is known of an earlier send of a message: what it came to; that it did not arrive; or that it
 * may have, and the agent would ignore a second one.
 */
async function whatBecame(context: EffectContext, flight: Flight, message: Message): Promise<Sent | "absent" | "doubtful" | "stopped"> {
  const { agent } = message;
  const described = await agent.describe(flight.signal);
  if (described.ok && described.identity.dedupes) return "doubtful";
  return look(context, flight, message);
}

async function look(context: EffectContext, flight: Flight, message: Message): Promise<Sent | "absent" | "stopped"> {
  const found = await findPatiently(context, flight, message, "untilItAnswers");
  if (flight.isStopped) return "stopped";
  if (found.kind === "task") return { kind: "task", task: found.task, over: null };
  if (!flight.isGoingOn) return "stopped";
  return found.kind === "none" ? "absent" : { kind: "answer", outcome: unknown(message.agent.name, found.message) };
}

/**
 * "None" counts only after the time in which a request that was cut off may still be taken up. An
 * agent that is away can be asked when it is back: the attempt's own timeout ends that wait.
 */
async function findPatiently(
  context: EffectContext,
  flight: Flight,
  { agent, work, intent }: Message,
  patience: "briefly" | "untilItAnswers",
): Promise<Found> {
  const conclusiveAt = context.clock.now() + (context.reconcileMs ?? RECONCILE_MS);
  for (let delayMs = 100; ; delayMs = Math.min(1_000, delayMs * 2)) {
    const found = await agent.find(work, intent, flight.signal);
    if (found.kind === "task" || !flight.isGoingOn) return found;
    const isAway = found.kind === "unknowable" && found.isAway === true;
    if (context.clock.now() >= conclusiveAt && !(isAway && patience === "untilItAnswers")) return found;
    await pause(context.clock, delayMs);
  }
}

/** Sends until it is known what came of it. `doubtful`: an earlier send may have arrived. */
async function sendUntilKnown(
  context: EffectContext,
  flight: Flight,
  message: Message,
  earlier: "absent" | "doubtful" | "stopped",
): Promise<Sent | "stopped"> {
  const { agent, work, intent } = message;
  let standing = earlier;
  let why = "";
  let ambiguousCount = 0;
  for (let delayMs = 100; standing !== "stopped" && flight.isGoingOn; delayMs = Math.min(2_000, delayMs * 2)) {
    flight.mayHaveLeft = true;
    failpoint("send.leaving");
    const sent = await agent.send(work, intent, flight.signal);
    failpoint("send.answered");
    if (!flight.isStopped) noteSent(context, agent, sent);
    // That this one did not arrive says nothing of the one before it.
    if (sent.kind === "notSent" && standing === "doubtful") {
      const isFinal = sent.outcome.kind === "failed" && !sent.outcome.failure.retryable;
      const earlierOne = isFinal ? await look(context, flight, message) : "doubtful";
      if (earlierOne !== "doubtful") return earlierOne === "absent" ? sent : earlierOne;
    } else {
      if (sent.kind !== "ambiguous") return sent;
      if (flight.isStopped) return "stopped";
      why = sent.message;
      const became = await whatBecame(context, flight, message);
      if (typeof became === "object") return became;
      standing = became;
      ambiguousCount += 1;
      if (ambiguousCount === SENDS_PER_INTENT) return { kind: "answer", outcome: unknown(agent.name, why) };
    }
    await pause(context.clock, delayMs);
  }
  return "stopped";
}

/** Records what a send came to. */
async function conclude(
  context: EffectContext,
  flight: Flight,
  agent: RemoteAgent,
  command: CommandOf<"send">,
  sent: Sent | "stopped",
): Promise<void> {
  if (sent === "stopped") return;
  flight.isConcluded = true;
  switch (sent.kind) {
    case "task":
      if (sent.over !== null) return answer(context, flight, agent.name, sent.over, sent.task);
      return accept(context, flight, agent, command, sent.task);
    case "answer":
    case "notSent":
      return answer(context, flight, agent.name, sent.outcome);
    case "contextRefused":
      // The agent took nothing. What was intended changes, so it is recorded anew before it is sent.
      return bringAndHandOn(context, flight, { kind: "intended", intent: { ...command.intent, contextId: null }, ...idOf(command) });
    case "ambiguous":
      return answer(context, flight, agent.name, unknown(agent.name, sent.message));
  }
}

async function accept(context: EffectContext, flight: Flight, agent: RemoteAgent, command: EffectId, task: RemoteTask): Promise<void> {
  const { run } = flight.placed;
  const receipt = await context.courier.bring(run, { kind: "accepted", agent: agent.name, task, ...idOf(command) });
  failpoint("send.accepted");
  flight.isHandedOn = receipt?.applied === true;
  if (receipt === null || receipt.applied || (await isWanted(context, flight, command, task))) return;
  // The run went on without this task while the message was on its way: nobody waits for it.
  context.log("warn", "orphan_task_canceled", { workflow_id: run.id, subtask_id: command.path, agent: agent.name, task_id: task.taskId });
  await cancelUntilKnown(context, flight, agent, task);
}

/**
 * An acceptance that changed nothing is not always late: it may have become durable in a commit that
 * was reported as failed, or be kept for a quarantined run. In both the task has its place.
 */
async function isWanted(context: EffectContext, flight: Flight, { path, attempt, turn }: EffectId, task: RemoteTask): Promise<boolean> {
  const waiting = (await context.host().inspect(flight.placed.run))?.flights[path];
  if (waiting === undefined) return false;
  return waiting.task === null ? waiting.attempt === attempt && waiting.turn === turn : waiting.task.taskId === task.taskId;
}

async function remoteAgent(context: EffectContext, flight: Flight, command: CommandOf<"send" | "attend">): Promise<RemoteAgent | null> {
  const name = command.kind === "send" ? command.intent.agent : command.task.agent;
  const agent = await context.registry.resolveByName(name, flight.placed);
  if (agent !== null) {
    if (context.registry.limitOf(agent) !== undefined) context.permits.holdAgent(flight, agent);
    return agent;
  }
  const isUnsent = command.kind === "send" && !command.again;
  const failure = describeFailure(new Error(`agent "${name}", which was chosen for the work, is not bound any more`));
  await answer(context, flight, name, isUnsent ? { kind: "failed", failure } : outOfReach(name));
  return null;
}

async function answer(context: EffectContext, flight: Flight, agent: string, outcome: Outcome, task?: RemoteTask): Promise<void> {
  const { command } = flight.placed;
  const at = task ?? (command.kind === "send" ? command.intent : null);
  await context.courier.bring(flight.placed.run, {
    kind: "answered",
    agent,
    outcome,
    ...idOf(command),
    ...(task === undefined ? {} : { task }),
    // Only a result can be a vote.
    ...(at === null || outcome.kind !== "completed" ? {} : { principal: principalOf(at) }),
  });
}

/** Records an input that the next effect of the same work follows upon. */
async function bringAndHandOn(context: EffectContext, flight: Flight, input: PostedInput): Promise<void> {
  const receipt = await context.courier.bring(flight.placed.run, input);
  flight.isHandedOn = receipt?.applied === true;
}

function idOf({ path, attempt, turn }: EffectId): EffectId {
  return { path, attempt, turn };
}

function unknown(agent: string, why: string): Outcome {
  const message = `A message to agent "${agent}" left, and whether it arrived cannot be known: ${why}.`;
  return { kind: "unknown", failure: { code: "T4104", message, retryable: false } };
}

/** What is recorded is at an agent that this process does not have: another one must not do it again. */
function outOfReach(agent: string): Outcome {
  const message = `Agent "${agent}", which may have the work, is not bound any more, so what became of it cannot be known.`;
  return { kind: "unknown", failure: { code: "T4104", message, retryable: false } };
}

function canceledByUs(agent: string): Outcome {
  return { kind: "canceled", failure: { code: "T4106", message: `The task was canceled at agent "${agent}".`, retryable: false } };
}
