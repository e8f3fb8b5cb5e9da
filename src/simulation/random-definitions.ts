/**
 * A random workflow, always a valid one, over the whole language, with the workflows that it runs as
 * children, the agents that it needs, and an input.
 *
 * 1. It has no more to do than a world can play to its end: lists, loops and runs below inside each other
 *    multiply, and one in a hundred would come to thousands of subtasks, or a hundred thousand.
 */
import type { Json, JsonObject } from "../base/json.ts";
import { weightOf } from "./case-weight.ts";
import { type CastMember, randomCast } from "./random-agents.ts";
import { type Chance, isOneIn, pick } from "./random-chance.ts";
import { type Draft, draftOf } from "./random-draft.ts";
import { randomBlock, SIGNALS } from "./random-steps.ts";

export type RandomCase = {
  /** The workflow, as a file says it. */
  readonly workflow: JsonObject;
  /** The workflows that it runs, at any depth; each runs only those before it. */
  readonly children: readonly JsonObject[];
  readonly input: JsonObject;
  readonly cast: readonly CastMember[];
  /** Signals that it may wait for. */
  readonly signals: readonly string[];
};

/** About how many subtasks a run may come to. */
const HEAVIEST = 200;
/** So often in a row nothing is drawn that is too heavy, whatever the chance. */
const MOST_DRAWS = 20;

export function randomCase(chance: Chance): RandomCase {
  let drawn = drawCase(chance);
  for (let draw = 1; draw < MOST_DRAWS && weightOf(drawn) > HEAVIEST; draw += 1) drawn = drawCase(chance);
  return drawn;
}

function drawCase(chance: Chance): RandomCase {
  const cast = randomCast(chance);
  const children: JsonObject[] = [];
  const names: string[] = [];
  const count = isOneIn(chance, 3) ? 1 + chance.below(2) : 0;
  for (let index = 0; index < count; index += 1) {
    const name = `child_${index + 1}`;
    const draft = { ...draftOf(chance, [...names]), left: 1 + chance.below(3) };
    children.push(randomWorkflow(draft, name, cast));
    names.push(name);
  }
  const workflow = randomWorkflow(draftOf(chance, names), "random", cast);
  const input = { yes: true, no: false, items: randomItems(chance) };
  return { workflow, children, input, cast, signals: SIGNALS };
}

/** Few, and now and then more than are at work at once. */
function randomItems(chance: Chance): readonly number[] {
  const count = isOneIn(chance, 10) ? 12 : chance.below(5);
  return Array.from({ length: count }, (_, index) => (index * 7 + 3) % 11);
}

function randomWorkflow(draft: Draft, name: string, cast: readonly CastMember[]): JsonObject {
  const { chance } = draft;
  const steps = randomBlock(draft, { beside: [], outer: [], depth: 0, isInLoop: false }, draft.left);
  const text = JSON.stringify(steps);
  const used = cast.filter((member) => text.includes(`"${member.name}"`));
  return {
    tutti: "1.0",
    name,
    version: "1.0.0",
    agents: Object.fromEntries(used.map((member) => [member.name, { local: member.name }])),
    ...(isOneIn(chance, 8) ? { timeout: pick(chance, ["30s", "5m", "1h"]) } : {}),
    ...(isOneIn(chance, 8) ? { budget: randomBudget(chance), usage: { tokens: "usage.tokens" } } : {}),
    ...(isOneIn(chance, 4) ? { input: INPUT_SCHEMA } : {}),
    ...(isOneIn(chance, 4) ? { defaults: { timeout: "1m", retry: { attempts: 2, initial: "2s" } } } : {}),
    steps,
    // What was written into the run context shows at its end.
    ...(draft.habits.has("context") || isOneIn(chance, 4) ? { output: randomOutput(chance, Object.keys(steps)) } : {}),
  };
}

const INPUT_SCHEMA: JsonObject = {
  type: "object",
  required: ["items"],
  properties: {
    yes: { type: "boolean", default: true },
    no: { type: "boolean", default: false },
    items: { type: "array", items: { type: "integer" } },
  },
};

function randomBudget(chance: Chance): JsonObject {
  const used = pick<JsonObject>(chance, [
    { attempts: 1 + chance.below(8) },
    { subtasks: 1 + chance.below(8) },
    { tokens: 50 + chance.below(500) },
    { time: "2m" },
  ]);
  return { ...used, onExceeded: pick(chance, ["fail", "ask"]) };
}

function randomOutput(chance: Chance, ids: readonly string[]): Json {
  return { context: "${{ context }}", last: `\${{ steps.${pick(chance, ids)}.output }}` };
}
