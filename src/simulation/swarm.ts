/**
 * The two sources of faults.
 *
 * 1. What a swarm does at a point follows from the seed and the point's name alone.
 * 2. A replay strikes where its schedule says, and nowhere else.
 */
import { MAX_SIMULATED_CRASHES, MAX_SIMULATED_STRIKES } from "../base/limits.ts";
import { FAULT_NAMES, faultOf, type FaultName, type FaultSource, type Place, type Schedule, type Strike } from "./faults.ts";
import { Random } from "./random.ts";

type Enabled = { readonly fault: FaultName; readonly rate: number };

/** A random subset of the faults, each with a rate of its own (swarm testing). It records what it does. */
export class Swarm implements FaultSource {
  readonly schedule: Strike[] = [];
  readonly #seed: string;
  readonly #byPlace = new Map<Place, Enabled[]>();
  readonly #isActive: () => boolean;
  #crashCount = 0;

  /** `faults`: these and no others, all of them; else the seed chooses `among` some. `isActive`: false when faults have stopped. */
  constructor(options: {
    readonly seed: string;
    readonly faults?: readonly FaultName[] | undefined;
    readonly among?: readonly FaultName[] | undefined;
    readonly isActive: () => boolean;
  }) {
    this.#seed = options.seed;
    this.#isActive = options.isActive;
    for (const fault of options.faults ?? chosenBy(options.seed, options.among)) {
      const { at, rate } = faultOf(fault);
      const share = new Random(options.seed, `rate of ${fault}`).next();
      // With few faults asked for, each is seen.
      const enabled = { fault, rate: options.faults === undefined ? rate * share * share : rate };
      for (const place of at) this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), enabled]);
    }
  }

  at(place: Place, point: string): Strike | null {
    const enabled = this.#byPlace.get(place);
    if (enabled === undefined || !this.#isActive() || this.schedule.length >= MAX_SIMULATED_STRIKES) return null;
    const random = new Random(this.#seed, point);
    const hit = enabled.find(({ rate }) => random.hits(rate));
    if (hit === undefined) return null;
    const isCrash = hit.fault.startsWith("crash");
    if (isCrash && this.#crashCount >= MAX_SIMULATED_CRASHES) return null;
    if (isCrash) this.#crashCount += 1;
    const { amount } = faultOf(hit.fault);
    const strike: Strike = { point, fault: hit.fault, ...(amount === undefined ? {} : { amount: random.spread(...amount) }) };
    this.schedule.push(strike);
    return strike;
  }
}

function chosenBy(seed: string, among: readonly FaultName[] = FAULT_NAMES): readonly FaultName[] {
  const random = new Random(seed, "swarm");
  // Some worlds are hostile, and some are nearly sound: what is wrong with those shows best.
  const share = random.next() * 0.6;
  return among.filter(() => random.hits(share));
}

/** Strikes as a schedule says, so that subsets of one that fails can be tried. */
export class Replay implements FaultSource {
  /** What of the schedule has struck. */
  readonly schedule: Strike[] = [];
  readonly #byPoint: ReadonlyMap<string, Strike>;

  constructor(schedule: Schedule) {
    this.#byPoint = new Map(schedule.map((strike) => [strike.point, strike]));
  }

  at(place: Place, point: string): Strike | null {
    const strike = this.#byPoint.get(point);
    if (strike === undefined || !faultOf(strike.fault).at.includes(place)) return null;
    this.schedule.push(strike);
    return strike;
  }
}
