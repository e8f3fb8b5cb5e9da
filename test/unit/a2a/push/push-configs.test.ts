import { inspect } from "node:util";

import { RequestMalformedError, TaskNotFoundError } from "@a2a-js/sdk/errors";
import { afterEach, expect, test } from "vitest";

import { DEFAULT_TENANT } from "../../../../src/base/ids.ts";
import { MAX_PUSH_CONFIGS } from "../../../../src/base/limits.ts";
import { runOf } from "../../hosts/database-folder.ts";
import { config, FIRST, PushWorld } from "./push-world.ts";
import { answering, Receiver } from "./receiver.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

const HOOK = "https://hooks.invalid/a2a";
const SECRETS = { token: "t0ken-secret", authentication: { scheme: "Bearer", credentials: "cr3d-secret" } };
const ALL = { pageSize: 0, pageToken: "" };

/** Nothing is sent: its dispatcher's host has no facts beyond the first. */
function world(): PushWorld {
  const made = new PushWorld();
  opened.push(made);
  return made;
}

test("a config can be made, read, listed and deleted, and keeps the id that its caller gave it", async () => {
  const here = world();
  const run = await here.start("t1");
  const made = await here.configs.create(run, config(HOOK, { id: "mine/with a slash" }));
  expect(made).toEqual(config(HOOK, { id: "mine/with a slash", taskId: "t1" }));
  const other = await here.configs.create(run, config(HOOK));
  expect(other.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await here.configs.get(run, made.id)).toEqual(made);
  expect((await here.configs.list(run, ALL)).configs.map(({ id }) => id).toSorted()).toEqual([made.id, other.id].toSorted());
  await here.configs.delete(run, made.id);
  await here.configs.delete(run, made.id);
  await here.configs.delete(run, "never there");
  await expect(here.configs.get(run, made.id)).rejects.toThrow(TaskNotFoundError);
  expect((await here.configs.list(run, ALL)).configs).toEqual([other]);
});

test("secrets can be written and never read: not in an answer, a list, an error or a log line", async () => {
  const here = world();
  const hook = await Receiver.listen();
  opened.push(hook);
  hook.reply = answering(401, {}, `{"error":{"message":"${SECRETS.token} ${SECRETS.authentication.credentials}"}}`);
  const run = await here.start("t1");
  await here.configs.attach(run, config(hook.origin, { id: "a", ...SECRETS }), FIRST);
  const made = await here.configs.create(run, config(HOOK, { id: "b", ...SECRETS }));
  await hook.count(1);
  const said = [made, await here.configs.get(run, "b"), await here.configs.list(run, ALL)];
  expect(made.authentication).toEqual({ scheme: "Bearer", credentials: "" });
  const errors = [
    here.configs.create(run, config("http://10.0.0.1/", SECRETS)),
    here.configs.create(run, config(HOOK, { ...SECRETS, authentication: { scheme: "no scheme", credentials: "cr3d-secret" } })),
    here.configs.create(run, config(HOOK, { token: "t0ken-secret\r\nx: y" })),
    here.configs.create(run, config(HOOK, { token: `t0ken-secret${"x".repeat(5_000)}` })),
    here.configs.create(run, config(HOOK, { authentication: { scheme: "", credentials: "cr3d-secret" } })),
    here.configs.create(runOf("nobody"), config(HOOK, SECRETS)),
  ];
  for (const failed of errors) said.push(await failed.catch((error: Error) => inspect(error, { depth: 9 }) as never));
  expect(said.slice(3)).toHaveLength(errors.length);
  const text = JSON.stringify([said, here.lines]);
  expect(text).not.toContain("t0ken-secret");
  expect(text).not.toContain("cr3d-secret");
});

test("a list comes in pages, none twice and none left out", async () => {
  const here = world();
  const run = await here.start("t1");
  for (let index = 0; index < 7; index += 1) await here.configs.create(run, config(HOOK, { id: `c${index}` }));
  const other = await here.start("t10");
  await here.configs.create(other, config(HOOK, { id: "of another task" }));
  const ids: string[] = [];
  let pageCount = 0;
  for (let pageToken = ""; ; pageCount += 1) {
    const page = await here.configs.list(run, { pageSize: 3, pageToken });
    ids.push(...page.configs.map(({ id }) => id));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect([pageCount, ids]).toEqual([2, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]]);
  await expect(here.configs.list(run, { pageSize: -1, pageToken: "" })).rejects.toThrow(RequestMalformedError);
  await expect(here.configs.list(run, { pageSize: 3, pageToken: "%%%" })).rejects.toThrow(RequestMalformedError);
});

test.each([
  [1, 1],
  [2, 2],
  [6, 3],
])("the last of %i configs in pages of %i is on the last page: it names no next one", async (count, pageSize) => {
  const here = world();
  const run = await here.start("t1");
  for (let index = 0; index < count; index += 1) await here.configs.create(run, config(HOOK, { id: `c${index}` }));
  const sizes: number[] = [];
  for (let pageToken: string | null = ""; pageToken !== null;) {
    const page = await here.configs.list(run, { pageSize, pageToken });
    sizes.push(page.configs.length);
    pageToken = page.nextPageToken === "" ? null : page.nextPageToken;
  }
  expect(sizes).toEqual(Array.from({ length: count / pageSize }, () => pageSize));
});

test("a task has room for so many configs, however many are made at once, and the error says what to do", async () => {
  const here = world();
  const run = await here.start("t1");
  const made = await Promise.allSettled(
    Array.from({ length: MAX_PUSH_CONFIGS + 5 }, (_, index) => here.configs.create(run, config(HOOK, { id: `c${index}` }))),
  );
  const refused = made.filter((one) => one.status === "rejected");
  expect(refused).toHaveLength(5);
  expect(refused[0]?.reason).toBeInstanceOf(RequestMalformedError);
  expect(String(refused[0]?.reason)).toContain("delete one");
  await here.configs.create(run, config(`${HOOK}/new`, { id: "c0" }));
  await here.configs.delete(run, "c0");
  await here.configs.create(run, config(HOOK, { id: "another" }));
});

test("the same message again makes no second config, and a config of its own id replaces the first", async () => {
  const here = world();
  const run = await here.start("t1");
  await here.configs.attach(run, config(HOOK, SECRETS), FIRST);
  await here.configs.attach(run, config(HOOK, SECRETS), FIRST);
  expect((await here.configs.list(run, ALL)).configs).toHaveLength(1);
  await here.configs.attach(run, config(HOOK, { ...SECRETS, id: "own" }), FIRST);
  await here.configs.create(run, config(`${HOOK}/2`, { id: "own" }));
  expect(await here.configs.get(run, "own")).toMatchObject({ url: `${HOOK}/2`, authentication: undefined });
  expect((await here.configs.list(run, ALL)).configs).toHaveLength(2);
});

test.each([
  ["too long", "x".repeat(129)],
  ["with a control character", "a\u0000b"],
  ["not a text of Unicode", "\ud800"],
])("an id that is %s is refused, and nobody has it", async (_what, id) => {
  const here = world();
  const run = await here.start("t1");
  expect(() => here.configs.check(config(HOOK, { id }))).toThrow(RequestMalformedError);
  await expect(here.configs.create(run, config(HOOK, { id }))).rejects.toThrow(RequestMalformedError);
  await expect(here.configs.get(run, id)).rejects.toThrow(TaskNotFoundError);
  await here.configs.delete(run, id);
  expect(await here.host.cursors(DEFAULT_TENANT, "push/", 10)).toEqual([]);
});

test("a config for a task that does not exist is refused", async () => {
  await expect(world().configs.create(runOf("nobody"), config(HOOK))).rejects.toThrow(TaskNotFoundError);
});
