/**
 * The sweep: a process dies at a point, another one takes up what it left, and the auditor looks at
 * both.
 */
import { join } from "node:path";

import { audit, type Violation } from "./auditor.ts";
import { type Evidence, type Picture, takePicture } from "./evidence.ts";
import type { World } from "./lives.ts";
import { ARRIVALS, type Execution, journalOf, read, REMOTE_LIFE, sizeOf } from "./world/journal.ts";
import type { Mutation } from "./world/mutations.ts";
import type { FailAt, StartedRun, WorldDatabase } from "./world/orchestrate.ts";

/** Where one story dies: once, or again while it is taken up. */
export type Story = { readonly name: string; readonly deaths: readonly FailAt[]; readonly mutation?: Mutation };

export type Told = {
  readonly story: Story;
  /** The deaths that came true; a process may be done before it reaches its point. */
  readonly deaths: readonly FailAt[];
  /** What the auditor saw: from each crash to the end. */
  readonly evidence: readonly Evidence[];
  readonly violations: readonly Violation[];
  /** Failpoints that the last life passed. */
  readonly points: readonly string[];
};

/** A moment at which everything stood still. */
type Crash = { readonly picture: Picture; readonly acknowledged: readonly string[]; readonly sizes: ReadonlyMap<string, number> };

const PATIENCE_MS = 20_000;

/** One database with three runs, through all its deaths to its end. */
export async function tell(world: World, story: Story, patienceMs = PATIENCE_MS): Promise<Told> {
  const database: WorldDatabase = {
    path: join(world.directory, story.name, "tutti.db"),
    runs: [
      { id: `${story.name}-a`, n: 3, isCanceled: false },
      { id: `${story.name}-b`, n: 40, isCanceled: false },
      { id: `${story.name}-c`, n: 500, isCanceled: true },
    ],
  };
  const crashes: Crash[] = [];
  const deaths: FailAt[] = [];
  for (const [index, failAt] of [...story.deaths, null].entries()) {
    const { mutation = "none" } = story;
    const life = { life: `${story.name}/${index + 1}`, database, failAt, mutation, isRecovering: index > 0 };
    const ended = await world.live(life, patienceMs);
    if (ended.diedAt === null) {
      const evidence = gather(world, database, crashes);
      return { story, deaths, evidence, violations: judge(evidence), points: ended.points };
    }
    deaths.push(ended.diedAt);
    crashes.push(standStill(world, database, [...(crashes.at(-1)?.acknowledged ?? []), ...ended.acknowledged]));
  }
  throw new Error("The last life of a story has no death.");
}

function standStill(world: World, { path, runs }: WorldDatabase, acknowledged: readonly string[]): Crash {
  const sizes = new Map(runs.map(({ id }) => [id, sizeOf(journalOf(world.journals, id))]));
  return { picture: takePicture(path), acknowledged, sizes };
}

/** The end as it is seen from each crash; without one, from an empty beginning. */
function gather(world: World, { path, runs }: WorldDatabase, crashes: readonly Crash[]): readonly Evidence[] {
  const atEnd = takePicture(path);
  const nothing: Crash = { picture: { integrity: "ok", runs: new Map() }, acknowledged: [], sizes: new Map() };
  return (crashes.length > 0 ? crashes : [nothing]).map((crash) => evidenceOf(world, { runs, atEnd, crash }));
}

/** A violation that is seen from two crashes is one. */
function judge(evidence: readonly Evidence[]): readonly Violation[] {
  const bySentence = new Map(evidence.flatMap(audit).map((violation) => [`${violation.run} ${violation.sentence}`, violation]));
  return [...bySentence.values()];
}

function evidenceOf(
  world: World,
  { runs, atEnd, crash }: { readonly runs: readonly StartedRun[]; readonly atEnd: Picture; readonly crash: Crash },
): Evidence {
  const sizeOfRun = (id: string): number => crash.sizes.get(id) ?? 0;
  const before = runs.flatMap(({ id }) => read(journalOf(world.journals, id), 0, sizeOfRun(id)));
  const after = runs.flatMap(({ id }) => read(journalOf(world.journals, id), sizeOfRun(id)));
  return { runs, acknowledged: crash.acknowledged, atCrash: crash.picture, atEnd, before, after };
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

/** Endless work that an agent still does, though its run has been canceled. */
export function workStillDone(world: World, told: readonly Told[]): readonly string[] {
  const runs = told.flatMap(({ evidence }) => evidence[0]?.runs ?? []).filter(({ isCanceled }) => isCanceled);
  return runs.flatMap(({ id }) => {
    const entries = read(journalOf(world.journals, id));
    const count = (event: Execution["event"]): number =>
      entries.filter((entry) => entry.event === event && entry.life === REMOTE_LIFE).length;
    return count("begin") === count("end") ? [] : [id];
  });
}

/** Messages that came again under the id of their first sending, and were recognised. */
export function countResends(world: World): number {
  return read(journalOf(world.journals, ARRIVALS)).filter((entry) => entry.event === "arrival" && entry.known).length;
}

/** The sentence for the log of a sweep. */
export function summaryOf(told: readonly Told[]): string {
  const violations = told.flatMap((one) => one.violations);
  const count = (kind: Violation["kind"]): number => violations.filter((violation) => violation.kind === kind).length;
  const points = told.reduce((sum, { deaths }) => sum + deaths.length, 0);
  return `crash sweep: points ${points}, lost ${count("lost")}, duplicates ${count("duplicate")}, stuck ${count("stuck")}, broken histories ${count("history")}`;
}
