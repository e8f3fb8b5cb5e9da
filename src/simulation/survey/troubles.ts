/**
 * What can go wrong around a user's workflow, by name: the faults of the simulated world, and besides
 * what agents come to by themselves and what people leave undone.
 *
 * 1. What happens at a point follows from the seed and the point's name alone, and is asked as often as one likes.
 * 2. A list of troubles alone makes the same history again.
 */
import { type FaultName, isFaultName, type Schedule, type Strike } from "../faults.ts";
import { Random } from "../random.ts";

type OwnFault = {
  readonly at: "work" | "question" | "signal";
  readonly amount?: readonly [from: number, to: number];
  readonly rate: number;
};

const OWN_FAULTS = {
  /** The agent says that it failed, and that another attempt may do better. */
  fails: { at: "work", rate: 0.5 },
  /** It says that it failed, and that another attempt would fail as well. */
  breaks: { at: "work", rate: 0.3 },
  refuses: { at: "work", rate: 0.3 },
  /** The work takes so many milliseconds. */
  slow: { at: "work", amount: [1_000, 3_600_000], rate: 0.5 },
  neverEnds: { at: "work", rate: 0.3 },
  /** It asks before it answers. */
  asks: { at: "work", rate: 0.5 },
  nobodyAnswers: { at: "question", rate: 0.5 },
  noSignal: { at: "signal", rate: 0.5 },
} as const satisfies { readonly [name: string]: OwnFault };

/** Of the world's faults, what the network to agents, their A2A and crashes bring. */
const USUAL_WORLD_FAULTS = [
  "unreachable",
  "away",
  "dropRequest",
  "lateRequest",
  "dropResponse",
  "badGateway",
  "duplicate",
  "delayRequest",
  "delayResponse",
  "reorder",
  "busy",
  "tooMany",
  "hang",
  "cutStream",
  "dropPush",
  "duplicatePush",
  "wrongOutput",
  "forget",
  "wrongSchema",
  "lateState",
  "backwardsState",
  "crashBefore",
  "crashAfter",
  "crashMidway",
] as const satisfies readonly FaultName[];

/** What ails the disk or the machine, or what people do: only when it is asked for. */
const OTHER_WORLD_FAULTS = [
  "takesDays",
  "cancel",
  "pauseRun",
  "startTwice",
  "straySignal",
  "answerTwice",
  "answerTogether",
  "pause",
  "clockBack",
  "commitFails",
  "commitUnknown",
  "slowCommit",
] as const satisfies readonly FaultName[];

type OwnFaultName = keyof typeof OWN_FAULTS;
type WorldFaultName = (typeof USUAL_WORLD_FAULTS)[number] | (typeof OTHER_WORLD_FAULTS)[number];
export type TroubleName = WorldFaultName | OwnFaultName;

/** Something that goes wrong, at a point that has a name: a strike of the world, or one of ours. */
export type Trouble = { readonly point: string; readonly fault: TroubleName; readonly amount?: number };

const OWN_NAMES: readonly OwnFaultName[] = Object.keys(OWN_FAULTS).filter(isOwnFault);

/** Everything that `--fault` can name. */
export const TROUBLE_NAMES: readonly TroubleName[] = [...OWN_NAMES, ...USUAL_WORLD_FAULTS, ...OTHER_WORLD_FAULTS];

/** What there is without `--fault`. */
export const USUAL_TROUBLES: readonly TroubleName[] = [...OWN_NAMES.filter((name) => name !== "asks"), ...USUAL_WORLD_FAULTS];

export function isTrouble(name: string): name is TroubleName {
  return TROUBLE_NAMES.some((known) => known === name);
}

function isOwnFault(name: string): name is OwnFaultName {
  return Object.hasOwn(OWN_FAULTS, name);
}

/** The part of a list that the world plays. */
export function strikesOf(troubles: readonly Trouble[]): Schedule {
  return troubles.flatMap(({ point, fault, amount }): readonly Strike[] =>
    isFaultName(fault) ? [{ point, fault, ...(amount === undefined ? {} : { amount }) }] : [],
  );
}

/** What the world has played, as troubles. */
export function troublesOf(schedule: Schedule): readonly Trouble[] {
  return schedule.flatMap(({ fault, ...strike }) => (isTrouble(fault) ? [{ ...strike, fault }] : []));
}

export function worldFaultsOf(names: readonly TroubleName[]): readonly FaultName[] {
  return names.filter(isFaultName);
}

type TroubleSource =
  | {
      readonly kind: "seed";
      readonly seed: string;
      readonly names: readonly TroubleName[];
      /** All of them, and often. */ readonly isAsked: boolean;
    }
  | { readonly kind: "list"; readonly troubles: readonly Trouble[] };

type Own = Trouble & { readonly fault: OwnFaultName };

/** What agents and people do amiss in one history. */
export class OwnTroubles {
  /** What has happened, in its order. */
  readonly struck: Own[] = [];
  readonly #known = new Map<string, Own | null>();
  readonly #draw: (at: OwnFault["at"], point: string) => Own | null;

  constructor(source: TroubleSource) {
    this.#draw = source.kind === "list" ? replayOf(source.troubles) : drawerOf(source);
  }

  at(at: OwnFault["at"], name: string): Own | null {
    const point = `${at}:${name}`;
    const known = this.#known.get(point);
    if (known !== undefined) return known;
    const trouble = this.#draw(at, point);
    this.#known.set(point, trouble);
    if (trouble !== null) this.struck.push(trouble);
    return trouble;
  }
}

function replayOf(troubles: readonly Trouble[]): (at: OwnFault["at"], point: string) => Own | null {
  const byPoint = new Map(troubles.flatMap((trouble) => (isOwn(trouble) ? [[trouble.point, trouble] as const] : [])));
  return (_, point) => byPoint.get(point) ?? null;
}

function isOwn(trouble: Trouble): trouble is Own {
  return isOwnFault(trouble.fault);
}

/** Some seeds bring much of some faults, and some nearly nothing: what is wrong with those shows best. */
function drawerOf({ seed, names, isAsked }: TroubleSource & { kind: "seed" }): (at: OwnFault["at"], point: string) => Own | null {
  const mood = new Random(seed, "troubles");
  const share = mood.next() * 0.6;
  const enabled = names.filter(isOwnFault).flatMap((fault) => {
    const isHere = mood.hits(share);
    const part = mood.next();
    if (isAsked) return [{ fault, rate: OWN_FAULTS[fault].rate }];
    return isHere ? [{ fault, rate: OWN_FAULTS[fault].rate * part * part }] : [];
  });
  return (at, point) => {
    const random = new Random(seed, point);
    const hit = enabled.find(({ fault, rate }) => OWN_FAULTS[fault].at === at && random.hits(rate));
    if (hit === undefined) return null;
    const { amount }: OwnFault = OWN_FAULTS[hit.fault];
    return { point, fault: hit.fault, ...(amount === undefined ? {} : { amount: random.spread(...amount) }) };
  };
}
