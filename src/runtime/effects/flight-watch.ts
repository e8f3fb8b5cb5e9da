import type { UsageKeys } from "../../definition/definition.ts";
import type { KeepFile, WakeUpSource, Watch } from "../../ports/agents.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { EffectContext } from "./effects.ts";
import type { Flight } from "./flight.ts";
import { keeperOf } from "./keep-file.ts";

/**
 * How the one who gave the work follows it: what an agent reports goes to the history at most once a
 * second, and the pieces of its answer to those who watch, if the step says so. Every piece of work
 * has one, so it holds no more than it needs.
 */
export class FlightWatch implements Watch {
  readonly #context: EffectContext;
  readonly #flight: Flight;
  readonly #streams: boolean;

  constructor(context: EffectContext, flight: Flight, streams: boolean) {
    this.#context = context;
    this.#flight = flight;
    this.#streams = streams;
  }

  get signal(): AbortSignal {
    return this.#flight.signal;
  }

  /** Where the agent's metadata says what it has used; by the definition. */
  get usage(): UsageKeys | undefined {
    return this.#flight.placed.definition.usage;
  }

  progress(progress: Progress): void {
    const { clock, courier } = this.#context;
    const { run, command } = this.#flight.placed;
    const { path, attempt, turn } = command;
    this.#flight.announce(courier);
    if (this.#flight.mayReport(clock.monotonic())) courier.deliver(run, { kind: "progressed", path, attempt, turn, progress });
  }

  chunk(text: string): void {
    if (!this.#streams || this.#flight.isStopped) return;
    const { run, command } = this.#flight.placed;
    this.#context.host().stream(run, { kind: "chunk", path: command.path, attempt: command.attempt, text });
  }

  get keep(): KeepFile {
    return keeperOf(this.#context, this.#flight);
  }

  get wakeUps(): WakeUpSource | null {
    return this.#context.registry.wakeUps;
  }
}
