import type { Flight } from "./flight.ts";

/** The effects at work, by run and then by path: a wide run costs no long keys. */
export class FlightTable {
  readonly #byRun = new Map<string, Map<string, Flight>>();

  get(runKey: string, path: string): Flight | undefined {
    return this.#byRun.get(runKey)?.get(path);
  }

  set(flight: Flight): void {
    const { runKey, command } = flight.placed;
    const ofRun = this.#byRun.get(runKey);
    if (ofRun === undefined) this.#byRun.set(runKey, new Map([[command.path, flight]]));
    else ofRun.set(command.path, flight);
  }

  /** Takes a flight out, unless another has taken its place. */
  remove(flight: Flight): void {
    const { runKey, command } = flight.placed;
    const ofRun = this.#byRun.get(runKey);
    if (ofRun?.get(command.path) !== flight) return;
    ofRun.delete(command.path);
    if (ofRun.size === 0) this.#byRun.delete(runKey);
  }

  *all(): Iterable<Flight> {
    for (const ofRun of this.#byRun.values()) yield* ofRun.values();
  }

  get size(): number {
    let size = 0;
    for (const ofRun of this.#byRun.values()) size += ofRun.size;
    return size;
  }
}
