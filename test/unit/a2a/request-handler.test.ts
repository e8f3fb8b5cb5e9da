import { type Message, Role, type SendMessageRequest, type Task, TaskState } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import { AgentRequestHandler } from "../../../src/a2a/server/request-handler.ts";
import { type Claim, MemoryTaskStore, type TaskStore } from "../../../src/a2a/server/task-store.ts";
import { message, textPart } from "../../../src/a2a/wire/wire.ts";
import { ask } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { gate } from "../../e2e/a2a/harness.ts";

/** A store whose claims take as long as a test wants. */
class SlowStore extends MemoryTaskStore {
  claimed: Promise<void> = Promise.resolve();

  override async claim(claim: Parameters<TaskStore["claim"]>[0]): Promise<Claim> {
    await this.claimed;
    return super.claim(claim);
  }
}

/** An agent that asks, and works on the answer until it is released or stopped. */
function asking() {
  const release = gate();
  const signals: AbortSignal[] = [];
  const agent = defineAgent({
    name: "asking",
    description: "Asks before it works.",
    version: "1.0.0",
    capabilities: {
      work: {
        description: "Works.",
        run: async ({ answer, signal }) => {
          if (answer === undefined) return ask("Sure?");
          signals.push(signal);
          await release.opened;
          return { ok: true };
        },
      },
    },
  });
  const store = new SlowStore(100);
  const open = () =>
    new AgentRequestHandler({
      agent,
      card: () => {
        throw new Error("Nobody asks for the card.");
      },
      store,
      log: () => undefined,
      now: Date.now,
      maxWorking: 10,
      isDirect: () => false,
    });
  return { store, release, signals, open };
}

function request(id: string, taskId = ""): SendMessageRequest {
  const said = message({ id, role: Role.ROLE_USER, parts: [textPart("Yes.")], contextId: "", taskId });
  return { tenant: "", message: said, configuration: undefined, metadata: undefined };
}

function taskOf(answer: Message | Task): Task {
  if ("messageId" in answer) throw new Error("It was answered without a task.");
  return answer;
}

describe.each(["the process that asked", "a process that has only the store"])("a task that asks, in %s", (where) => {
  const begin = async () => {
    const stage = asking();
    const first = stage.open();
    const task = taskOf(await first.sendMessage(request("m1")));
    expect(task.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    return { ...stage, handler: where === "the process that asked" ? first : stage.open(), id: task.id };
  };

  it("stays canceled when its cancel comes while an answer is being taken", async () => {
    const { handler, id, store, release, signals } = await begin();
    const claiming = gate();
    store.claimed = claiming.opened;
    const sent = handler.sendMessage(request("m2", id));
    const canceling = handler.cancelTask({ tenant: "", id, metadata: undefined });
    claiming.open();
    expect((await canceling).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect(taskOf(await sent).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    release.open();
    await handler.drained();
    expect((await handler.getTask({ tenant: "", id, historyLength: 0 })).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it("takes no answer after its cancel", async () => {
    const { handler, id, signals } = await begin();
    const canceling = handler.cancelTask({ tenant: "", id, metadata: undefined });
    await expect(handler.sendMessage(request("m2", id))).rejects.toThrow("is over");
    expect((await canceling).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect(signals).toEqual([]);
  });

  it("takes one of two answers that come at the same time", async () => {
    const { handler, id, release, signals } = await begin();
    const both = [handler.sendMessage(request("m2", id)), handler.sendMessage(request("m3", id))] as const;
    await expect(both[1]).rejects.toThrow("is being worked on");
    release.open();
    expect(taskOf(await both[0]).status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(signals).toHaveLength(1);
  });
});
