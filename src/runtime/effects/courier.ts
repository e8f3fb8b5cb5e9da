import type { ErrorCode } from "../../base/codes.ts";
import { TuttiError } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import type { RunRef } from "../../base/ids.ts";
import { pause, type Clock } from "../../ports/clock.ts";
import type { Host, PostedInput, PostReceipt } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Brings answers to a host. An agent's answer is not lost to a full disk: it is offered again until
 * it is durable, or the host is closed; then the agent is asked again after the restart.
 */
export class Courier {
  readonly #host: () => Host;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(host: () => Host, clock: Clock, log: Log) {
    this.#host = host;
    this.#clock = clock;
    this.#log = log;
  }

  /** Brings an input without anyone waiting for its receipt. */
  deliver(run: RunRef, input: PostedInput): void {
    this.#offer(run, input).then(undefined, (error: unknown) => this.#offerAgain(run, input, error, always));
  }

  /** Resolves when the input is durable; null when it never will be in this process, or is not wanted any more when it is to be offered again. */
  bring(run: RunRef, input: PostedInput, isWanted: () => boolean = always): Promise<PostReceipt | null> {
    return this.#offer(run, input).catch((error: unknown) => this.#offerAgain(run, input, error, isWanted));
  }

  #offer(run: RunRef, input: PostedInput): Promise<PostReceipt> {
    failpoint("input.offered");
    return this.#host().post(run, input);
  }

  async #offerAgain(run: RunRef, input: PostedInput, refusal: unknown, isWanted: () => boolean): Promise<PostReceipt | null> {
    let error = refusal;
    for (let delayMs = FIRST_DELAY_MS; isWorthRepeating(error); delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
      await pause(this.#clock, delayMs);
      if (!isWanted()) return null;
      try {
        return await this.#offer(run, input);
      } catch (next) {
        error = next;
      }
    }
    this.#log("warn", "answer_not_delivered", { workflow_id: run.id, input: input.kind, error });
    return null;
  }
}

function always(): boolean {
  return true;
}

/** The run does not exist; the host is closed. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["T4001", "T5008"]);

/** Whether storing may succeed later what could not be stored now. */
export function isWorthRepeating(error: unknown): boolean {
  // An answer may share its turn with something that cannot be written; alone it can be.
  return !(error instanceof TuttiError && HOPELESS.has(error.code));
}
