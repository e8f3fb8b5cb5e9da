/** One message, sent fifty times at once over each binding: one task and one execution, also when the server dies meanwhile. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Message, Role, type Task } from "@a2a-js/sdk";
import { expect, test } from "vitest";

import { message as messageOf, textPart } from "../../../src/a2a/wire/wire.ts";
import { newKeySecret } from "../../unit/a2a/card/cards.ts";
import { Caller } from "../../e2e/a2a/grpc/harness.ts";
import { HEADERS } from "../../e2e/a2a/http/harness.ts";
import type { FailAt } from "../world/orchestrate.ts";
import { readDiary, taskOfKey } from "./diary.ts";
import { ServerLives } from "./server-lives.ts";
import { Visitor, type WireTask } from "./visitor.ts";

async function start(deaths: readonly FailAt[] = []) {
  const directory = mkdtempSync(join(tmpdir(), "tutti-parallel-"));
  const diary = join(directory, "diary.jsonl");
  const signingKey = newKeySecret("ES256")();
  const lives = await ServerLives.start({ db: join(directory, "tutti.db"), diary, signingKey, deaths, grpc: true });
  const caller = new Caller(lives.target);
  const close = async (): Promise<void> => {
    caller.close();
    await lives.end();
    rmSync(directory, { recursive: true });
  };
  const begun = () => readDiary(diary).filter(({ event }) => event === "begin");
  return { lives, caller, visitor: new Visitor(lives), begun, [Symbol.asyncDispose]: close };
}
type Here = Awaited<ReturnType<typeof start>>;

type Sent = { readonly taskId: string } | { readonly refusal: string };
/** Sends once. Rejects when the server is gone. */
type Send = (here: Here, message: Message) => Promise<Sent>;

const wire = ({ messageId, taskId, metadata, parts }: Message) => ({
  messageId,
  role: "ROLE_USER",
  parts: parts.map(({ content }) => ({ text: content?.value })),
  metadata,
  ...(taskId === "" ? {} : { taskId }),
});

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

function sentOf({ task, error }: { readonly task?: Pick<Task, "id">; readonly error?: { readonly message: string } }): Sent {
  return task === undefined ? { refusal: error?.message ?? "" } : { taskId: task.id };
}

const BINDINGS: readonly { readonly binding: string; readonly send: Send }[] = [
  {
    binding: "JSON-RPC",
    async send({ lives }, message) {
      const params = { message: wire(message), configuration: { returnImmediately: true } };
      const { result, error } = await post(lives.url, { jsonrpc: "2.0", id: 1, method: "SendMessage", params });
      return sentOf({
        ...(result as object | undefined),
        ...(error === undefined ? {} : { error: error as { readonly message: string } }),
      });
    },
  },
  {
    binding: "HTTP+JSON",
    send: async ({ lives }, message) =>
      sentOf(await post(`${lives.url}/message:send`, { message: wire(message), configuration: { returnImmediately: true } })),
  },
  {
    binding: "gRPC",
    async send({ caller }, message) {
      const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: true };
      const { code, details, message: answer } = await caller.ask("sendMessage", { message, configuration });
      if (code === UNAVAILABLE) throw new Error(details);
      const { payload } = (answer ?? {}) as { readonly payload?: { readonly value: Task } };
      return code === 0 && payload !== undefined ? { taskId: payload.value.id } : { refusal: details };
    },
  },
];
const UNAVAILABLE = 14;

/** As a client does whose answer was lost: the same again. */
async function untilAnswered(here: Here, send: Send, message: Message): Promise<Sent> {
  for (let lost = 0; ;) {
    const life = await here.lives.listening(lost);
    try {
      return await send(here, message);
    } catch {
      lost = life;
    }
  }
}

const saying = (skill: string, taskId = ""): Message =>
  messageOf({
    id: randomUUID(),
    role: Role.ROLE_USER,
    parts: [textPart("Go.")],
    contextId: "",
    taskId,
    metadata: { skill, operation: skill },
  });

/** The message fifty times at once; the task that all of them were told. */
async function sendFifty(here: Here, message: Message, sends: readonly Send[]): Promise<string> {
  const sendAt = (index: number): Send => sends[index % sends.length] as Send;
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => untilAnswered(here, sendAt(index), message)));
  const told = new Set(answers.map((answer) => ("taskId" in answer ? answer.taskId : answer.refusal)));
  expect([...told]).toEqual([expect.stringMatching(/^task_/)]);
  return [...told].join("");
}

test.each([
  ["", []],
  [", though the server dies when it has taken ten of them", [{ name: "task.taken", count: 10 }]],
  [", though the server dies while they are written", [{ name: "commit.written", count: 3 }]],
])("fifty equal messages at once are one task and one piece of work, over each binding and over all of them%s", async (_how, deaths) => {
  await using here = await start(deaths);
  const each = BINDINGS.map(({ send }) => [send]);
  const courses = [...each, each.flat()].map((sends) => ({ message: saying("slow"), sends }));
  const ids = await Promise.all(courses.map(({ message, sends }) => sendFifty(here, message, sends)));
  expect(here.lives.deaths).toEqual(deaths);
  // The same once more, and now until it is done.
  for (const { message } of courses)
    expect(await here.visitor.ask("SendMessage", { message: wire(message) })).toMatchObject({
      task: { status: { state: "TASK_STATE_COMPLETED" } },
    });
  const { tasks } = (await here.visitor.ask("ListTasks", {})) as { readonly tasks: readonly WireTask[] };
  expect(tasks.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(new Set(here.begun().map(({ key }) => key)).size).toBe(courses.length);
  // Once in each life that found it undone.
  expect(here.begun().length).toBeLessThanOrEqual(courses.length * (1 + deaths.length));
});

test("a message to a task that works is refused over each binding, and begins nothing", async () => {
  await using here = await start();
  await here.lives.listening();
  for (const [index, { send }] of BINDINGS.entries()) {
    const sent = await send(here, saying("hang"));
    const taskId = "taskId" in sent ? sent.taskId : "";
    await expect.poll(() => here.begun().map(({ key }) => taskOfKey(key))[index]).toBe(taskId);
    const again = await Promise.all([1, 2, 3].map(() => send(here, saying("hang", taskId))));
    for (const answer of again) expect(answer).toEqual({ refusal: expect.stringContaining("is being worked on") });
    await here.visitor.ask("CancelTask", { id: taskId });
  }
  expect(here.begun()).toHaveLength(BINDINGS.length);
});
