/**
 * Agents that stand in for those of a user's workflow: what each answers follows from the contract of
 * its step, from how the workflow reads the answer, or from the scripts of a scenario file; what goes
 * wrong with them is for the troubles to say. A pure function of the seed and the work.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_EXAMPLE_TRIES } from "../../base/limits.ts";
import type { Definition, Step } from "../../definition/definition.ts";
import { compile } from "../../definition/compile.ts";
import type { Program, Scope, StepProgram } from "../../definition/program.ts";
import { eachStep, longNameOf, type PlacedStep } from "../../definition/walk.ts";
import type { Behaviour } from "../../testing/behaviour.ts";
import { holds } from "../../testing/matches.ts";
import { actorsOf, stepNameOf } from "../../testing/scenario-names.ts";
import type { ScriptedAgent } from "../../testing/scripted.ts";
import type { CastMember } from "../random-agents.ts";
import { Random } from "../random.ts";
import type { React, Reaction, WorkSeen } from "../reactions.ts";
import { exampleOf, exampleOfShape } from "./examples.ts";
import { Shapes } from "./shapes.ts";
import type { OwnTroubles } from "./troubles.ts";

/** Longer than anyone waits. */
const NEVER_MS = 366 * 86_400_000;

type Known = {
  readonly steps: ReadonlyMap<string, PlacedStep>;
  readonly shapes: Shapes;
  readonly programs: ReadonlyMap<Step, StepProgram>;
};

export class StandIns {
  readonly cast: readonly CastMember[];
  readonly #byWorkflow: ReadonlyMap<string, Known>;
  readonly #scripts: ReadonlyMap<string, readonly Behaviour[]>;

  constructor(definitions: readonly Definition[], scripts: readonly ScriptedAgent[]) {
    this.#byWorkflow = new Map(
      definitions.map((definition) => {
        const steps = new Map(eachStep(definition).map((placed) => [longNameOf(placed), placed] as const));
        return [definition.name, { steps, shapes: new Shapes(definition), programs: programsOf(compile(definition)) }];
      }),
    );
    this.#scripts = new Map(
      scripts.flatMap(({ name, behaviours, capabilities }) => [name, ...capabilities].map((one) => [one, behaviours] as const)),
    );
    this.cast = castOf(definitions);
  }

  /** How the agents of one history are. */
  reactions(seed: string, troubles: OwnTroubles): React {
    return (work) => {
      const { run, path, attempt, turn } = work;
      const trouble = troubles.at("work", `${run}/${path}#${attempt}.${turn}`);
      const takesMs = 10 + new Random(seed, `time of ${run}/${path}#${attempt}.${turn}`).below(200);
      const right: Reaction = { takesMs, says: { kind: "completed", output: this.#answer(seed, work) }, reports: false };
      switch (trouble?.fault) {
        case "fails":
          return { ...right, says: { kind: "failed", code: "TEMPORARY", retryable: true } };
        case "breaks":
          return { ...right, says: { kind: "failed", code: "BROKEN", retryable: false } };
        case "refuses":
          return { ...right, says: { kind: "rejected" } };
        case "asks":
          return turn > 2 ? right : { ...right, says: { kind: "asks", prompt: `Which way, in turn ${turn}?` } };
        case "slow":
          return { ...right, takesMs: trouble.amount ?? 1_000 };
        case "neverEnds":
          return { ...right, takesMs: NEVER_MS };
        case "nobodyAnswers":
        case "noSignal":
        case undefined:
          return right;
      }
    };
  }

  #answer(seed: string, work: WorkSeen): Json {
    const random = new Random(seed, `answer of ${work.run}/${work.path}#${work.attempt}.${work.turn} ${work.content}`);
    const scripted = this.#scripted(work, random);
    if (scripted !== undefined) return scripted;
    const { steps, shapes, programs } = this.#byWorkflow.get(work.workflow) ?? NOTHING;
    const placed = steps.get(stepNameOf(work.path));
    if (placed === undefined) return "words";
    const { step, id, holder, role } = placed;
    if (step.kind === "plan" || role === "makePlan") return planOf(step.kind === "plan" ? step : holder?.step, random);
    if (holder?.step.kind === "handoff" && role === "agent" && random.hits(0.4)) return handOver(holder.step.agents, id, random);
    // Whoever stands in keeps the contract of the step around it.
    const contract =
      step.output === null && holder !== null && role !== "step" && role !== "branch" && role !== "compensate" ? holder.step : step;
    const drawing = { random, number: numberOf(seed) };
    const draw = () => exampleOf(contract.output ?? undefined, drawing, shapes.of(id));
    const answer = acceptable(draw, programs.get(contract));
    const written = step.context?.write ?? [];
    if (written.length === 0) return answer;
    const update = written.map((one) => [
      one,
      exampleOfShape(
        one.split(".").reduce((shape, key) => shape.field(key), shapes.context),
        drawing,
      ),
    ]);
    return { result: answer, context_update: Object.fromEntries(update) as JsonObject };
  }

  /** One of the answers that a script has for this; undefined when it has none. */
  #scripted({ agent, path, content }: WorkSeen, random: Random): Json | undefined {
    const behaviours = this.#scripts.get(agent) ?? [];
    const input = inputIn(content);
    const fitting = behaviours.filter(
      (one) =>
        "answer" in one &&
        typeof one.answer !== "function" &&
        (one.step ?? path) === path &&
        (one.when === undefined || holds(input, one.when)),
    );
    const conditional = fitting.filter(({ when, step }) => when !== undefined || step !== undefined);
    const chosen = (conditional.length > 0 ? conditional : fitting)[random.below(Math.max(1, conditional.length || fitting.length))];
    return chosen !== undefined && "answer" in chosen && typeof chosen.answer !== "function" ? chosen.answer : undefined;
  }
}

const NOTHING: Known = { steps: new Map(), shapes: new Shapes({ steps: {}, output: null }), programs: new Map() };

function programsOf(program: Program): ReadonlyMap<Step, StepProgram> {
  const found = new Map<Step, StepProgram>();
  const left = [...program.steps];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    found.set(next.step, next);
    left.push(...(next.block?.steps ?? []), ...Object.values(next.inner));
  }
  return found;
}

/** The first of some draws that keeps the contract; the last if none does. */
function acceptable(draw: () => Json, program: StepProgram | undefined): Json {
  let value = draw();
  if (program === undefined) return value;
  for (let tries = 1; tries < MAX_EXAMPLE_TRIES && !keeps(value, program); tries += 1) value = draw();
  return value;
}

/** Whether a value keeps the schema, and those rules that can be looked at without the run. */
function keeps(output: Json, { validate, rules }: StepProgram): boolean {
  if (validate !== null && validate(output).length > 0) return false;
  const scope: Scope = { input: null, steps: {}, context: {}, run: { id: "", started_at: "" }, output };
  return rules.every(({ evaluate }) => {
    const result = evaluate(scope);
    return !result.ok || result.value === true;
  });
}

/** The number that a history's agents have in common, from 1. */
function numberOf(seed: string): number {
  return 1 + new Random(seed, "number").below(9);
}

function planOf(step: Step | undefined, random: Random): Json {
  const capabilities = step?.kind === "plan" ? step.capabilities : [];
  const count = capabilities.length === 0 ? 0 : 1 + random.below(Math.min(3, step?.kind === "plan" ? step.maxSubtasks : 1));
  const subtasks = Array.from({ length: count }, (_, index) => ({
    id: `task_${index + 1}`,
    capability: capabilities[random.below(capabilities.length)] ?? "",
    ...(index > 0 && random.hits(0.3) ? { needs: [`task_${index}`] } : {}),
  }));
  return { subtasks };
}

function handOver(agents: { readonly [id: string]: Step }, own: string, random: Random): Json {
  const others = Object.keys(agents).filter((id) => id !== own);
  return others.length === 0 ? "words" : { handoff_to: others[random.below(others.length)] ?? own };
}

/** The data that a piece of work came with, whichever way it came. */
function inputIn(content: string): Json {
  const parts = JSON.parse(content) as Json;
  if (!Array.isArray(parts)) return null;
  const isWire = parts.every((part) => isJsonObject(part) && ("data" in part || "text" in part));
  if (!isWire) return parts[1] ?? null;
  const found = parts.find((part) => isJsonObject(part) && "data" in part);
  return isJsonObject(found) ? (found["data"] ?? null) : null;
}

/** Everyone whom the workflows name: those with a module work in the process, all others behind A2A. */
function castOf(definitions: readonly Definition[]): readonly CastMember[] {
  const isNear = (name: string) => definitions.some(({ agents }) => agents[name]?.kind === "module" || agents[name]?.kind === "local");
  const skills = new Map<string, Set<string>>();
  for (const definition of definitions) {
    for (const name of actorsOf(definition)) skills.set(name, (skills.get(name) ?? new Set()).add(name));
    for (const { step } of eachStep(definition))
      for (const target of step.kind === "delegate" ? [step.target, ...step.fallback] : [])
        if (target.kind === "agent" && target.skill !== null) skills.get(target.agent)?.add(target.skill);
  }
  return [...skills].map(([name, capabilities]) => ({
    name,
    place: isNear(name) ? "local" : "remote",
    capabilities: [...capabilities],
    says: { kind: "anything" },
    principal: name,
    asks: false,
  }));
}
