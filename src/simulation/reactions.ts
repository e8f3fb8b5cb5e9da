/**
 * What agents say to a piece of work: a pure function of the seed and the work, so that two executions
 * of the same work come to the same.
 */
import type { Json } from "../base/json.ts";
import { type CastMember, randomAnswer } from "./random-agents.ts";
import { Random } from "./random.ts";
import { signed, signedText } from "./tenants.ts";

/** A piece of work as an agent sees it. */
export type WorkSeen = {
  readonly agent: string;
  readonly run: string;
  readonly workflow: string;
  readonly path: string;
  readonly attempt: number;
  /** From 1; an answer to a question of the agent is the next turn. */
  readonly turn: number;
  /** Canonical JSON of the message's parts. */
  readonly content: string;
  /** The word of the tenant whose work it is; empty in a world with only one. */
  readonly whose: string;
};

export type Saying =
  | { readonly kind: "completed"; readonly output: Json }
  | { readonly kind: "failed"; readonly code: string; readonly retryable: boolean }
  | { readonly kind: "rejected" }
  | { readonly kind: "asks"; readonly prompt: string };

/** What it says, how long that takes, and whether it says on the way how far it is. */
export type Reaction = { readonly takesMs: number; readonly says: Saying; readonly reports: boolean };

export type React = (work: WorkSeen) => Reaction;

/** How agents are in a world: some seeds have only good ones. */
type Temper = { readonly failing: number; readonly asking: number; readonly slow: number };

/** Reactions as the seed has them; `right`: what an agent of this name says when all goes well. */
export function reactionsOf(seed: string, right: (work: WorkSeen, random: Random) => Json, asks: (agent: string) => boolean): React {
  const mood = new Random(seed, "temper");
  const temper: Temper = { failing: mood.next() ** 3 * 0.6, asking: mood.next() ** 2, slow: mood.next() ** 2 };
  return (work) => {
    const { run, path, attempt, turn, content, whose } = work;
    const random = new Random(seed, `${whose}${run}/${path}#${attempt}.${turn} ${content}`);
    const takesMs = takenBy(temper, random);
    const says = random.hits(temper.failing) ? troubleOf(random) : null;
    const isAsking = turn <= 2 && random.hits(temper.asking) && asks(work.agent);
    const prompt = signedText(`Which way, in turn ${turn}?`, whose);
    if (says === null && isAsking) return { takesMs, says: { kind: "asks", prompt }, reports: false };
    return { takesMs, says: says ?? { kind: "completed", output: signed(right(work, random), whose) }, reports: random.hits(0.3) };
  };
}

/** Most work is quick, some takes seconds, and a little takes longer than anyone waits. */
function takenBy({ slow }: Temper, random: Random): number {
  if (!random.hits(slow)) return random.below(50);
  return random.hits(0.1) ? random.spread(60_000, 3_600_000) : random.spread(50, 60_000);
}

function troubleOf(random: Random): Saying {
  if (random.hits(0.2)) return { kind: "rejected" };
  const retryable = random.hits(0.7);
  return { kind: "failed", code: retryable ? "TEMPORARY" : "BROKEN", retryable };
}

/** What a member of a cast says when all goes well. */
export function rightAnswersOf(cast: readonly CastMember[]): (work: WorkSeen, random: Random) => Json {
  const byName = new Map(cast.map((member) => [member.name, member.says]));
  return ({ agent }, random) => randomAnswer(byName.get(agent) ?? { kind: "anything" }, random);
}
