/** A stream that is cut anywhere goes on without gap or repetition: over the wire, with a real agent. */
import { afterEach, describe, expect, test } from "vitest";

import { type ServedAgent, serveAgent } from "../../../../src/compose/serve-agent.ts";
import { stage } from "../harness.ts";
import { eventsIn, HEADERS, type SentEvent } from "./harness.ts";

const open: ServedAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

const MESSAGE = { messageId: "m", role: "ROLE_USER", parts: [{ data: {} }], metadata: { operation: "slow" } };

function sendAgain(url: string, lastEventId?: string): Promise<Response> {
  const headers = lastEventId === undefined ? HEADERS : { ...HEADERS, "last-event-id": lastEventId };
  return fetch(`${url}/message:stream`, { method: "POST", headers, body: JSON.stringify({ message: MESSAGE }) });
}

const subscribe = (url: string, id: string, lastEventId: string): Promise<Response> =>
  fetch(`${url}/tasks/${id}:subscribe`, { headers: { ...HEADERS, "last-event-id": lastEventId } });

/** Events that have a place in the history: pieces of an answer are for those who are there. */
async function placedIn(answer: Response): Promise<readonly SentEvent[]> {
  const events: SentEvent[] = [];
  for await (const event of eventsIn(answer)) if (event.id !== undefined) events.push(event);
  return events;
}

/** One conversation, told to its end: its bytes and its events. */
async function conversation() {
  const here = stage();
  const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50 });
  open.push(served);
  const answer = await sendAgain(served.url);
  await here.started.opened;
  here.release.open();
  const bytes = await answer.text();
  const whole = await placedIn(new Response(bytes));
  const [taskId = ""] = /task_[0-9a-f]+/.exec(bytes) ?? [];
  return { url: served.url, here, bytes, whole, taskId };
}

describe("a conversation", () => {
  test("cut after any byte goes on after the last whole event, for one who subscribes and for one who sends again", async () => {
    const { url, here, bytes, whole, taskId } = await conversation();
    expect(whole.length).toBeGreaterThan(2);
    expect(whole.at(-1)).toMatchObject({ data: { statusUpdate: { status: { state: "TASK_STATE_COMPLETED" } } } });
    // What follows is asked for once for each event; every byte belongs to one of them.
    const rest = new Map<string, readonly SentEvent[]>();
    for (const { id = "" } of whole.slice(0, -1)) {
      const followed = await placedIn(await subscribe(url, taskId, id));
      expect(await placedIn(await sendAgain(url, id))).toEqual(followed);
      rest.set(id, followed);
    }
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const had = await placedIn(new Response(bytes.slice(0, cut)));
      const followed = had.length === whole.length ? [] : rest.get(had.at(-1)?.id ?? "");
      if (had.length > 0) expect([...had, ...(followed ?? [])]).toEqual(whole);
    }
    expect(here.callCount).toBe(1);
  });

  test("cut before its first event is the task as it is, and no second one", async () => {
    const { url, here, taskId } = await conversation();
    expect(await placedIn(await sendAgain(url))).toMatchObject([
      { data: { task: { id: taskId, status: { state: "TASK_STATE_COMPLETED" } } } },
    ]);
    expect(here.callCount).toBe(1);
  });

  test("heard to its end has no more to tell, and an id of nowhere is refused", async () => {
    const { url, whole, taskId } = await conversation();
    expect((await subscribe(url, taskId, whole.at(-1)?.id ?? "")).status).toBe(400);
    expect((await subscribe(url, taskId, "999.0")).status).toBe(400);
  });
});
