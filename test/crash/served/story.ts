/** A story of the served sweep: a server that dies at given points, and its clients, until all tasks are as they must be. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Received, Receiver } from "../../unit/a2a/push/receiver.ts";
import type { FailAt } from "../world/orchestrate.ts";
import { audit } from "./audit.ts";
import { type Course, COURSES, go, type Log } from "./courses.ts";
import { type DiaryEntry, readDiary } from "./diary.ts";
import { ServerLives } from "./server-lives.ts";
import { type SeenEvent, Visitor, type WireTask } from "./visitor.ts";

export type ServedStory = { readonly name: string; readonly deaths: readonly FailAt[] };
export type ServedTold = {
  readonly story: ServedStory;
  readonly deaths: readonly FailAt[];
  readonly violations: readonly string[];
  /** Null when it came to no end. */
  readonly evidence: Evidence | null;
  /** The failpoints that the last life has passed. */
  readonly points: readonly string[];
};

/** What the auditor looks at: what callers, readers and webhooks were told, and what handlers wrote down. */
export type Evidence = {
  readonly ends: readonly Ended[];
  readonly listed: readonly WireTask[];
  readonly pushes: readonly Received[];
  readonly diary: readonly DiaryEntry[];
  readonly cards: readonly string[];
};

/** One task in the end. */
export type Ended = {
  readonly log: Log;
  readonly task: WireTask;
  /** All events of the task, as they are told to one who comes late. */
  readonly whole: readonly SeenEvent[];
};

/** Long: many stories are told side by side, on machines with little room. */
const PATIENCE_MS = 60_000;
const KEY = JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }));

export async function tellServed(story: ServedStory): Promise<ServedTold> {
  const directory = mkdtempSync(join(tmpdir(), "tutti-served-"));
  const diary = join(directory, "diary.jsonl");
  await using hook = await Receiver.listen();
  const lives = await ServerLives.start({ db: join(directory, "tutti.db"), diary, signingKey: KEY, deaths: story.deaths });
  const timer = setTimeout(() => lives.kill(), PATIENCE_MS);
  const open = new Set(COURSES.map(({ name }) => name));
  try {
    const told = await Promise.race([visit(new Visitor(lives), hook, open), lives.failed]);
    const points = await lives.end();
    const evidence = { ...told, diary: readDiary(diary) };
    return { story, deaths: lives.deaths, violations: audit(evidence), evidence, points };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { story, deaths: lives.deaths, violations: [`stuck: ${why} Open: ${[...open].join(", ")}.`], evidence: null, points: [] };
  } finally {
    clearTimeout(timer);
    lives.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** All callers at once, until all tasks have ended and all webhooks know it. */
async function visit(visitor: Visitor, hook: Receiver, open: Set<string>): Promise<Omit<Evidence, "diary">> {
  const hookOf = ({ name }: Course): string => `${hook.origin}/${name}`;
  const [card, ...ends] = await Promise.all([
    visitor.card(),
    ...COURSES.map(async (course) => {
      const end = await finish(visitor, await go(visitor, course, hookOf(course)));
      open.delete(course.name);
      return end;
    }),
  ]);
  open.add("webhooks");
  await hook.until(() => ends.every((end) => isPushedWhole(end, hook)));
  open.delete("webhooks");
  const { tasks } = (await visitor.ask("ListTasks", { pageSize: 100 })) as { readonly tasks: readonly WireTask[] };
  return { ends, listed: tasks, pushes: hook.all, cards: [card, await visitor.card()] };
}

/** Stories side by side: the processes mostly wait for one another. */
export async function tellAllServed(stories: readonly ServedStory[], atOnce: number): Promise<readonly ServedTold[]> {
  const told: ServedTold[] = [];
  const waiting = [...stories];
  const teller = async (): Promise<void> => {
    for (let story = waiting.shift(); story !== undefined; story = waiting.shift()) told.push(await tellServed(story));
  };
  await Promise.all(Array.from({ length: atOnce }, teller));
  return told;
}

/** The task as it is told afterwards, to one who knows nothing of it. */
async function finish(visitor: Visitor, log: Log): Promise<Ended> {
  const [id = ""] = log.taskIds;
  const task = await visitor.task(id);
  const whole: SeenEvent[] = [];
  const lastId = log.events.at(-1)?.id;
  while (whole.at(-1)?.id !== lastId) {
    for await (const told of visitor.stream({ task: id }, whole.at(-1)?.id ?? "0.0")) whole.push(told);
  }
  return { log, task, whole };
}

/** A webhook that was made later gets what comes after it; its last event is the task's. */
function isPushedWhole({ log, whole, task }: Ended, hook: Receiver): boolean {
  if (log.course.push === "none") return true;
  const last = hook.all.findLast(({ path }) => path === `/${log.course.name}`);
  return (
    last !== undefined &&
    (last.headers["webhook-id"] === `${task.id}/${whole.at(-1)?.id}` || String(last.headers["webhook-id"]).endsWith(".task"))
  );
}
