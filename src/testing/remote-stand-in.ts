/**
 * A scripted agent behind A2A, without the network: the send ledger is used as with a real one.
 *
 * 1. A message makes at most one task, however often it is sent; the task outlives a restart of the
 *    runtime, and goes on while nobody attends.
 * 2. What is done with a task is decided when its message arrives; the time that it takes runs from there.
 */
import type { CancelResult, Found, RemoteAgent, Sent, Watch, Work } from "../ports/agents.ts";
import type { Intent, RemoteTask } from "../scheduler/input.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import { actOf, durationOf, outcomeOf, unreachable, usedUp } from "./acts.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Script } from "./script.ts";
import { capabilitiesOf, type ScriptedAgent } from "./scripted.ts";
import { takeTime, type Stage } from "./stage.ts";

type Task = {
  readonly remote: RemoteTask;
  readonly behaviour: Behaviour;
  work: Work;
  readonly beganAt: number;
  canceled: boolean;
  /** Those who attend, and want to hear of a cancel. */
  readonly wakes: Set<() => void>;
};

export function remoteStandIn(scriptedAgent: ScriptedAgent, script: Script, stage: Stage): RemoteAgent {
  const { name } = scriptedAgent;
  const url = `http://${name.toLowerCase().replaceAll("_", "-")}.scripted.invalid`;
  const far = new FarSide(name, url, script, stage);
  return {
    kind: "remote",
    name,
    url,
    describe: async () => ({
      ok: true,
      identity: {
        url,
        binding: "JSONRPC",
        tenant: "",
        protocolVersion: "1.0",
        agentVersion: "0.0.0",
        dedupes: false,
        takesContextId: true,
        capabilities: capabilitiesOf(scriptedAgent),
      },
    }),
    send: async (work, intent) => far.receive(work, intent),
    find: async (_work, intent) => far.find(intent),
    attend: (task, watch) => far.attend(task, watch),
    cancel: async (task) => far.cancel(task),
  };
}

class FarSide {
  readonly #name: string;
  readonly #url: string;
  readonly #script: Script;
  readonly #stage: Stage;
  readonly #tasks = new Map<string, Task>();
  readonly #byMessage = new Map<string, Task>();
  readonly #unknowable = new Set<string>();

  constructor(name: string, url: string, script: Script, stage: Stage) {
    this.#name = name;
    this.#url = url;
    this.#script = script;
    this.#stage = stage;
  }

  receive(work: Work, intent: Intent): Sent {
    const known = this.#byMessage.get(intent.messageId);
    if (known !== undefined) return { kind: "task", task: known.remote, over: null };
    const behaviour = this.#script.take(work, this.#stage.elapsedMs());
    if (behaviour === null) return { kind: "answer", outcome: usedUp(this.#name, work) };
    const act = actOf(behaviour, work);
    if ("unreachable" in act) return { kind: "notSent", outcome: unreachable(this.#name) };
    if ("unknown" in act) {
      this.#unknowable.add(intent.messageId);
      return { kind: "ambiguous", message: "the connection broke" };
    }
    const task = this.#taskFor(work, intent, behaviour);
    this.#byMessage.set(intent.messageId, task);
    return "lost" in act ? { kind: "ambiguous", message: "the connection broke" } : { kind: "task", task: task.remote, over: null };
  }

  find({ messageId }: Intent): Found {
    const task = this.#byMessage.get(messageId);
    if (task !== undefined) return { kind: "task", task: task.remote };
    return this.#unknowable.has(messageId) ? { kind: "unknowable", message: "it keeps no list of its tasks" } : { kind: "none" };
  }

  async attend({ taskId }: RemoteTask, watch: Watch): Promise<Outcome> {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return this.#noSuchTask(taskId);
    const canceled = Promise.withResolvers<void>();
    task.wakes.add(canceled.resolve);
    watch.signal.addEventListener("abort", () => canceled.resolve(), { once: true });
    await Promise.race([canceled.promise, this.#work(task, watch)]);
    task.wakes.delete(canceled.resolve);
    const outcome = task.canceled || watch.signal.aborted ? null : this.#outcome(task);
    const act = actOf(task.behaviour, task.work);
    if (outcome !== null && "duplicate" in act) this.#stage.sayAgain(task.work, this.#name, outcome);
    return outcome ?? { kind: "canceled", failure: { code: "T4106", message: "The task was canceled.", retryable: false } };
  }

  cancel({ taskId }: RemoteTask): CancelResult {
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.canceled) return { kind: "canceled" };
    const outcome = this.#isDue(task) ? this.#outcome(task) : null;
    if (outcome !== null && outcome.kind !== "inputRequired" && outcome.kind !== "authRequired") return { kind: "over", outcome };
    task.canceled = true;
    for (const wake of task.wakes) wake();
    return { kind: "canceled" };
  }

  /** The task that a message continues, or a new one. */
  #taskFor(work: Work, intent: Intent, behaviour: Behaviour): Task {
    const earlier = work.task === null ? undefined : this.#tasks.get(work.task.taskId);
    if (earlier !== undefined) {
      earlier.work = work;
      return earlier;
    }
    const number = this.#tasks.size + 1;
    const taskId = `${this.#name}-task-${number}`;
    const contextId = intent.contextId ?? `${this.#name}-context-${number}`;
    const remote: RemoteTask = { agent: this.#name, url: this.#url, binding: "JSONRPC", tenant: "", taskId, contextId };
    const task: Task = { remote, behaviour, work, beganAt: this.#stage.clock.now(), canceled: false, wakes: new Set() };
    this.#tasks.set(taskId, task);
    return task;
  }

  async #work(task: Task, watch: Watch): Promise<void> {
    if (task.work.exchanges.length === 0) await takeTime(task.behaviour, this.#stage.clock, watch, this.#stage.clock.now() - task.beganAt);
    // Nobody hears of an act without an end before it is canceled.
    if (this.#outcome(task) === null) await new Promise<never>(() => undefined);
  }

  #isDue({ behaviour, beganAt, work }: Task): boolean {
    const slowMs = behaviour.slow === undefined || work.exchanges.length > 0 ? 0 : durationOf(behaviour.slow);
    return this.#stage.clock.now() >= beganAt + slowMs;
  }

  #outcome({ behaviour, work }: Task): Outcome | null {
    return outcomeOf(actOf(behaviour, work), this.#name, work);
  }

  #noSuchTask(taskId: string): Outcome {
    const message = `Agent "${this.#name}" does not know the task ${taskId}.`;
    return { kind: "failed", failure: { code: "T3007", message, retryable: false } };
  }
}
