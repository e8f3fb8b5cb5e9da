/** Tasks whose runs are not kept any more, where somebody still holds on to them. */
import { expect, it } from "vitest";

import { AgentDesk } from "../../../../src/a2a/server/agent-desk.ts";
import { RunTaskHandler } from "../../../../src/a2a/server/run-task-handler.ts";
import { servedAgent } from "../../../../src/a2a/server/served-agent.ts";
import { servedWorkflow } from "../../../../src/a2a/server/served-workflow.ts";
import { isDirect } from "../../../../src/agents/answers.ts";
import { assemble } from "../../../../src/compose/open-orchestrator.ts";
import { MemoryStore } from "../../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../../src/hosts/memory/open-memory.ts";
import { actor, helper } from "./agents.ts";
import { ADA, definitionOf, get, request, send, stateOf } from "./stage.ts";

/** Asks, and then has more facts than a view of a finished task is made of again. */
const LONG = {
  tutti: "1.0",
  name: "long",
  version: "1.0.0",
  steps: {
    go: { approval: { to: ["boss"], title: "Go on?" } },
    each: { each: "${{ input.items }}", agent: "helper", skill: "help", needs: ["go"] },
  },
};

/** A handler whose store keeps one run that is over. */
async function openSmallStage() {
  const { agent, release } = actor();
  const desk = new AgentDesk();
  const { thing, worker } = servedAgent({ agent, desk, log: () => undefined, isDirect });
  const store = new MemoryStore({ maxRuns: 1 });
  const orchestrator = await assemble({ agents: [helper, worker] }, (parts) => openMemory({ ...parts, store }));
  const things = [thing, servedWorkflow(definitionOf(LONG))];
  const card = (): never => {
    throw new Error("Nobody asks for the card.");
  };
  const handler = new RunTaskHandler({ orchestrator, desk, things, name: "stage", card });
  const forgetOthers = () => send({ handler }, { text: "x", metadata: { skill: "echo" } });
  return { handler, orchestrator, release, forgetOthers, [Symbol.asyncDispose]: () => orchestrator.close() };
}

it("a reader who was too slow for a task that is not kept any more is not kept waiting", async () => {
  await using stage = await openSmallStage();
  const events = await stage.handler.sendStreamingMessage(request({ text: "x", metadata: { skill: "slow" } }), ADA, null);
  const first = await events.next();
  const payload = first.value?.event.payload;
  const id = payload?.$case === "task" ? payload.value.id : "";
  stage.release.open();
  await (await stage.orchestrator.open(id)).result();
  await stage.forgetOthers();
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

it("a message that comes again when its task is not kept any more begins anew, and is told as it is now", async () => {
  await using stage = await openSmallStage();
  const said = { id: "m-1", data: { items: Array.from({ length: 150 }, (_, item) => item) }, metadata: { skill: "long" } };
  const first = await send(stage, said);
  const over = await send(stage, { taskId: first.id, data: { decision: "approved" } });
  expect([stateOf(over), stateOf(await get(stage, first.id))]).toEqual(["COMPLETED", "COMPLETED"]);
  await stage.forgetOthers();
  const again = await send(stage, said);
  expect([stateOf(again), stateOf(await get(stage, again.id))]).toEqual(["INPUT_REQUIRED", "INPUT_REQUIRED"]);
  await expect(get(stage, first.id)).rejects.toThrow(`There is no task ${first.id}.`);
});
