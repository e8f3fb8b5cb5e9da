/**
 * The sweep: a process dies at a point, another one takes up what it left, and the auditor looks at
 * both. The choice of points is a function of a dry run and a seed.
 */
import { join } from "node:path";

import { audit, type Violation } from "./auditor.ts";
import { type Evidence, type Picture, takePicture } from "./evidence.ts";
import type { World } from "./lives.ts";
import { journalOf, read, sizeOf } from "./world/journal.ts";
import type { Mutation } from "./world/mutations.ts";
import type { FailAt, StartedRun, WorldDatabase } from "./world/orchestrate.ts";

/** Where one story dies: once, or again while it is taken up. */
export type Story = { readonly name: string; readonly deaths: readonly FailAt[]; readonly mutation?: Mutation };

export type Told = {
  readonly story: Story;
  /** The deaths that came true; a process may be done before it reaches its point. */
  readonly deaths: readonly FailAt[];
  readonly violations: readonly Violation[];
  /** Failpoints that the last life passed. */
  readonly points: readonly string[];
};

/** A moment at which everything stood still. */
type Crash = { readonly picture: Picture; readonly acknowledged: readonly string[]; readonly sizes: ReadonlyMap<string, number> };

const PATIENCE_MS = 20_000;

/** One database with two runs, through all its deaths to its end. */
export async function tell(world: World, story: Story, patienceMs = PATIENCE_MS): Promise<Told> {
  const database: WorldDatabase = {
    path: join(world.directory, story.name, "tutti.db"),
    runs: [
      { id: `${story.name}-a`, n: 3 },
      { id: `${story.name}-b`, n: 40 },
    ],
  };
  const crashes: Crash[] = [];
  const deaths: FailAt[] = [];
  for (const [index, failAt] of [...story.deaths, null].entries()) {
    const { mutation = "none" } = story;
    const life = { life: `${story.name}/${index + 1}`, databases: [database], failAt, mutation, isRecovering: index > 0 };
    const ended = await world.live(life, patienceMs);
    if (ended.diedAt === null) return { story, deaths, points: ended.points, violations: judge(world, database, crashes) };
    deaths.push(ended.diedAt);
    crashes.push(standStill(world, database, [...(crashes.at(-1)?.acknowledged ?? []), ...ended.acknowledged]));
  }
  throw new Error("The last life of a story has no death.");
}

function standStill(world: World, { path, runs }: WorldDatabase, acknowledged: readonly string[]): Crash {
  const sizes = new Map(runs.map(({ id }) => [id, sizeOf(journalOf(world.journals, id))]));
  return { picture: takePicture(path), acknowledged, sizes };
}

/** Looks at the end from each crash; without one, from an empty beginning. */
function judge(world: World, { path, runs }: WorldDatabase, crashes: readonly Crash[]): readonly Violation[] {
  const atEnd = takePicture(path);
  const moments = crashes.length > 0 ? crashes : [{ picture: { integrity: "ok", runs: new Map() }, acknowledged: [], sizes: new Map() }];
  const found = moments.flatMap((crash) => audit(evidenceOf(world, { runs, atEnd, crash })));
  const bySentence = new Map(found.map((violation) => [`${violation.run} ${violation.sentence}`, violation]));
  return [...bySentence.values()];
}

function evidenceOf(world: World, { runs, atEnd, crash }: { readonly runs: readonly StartedRun[]; readonly atEnd: Picture; readonly crash: Crash }): Evidence {
  const sizeOfRun = (id: string): number => crash.sizes.get(id) ?? 0;
  const before = runs.flatMap(({ id }) => read(journalOf(world.journals, id), 0, sizeOfRun(id)));
  const after = runs.flatMap(({ id }) => read(journalOf(world.journals, id), sizeOfRun(id)));
  return { runs, acknowledged: crash.acknowledged, atCrash: crash.picture, atEnd, before, after };
}

/**
 * Points evenly over a dry run, and at least the first passing of every name. As (name, passing): two
 * runs of one program never interleave twice in the same way, so a number alone would name nothing.
 */
export function choosePoints(dryRun: readonly string[], count: number): readonly FailAt[] {
  const passings = new Map<string, number>();
  const all = dryRun.map((name) => {
    const passing = (passings.get(name) ?? 0) + 1;
    passings.set(name, passing);
    return { name, count: passing };
  });
  const firsts = all.filter((point) => point.count === 1);
  // The last passings are not reached in every interleaving.
  const reachable = all.filter((point) => point.count > 1 && point.count <= Math.ceil((passings.get(point.name) ?? 0) * 0.9));
  const evenCount = Math.min(reachable.length, Math.max(0, count - firsts.length));
  const evenly = Array.from({ length: evenCount }, (_, index) => reachable[Math.floor(((index + 0.5) * reachable.length) / evenCount)] as FailAt);
  return [...firsts, ...evenly];
}

/** Tells stories side by side, as many at once as there is room for. */
export async function tellAll(world: World, stories: readonly Story[], atOnce: number): Promise<readonly Told[]> {
  const told: Told[] = [];
  const waiting = [...stories];
  const teller = async (): Promise<void> => {
    for (let story = waiting.shift(); story !== undefined; story = waiting.shift()) told.push(await tell(world, story));
  };
  await Promise.all(Array.from({ length: atOnce }, teller));
  return told;
}

/** The sentence for the log of a sweep. */
export function summaryOf(told: readonly Told[]): string {
  const violations = told.flatMap((one) => one.violations);
  const count = (kind: Violation["kind"]): number => violations.filter((violation) => violation.kind === kind).length;
  const points = told.reduce((sum, { deaths }) => sum + deaths.length, 0);
  return `crash sweep: points ${points}, lost ${count("lost")}, duplicates ${count("duplicate")}, stuck ${count("stuck")}, broken histories ${count("history")}`;
}
