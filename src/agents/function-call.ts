import type { JsonObject, Json } from "../base/json.ts";
import type { AssignmentMetadata, Watch, Work, WorkFile } from "../ports/agents.ts";
import { logToStandardError } from "../ports/log.ts";
import type { Progress } from "../scheduler/input.ts";
import type { Exchange } from "../scheduler/outcome.ts";

type Fields = { readonly [name: string]: unknown };

/** Writes lines that carry the run and the subtask. */
export type Logger = {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
};

/** What a handler gets: its input, and its ways to tell how it goes. */
export type Call<Input = Json> = {
  readonly input: Input;
  /** The instruction in words, beside or instead of the input. */
  readonly text: string | null;
  /** The part of the run context that the step may read (`context.read`), as it is now. */
  readonly context: JsonObject;
  /** The files of the step: where they are, or what is in them. */
  readonly files: readonly WorkFile[];
  /** The last output broke its contract, in these ways: this is the chance to mend it. Else null. */
  readonly repair: { readonly problems: readonly string[] } | null;
  /** Aborts when nobody wants the result any more: timeout, cancel, shutdown. */
  readonly signal: AbortSignal;
  /** Earlier questions of this handler, with their answers, oldest first. */
  readonly exchanges: readonly Exchange[];
  /** The answer to the last question; undefined in the first turn. */
  readonly answer: Json | undefined;
  /** The same whenever the same work is given again: pass it on as an idempotency key. */
  readonly key: string;
  readonly capability: string;
  readonly assignment: AssignmentMetadata;
  readonly log: Logger;
  readonly progress: (progress: Progress) => void;
  /** Streams a piece of the answer. Shown, never recorded: the final answer counts. */
  readonly chunk: (text: string) => void;
};

/** A call costs almost nothing until a handler asks for more: everything else is made when read. */
export class FunctionCall implements Call<unknown> {
  readonly input: unknown;
  readonly #agent: string;
  readonly #work: Work;
  readonly #watch: Watch;

  constructor(parts: { readonly agent: string; readonly work: Work; readonly watch: Watch; readonly input: unknown }) {
    this.input = parts.input;
    this.#agent = parts.agent;
    this.#work = parts.work;
    this.#watch = parts.watch;
  }

  get text(): string | null {
    return this.#work.text;
  }

  get context(): JsonObject {
    return this.#work.context ?? {};
  }

  get files(): readonly WorkFile[] {
    return this.#work.files ?? [];
  }

  get repair(): { readonly problems: readonly string[] } | null {
    return this.#work.repair ?? null;
  }

  get signal(): AbortSignal {
    return this.#watch.signal;
  }

  get exchanges(): readonly Exchange[] {
    return this.#work.exchanges;
  }

  get answer(): Json | undefined {
    return this.#work.exchanges.at(-1)?.answer;
  }

  get key(): string {
    return this.#work.key;
  }

  get capability(): string {
    return this.#work.capability;
  }

  get assignment(): AssignmentMetadata {
    return this.#work.assignment;
  }

  get log(): Logger {
    const { capability, assignment } = this.#work;
    const common = { agent: this.#agent, capability, workflow_id: assignment.workflow_id, subtask_id: assignment.subtask_id };
    const write = this.#watch.log ?? logToStandardError;
    const line = (level: "info" | "warn" | "error") => (text: string, fields?: Fields) =>
      write(level, "agent_log", { ...fields, ...common, message: text });
    return { info: line("info"), warn: line("warn"), error: line("error") };
  }

  readonly progress = (progress: Progress): void => this.#watch.progress(fittingProgress(progress));

  /** Only texts: what a model streams has pieces that say nothing. */
  readonly chunk = (text: unknown): void => {
    if (typeof text === "string") this.#watch.chunk(text);
  };
}

/** What fits of what a handler tells, which may be untyped: it becomes a fact, and is no reason to fail. */
function fittingProgress(told: unknown): Progress {
  const { percent, phase, note } = (told ?? {}) as { readonly [Key in keyof Progress]: unknown };
  return {
    ...(typeof percent === "number" && Number.isFinite(percent) ? { percent } : {}),
    ...(typeof phase === "string" ? { phase } : {}),
    ...(typeof note === "string" ? { note } : {}),
  };
}
