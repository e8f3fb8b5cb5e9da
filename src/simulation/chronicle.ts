/**
 * Everything that happens in a world, in its order.
 *
 * 1. Each event has the next number; nothing has happened that has none.
 * 2. A line holds nothing that differs between two plays of the same seed: no real time, no stack, no path.
 */
import { TuttiError } from "../base/errors.ts";
import { DEFAULT_TENANT } from "../base/ids.ts";
import { canonicalJson } from "../base/json.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { DiaryEntry, Life, Told } from "./evidence.ts";

type Undated<Entry> = Entry extends unknown ? Omit<Entry, "order" | "at" | "life"> : never;

export class Chronicle {
  readonly diary: DiaryEntry[] = [];
  readonly told: Told[] = [];
  readonly lives: Life[] = [];
  /** What happened, a line an event. */
  readonly lines: string[] = [];
  /** What the product logged. */
  readonly logged: string[] = [];
  readonly #clock: Pick<Clock, "now">;
  readonly #beganAt: number;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#beganAt = clock.now();
  }

  get order(): number {
    return this.lines.length;
  }

  /** Writes a line; its number. */
  note(who: string, what: string): number {
    const order = this.lines.length + 1;
    this.lines.push(`${order} ${this.#clock.now() - this.#beganAt} ${who} ${what}`);
    return order;
  }

  enter(entry: Undated<DiaryEntry>): void {
    const about =
      "messageId" in entry
        ? `${entry.whose}${entry.run}/${entry.path}#${entry.attempt}.${entry.turn} ${entry.content}`
        : (entry.said ?? "");
    const order = this.note(entry.agent, `${entry.event} ${entry.taskId} ${about}`);
    this.diary.push({ order, at: this.#clock.now(), ...entry });
  }

  tell(entry: Undated<Told>): void {
    const { what, tenant, run, ...rest } = entry;
    const who = tenant === DEFAULT_TENANT ? "outside" : `outside ${tenant}`;
    const order = this.note(who, `${what} ${run} ${Object.values(rest).join(" ")}`);
    this.told.push({ order, at: this.#clock.now(), life: this.lives.length, ...entry });
  }

  begin(): number {
    const number = this.lives.length + 1;
    const beganOrder = this.note("process", `begins its life ${number}`);
    this.lives.push({ number, beganAt: this.#clock.now(), beganOrder, endedAt: null, endedOrder: null });
    return number;
  }

  end(why: string): void {
    const last = this.lives.at(-1);
    if (last === undefined) return;
    const endedOrder = this.note("process", `dies ${why}`);
    this.lives[this.lives.length - 1] = { ...last, endedAt: this.#clock.now(), endedOrder };
  }

  /** Where the product logs to. */
  readonly log: Log = (level, event, fields) => {
    const line = `${level} ${event} ${canonicalJson(plain(fields))}`;
    this.logged.push(line);
    this.note("log", line);
  };
}

/** Fields of a log line as JSON; of an error, what it says. */
function plain(fields: { readonly [name: string]: unknown }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (value instanceof TuttiError) return `${value.code} ${value.message}`;
  if (value instanceof Error) return `${value.name} ${value.message}`;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
