/**
 * An agent of this process as callers over A2A have it: each task is a run of one step, whose input is
 * the work that the caller described. A worker stands between the run and the agent, so that the
 * agent sees its caller's words, metadata, context and files, and not ours.
 *
 * 1. The work is given once; after a crash it is given again under the same key (ports/agents.ts, 1).
 * 2. What the agent answers goes to the history as it is: also what looks like a change of a run's
 *    context, which is the caller's and not ours.
 */
import type { Message } from "@a2a-js/sdk";

import { isJsonObject, type Json } from "../../base/json.ts";
import { SERVED_TASK_MS } from "../../base/limits.ts";
import type { Definition } from "../../definition/definition.ts";
import type { LocalAgent, Watch, Work } from "../../ports/agents.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { inputModesOf } from "../wire/input-modes.ts";
import type { AgentDesk } from "./agent-desk.ts";
import { keepFiles } from "./keep-files.ts";
import { type AskedWork, assignmentOf, messageToWork } from "./message-to-work.ts";
import type { Intake, ServedThing } from "./served-thing.ts";

export type ServedAgentParts = {
  readonly agent: LocalAgent;
  readonly desk: AgentDesk;
  readonly log: Log;
  /** True for an outcome that needs no task. */
  readonly isDirect: (outcome: Outcome) => boolean;
};

/** What is served, and the worker that must be registered before its open tasks can go on. */
export type ServedAgent = { readonly thing: ServedThing; readonly worker: LocalAgent };

export function servedAgent(parts: ServedAgentParts): ServedAgent {
  const { agent } = parts;
  const worker = workerOf(parts);
  const thing: ServedThing = {
    shape: { kind: "agent", name: agent.name },
    definition: oneStep(`${PREFIX}${agent.name}`, worker.name),
    children: [],
    skills: skillsOf(agent),
    inputModes: inputModesOf({ files: true }),
    toInput: (message, intake) => toInput(agent, message, intake),
  };
  return { thing, worker };
}

/** No workflow has such a name, so that the tasks of agents are told from those of workflows. */
const PREFIX = "agent:";

export function isOfServedAgent(workflow: string): boolean {
  return workflow.startsWith(PREFIX);
}

/** The agent whose task a run of this workflow is; null for a workflow that is served as itself. */
export function agentServedBy(workflow: string): string | null {
  return isOfServedAgent(workflow) ? workflow.slice(PREFIX.length) : null;
}

/** The skills of an agent among others: its own name when it has one, and each capability. */
function skillsOf({ name, capabilities }: LocalAgent): readonly string[] {
  const names = capabilities.map((capability) => capability.name);
  return names.length === 1 ? [...new Set([...names, name])] : names;
}

async function toInput(agent: LocalAgent, message: Message, intake: Intake): Promise<Json> {
  const asked = messageToWork(message, agent, intake.receivedAt);
  // It has come off the wire, or is made of plain values here.
  return { ...(asked as unknown as { readonly [key: string]: Json }), files: await keepFiles(message, intake) };
}

/** Its version changes when the steps do: runs of earlier versions go on as they began. */
function oneStep(name: string, worker: string): Definition {
  return {
    tutti: "1.0",
    semantics: 1,
    name,
    version: "1.0.0",
    description: null,
    input: null,
    agents: {},
    timeoutMs: SERVED_TASK_MS,
    steps: {
      work: {
        kind: "delegate",
        needs: [],
        if: null,
        each: null,
        output: null,
        rules: [],
        critical: true,
        target: { kind: "agent", agent: worker, skill: "work" },
        text: null,
        with: "${{ input }}",
        files: "${{ input.files }}",
        timeoutMs: SERVED_TASK_MS,
        retry: { attempts: 1, initialMs: 0, factor: 1, maxMs: 0, jitter: "none" },
        fallback: [],
        onUnknown: "fail",
        deliver: "stream",
      },
    },
    // The step has the result; the run would only repeat it.
    output: {},
  };
}

function workerOf({ agent, desk, log, isDirect }: ServedAgentParts): LocalAgent {
  return {
    kind: "local",
    name: `served:${agent.name}`,
    description: agent.description,
    version: agent.version,
    capabilities: [],
    ...(agent.limit === undefined ? {} : { limit: agent.limit }),
    async perform(work, watch) {
      const taskId = runOf(work.key);
      desk.begin(taskId);
      let outcome: Outcome | null = null;
      try {
        outcome = await agent.perform(callersWork(work), loggedWatch(watch, log));
        if (outcome.kind === "failed") log("warn", "agent_failed", { agent: agent.name, task_id: taskId, ...outcome.failure });
        return protectedOutcome(outcome);
      } finally {
        desk.end(taskId, outcome !== null && isDirect(outcome));
      }
    },
  };
}

/** The run of an effect's key, `tenant/run/…`: what else says it costs more, and each task asks. */
function runOf(key: string): string {
  return key.split("/", 2)[1] ?? "";
}

/** The caller's work, with the exchanges of its task. The key is the run's: unlike a message id, nobody else has it. */
function callersWork({ key, input, exchanges, files = [] }: Work): Work {
  // Made by `toInput`, and kept by the host.
  const asked = input as unknown as AskedWork;
  const { capability, input: given, text, context, repair } = asked;
  return {
    key,
    capability,
    input: given,
    text,
    assignment: assignmentOf(asked),
    exchanges,
    task: null,
    ...(files.length === 0 ? {} : { files }),
    ...(context === undefined ? {} : { context }),
    ...(repair === undefined ? {} : { repair: { ...repair, task: null } }),
  };
}

/** The run's watch, with a log. Its signal is made only if the handler reads it. */
function loggedWatch(watch: Watch, log: Log): Watch {
  return {
    get signal() {
      return watch.signal;
    },
    progress: (progress) => watch.progress(progress),
    chunk: (text) => watch.chunk(text),
    ...(watch.keep === undefined ? {} : { keep: watch.keep }),
    log,
  };
}

/** A result with a change of the context would be taken for one of this run's: an empty change around it is taken instead. */
function protectedOutcome(outcome: Outcome): Outcome {
  if (outcome.kind !== "completed") return outcome;
  const [first, ...others] = outcome.reply.data ?? [];
  if (!isJsonObject(first) || first["context_update"] === undefined) return outcome;
  return { kind: "completed", reply: { ...outcome.reply, data: [{ result: first, context_update: {} }, ...others] } };
}
