/** What every engine of the comparison can do, and the work that its steps do: the same for all. */

export type Peer = {
  /** A run of five steps, one after the other, to its end. */
  chain(): Promise<number>;
  /** A run of so many steps side by side, to its end: how many answered. */
  fanOut(width: number): Promise<number>;
  /** Starts a run that does one step and then waits for a person or a signal; it is on the disk when this resolves. */
  startWaiting(id: string): Promise<unknown>;
  /** Starts a chain whose id another process will know; it is on the disk when this resolves. */
  startOpen(id: string): Promise<unknown>;
  /** The end of a chain that `startOpen` began, here or in a process that was killed. */
  resultOfOpen(id: string): Promise<number>;
  close(): Promise<void>;
};

export type PeerOptions = {
  /** The folder on the measured disk that holds all that the engine keeps. */
  readonly directory: string;
  readonly steps: Steps;
  /** How many runs are under way at once. */
  readonly atOnce: number;
};

/** The work of a step, and how often it was done. */
export class Steps {
  /** Steps done. */
  done = 0;
  /** Steps that were begun and do not end in this process. */
  held = 0;
  readonly #hold: boolean;

  /** `hold`: the third step of a chain does not end, so that a kill finds every run at work. */
  constructor(hold: boolean) {
    this.#hold = hold;
  }

  add(value: number): { readonly value: number } {
    this.done += 1;
    return { value: value + 1 };
  }

  async third(value: number): Promise<{ readonly value: number }> {
    if (!this.#hold) return this.add(value);
    this.held += 1;
    return new Promise(() => {});
  }
}

export function items(width: number): readonly number[] {
  return Array.from({ length: width }, (_, index) => index);
}
