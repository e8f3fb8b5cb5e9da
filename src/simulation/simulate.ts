import { workflowFromObject } from "../authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import { canaryOf, castFor } from "./crew.ts";
import type { Evidence, SimulatedRun, StoredFact } from "./evidence.ts";
import type { FaultName, Schedule } from "./faults.ts";
import { textIn } from "./messages.ts";
import { type Ignores, People, type Start } from "./people.ts";
import { Random } from "./random.ts";
import type { CastMember } from "./random-agents.ts";
import type { React } from "./reactions.ts";
import { sampleOf } from "./sample.ts";
import { markedInput, nameOfRun, type SimulatedTenant, tenantsOf } from "./tenants.ts";
import { SimulatedWorld } from "./world.ts";

export type SimulateOptions = {
  readonly seed: string;
  /** Workflows in the file format. Runs of the first are started; the others are there for it to run. */
  readonly definitions: readonly JsonObject[];
  /** What the runs are started with; without it, what the schema of the input allows. */
  readonly input?: Json;
  /** How many runs are started; without it, one to three. */
  readonly runs?: number;
  /** Who works; without it, everyone whom the steps name. */
  readonly cast?: readonly CastMember[];
  /** What agents say; without it, as the seed has it. */
  readonly react?: React;
  /** Another tenant has the same runs, under the same ids, in the same process; without it, there is only one. */
  readonly hasNeighbor?: boolean;
  /** Signals that may come unasked for. */
  readonly signals?: readonly string[];
  /** These faults and no others; without it, the seed chooses. An empty list: none. */
  readonly faults?: readonly FaultName[];
  /** The faults among which the seed chooses; without it, all. */
  readonly among?: readonly FaultName[];
  /** Exactly these faults, at these points. */
  readonly schedule?: Schedule;
  /** Whom nobody outside ever answers: a question, or a wait for a signal, at `run/path`. */
  readonly ignores?: Ignores;
};

/** A simulated history: what it leaves for the auditor, the faults that struck, and all that happened, line by line. */
export type Simulated = { readonly evidence: Evidence; readonly schedule: Schedule; readonly log: readonly string[] };

/**
 * Plays one history of workflows in a world of faults, from the seed alone: the real scheduler, host,
 * effects and A2A client, with simulated time, disk, network and agents (issue 5, deliverable 1).
 * It ends when everything is quiet, or is given up after a great many moves of time.
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { seed, react, faults, among, schedule, signals = [], ignores } = options;
  const definitions = options.definitions.map(definitionOf);
  const cast = options.cast ?? castFor(seed, definitions);
  const world = new SimulatedWorld({ seed, cast, react, faults, among, schedule });
  const tenants = tenantsOf(seed, options.hasNeighbor === true);
  const starts = startsOf(options, definitions);
  const workflows = definitions.map((definition) => ({ definition }));
  const people = tenants.map(
    (tenant) => new People({ world, tenant, starts: starts.map((start) => startIn(tenant, start, seed)), workflows, signals, ignores }),
  );
  await world.run();
  const quietAt = world.clock.now();
  for (const some of people)
    await some.readResults().catch((error: unknown) => world.chronicle.note("outside", `cannot read: ${String(error)}`));
  const evidence = evidenceOf(world, { tenants, files: options.definitions, quietAt });
  return { evidence, schedule: world.faults.schedule, log: world.chronicle.lines };
}

/** A definition is read once, however many seeds it is played with. */
const readDefinitions = new WeakMap<JsonObject, Definition>();

function definitionOf(file: JsonObject): Definition {
  const known = readDefinitions.get(file);
  if (known !== undefined) return known;
  const definition = workflowFromObject(file);
  readDefinitions.set(file, definition);
  return definition;
}

function startsOf({ seed, input, runs }: SimulateOptions, [definition]: readonly Definition[]): readonly Start[] {
  if (definition === undefined) return [];
  const random = new Random(seed, "starts");
  const count = runs ?? (random.hits(0.6) ? 1 : 2 + random.below(2));
  const given = input ?? (definition.input === null || definition.input === true ? {} : sampleOf(definition.input, random));
  return Array.from({ length: count }, (_, index) => ({ id: `run-${index + 1}`, definition, input: given, delayMs: random.below(5_000) }));
}

/** The same start, by another tenant: at the same instant, or while the first may be at work. */
function startIn(tenant: SimulatedTenant, start: Start, seed: string): Start {
  const random = new Random(seed, `start of ${nameOfRun({ tenant: tenant.tenant, id: start.id })}`);
  const isAtOnce = tenant.tenant === DEFAULT_TENANT || random.hits(0.5);
  return { ...start, input: markedInput(start.input, tenant, seed), delayMs: start.delayMs + (isAtOnce ? 0 : random.spread(1, 5_000)) };
}

type Ended = { readonly tenants: readonly SimulatedTenant[]; readonly files: readonly JsonObject[]; readonly quietAt: number };

function evidenceOf(world: SimulatedWorld, { tenants, files, quietAt }: Ended): Evidence {
  const { seed, store, chronicle } = world;
  const runs = store.runs.map((run): SimulatedRun => {
    const stored = store.find(run);
    const facts = store
      .factsOf(run)
      .map((fact, index) => ({ order: world.orders.get(fact) ?? 0, fact: { seq: index + 1, ...fact } as StoredFact }));
    return {
      tenant: run.tenant,
      id: run.id,
      parent: stored?.record.parent ?? null,
      status: stored?.record.status ?? "",
      endedAt: stored?.record.endedAt ?? null,
      facts,
      leftovers: { wakeAt: stored?.wakeAt ?? null, owes: stored?.owes ?? false },
    };
  });
  return {
    seed,
    tenants,
    definitions: Object.fromEntries(files.map((file) => [textIn(file, "name"), file])),
    runs,
    diary: chronicle.diary,
    told: chronicle.told,
    lives: chronicle.lives,
    pauses: world.pauses,
    quietAt,
    gaveUp: world.gaveUp || world.openRuns.size > 0,
    canaries: [canaryOf(seed)],
    log: chronicle.logged,
  };
}
