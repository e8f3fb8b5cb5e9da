/** `deliver: stream`: what a remote agent says while it works reaches those who follow the workflow's task. */
import { randomUUID } from "node:crypto";

import { expect, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { createServer } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { stage } from "./harness.ts";

const QUIET = { log: () => undefined, drainMs: 20 };
const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

type Update = {
  readonly artifact: { readonly artifactId: string; readonly parts: readonly { readonly text?: string }[] };
  readonly append?: boolean;
  readonly lastChunk?: boolean;
};
type Event = {
  readonly artifactUpdate?: Update;
  readonly statusUpdate?: { readonly status: { readonly state: string } };
};
type Told = { readonly id: string | null; readonly event: Event };

/** The events of a stream of HTTP+JSON, each as it comes. */
async function* eventsOf(answer: Response): AsyncGenerator<Told> {
  let text = "";
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString();
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [block, rest] = [text.slice(0, end), text.slice(end + 2)];
      text = rest;
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield { id: /^id: (.*)$/m.exec(block)?.[1] ?? null, event: JSON.parse(data) as Event };
    }
  }
}

function jobOf(deliver: object) {
  const say = { agent: "stage", skill: "slow", with: {}, ...deliver };
  return workflowFromObject({ tutti: "1.0", name: "job", version: "1.0.0", steps: { say } });
}

async function follow(deliver: object): Promise<readonly Told[]> {
  const here = stage();
  await using served = await serveAgent(here.agent, QUIET);
  const agent = remoteAgent(served.url, { name: "stage", log: () => undefined });
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent] });
  await using server = await createServer(orchestrator, { ...QUIET, workflows: [jobOf(deliver)] });
  const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ data: {} }] };
  const answer = await fetch(`${server.url}/workflows/job/message:stream`, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ message }),
  });
  const told: Told[] = [];
  for await (const one of eventsOf(answer)) {
    told.push(one);
    // Its note came by the agent's own stream: from now on nothing that it says is missed.
    if (JSON.stringify(one).includes("Begun.")) here.speak.open();
    const hasHeardAll = JSON.stringify(told.map(({ event }) => event.artifactUpdate)).includes('"two"');
    if (hasHeardAll || !("deliver" in deliver)) here.release.open();
  }
  return told;
}

const updatesOf = (told: readonly Told[]): readonly (readonly [string | null, string, string | undefined, boolean, boolean])[] =>
  told.flatMap(({ id, event: { artifactUpdate: update } }) =>
    update === undefined
      ? []
      : [[id, update.artifact.artifactId, update.artifact.parts[0]?.text, update.append ?? false, update.lastChunk ?? false] as const],
  );

test("pieces come while the agent works, without an id, and its whole answer takes their place", async () => {
  const told = await follow({ deliver: "stream" });
  expect(updatesOf(told)).toEqual([
    [null, "stream-say", "one ", false, false],
    [null, "stream-say", "two", true, false],
    [null, "stream-say", "one two three", false, true],
    [expect.stringMatching(/^\d+\.\d+$/), "output", "one two three", false, true],
  ]);
  expect(told.at(-1)?.event.statusUpdate?.status.state).toBe("TASK_STATE_COMPLETED");
});

test("a step that does not deliver its stream shows no pieces", async () => {
  expect(updatesOf(await follow({})).map(([, artifactId]) => artifactId)).toEqual(["output"]);
});
