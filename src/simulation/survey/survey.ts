/**
 * Plays a user's workflow under many seeds of faults, and says what can become of it: how often it ends
 * how, which promises can break, and the fewest faults that bring each of them about.
 *
 * 1. What is found follows from the options alone; only where the time runs out does the machine have a say.
 * 2. The fewest faults are found by playing: without any one of them it would not happen.
 */
import type { Json, JsonObject } from "../../base/json.ts";
import { MAX_EXAMPLE_TRIES, MAX_EXPLAINED_FINDINGS, MAX_SHRINK_TRIES } from "../../base/limits.ts";
import { definitionToObject } from "../../authoring/print/print-definition.ts";
import type { Definition } from "../../definition/definition.ts";
import { prepareInput } from "../../definition/run-input.ts";
import type { ScriptedAgent } from "../../testing/scripted.ts";
import type { Evidence } from "../evidence.ts";
import { Random } from "../random.ts";
import { shrink } from "../shrink.ts";
import { simulate } from "../simulate.ts";
import type { Ending } from "./ending.ts";
import { exampleOf } from "./examples.ts";
import { type Finding, judge, type Judgement, keyOf } from "./promises.ts";
import { type Expected, scenarioOf } from "./scenario-of.ts";
import { Shapes } from "./shapes.ts";
import { StandIns } from "./stand-ins.ts";
import { OwnTroubles, strikesOf, type Trouble, type TroubleName, troublesOf, USUAL_TROUBLES, worldFaultsOf } from "./troubles.ts";
import { inWords } from "./words.ts";

type SurveyOptions = {
  /** The workflow, and then those that it runs. */
  readonly definitions: readonly [Definition, ...Definition[]];
  /** Null: made from the schema of the input. */
  readonly input: Json | null;
  /** What agents answer, where it is known. */
  readonly scripts: readonly ScriptedAgent[];
  readonly firstSeed: number;
  readonly seedCount: number;
  /** These and no others; null: the usual ones, some in each seed. */
  readonly faults: readonly TroubleName[] | null;
  /** False when the time is up. */
  readonly mayGoOn: () => boolean;
  readonly onProgress: (played: number) => void;
};

/** How it comes about: the fewest faults, and a scenario of a test that shows it. */
type Explained = {
  /** How many seeds came to it. */
  readonly count: number;
  readonly seed: number;
  readonly faults: readonly string[];
  readonly schedule: readonly Trouble[];
  /** Null: it was not looked for, since there are so many others. */
  readonly scenario: JsonObject | null;
};

type FindingReport = Finding & Explained;
type OutcomeReport = Ending & Explained;

type Survey = {
  readonly workflow: string;
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly isCutShort: boolean;
  readonly broken: readonly FindingReport[];
  readonly noted: readonly FindingReport[];
  readonly outcomes: readonly OutcomeReport[];
};

type Example = { readonly seed: number; readonly schedule: readonly Trouble[] };
type Seen<Of> = { readonly of: Of; count: number; example: Example };
type Played = { readonly evidence: Evidence; readonly judgement: Judgement; readonly schedule: readonly Trouble[]; readonly input: Json };

/** Throws T2001 when no input can be made. */
export async function survey(options: SurveyOptions): Promise<Survey> {
  const stage = new Stage(options);
  const outcomes = new Map<string, Seen<Ending>>();
  const findings = new Map<string, Seen<Finding>>();
  let played = 0;
  for (; played < options.seedCount && (played === 0 || options.mayGoOn()); played += 1) {
    const seed = options.firstSeed + played;
    const { judgement, schedule } = await stage.play(seed, null);
    note(outcomes, endingKey(judgement.ending), { of: judgement.ending, count: 1, example: { seed, schedule } });
    for (const finding of judgement.findings) note(findings, keyOf(finding), { of: finding, count: 1, example: { seed, schedule } });
    options.onProgress(played + 1);
  }
  const explainer = new Explainer(stage);
  const found: FindingReport[] = [];
  for (const [key, seen] of byCount(findings))
    found.push({
      ...seen.of,
      ...(await explainer.explain(seen, (judgement) => judgement.findings.some((one) => keyOf(one) === key), {
        kind: "finding",
        finding: seen.of,
      })),
    });
  const ended: OutcomeReport[] = [];
  for (const [key, seen] of byCount(outcomes)) {
    const { outcome } = seen.of;
    const explained =
      outcome === "completed"
        ? unexplained(seen)
        : await explainer.explain(seen, ({ ending }) => endingKey(ending) === key, { kind: "ending", ending: seen.of });
    ended.push({ ...seen.of, ...explained });
  }
  return {
    workflow: options.definitions[0].name,
    firstSeed: options.firstSeed,
    seedCount: played,
    isCutShort: played < options.seedCount,
    broken: found.filter(({ isBroken }) => isBroken),
    noted: found.filter(({ isBroken }) => !isBroken),
    outcomes: ended,
  };
}

function endingKey({ outcome, code, step, waitsFor }: Ending): string {
  return JSON.stringify([outcome, code, step, waitsFor]);
}

/** Counts it, and keeps the example with the fewest faults. */
function note<Of>(all: Map<string, Seen<Of>>, key: string, one: Seen<Of>): void {
  const known = all.get(key);
  if (known === undefined) return void all.set(key, one);
  known.count += 1;
  if (one.example.schedule.length < known.example.schedule.length) known.example = one.example;
}

function byCount<Of>(all: ReadonlyMap<string, Seen<Of>>): readonly (readonly [string, Seen<Of>])[] {
  return [...all].toSorted(([one, { count: left }], [other, { count: right }]) => right - left || (one < other ? -1 : 1));
}

function unexplained({ count, example }: Seen<unknown>): Explained {
  return { count, seed: example.seed, faults: [], schedule: [], scenario: null };
}

/** Finds the fewest faults of what has been seen. */
class Explainer {
  readonly #stage: Stage;
  #left = MAX_EXPLAINED_FINDINGS;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async explain(seen: Seen<unknown>, isIt: (judgement: Judgement) => boolean, expected: Expected): Promise<Explained> {
    if (this.#left === 0) return unexplained(seen);
    this.#left -= 1;
    const { seed, schedule } = seen.example;
    let tries = 0;
    const shrunk = await shrink(schedule, async (part) => {
      tries += 1;
      return tries <= MAX_SHRINK_TRIES && isIt((await this.#stage.play(seed, part)).judgement);
    });
    const { evidence, input } = await this.#stage.play(seed, shrunk);
    const faults = inWords(shrunk);
    const scenario = scenarioOf(evidence, { input, cast: this.#stage.cast, expected });
    return { count: seen.count, seed, faults, schedule: shrunk, scenario };
  }
}

/** Plays seeds of one workflow. */
class Stage {
  readonly #options: SurveyOptions;
  readonly #standIns: StandIns;
  readonly #files: readonly JsonObject[];
  readonly #shape: Shapes;

  constructor(options: SurveyOptions) {
    this.#options = options;
    this.#standIns = new StandIns(options.definitions, options.scripts);
    // Everyone is a stand-in, wherever the file says that they are.
    this.#files = options.definitions.map((definition) =>
      definitionToObject({ ...definition, agents: {} }, { agents: Object.keys(definition.agents) }),
    );
    this.#shape = new Shapes(options.definitions[0]);
  }

  get cast(): StandIns["cast"] {
    return this.#standIns.cast;
  }

  /** One history; `only`: exactly these troubles. */
  async play(number: number, only: readonly Trouble[] | null): Promise<Played> {
    const seed = String(number);
    const { faults } = this.#options;
    const names = faults ?? USUAL_TROUBLES;
    const own = new OwnTroubles(only === null ? { kind: "seed", seed, names, isAsked: faults !== null } : { kind: "list", troubles: only });
    const input = this.#inputFor(seed);
    const { evidence, schedule } = await simulate({
      seed,
      definitions: this.#files,
      input,
      runs: 1,
      cast: this.cast,
      react: this.#standIns.reactions(seed, own),
      ignores: (what, point) => own.at(what, point) !== null,
      ...(only === null
        ? faults === null
          ? { among: worldFaultsOf(names) }
          : { faults: worldFaultsOf(names) }
        : { schedule: strikesOf(only) }),
    });
    return { evidence, judgement: judge(evidence, this.cast), schedule: [...troublesOf(schedule), ...own.struck], input };
  }

  #inputFor(seed: string): Json {
    const { input, definitions } = this.#options;
    const [definition] = definitions;
    if (input !== null) return input;
    const random = new Random(seed, "input");
    const schema = definition.input === true || definition.input === null ? undefined : (definition.input as Json);
    for (let tries = 1; ; tries += 1) {
      const made =
        schema === undefined && this.#shape.input.fields.size === 0
          ? {}
          : exampleOf(schema, { random, number: 1 + random.below(9), prefersDefaults: true }, this.#shape.input);
      const prepared = prepareInput(definition, made);
      if (prepared.ok) return prepared.value;
      if (tries >= MAX_EXAMPLE_TRIES) throw prepared.error;
    }
  }
}
