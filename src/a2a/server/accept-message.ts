/**
 * From a message without a task to the run that it starts (issue 4, Mapping and Idempotency).
 *
 * 1. The same message of the same caller starts one run: the run is found by both, from the commit that
 *    makes it. With another content it is refused, however late it comes.
 * 2. What is refused has started nothing.
 */
import { hash } from "node:crypto";

import { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { JsonObject } from "../../base/json.ts";
import { MAX_HOPS } from "../../base/limits.ts";
import { createSortedId } from "../../runtime/sorted-id.ts";
import { CALLER_LABEL, CONTEXT_LABEL } from "../../runtime/task-labels.ts";
import type { Origin } from "../../scheduler/input.ts";
import { messageFromJson } from "../wire/message-json.ts";
import { metadataNumber } from "../wire/wire.ts";
import { contentOf, refuseExpired, refuseOtherTypes } from "./check-message.ts";
import { type CallContext, type Caller, OverloadError } from "./handler.ts";
import { chooseThing, type ServedThing } from "./served-thing.ts";
import type { FoundTask, Tasks } from "./tasks.ts";
import type { Room } from "./room.ts";
import type { Turns } from "./turns.ts";

export type Acceptance = {
  readonly tasks: Tasks;
  readonly things: readonly ServedThing[];
  readonly turns: Turns;
  /** Tells the messages of one served thing from those of another. */
  readonly name: string;
  readonly dedupe: boolean;
  readonly room: Room;
};

export type Accepted = FoundTask & { readonly isNew: boolean };

/** The task of a message that names none. */
export async function acceptMessage(on: Acceptance, message: Message, context: CallContext): Promise<Accepted> {
  const thing = chooseThing(on.things, message);
  if (!on.dedupe) return begin(on, { thing, message, context });
  const key = keyOf(on.name, message.messageId, context.caller);
  return on.turns.take(`${context.caller.tenant}/${key}`, async () => {
    const found = await on.tasks.host.lookUp(context.caller.tenant, "message", key);
    const known = found === null ? null : await on.tasks.look(found.run.id, context.caller);
    if (known === null) return begin(on, { thing, message, context, key });
    await expectSame(on, known, message);
    return { ...known, isNew: false };
  });
}

/** What it is made of must never change: it is how a message finds the task that it has started. */
function keyOf(name: string, messageId: string, { name: caller }: Caller): string {
  return hash("sha256", JSON.stringify([caller, name, messageId])).slice(0, 32);
}

type New = { readonly thing: ServedThing; readonly message: Message; readonly context: CallContext; readonly key?: string };

async function begin(on: Acceptance, request: New): Promise<Accepted> {
  const { thing, message, context } = request;
  const receivedAt = on.tasks.clock.now();
  refuseExpired(message, receivedAt);
  refuseOtherTypes(message, thing.inputModes);
  await expectOwnReferences(on, message, context.caller);
  return on.room.begin(thing, () => start(on, request, receivedAt));
}

async function start(on: Acceptance, { thing, message, context, key }: New, receivedAt: number): Promise<Accepted> {
  const { caller, traceparent, tracestate } = context;
  const hops = hopsOf(message);
  const keepFile = (content: Uint8Array): Promise<string> => on.tasks.host.putPayload(caller.tenant, content);
  const input = await thing.toInput(message, { receivedAt, keepFile });
  const id = `task_${createSortedId(receivedAt)}`;
  const contextId = message.contextId === "" ? `ctx_${createSortedId(receivedAt)}` : message.contextId;
  const origin: Origin = {
    caller: caller.name,
    context: contextId,
    message: toRecord({ ...message, contextId, taskId: id }),
    ...(key === undefined ? {} : { key }),
  };
  const { run } = await on.tasks.orchestratorFor(caller).start(thing.definition, input, {
    id,
    isFresh: true,
    by: caller.name,
    labels: { [CALLER_LABEL]: caller.name, [CONTEXT_LABEL]: contextId },
    origin,
    workflows: thing.children,
    // Whoever opened the server has said what is served; a caller cannot help it that a version was another definition once.
    draft: true,
    ...(traceparent === null ? {} : { trace: traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(hops === undefined ? {} : { hops }),
  });
  return { run, shape: thing.shape, inputModes: thing.inputModes, isNew: true };
}

/** The same id with another content is a mistake of the caller's, and nothing that could be carried out. */
async function expectSame(on: Acceptance, known: FoundTask, message: Message): Promise<void> {
  const [first] = await on.tasks.host.history(known.run, 1, 1);
  if (first === undefined) throw new OverloadError("The task is only just being made.");
  const origin = first.fact.kind === "runStarted" ? first.fact.origin : undefined;
  if (origin !== undefined && contentOf(messageFromJson(origin.message)) === contentOf(message)) {
    // A context of the caller's is kept or refused, never replaced (A2A 3.4.1).
    if (message.contextId === "" || message.contextId === origin.context) return;
  }
  throw new RequestMalformedError({
    message: `Message id "${message.messageId}" was used before, with another content (T4002); a new message needs a new id.`,
    metadata: { code: "T4002", message_id: message.messageId },
  });
}

async function expectOwnReferences({ tasks }: Acceptance, { referenceTaskIds }: Message, caller: Caller): Promise<void> {
  for (const id of referenceTaskIds) {
    if ((await tasks.look(id, caller)) !== null) continue;
    throw new RequestMalformedError({
      message: `The message refers to task ${id.slice(0, 200)}, and there is none.`,
      metadata: { reference_task_id: id.slice(0, 200) },
    });
  }
}

/** How many orchestrators the request has passed; beyond the limit it goes in a circle. */
function hopsOf({ metadata }: Message): number | undefined {
  const hops = metadataNumber(metadata, "hop_count");
  if (hops === undefined || hops <= 0) return undefined;
  if (hops > MAX_HOPS) throw new RequestMalformedError(`The request has passed ${hops} orchestrators; the limit is ${MAX_HOPS}.`);
  return Math.floor(hops);
}

/** A message as facts hold it. */
export function toRecord(message: Message): JsonObject {
  // ProtoJSON of a message that was checked is plain JSON.
  return Message.toJSON(message) as JsonObject;
}
