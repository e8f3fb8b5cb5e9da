/**
 * The network between a process and the simulated agents: it is the way out (`Egress`) of the real A2A
 * client, so everything above the bytes is the product's own.
 *
 * 1. Each request is a point at which a fault may strike, `adder:message:3`; without one it arrives
 *    once, after a moment, and so does its answer.
 * 2. What is on its way when a process dies still arrives; what comes back for it goes nowhere.
 * 3. Failures are told as the real way out tells them (egress-error.ts).
 */
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { REQUEST_TIMEOUT_MS } from "../base/limits.ts";
import type { Clock } from "../ports/clock.ts";
import { Egress, EgressError, type Fetch } from "../runtime/egress/egress.ts";
import { reply, statusFailure } from "../runtime/egress/egress-exchange.ts";
import type { Chronicle } from "./chronicle.ts";
import type { FarAgent } from "./far-agent.ts";
import type { FaultSource, Place, Strike } from "./faults.ts";
import { garbled } from "./garbled.ts";
import { objectIn, textIn } from "./messages.ts";
import { Random } from "./random.ts";
import { openStream } from "./stream.ts";

export type NetworkParts = {
  readonly seed: string;
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  readonly faults: FaultSource;
  /** The process dies at once; another one begins after a while. */
  readonly crash: (downMs: number) => void;
};

/** The process that asks. */
export type Caller = { readonly clock: Clock; readonly isAlive: boolean };

/** A request on its way. */
export type Asked = {
  readonly caller: Caller;
  readonly host: string;
  readonly agent: FarAgent;
  readonly point: string;
  /** The number of its sending; copies of it have the same. */
  readonly sent: number;
  readonly sentAt: number;
  readonly method: string;
  readonly params: JsonObject;
  readonly id: unknown;
  readonly signal: AbortSignal | null;
  readonly latencyMs: number;
};

type Answer = { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly text: string };

const PLACES: { readonly [method: string]: Place } = {
  card: "card",
  SendMessage: "message",
  GetTask: "get",
  ListTasks: "list",
  CancelTask: "cancel",
  SubscribeToTask: "subscribe",
  CreateTaskPushNotificationConfig: "webhook",
};

/** How long a request that is to be overtaken waits for the one that overtakes it. */
const OVERTAKEN_WITHIN_MS = 3_000;

export class Network {
  readonly #parts: NetworkParts;
  readonly #agents = new Map<string, FarAgent>();
  readonly #counts = new Map<string, number>();
  /** Until when nobody is there, by agent. */
  readonly #awayUntil = new Map<FarAgent, number>();
  /** Requests that wait to be overtaken, by agent. */
  readonly #held = new Map<FarAgent, (() => void)[]>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  add(url: string, agent: FarAgent): void {
    this.#agents.set(new URL(url).host, agent);
  }

  /** The way out of a process. */
  egressOf(caller: Caller): Egress {
    const fetch: Fetch = (input, init) => this.#fetch(caller, new URL(input instanceof Request ? input.url : input), init);
    return new SimulatedEgress(fetch);
  }

  /** What strikes at the next point of a name, other than a request. */
  strikeAt(place: Place, name: string): Strike | null {
    const { point, strike } = this.#next(place, name);
    if (strike !== null) this.#parts.chronicle.note("world", `${point} ${strike.fault} ${strike.amount ?? ""}`);
    return strike;
  }

  #next(place: Place, name: string): { readonly point: string; readonly strike: Strike | null } {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const point = `${name}:${count}`;
    return { point, strike: this.#parts.faults.at(place, point) };
  }

  #fetch(caller: Caller, url: URL, init: RequestInit | undefined): Promise<Response> {
    const agent = this.#agents.get(url.host);
    if (!caller.isAlive) return new Promise(() => undefined);
    // Events of workflows are taken, and go nowhere.
    if (agent === undefined) return Promise.resolve(reply(202, {}, "", null));
    const { method, params, id } = readBody(init?.body);
    const place = PLACES[method] ?? "get";
    const { point, strike } = this.#next(place, `${agent.name}:${place}`);
    const latencyMs = 1 + new Random(this.#parts.seed, point).below(20);
    const signal = init?.signal ?? null;
    const sent = this.#parts.chronicle.note("network", `${point}${strike === null ? "" : ` ${strike.fault} ${strike.amount ?? ""}`}`);
    const now = this.#parts.clock.now();
    const request: Asked = { caller, host: url.host, agent, point, sent, sentAt: now, method, params, id, signal, latencyMs };
    if (strike?.fault === "away") this.#awayUntil.set(agent, now + (strike.amount ?? 0));
    const isAway = (this.#awayUntil.get(agent) ?? 0) > now;
    return new Call(this.#parts, request, isAway ? { point, fault: "unreachable" } : strike).start(
      (deliver) => this.#hold(agent, deliver),
      () => this.#release(agent),
    );
  }

  #hold(agent: FarAgent, deliver: () => void): void {
    let isDelivered = false;
    const once = () => {
      if (isDelivered) return;
      isDelivered = true;
      deliver();
    };
    this.#held.set(agent, [...(this.#held.get(agent) ?? []), once]);
    this.#parts.clock.schedule(OVERTAKEN_WITHIN_MS, once);
  }

  #release(agent: FarAgent): void {
    const held = this.#held.get(agent) ?? [];
    this.#held.delete(agent);
    for (const deliver of held) deliver();
  }
}

/** One request and what becomes of it. */
class Call {
  readonly #parts: NetworkParts;
  readonly #request: Asked;
  readonly #strike: Strike | null;
  readonly #settled = Promise.withResolvers<Response>();
  #isSettled = false;
  #stopTimer: () => void = () => undefined;

  constructor(parts: NetworkParts, request: Asked, strike: Strike | null) {
    this.#parts = parts;
    this.#request = request;
    this.#strike = strike;
  }

  start(hold: (deliver: () => void) => void, release: () => void): Promise<Response> {
    const { caller, host, signal } = this.#request;
    const late = `${host} did not answer within ${REQUEST_TIMEOUT_MS / 1_000} s.`;
    this.#stopTimer = caller.clock.schedule(REQUEST_TIMEOUT_MS, () => this.#fail("ambiguous", late));
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted === true) this.#fail("notSent", `The request to ${host} was given up before it was sent.`);
    else this.#leave(hold, release);
    return this.#settled.promise;
  }

  readonly #onAbort = (): void => this.#fail("ambiguous", `The request to ${this.#request.host} was given up.`);

  #leave(hold: (deliver: () => void) => void, release: () => void): void {
    const { clock } = this.#parts;
    const { host, latencyMs } = this.#request;
    const fault = this.#strike?.fault;
    const amount = this.#strike?.amount ?? 0;
    const deliver = () => {
      this.#deliver();
      release();
    };
    if (fault === "unreachable") return this.#fail("notSent", `${host} cannot be reached: ECONNREFUSED.`);
    if (fault === "busy" || fault === "tooMany") {
      const answer = { status: fault === "busy" ? 503 : 429, headers: { "retry-after": String(amount / 1_000) }, text: "" };
      return void clock.schedule(latencyMs, () => this.#answer(answer));
    }
    if (fault === "hang") return;
    if (fault === "dropRequest") return void clock.schedule(latencyMs, () => this.#break());
    if (fault === "lateRequest") {
      clock.schedule(latencyMs + amount, () => this.#handle());
      return void clock.schedule(latencyMs, () => this.#break());
    }
    if (fault === "reorder") return hold(deliver);
    if (fault === "duplicate") clock.schedule(latencyMs + amount, () => this.#handle());
    clock.schedule(latencyMs + (fault === "delayRequest" ? amount : 0), deliver);
    if (fault === "crashMidway") this.#parts.crash(amount);
  }

  #deliver(): void {
    const { clock } = this.#parts;
    const { latencyMs, method, host } = this.#request;
    const fault = this.#strike?.fault;
    if (method === "SubscribeToTask") return this.#subscribe();
    const text = this.#handle();
    const { point } = this.#request;
    const backMs = latencyMs + (fault === "delayResponse" ? (this.#strike?.amount ?? 0) : 0);
    clock.schedule(backMs, () => {
      if (fault === "dropResponse") return this.#break();
      if (fault === "badGateway") return this.#answer({ status: 502, headers: {}, text: `${host} is not there.` });
      const said = fault === "wrongSchema" ? garbled(text, this.#strike?.amount ?? 1) : text;
      this.#parts.chronicle.note("network", `${point} is answered ${said.length}`);
      if (method === "SendMessage" && fault !== "wrongSchema") this.#hear(text);
      this.#answer({ status: 200, headers: { "content-type": "application/json", "cache-control": "max-age=600" }, text: said });
    });
  }

  /** What the agent answers, as it goes over the wire. */
  #handle(): string {
    const { agent, method, params, id, sent, sentAt } = this.#request;
    if (method === "card") return JSON.stringify(agent.card);
    return JSON.stringify({ jsonrpc: "2.0", id, ...agent.handle(method, params, { strike: this.#strike, sent, sentAt }) });
  }

  /** The process gets to know a task, unless it has given up asking. */
  #hear(text: string): void {
    const { agent, caller } = this.#request;
    const answer: unknown = JSON.parse(text);
    const taskId = isJsonObject(answer) ? textIn(objectIn(objectIn(answer, "result"), "task"), "id") : "";
    if (taskId !== "" && !this.#isSettled && caller.isAlive) this.#parts.chronicle.enter({ event: "heard", agent: agent.name, taskId });
  }

  #subscribe(): void {
    const stream = openStream(this.#parts.clock, this.#request, this.#strike);
    if (stream === null) return this.#answer({ status: 200, headers: { "content-type": "application/json" }, text: "{}" });
    this.#parts.clock.schedule(this.#request.latencyMs, () =>
      this.#settle(() => this.#settled.resolve(reply(200, { "content-type": "text/event-stream" }, "", stream))),
    );
  }

  #answer({ status, headers, text }: Answer): void {
    const failure = statusFailure({ host: this.#request.host, status, headers, text });
    this.#settle(() => (failure === null ? this.#settled.resolve(reply(status, headers, text, null)) : this.#settled.reject(failure)));
  }

  #break(): void {
    this.#fail("ambiguous", `The connection to ${this.#request.host} broke before the answer: ECONNRESET.`);
  }

  #fail(kind: "ambiguous" | "notSent", sentence: string): void {
    this.#settle(() => this.#settled.reject(new EgressError(kind, sentence)));
  }

  /** Once, and only for a process that lives. */
  #settle(conclude: () => void): void {
    if (this.#isSettled || !this.#request.caller.isAlive) return;
    this.#isSettled = true;
    this.#stopTimer();
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    conclude();
  }
}

class SimulatedEgress extends Egress {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    super();
    this.#fetch = fetch;
  }

  override fetch(): Fetch {
    return this.#fetch;
  }
}

function readBody(body: RequestInit["body"]): Pick<Asked, "method" | "params" | "id"> {
  const parsed: unknown = typeof body === "string" ? JSON.parse(body) : null;
  if (!isJsonObject(parsed)) return { method: "card", params: {}, id: null };
  return { method: textIn(parsed, "method"), params: objectIn(parsed, "params"), id: parsed["id"] };
}
