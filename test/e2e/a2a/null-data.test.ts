import { expect, it } from "vitest";

import { defineAgent } from "../../../src/agents/function-agent.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { post, rpc } from "./http/harness.ts";

const echo = defineAgent({
  name: "echo",
  description: "Gives back what it gets.",
  version: "1.0.0",
  capabilities: { echo: { description: "Gives it back.", run: ({ input }) => ({ got: input }) } },
});

const message = (messageId: string) => ({ messageId, role: "ROLE_USER", parts: [{ data: null }] });

it("null is data like any other: it is taken, shown again in the task, and the same message gives the same task", async () => {
  await using served = await serveAgent(echo, { log: () => undefined });
  const first = (await rpc(served.url, "SendMessage", { message: message("m1") })).body as Answer;
  expect(first.result?.task).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
    history: [{ messageId: "m1", parts: [{ data: null }] }, {}, {}],
    artifacts: [{ parts: [{ data: { got: null } }] }],
  });
  const again = (await rpc(served.url, "SendMessage", { message: message("m1") })).body as Answer;
  expect(again.result?.task?.id).toBe(first.result?.task?.id);
  expect((await post(`${served.url}/message:send`, { message: message("m2") })).status).toBe(200);
});

it("a step whose agent answers null has the output null", async () => {
  const silent = defineAgent({
    name: "silent",
    description: "Has nothing to say.",
    version: "1.0.0",
    capabilities: { work: { description: "Works.", run: () => null } },
  });
  await using served = await serveAgent(silent, { log: () => undefined });
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [remoteAgent(served.url, { name: "silent" })] });
  const definition = workflowFromObject({ name: "quiet", steps: { a: { capability: "work" } }, output: "${{ steps.a.output }}" });
  expect(await orchestrator.run(definition, {})).toBeNull();
});

type Answer = { readonly result?: { readonly task?: { readonly id: string } } };
