/** Our client and our server over gRPC alone, and an agent that is restarted in the middle. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AgentCard } from "@a2a-js/sdk";
import { afterEach, describe, expect, test } from "vitest";

import { remoteAgent } from "../../../../src/agents/remote-agent.ts";
import type { RemoteAgent } from "../../../../src/ports/agents.ts";
import { Egress } from "../../../../src/runtime/egress/egress.ts";
import { type ServedAgent, serveAgent } from "../../../../src/compose/serve-agent.ts";
import { intentFor, never, type Stage, stage, taskOf, watching, work } from "../harness.ts";

const egress = new Egress();
const folders: string[] = [];
let served: ServedAgent | undefined;
afterEach(async () => {
  await served?.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Serves a stage; again at the same ports, as another process would. */
async function agentWithDatabase(version: "1.0" | "0.3" = "1.0") {
  const folder = mkdtempSync(join(tmpdir(), "tutti-grpc-"));
  folders.push(folder);
  const start = async (ports: { port?: number; grpc?: number } = {}) => {
    const here = stage();
    const { port = 0, grpc = 0 } = ports;
    served = await serveAgent(here.agent, { db: join(folder, "a.db"), port, grpc: { port: grpc }, log: () => undefined, drainMs: 50 });
    return { here, url: served.url, cardUrl: served.cardUrl };
  };
  const first = await start();
  const card = AgentCard.fromJSON(await (await fetch(first.cardUrl)).json());
  const grpc = card.supportedInterfaces.find(({ protocolBinding }) => protocolBinding === "GRPC")?.url ?? "";
  const ports = { port: Number(new URL(first.url).port), grpc: Number(grpc.split(":")[1]) };
  const restart = async (): Promise<Stage> => {
    await served?.close();
    return (await start(ports)).here;
  };
  const remote = remoteAgent(first.url, { name: "stage", egress, log: () => undefined });
  const over = { binding: "GRPC", url: `http://${grpc}`, ...(version === "1.0" ? {} : { version }) };
  return { here: first.here, remote, restart, over };
}

const send = async (remote: RemoteAgent, capability: string, over: object) =>
  taskOf(await remote.send(work(capability, null), await intentFor(remote, over), never()));

describe.each(["1.0", "0.3"] as const)("over the service of version %s", (version) => {
  test("a question that was asked before a restart is answered after it, in the same task", async () => {
    const { remote, restart, over } = await agentWithDatabase(version);
    const task = await send(remote, "question", over);
    expect(task).toMatchObject(over);
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "inputRequired", question: { prompt: "Which colour?" } });
    await restart();
    const exchanges = [{ question: { prompt: "Which colour?" }, answer: "red" }];
    const sent = await remote.send(work("question", null, { task, exchanges }), await intentFor(remote, over), never());
    expect(taskOf(sent).taskId).toBe(task.taskId);
    const outcome = sent.kind === "task" && sent.over !== null ? sent.over : await remote.attend(task, watching().watch);
    expect(outcome).toMatchObject({ kind: "completed", reply: { data: [{ colour: "red", asked: 1 }] } });
  });

  test("a task that is followed while its agent is restarted is followed to its end", async () => {
    const { here, remote, restart, over } = await agentWithDatabase(version);
    const task = await send(remote, "slow", over);
    const attended = remote.attend(task, watching().watch);
    await here.started.opened;
    const again = await restart();
    await again.started.opened;
    again.release.open();
    expect(await attended).toMatchObject({ kind: "completed", reply: { text: "one two three" } });
  });
});

test("a message that came before a restart is found by its id, and comes to the same task when it is sent again", async () => {
  const { remote, restart, over } = await agentWithDatabase();
  const intent = await intentFor(remote, over);
  const task = taskOf(await remote.send(work("question", null), intent, never()));
  await restart();
  expect(await remote.find(work("question", null), intent, never())).toEqual({ kind: "task", task });
  expect(taskOf(await remote.send(work("question", null), intent, never())).taskId).toBe(task.taskId);
});

test("a cancel reaches the agent", async () => {
  const { here, remote, over } = await agentWithDatabase();
  const task = await send(remote, "slow", over);
  await here.started.opened;
  expect(await remote.cancel(task, "Enough.", never())).toEqual({ kind: "canceled" });
  await here.stopped.opened;
  expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "canceled" });
});
