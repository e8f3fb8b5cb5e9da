import { type Part, Role, type StreamResponse, type Task, TaskState } from "@a2a-js/sdk";
import { afterEach, expect, test } from "vitest";

import { FileUrls } from "../../../../src/a2a/files/file-urls.ts";
import { TaskFiles } from "../../../../src/a2a/files/task-files.ts";
import { dataPart, message, textPart } from "../../../../src/a2a/wire/wire.ts";
import { DEFAULT_TENANT } from "../../../../src/base/ids.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { MAX_ANSWER_FILE_BYTES, MAX_INLINE_FILE_BYTES } from "../../../../src/base/limits.ts";
import { openMemory } from "../../../../src/hosts/memory/open-memory.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { idlePerformer } from "../../hosts/database-folder.ts";

const hosts: Host[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

async function world() {
  const host = openMemory({ performer: idlePerformer });
  hosts.push(host);
  const inside = new TaskFiles({ host, urls: null });
  const byAddress = new TaskFiles({ host, urls: await FileUrls.open({ host, url: "https://me.example.com" }) });
  const keep = async (byteCount: number, fill: string): Promise<JsonObject> => {
    const payload = await host.putPayload(DEFAULT_TENANT, Buffer.alloc(byteCount, fill));
    return { payload, bytes: byteCount, mediaType: "text/plain", name: `${fill}.txt` };
  };
  return { inside, byAddress, keep };
}

const artifact = (...parts: readonly Part[]) => ({
  artifactId: "a",
  name: "",
  description: "",
  parts: [...parts],
  metadata: undefined,
  extensions: [],
});

function taskWith(parts: readonly Part[], more: Partial<Task> = {}): Task {
  return { id: "t1", contextId: "c1", status: undefined, artifacts: [artifact(...parts)], history: [], metadata: {}, ...more };
}

/** What each part of the first artifact holds. */
const casesOf = ({ artifacts }: Task): readonly (string | undefined)[] => artifacts[0]?.parts.map(({ content }) => content?.$case) ?? [];

test("files that do not fit into one answer any more have an address", async () => {
  const { byAddress, keep } = await world();
  const files = [await keep(MAX_ANSWER_FILE_BYTES - 10, "a"), await keep(11, "b"), await keep(10, "c")];
  const given = taskWith(files.map(dataPart));
  expect(casesOf(await byAddress.task(DEFAULT_TENANT, given))).toEqual(["raw", "url", "raw"]);
  const [first, second] = await byAddress.tasks(DEFAULT_TENANT, [given, given]);
  if (first === undefined || second === undefined) throw new Error("Two go in, two come out.");
  expect([casesOf(first), casesOf(second)]).toEqual([
    ["raw", "url", "raw"],
    ["url", "url", "url"],
  ]);
});

test("without addresses, a file that does not fit stays a reference", async () => {
  const { inside, keep } = await world();
  const large = await keep(MAX_INLINE_FILE_BYTES + 1, "a");
  const given = taskWith([dataPart(large), dataPart({ deep: [{ of: large }] })]);
  expect(await inside.task(DEFAULT_TENANT, given)).toEqual(given);
});

test("a reference that says that its file is small does not make it so, and one to nothing stays as it is", async () => {
  const { inside, keep } = await world();
  const large = await keep(MAX_INLINE_FILE_BYTES + 1, "a");
  const lies = [
    { ...large, bytes: 1 },
    { ...large, payload: "0".repeat(64), bytes: 1 },
  ];
  const given = taskWith(lies.map(dataPart));
  expect(await inside.task(DEFAULT_TENANT, given)).toEqual(given);
});

test("a file is of its tenant: another one finds nothing under the same reference", async () => {
  const { inside, keep } = await world();
  const given = taskWith([dataPart(await keep(10, "a"))]);
  expect(casesOf(await inside.task(DEFAULT_TENANT, given))).toEqual(["raw"]);
  expect(casesOf(await inside.task("other" as typeof DEFAULT_TENANT, given))).toEqual(["data"]);
});

test("what is given in stays as it is, and what has no files is given out as the same object", async () => {
  const { inside, keep } = await world();
  const given = taskWith([dataPart(await keep(10, "a")), dataPart({ plain: true }), textPart("x")]);
  const before = structuredClone(given);
  await inside.task(DEFAULT_TENANT, given);
  expect(given).toEqual(before);
  const event: StreamResponse = {
    payload: {
      $case: "artifactUpdate",
      value: { taskId: "t1", contextId: "c1", artifact: artifact(textPart("x")), append: false, lastChunk: true, metadata: undefined },
    },
  };
  expect(await inside.event(DEFAULT_TENANT, event)).toBe(event);
});

test("the files of a question come with it, in events and in the task; the caller's own words stay", async () => {
  const { inside, keep } = await world();
  const file = await keep(10, "a");
  const said = (role: Role) => message({ id: "m1", role, parts: [dataPart({ draft: file })], taskId: "t1", contextId: "c1" });
  const status = { state: TaskState.TASK_STATE_INPUT_REQUIRED, message: said(Role.ROLE_AGENT), timestamp: undefined };
  const event: StreamResponse = {
    payload: { $case: "statusUpdate", value: { taskId: "t1", contextId: "c1", status, metadata: undefined } },
  };
  const told = await inside.event(DEFAULT_TENANT, event);
  const question = told.payload?.$case === "statusUpdate" ? told.payload.value.status?.message : undefined;
  expect(question?.parts.map(({ content }) => content?.$case)).toEqual(["data", "raw"]);
  const history = [said(Role.ROLE_USER), said(Role.ROLE_AGENT)];
  const task = await inside.task(DEFAULT_TENANT, taskWith([], { status, history }));
  expect(task.status?.message).toEqual(question);
  expect(task.history.map(({ parts }) => parts.length)).toEqual([1, 2]);
});

test("a value of a million numbers is looked through without harm", async () => {
  const { inside, keep } = await world();
  const file = await keep(10, "a");
  const given = taskWith([dataPart([Array.from({ length: 1_000_000 }, (_, index) => index), file])]);
  expect(casesOf(await inside.task(DEFAULT_TENANT, given))).toEqual(["data", "raw"]);
});
