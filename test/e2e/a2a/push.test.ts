import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { TaskView } from "../../../src/a2a/task/task-view.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { MAX_PUSHES_PER_ORIGIN } from "../../../src/base/limits.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import type { Host } from "../../../src/ports/host.ts";
import { config, FIRST, PushWorld } from "../../unit/a2a/push/push-world.ts";
import { Receiver, wordOf } from "../../unit/a2a/push/receiver.ts";
import { DatabaseFolder, idlePerformer, runOf } from "../../unit/hosts/database-folder.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

function keep<Kept extends AsyncDisposable>(one: Kept): Kept {
  opened.push(one);
  return one;
}

/** The ids that all events of a task have. */
async function allIds(host: Host, id: string): Promise<readonly string[]> {
  const view = new TaskView({ kind: "workflow", name: "single" }, { id });
  const entries = await host.history(runOf(id), 1, 1_000);
  return entries.flatMap((entry) => view.apply(entry)).map((told) => `${id}/${told.id}`);
}

test.each([1, 2, 3, 4])("a process killed when its receiver has taken event %i sends that one again, and then the rest", async (count) => {
  const folder = keep(new DatabaseFolder());
  const hook = keep(await Receiver.listen());
  const script = join(import.meta.dirname, "push-process.ts");
  const child = spawn(process.execPath, ["--conditions=source", script, folder.file(), hook.origin, String(count)], { stdio: "inherit" });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect([signal, hook.all.length]).toEqual(["SIGKILL", count]);
  const host = await openEmbedded({ path: folder.file(), performer: idlePerformer });
  const world = keep(new PushWorld({ host }));
  await world.dispatcher.start();
  // Its task may have had no time to end.
  await world.finish("t1");
  await world.ended(runOf("t1"), "c1");
  const ids = await allIds(host, "t1");
  expect(hook.ids).toEqual([...ids.slice(0, count), ...ids.slice(count - 1)]);
  expect(hook.all[count]?.body).toBe(hook.all[count - 1]?.body);
  expect(hook.all[count]?.headers["x-a2a-notification-token"]).toBe("s3cret");
  expect(wordOf(hook.all.at(-1) as never)).toBe("completed");
});

test("many tasks with a config each end without a storm, through a restart in the middle, and each tells all in order", async () => {
  const folder = keep(new DatabaseFolder());
  const hook = keep(await Receiver.listen());
  const names = Array.from({ length: 250 }, (_, index) => `t${index}`);
  const before = new PushWorld({ host: await openEmbedded({ path: folder.file(), performer: idlePerformer }) });
  await Promise.all(
    names.map(async (name) => {
      const run = await before.start(name);
      await before.configs.attach(run, config(hook.origin, { id: "c1" }), FIRST);
    }),
  );
  await Promise.all(names.map((name) => before.finish(name)));
  await hook.count(400);
  await before[Symbol.asyncDispose]();
  const host = await openEmbedded({ path: folder.file(), performer: idlePerformer });
  const after = keep(new PushWorld({ host }));
  await after.dispatcher.start();
  const total = names.length * (await allIds(host, "t0")).length;
  await hook.until(() => new Set(hook.ids).size === total);
  for (const name of names) await after.ended(runOf(name), "c1");
  let repeatCount = 0;
  const idsByTask = Map.groupBy(hook.ids, (id) => id.split("/")[0] ?? "");
  for (const name of names) {
    const got = idsByTask.get(name) ?? [];
    const distinct = [...new Set(got)];
    expect(distinct).toEqual(await allIds(host, name));
    repeatCount += got.length - distinct.length;
    // A repetition comes at once, so that the order holds.
    expect(got.filter((id, index) => id !== got[index - 1])).toEqual(distinct);
  }
  expect(repeatCount).toBeLessThanOrEqual(MAX_PUSHES_PER_ORIGIN);
  expect(hook.mostOpenCount).toBeLessThanOrEqual(MAX_PUSHES_PER_ORIGIN + repeatCount);
  expect(await host.cursors(DEFAULT_TENANT, "push/", 2_000)).toHaveLength(names.length);
});
