/** What goes wrong on our side of the wire is not told as the agent's doing, and loses nothing. */
import { expect, onTestFinished, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import { MAX_HISTORY_FILE_BYTES } from "../../../src/base/limits.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { intentFor, work } from "./harness.ts";
import { DONE, rawAgent } from "./raw-agent.ts";

test("a secret that does not come holds up nobody who has stopped waiting, and nothing was sent", async () => {
  const never = Promise.withResolvers<string>();
  let isAway = false;
  const agent = await rawAgent((call) => call.reply({ task: DONE }), { secret: () => (isAway ? never.promise : "s") });
  onTestFinished(() => agent[Symbol.asyncDispose]());
  const intent = await intentFor(agent.remote);
  isAway = true;
  expect(await agent.remote.send(work("x", null), intent, AbortSignal.timeout(100))).toMatchObject({ kind: "notSent" });
  expect(agent.calls).toEqual([]);
});

test("a file of an answer is kept when the disk has room again, and the work is not done twice", async () => {
  const raw = Buffer.alloc(MAX_HISTORY_FILE_BYTES + 1, 7).toString("base64");
  const parts = [{ text: "Here it is." }, { raw, filename: "a.bin", mediaType: "application/octet-stream" }];
  const agent = await rawAgent((call) => call.reply({ message: { messageId: "m1", role: "ROLE_AGENT", parts } }));
  onTestFinished(() => agent[Symbol.asyncDispose]());
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent.remote] });
  const { host } = orchestrator;
  const putPayload = host.putPayload.bind(host);
  let refusals = 2;
  host.putPayload = async (tenant, content) => {
    refusals -= 1;
    if (refusals >= 0) throw new TuttiError("T5004", "The disk is full.");
    return putPayload(tenant, content);
  };
  const definition = workflowFromObject({ name: "keeps", agents: { raw: { local: "raw" } }, steps: { work: { agent: "raw" } } });
  const { run } = await orchestrator.start(definition, {});
  expect((await host.whenOver(run)).status).toBe("completed");
  expect(agent.methods()).toEqual(["SendMessage"]);
});
