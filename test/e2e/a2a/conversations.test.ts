/** What becomes of the answer to an agent's question, whatever the network, the agent and a restart do to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, onTestFinished, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { RunRef } from "../../../src/base/ids.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { type Call, rawAgent } from "./raw-agent.ts";
import { card } from "./scripted.ts";

const WORKFLOW = workflowFromObject({
  name: "asked",
  agents: { raw: { local: "raw" } },
  steps: { work: { agent: "raw", retry: { attempts: 2, initial: "10ms" } } },
  output: { text: "${{ steps.work.output }}" },
});

type Asking = { state: string; isCardAway: boolean; readonly history: unknown[] };
type Params = { readonly message?: { readonly taskId?: string } };

const QUESTION = { messageId: "q1", role: "ROLE_AGENT", parts: [{ text: "Which colour?" }] };

/** An agent that asks at once. `takeAnswer` says what it makes of an answer: true when that is all it replies. */
async function asking(takeAnswer: (call: Call, task: Asking) => boolean) {
  const task: Asking = { state: "INPUT_REQUIRED", isCardAway: false, history: [] };
  const sends: string[] = [];
  const told = (): unknown => ({
    id: "t1",
    contextId: "c1",
    status: { state: `TASK_STATE_${task.state}`, ...(task.state.endsWith("REQUIRED") ? { message: QUESTION } : {}) },
    artifacts: task.state === "COMPLETED" ? [{ artifactId: "reply", parts: [{ text: "blue it is" }] }] : [],
    history: task.history,
  });
  const agent = await rawAgent(
    (call) => {
      const { message } = (JSON.parse(call.body) as { readonly params: Params }).params;
      if (call.method === "SendMessage" && message !== undefined) {
        sends.push(message.taskId ?? "new");
        if (message.taskId === undefined) task.history.push(message);
        else if (takeAnswer(call, task)) return;
        return call.reply({ task: told() });
      }
      const now = told();
      if (task.state === "WORKING") task.state = "COMPLETED";
      return call.reply(now);
    },
    { card: (url) => (task.isCardAway ? { no: "card" } : { ...card(url), capabilities: {} }) },
  );
  onTestFinished(() => agent[Symbol.asyncDispose]());
  return { agent, task, sends };
}

function goesOn(_call: Call, task: Asking): boolean {
  task.state = "WORKING";
  return false;
}

async function opened(remote: RemoteAgent, db = ":memory:"): Promise<Orchestrator> {
  const orchestrator = await openOrchestrator({ db, agents: [remote] });
  onTestFinished(() => orchestrator.close());
  return orchestrator;
}

async function questionOf(orchestrator: Orchestrator): Promise<string> {
  for (;;) {
    const [first] = await orchestrator.questions();
    if (first !== undefined) return first.id;
    await sleep(10);
  }
}

async function lastFactOf(orchestrator: Orchestrator, run: RunRef) {
  return (await orchestrator.host.history(run, 1, 1_000)).at(-1)?.fact;
}

/** The fact that ends a run; another question is none. */
async function endOf(orchestrator: Orchestrator, run: RunRef) {
  const over = orchestrator.host.whenOver(run).then(() => lastFactOf(orchestrator, run));
  return Promise.race([over, questionOf(orchestrator).then(() => "asks again")]);
}

/** A run that was asked, and answered after something happened. */
async function answered({ agent }: { readonly agent: { readonly remote: RemoteAgent } }, before: () => void = () => undefined) {
  const orchestrator = await opened(agent.remote);
  const { run } = await orchestrator.start(WORKFLOW, {});
  const question = await questionOf(orchestrator);
  before();
  await orchestrator.answer(question, "blue");
  return endOf(orchestrator, run);
}

const DONE = expect.objectContaining({ kind: "runCompleted", output: { text: "blue it is" } });

test.each([503, 429])(
  "an answer that an agent has no room for (%i) is brought to its task again, and the work is not begun anew",
  async (status) => {
    let count = 0;
    const world = await asking((call, task) => {
      count += 1;
      if (count > 2) return goesOn(call, task);
      call.out.writeHead(status).end();
      return true;
    });
    expect(await answered(world)).toEqual(DONE);
    expect(world.sends).toEqual(["new", "t1", "t1", "t1"]);
  },
);

test("after a restart an answer is brought to its task while the agent's card is away", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tutti-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const { agent, task, sends } = await asking(goesOn);
  const db = join(directory, "tutti.db");
  const first = await opened(agent.remote, db);
  const { run } = await first.start(WORKFLOW, {});
  const question = await questionOf(first);
  await first.close();
  task.isCardAway = true;
  const second = await opened(remoteAgent(agent.url, { name: "raw", log: () => undefined }), db);
  await second.answer(question, "blue");
  expect(await endOf(second, run)).toEqual(DONE);
  expect(sends).toEqual(["new", "t1"]);
});

test.each(["COMPLETED", "WORKING"])(
  "an authorisation that was given elsewhere needs no answer: a task that is %s is looked after",
  async (state) => {
    const world = await asking((call) => {
      call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code: -32004, message: "The task takes no messages." } }));
      return true;
    });
    world.task.state = "AUTH_REQUIRED";
    expect(await answered(world, () => void (world.task.state = state))).toEqual(DONE);
    expect(world.sends).toEqual(["new"]);
  },
);

test("an answer whose receipt was lost is not sent twice to an agent that keeps no answers in its history", async () => {
  const world = await asking((call, task) => {
    task.state = "COMPLETED";
    call.out.destroy();
    return true;
  });
  expect(await answered(world)).toEqual(DONE);
  expect(world.sends).toEqual(["new", "t1"]);
});

test("an agent that thanks for an answer with a message has not done the work by that", async () => {
  const world = await asking((call, task) => {
    task.state = "WORKING";
    call.reply({ message: { messageId: "m2", role: "ROLE_AGENT", parts: [{ text: "Thank you." }] } });
    return true;
  });
  expect(await answered(world)).toEqual(DONE);
});
