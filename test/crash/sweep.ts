/**
 * The sweep: a process dies at a point, another one takes up what it left, and the auditor looks at
 * both.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { audit, type Violation } from "./auditor.ts";
import { type Evidence, type Picture, takePicture } from "./evidence.ts";
import type { WhenOwned, World } from "./lives.ts";
import { ARRIVALS, type Execution, journalOf, read, REMOTE_LIFE, runsOf, sizeOf } from "./world/journal.ts";
import type { Mutation } from "./world/mutations.ts";
import type { FailAt, WorldDatabase } from "./world/orchestrate.ts";
import type { Acknowledgement } from "./world/outside.ts";

/** Where one story dies: once, or again while it is taken up; and how long nobody is there after a death. */
export type Story = {
  readonly name: string;
  readonly deaths: readonly FailAt[];
  readonly absenceMs?: number;
  readonly mutation?: Mutation;
  readonly whenOwned?: WhenOwned;
};

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
type Crash = {
  readonly picture: Picture;
  readonly acknowledged: readonly Acknowledgement[];
  readonly sizes: ReadonlyMap<string, number>;
};

/** Of a loaded machine; only what is stuck takes as long. */
const PATIENCE_MS = 40_000;

/** One database with a run of each kind, through all its deaths to its end. `patienceMs` is for what takes up the dead. */
export async function tell(world: World, story: Story, patienceMs = PATIENCE_MS): Promise<Told> {
  const database: WorldDatabase = {
    path: join(world.directory, story.name, "tutti.db"),
    runs: [
      { id: `${story.name}-a`, n: 3, kind: "sound" },
      { id: `${story.name}-b`, n: 40, kind: "shapes" },
      { id: `${story.name}-c`, n: 500, kind: "endless" },
      { id: `${story.name}-d`, n: 7, kind: "undone" },
      { id: `${story.name}-e`, n: 60, kind: "governed" },
    ],
  };
  const crashes: Crash[] = [];
  const deaths: FailAt[] = [];
  for (const [index, failAt] of [...story.deaths, null].entries()) {
    const { mutation = "none" } = story;
    const life = { life: `${story.name}/${index + 1}`, database, failAt, mutation, isRecovering: index > 0 };
    const ended = await world.live(life, index > 0 ? patienceMs : PATIENCE_MS, story.whenOwned);
    if (ended.diedAt === null) {
      const evidence = gather(world, { story, database, crashes });
      return { story, deaths, evidence, violations: judge(evidence), points: ended.points };
    }
    deaths.push(ended.diedAt);
    await delay(story.absenceMs ?? 0);
    const picture = takePicture(database.path);
    const sizes = new Map(journalsOf(world, story).map((id) => [id, sizeOf(journalOf(world.journals, id))]));
    crashes.push({ picture, acknowledged: [...(crashes.at(-1)?.acknowledged ?? []), ...ended.acknowledged], sizes });
  }
  throw new Error("The last life of a story has no death.");
}

/** The runs of a story of which agents wrote, those inside of others included. */
function journalsOf(world: World, { name }: Story): readonly string[] {
  return runsOf(world.journals, `${name}-`);
}

type Course = { readonly story: Story; readonly database: WorldDatabase; readonly crashes: readonly Crash[] };

/** The end as it is seen from each crash; without one, from an empty beginning. */
function gather(world: World, { story, database: { path, runs }, crashes }: Course): readonly Evidence[] {
  const atEnd = takePicture(path);
  const journals = journalsOf(world, story);
  const nothing: Crash = { picture: { integrity: "ok", runs: new Map() }, acknowledged: [], sizes: new Map() };
  return (crashes.length > 0 ? crashes : [nothing]).map(({ picture, acknowledged, sizes }): Evidence => {
    const sizeOfRun = (id: string): number => sizes.get(id) ?? 0;
    const before = journals.flatMap((id) => read(journalOf(world.journals, id), 0, sizeOfRun(id)));
    const after = journals.flatMap((id) => read(journalOf(world.journals, id), sizeOfRun(id)));
    return { runs, acknowledged, atCrash: picture, atEnd, before, after };
  });
}

/** A violation that is seen from two crashes is one. */
function judge(evidence: readonly Evidence[]): readonly Violation[] {
  const bySentence = new Map(evidence.flatMap(audit).map((violation) => [`${violation.run} ${violation.sentence}`, violation]));
  return [...bySentence.values()];
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

/** Work that an agent still does, though the runs that wanted it are over. */
export function workStillDone(world: World, told: readonly Told[]): readonly string[] {
  return told
    .flatMap(({ story }) => journalsOf(world, story))
    .filter((id) => {
      const entries = read(journalOf(world.journals, id));
      const count = (event: Execution["event"]): number =>
        entries.filter((entry) => entry.event === event && entry.life === REMOTE_LIFE).length;
      return count("begin") !== count("end");
    });
}

/** Messages that came again under the id of their first sending, and were recognised. */
export function countResends(world: World): number {
  return read(journalOf(world.journals, ARRIVALS)).filter((entry) => entry.event === "arrival" && entry.known).length;
}

/** Every second death of a story of double deaths came upon a process that took up what the first had left. */
function countDoubles(told: readonly Told[], twice: readonly Story[]): number {
  const stories = new Set(twice);
  return told.reduce((sum, { story, deaths }) => sum + (stories.has(story) ? Math.floor(deaths.length / 2) : 0), 0);
}

/** What a sweep has to say of what was told; `points` are the deaths that are not the second of a double one. */
export function figuresOf(told: readonly Told[], twice: readonly Story[]) {
  const violations = told.flatMap((one) => one.violations);
  const count = (kind: Violation["kind"]): number => violations.filter((violation) => violation.kind === kind).length;
  const doubles = countDoubles(told, twice);
  return {
    points: told.reduce((sum, { deaths }) => sum + deaths.length, 0) - doubles,
    doubles,
    lost: count("lost"),
    duplicates: count("duplicate"),
    stuck: count("stuck"),
    brokenHistories: count("history"),
  };
}
