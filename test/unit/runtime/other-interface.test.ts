import { expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import { DONE, FarWorld, farAgent, startedWith, TASK } from "./far-world.ts";

const WORKFLOW = workflowFromObject({ name: "moves", agents: { far: { local: "far" } }, steps: { work: { agent: "far" } } });

test("a message that moves from an interface of version 0.3 to one of 1.0 is not told in the words of 0.3 there", async () => {
  const world = new FarWorld();
  const failure = { code: "NETWORK_ERROR", message: "Nobody is there.", retryable: true };
  const instead = { url: "http://far.test/new", binding: "JSONRPC", tenant: "" };
  const moved: Sent = { kind: "notSent", outcome: { kind: "failed", failure }, instead };
  const identity = {
    url: TASK.url,
    binding: "JSONRPC",
    tenant: "",
    version: "0.3",
    protocolVersion: "0.3.0",
    agentVersion: "1",
    capabilities: [],
  };
  const describe: RemoteAgent["describe"] = async () => ({ ok: true, identity: { ...identity, takesContextId: true, dedupes: false } });
  const { agent, intents } = farAgent([moved, DONE], { describe });
  const orchestrator = await world.open([agent]);
  const { run } = await startedWith(orchestrator, WORKFLOW);
  await world.pass(1_000);
  expect((await orchestrator.host.get(run))?.status).toBe("completed");
  expect(intents.map(({ url, version }) => [url, version])).toEqual([
    [TASK.url, "0.3"],
    [instead.url, undefined],
  ]);
});
