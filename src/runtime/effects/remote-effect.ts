/**
 * The send ledger at work (design.md, fact 1): how a message reaches a remote agent once.
 *
 * 1. `delegate` sends nothing. It chooses the agent and the interface, and records the intent.
 * 2. `send` runs only on a durable intent. Its result, a task or an answer, is recorded before
 *    anything waits for it.
 * 3. When it is not known whether a message arrived, the agent is asked before anything is sent
 *    again, and only an agent that promises to ignore doubles is sent it without asking
 *    (send-until-known.ts). If nobody can know, the outcome is `unknown`, and the step's policy decides.
 * 4. A message goes to another interface of its agent only when nothing of it can have left for this
 *    one; a task stays where it was accepted.
 * 5. A task that nobody waits for any more is canceled at the agent (abort-effect.ts).
 */
import { failpoint } from "../../base/failpoint.ts";
import { MAX_CONTEXT_BYTES } from "../../base/limits.ts";
import type { AgentAddress, AgentIdentity, RemoteAgent, Sent } from "../../ports/agents.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { EffectId, Intent, RemoteTask } from "../../scheduler/input.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { leftAlone, noteOutcome } from "../permits/agent-health.ts";
import { loadFiles } from "../work-files.ts";
import { AssignedWork } from "../work.ts";
import { cancelUntilKnown } from "./abort-effect.ts";
import type { EffectContext } from "./effects.ts";
import { contextIdOf, conversationIdOf, messageIdOf } from "./effect-keys.ts";
import { describeFailure } from "./failures.ts";
import type { CommandOf, Flight } from "./flight.ts";
import { FlightWatch } from "./flight-watch.ts";
import { keeperOf } from "./keep-file.ts";
import { answer, bringAndHandOn, idOf, outOfReach, unknown } from "./remote-answer.ts";
import { traceOf } from "./trace.ts";
import { type Message, sendUntilKnown, whatBecame } from "./send-until-known.ts";

/** Chooses the interface and records the intent; the send follows when that is durable. */
export async function delegateRemotely(context: EffectContext, flight: Flight, command: Assignment, agent: RemoteAgent): Promise<void> {
  failpoint("delegate.begun");
  const isPlain = command.context === undefined && command.files === undefined;
  const refusal = (isPlain ? null : await notFit(context, flight, command)) ?? leftAlone(context, agent, command);
  if (refusal !== null) return answer(context, flight, agent.name, refusal);
  const place = command.task ?? (await chooseTask(context, flight, command, agent));
  if (place === null) return;
  const { run } = flight.placed;
  const trace = traceOf(flight.placed, command);
  const { contextId } = place;
  const intent: Intent = { agent: agent.name, ...addressOf(place), messageId: messageIdOf(run, command), contextId, ...trace };
  await bringAndHandOn(context, flight, { kind: "intended", intent, ...idOf(command) });
  failpoint("delegate.intended");
}

/** Where a new task is to be, by the agent's card; null when there is none, or nobody asks any more. An answer goes to where its task is. */
async function chooseTask(context: EffectContext, flight: Flight, command: Assignment, agent: RemoteAgent): Promise<Place | null> {
  const described = agent.describeNow?.() ?? (await agent.describe(flight.signal));
  failpoint("delegate.described");
  if (flight.isStopped) return null;
  if (described.ok) return { ...described.identity, contextId: contextOf(flight, command, agent, described.identity) };
  noteOutcome(context, agent, described.outcome);
  await answer(context, flight, agent.name, described.outcome);
  return null;
}

type Place = AgentAddress & { readonly contextId: string | null };

function addressOf({ url, binding, tenant, version }: AgentAddress): AgentAddress {
  return { url, binding, tenant, ...(version === undefined ? {} : { version }) };
}

/** The conversation that new work belongs to: of the output that it repairs, of the step, or its own. */
function contextOf(flight: Flight, command: Assignment, agent: RemoteAgent, identity: AgentIdentity): string | null {
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
  work.keep = keeperOf(context, flight);
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
  const outcome = await agent.attend(command.task, new FlightWatch(context, flight, command.deliver === "stream"));
  failpoint("attend.over");
  if (flight.isStopped) return;
  noteOutcome(context, agent, outcome);
  await answer(context, flight, agent.name, outcome, command.task);
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
    case "notSent":
      // Nobody is there, and nothing has left: the agent's next interface gets it. It is recorded before it is sent.
      if (sent.instead !== undefined && !command.again)
        return bringAndHandOn(context, flight, { kind: "intended", intent: movedTo(sent.instead, command.intent), ...idOf(command) });
      return answer(context, flight, agent.name, sent.outcome);
    case "answer":
      return answer(context, flight, agent.name, sent.outcome);
    case "contextRefused":
      // The agent took nothing. What was intended changes, so it is recorded anew before it is sent.
      return bringAndHandOn(context, flight, { kind: "intended", intent: { ...command.intent, contextId: null }, ...idOf(command) });
    case "ambiguous":
      return answer(context, flight, agent.name, unknown(agent.name, sent.message));
  }
}

/** The version belongs to the address: one that is not named is the usual one. */
function movedTo(address: AgentAddress, { version: _version, ...intent }: Intent): Intent {
  return { ...intent, ...address };
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
