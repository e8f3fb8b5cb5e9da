/**
 * Push notifications that agents send to us, as a client (A2A 4.3.3): each only says "ask for your task".
 *
 * It owns the webhooks of this process: an address and a token for each remote task. Both follow from
 * the task and a secret that is kept in the host, so that they survive a restart and nothing is kept of
 * any of them; what is remembered of news that nobody has heard yet is bounded.
 *
 * 1. A notification decides nothing: it wakes whoever waits for its task, and GetTask tells the truth.
 * 2. Who does not know the token, or speaks of another task, wakes nobody.
 * 3. Whatever comes, and however often, wakes at most every `WAKE_UP_GAP_MS`.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

import { StreamResponse } from "@a2a-js/sdk";

import { isJsonObject } from "../../base/json.ts";
import { MAX_WAKE_UP_BYTES, MAX_WAKE_UPS, WAKE_UP_GAP_MS } from "../../base/limits.ts";
import type { Webhook, WakeUpSource } from "../../ports/agents.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { Host } from "../../ports/host.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import { durableSecret } from "../durable-secret.ts";
import { fromLegacyEvent } from "../legacy/from-legacy.ts";
import { isShallow } from "../wire/wire.ts";
import { TOKEN_HEADER } from "./push-request.ts";

/** Where a task is, for its webhook. */
type TaskPlace = Pick<RemoteTask, "url" | "tenant" | "taskId">;

/** Where agents send their notifications, below the server's own address. */
export const WAKE_UP_PATH = "/a2a/push/";

/** The id of a webhook, and what only the id of its task gives. */
const WEBHOOK = /^([\w-]{43})\.([\w-]{43})$/;

/** What is known of a webhook between two notifications. */
type Standing = { hasNews: boolean; wokenAt: number; waiting: Waiting | null };
type Waiting = { readonly signal: AbortSignal; readonly promise: Promise<void>; readonly resolve: () => void };

export class WakeUps implements WakeUpSource {
  readonly #secret: Buffer;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #standingById = new Map<string, Standing>();

  /** `url`: this server as agents reach it. */
  static async open(options: { readonly host: Host; readonly url: string; readonly clock?: Clock }): Promise<WakeUps> {
    const { host, url, clock = systemClock } = options;
    return new WakeUps(await durableSecret(host, "wake-up-secret"), url, clock);
  }

  private constructor(secret: Buffer, url: string, clock: Clock) {
    this.#secret = secret;
    this.#url = url.replace(/\/$/, "");
    this.#clock = clock;
  }

  /** What the agent is told by CreateTaskPushNotificationConfig. */
  webhookFor(task: TaskPlace): Webhook {
    const id = this.#idOf(task);
    const url = `${this.#url}${WAKE_UP_PATH}${id}.${this.#mac("task", id, task.taskId).toString("base64url")}`;
    return { id, url, token: this.#mac("token", id).toString("base64url") };
  }

  /**
   * Resolves when a notification about the task has come since it last did, or the signal aborts. Asking
   * again with the same signal before that is the same question; with another, the first is answered.
   */
  async next(task: TaskPlace, signal: AbortSignal): Promise<void> {
    const standing = this.#standing(this.#idOf(task));
    if (standing.waiting?.signal === signal) return standing.waiting.promise;
    standing.waiting?.resolve();
    const waiting = { signal, ...Promise.withResolvers<void>() };
    standing.waiting = waiting;
    const stop = (): void => waiting.resolve();
    signal.addEventListener("abort", stop);
    if (standing.hasNews) this.#wake(standing);
    if (!signal.aborted) await waiting.promise;
    signal.removeEventListener("abort", stop);
    if (standing.waiting === waiting) standing.waiting = null;
  }

  /** Answers one request to the webhooks. */
  async handle(request: Request): Promise<Response> {
    const [, id, check] = WEBHOOK.exec(new URL(request.url).pathname.split("/").at(-1) ?? "") ?? [];
    if (id === undefined || check === undefined) return answer(404);
    if (request.method !== "POST") return answer(405, { allow: "POST" });
    if (!this.#isFromAgent(id, request)) return answer(401, { "www-authenticate": "Bearer" });
    const body = await readBody(request);
    if (body === null) return answer(413);
    const taskId = taskIdOf(body);
    if (taskId === null) return answer(400);
    if (!isEqual(check, this.#mac("task", id, taskId))) return answer(404);
    this.#wake(this.#standing(id));
    return answer(204);
  }

  #isFromAgent(id: string, { headers }: Request): boolean {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    const expected = this.#mac("token", id);
    return [headers.get(TOKEN_HEADER), bearer].some((token) => token != null && isEqual(token, expected));
  }

  /** When nobody waits now, the next who does is woken at once. */
  #wake(standing: Standing): void {
    standing.hasNews = true;
    const { waiting } = standing;
    if (waiting === null) return;
    const wake = (): void => {
      if (standing.waiting !== waiting) return;
      standing.hasNews = false;
      standing.wokenAt = this.#clock.monotonic();
      waiting.resolve();
    };
    const gapMs = standing.wokenAt + WAKE_UP_GAP_MS - this.#clock.monotonic();
    if (gapMs > 0) this.#clock.schedule(gapMs, wake);
    else wake();
  }

  #standing(id: string): Standing {
    const standing = this.#standingById.get(id) ?? { hasNews: false, wokenAt: Number.NEGATIVE_INFINITY, waiting: null };
    // To the end: the map's order is the order of last use.
    this.#standingById.delete(id);
    this.#standingById.set(id, standing);
    const [oldest] = this.#standingById.keys();
    // Who waited there is not woken, or all who wait would wake each other for ever; he asks at his own pace.
    if (this.#standingById.size > MAX_WAKE_UPS && oldest !== undefined) this.#standingById.delete(oldest);
    return standing;
  }

  #idOf({ url, tenant, taskId }: TaskPlace): string {
    return this.#mac("id", url, tenant, taskId).toString("base64url");
  }

  #mac(...texts: readonly string[]): Buffer {
    return createHmac("sha256", this.#secret).update(JSON.stringify(texts)).digest();
  }
}

function isEqual(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, "base64url");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The body as text; null when it is too large. */
async function readBody({ body }: Request): Promise<string | null> {
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body) {
    byteCount += chunk.byteLength;
    if (byteCount > MAX_WAKE_UP_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The task that an event is about; null when it is not an event of a task. */
function taskIdOf(text: string): string | null {
  try {
    const json: unknown = JSON.parse(text);
    if (!isJsonObject(json) || !isShallow(json)) return null;
    const { payload } = StreamResponse.fromJSON(json["kind"] === undefined ? json : fromLegacyEvent(json));
    if (payload === undefined) return null;
    const taskId = payload.$case === "task" ? payload.value.id : payload.value.taskId;
    return taskId === "" ? null : taskId;
  } catch {
    return null;
  }
}

function answer(status: number, headers: { readonly [name: string]: string } = {}): Response {
  return new Response(null, { status, headers });
}
