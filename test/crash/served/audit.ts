/** The auditor of the served sweep: what a caller was promised, by what callers saw and handlers wrote down. */
import { isDeepStrictEqual } from "node:util";

import { StreamResponse, Task } from "@a2a-js/sdk";

import { placeOf } from "../../../src/a2a/task/task-event.ts";
import { ClientCopy } from "../../unit/a2a/task/client-copy.ts";
import type { Received } from "../../unit/a2a/push/receiver.ts";
import { type DiaryEntry, taskOfKey } from "./diary.ts";
import type { Ended, Evidence } from "./story.ts";
import { type SeenEvent, stateIn, type WireTask } from "./visitor.ts";

/** Where a state may lead. What is over leads nowhere. */
const NEXT: { readonly [state: string]: readonly string[] } = {
  SUBMITTED: ["SUBMITTED", "WORKING", "REJECTED", "CANCELED", "FAILED", "COMPLETED"],
  WORKING: ["WORKING", "INPUT_REQUIRED", "AUTH_REQUIRED", "COMPLETED", "FAILED", "REJECTED", "CANCELED"],
  INPUT_REQUIRED: ["INPUT_REQUIRED", "AUTH_REQUIRED", "WORKING", "COMPLETED", "FAILED", "CANCELED"],
  AUTH_REQUIRED: ["AUTH_REQUIRED", "INPUT_REQUIRED", "WORKING", "COMPLETED", "FAILED", "CANCELED"],
};

export function audit({ ends, listed, pushes, diary, cards }: Evidence): readonly string[] {
  return [
    ...ends.flatMap((end) =>
      auditCourse(
        end,
        pushes.filter(({ path }) => path === `/${end.log.course.name}`),
      ),
    ),
    ...auditTaskList(listed, ends),
    ...auditWork(diary, ends),
    ...auditCard(cards),
  ];
}

/** One task, as its caller, one who comes late, and its webhook were told of it. */
function auditCourse(end: Ended, pushes: readonly Received[]): readonly string[] {
  const { log, task, whole } = end;
  const { name, endsAs } = log.course;
  const findings = [
    ...(log.taskIds.size === 1 ? [] : [`duplicate: its message has made ${log.taskIds.size} tasks`]),
    ...(task.status.state === `TASK_STATE_${endsAs}` ? [] : [`lost: it is ${task.status.state}, and not ${endsAs}`]),
    ...log.forgotten.map((id) => `lost: message ${id} was told, and is gone`),
    ...auditOrder("its reader", log.events),
    ...auditOrder("one who comes late", whole),
    ...auditUnion(log.events, whole),
    ...auditCopy(whole, task),
    ...auditPushes(end, pushes),
  ];
  return findings.map((finding) => `${name}: ${finding}`);
}

/** Every event once, in the order of the history, and no state that the one before does not lead to. */
function auditOrder(who: string, events: readonly SeenEvent[]): readonly string[] {
  const findings: string[] = [];
  for (const [index, { id }] of events.entries()) {
    const before = events[index - 1]?.id;
    if (before !== undefined && !isBefore(before, id)) findings.push(`duplicate: ${who} was told ${id} after ${before}`);
  }
  const states = events.flatMap(({ event }) => stateIn(event) ?? []);
  for (const [index, state] of states.entries()) {
    const from = states[index - 1];
    if (from !== undefined && NEXT[from]?.includes(state) !== true) findings.push(`backwards: ${who} was told ${state} after ${from}`);
  }
  return findings;
}

function isBefore(left: string, right: string): boolean {
  const [one, other] = [placeOf(left), placeOf(right)];
  if (one === null || other === null) return false;
  return one.seq < other.seq || (one.seq === other.seq && one.n < other.n);
}

/** What came in pieces, over all cuts, is what the history has from its first event on. */
function auditUnion([first, ...others]: readonly SeenEvent[], whole: readonly SeenEvent[]): readonly string[] {
  if (first === undefined) return ["lost: its reader was told nothing"];
  const expected = whole.filter(({ id }) => isBefore(first.id, id));
  if (isDeepStrictEqual(others, expected)) return [];
  return [`gap: its reader was told ${ids(others)} after ${first.id}, and the history has ${ids(expected)}`];
}

const ids = (events: readonly SeenEvent[]): string => events.map(({ id }) => id).join(" ");

/** A copy that is made of all events alone has come to the same. */
function auditCopy(whole: readonly SeenEvent[], wire: WireTask): readonly string[] {
  const copy = new ClientCopy();
  for (const { event } of whole) copy.take(StreamResponse.fromJSON(event));
  const task = Task.fromJSON(wire);
  const isSame = isDeepStrictEqual([copy.task.status, copy.task.artifacts], [task.status, task.artifacts]);
  return isSame ? [] : ["gap: its events do not make the task that it is"];
}

/** In order, each at least once, and again only at once and as it was. */
function auditPushes({ log, task, whole }: Ended, pushes: readonly Received[]): readonly string[] {
  const { push } = log.course;
  if (push === "none") return pushes.length === 0 ? [] : [`duplicate: ${pushes.length} notifications for a task without a webhook`];
  const told = pushes.map(({ headers }) => String(headers["webhook-id"]));
  const distinct = told.filter((id, index) => id !== told[index - 1]);
  const all = whole.map(({ id }) => `${task.id}/${id}`);
  // One that was made later begins somewhere, or, when all was over, gets what the task has come to.
  const expected = push === "inline" ? all : all.slice(all.length - distinct.length);
  const isEndAlone = push === "later" && distinct.length === 1 && distinct[0]?.endsWith(".task") === true;
  const findings =
    isEndAlone || isDeepStrictEqual(distinct, expected)
      ? []
      : [`gap: its webhook was told ${distinct.join(" ")}, and the history has ${all.join(" ")}`];
  const changed = pushes.filter(({ headers, body }, index) => {
    const before = pushes[index - 1];
    return before?.headers["webhook-id"] === headers["webhook-id"] && before?.body !== body;
  });
  return [...findings, ...changed.map(({ headers }) => `changed: notification ${String(headers["webhook-id"])} came again as another`)];
}

/** One task for each message, and no others. */
function auditTaskList(listed: readonly WireTask[], ends: readonly Ended[]): readonly string[] {
  const known = new Map(ends.map(({ task }) => [task.id, task]));
  const twice = listed.filter(({ id }, index) => listed.findIndex((other) => other.id === id) < index);
  return [
    ...(listed.length === ends.length ? [] : [`duplicate: ${ends.length} messages, and ${listed.length} tasks`]),
    ...twice.map(({ id }) => `duplicate: ${id} is listed twice`),
    ...listed.filter(({ id }) => !known.has(id)).map(({ id }) => `duplicate: nobody knows of task ${id}`),
    ...listed
      .filter(({ id, status }) => known.has(id) && !isDeepStrictEqual(known.get(id)?.status, status))
      .map(({ id }) => `lost: ${id} is listed otherwise than it is told`),
  ];
}

/** Handlers are local: a life gives a piece of work at most once, and always under the same key. */
function auditWork(diary: readonly DiaryEntry[], ends: readonly Ended[]): readonly string[] {
  const begun = diary.filter(({ event }) => event === "begin");
  const findings: string[] = [];
  for (const { log, task } of ends) {
    const own = begun.filter(({ key }) => taskOfKey(key) === task.id);
    const { name, workCount } = log.course;
    const keys = new Set(own.map(({ key }) => key));
    if (keys.size !== workCount)
      findings.push(
        `${name}: duplicate: its handlers were given ${keys.size} pieces of work, and not ${workCount}: ${[...keys].join(" ")}`,
      );
    const perLife = new Set(own.map(({ key, life }) => `${life} ${key}`));
    if (perLife.size !== own.length) findings.push(`${name}: duplicate: one life has begun the same work twice`);
    if (own.some(({ at }) => at > (log.overAt ?? Number.POSITIVE_INFINITY)))
      findings.push(`${name}: duplicate: work began when it was over`);
  }
  const tasks = new Set(ends.map(({ task }) => task.id));
  const strange = new Set(begun.map(({ key }) => taskOfKey(key)).filter((id) => !tasks.has(id)));
  return [...findings, ...[...strange].map((id) => `duplicate: work was done for ${id}, which nobody knows of`)];
}

/** A card that somebody has seen stays as it is. */
function auditCard(cards: readonly string[]): readonly string[] {
  return new Set(cards).size === 1 ? [] : ["changed: the card is another one after a restart"];
}
