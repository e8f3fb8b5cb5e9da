/** docs/language.md is held to the code: what it shows loads, and what the code accepts it mentions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { loadText } from "tutti";
import { expect, it } from "vitest";

import { AGGREGATE_STRATEGIES, HANDLER_NAMES } from "../../src/definition/definition.ts";
import { PLACE_NAMES, ROOT_NAMES, STEP_FIELDS } from "../../src/definition/expression/names.ts";
import { FUNCTIONS, METHODS } from "../../src/definition/expression/functions.ts";
import { METHOD_MACROS } from "../../src/definition/expression/macros.ts";
import { ROOT } from "../support/source-files.ts";

const PAGE = readFileSync(join(ROOT, "docs/language.md"), "utf8");
const HEAD = 'tutti: "1.0"\nname: probe\n';
/** The keys that a place in a file may have, as the reader itself lists them when it meets another. */
function keysAt(text: string): readonly string[] {
  const loaded = loadText(text, "probe.yaml");
  const found = loaded.ok ? undefined : loaded.error.find(({ code }) => code === "T1010");
  expect(found?.declared.length).toBeGreaterThan(1);
  return found?.declared ?? [];
}

/** The section of the page under a heading. */
function section(heading: string): string {
  return PAGE.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

/** Words in `code` of a text: `map(x, e)` and `.map` count as `map`. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => code.match(/[A-Za-z_]\w*/g) ?? []));
}

function unmentioned(names: Iterable<string>, text: string): readonly string[] {
  const words = wordsOf(text);
  return [...new Set(names)].filter((name) => !words.has(name));
}

it("every workflow in docs/language.md loads without problems", () => {
  const blocks = [...PAGE.matchAll(/^```yaml\n(tutti:.*?)^```$/gms)].map(([, text = ""]) => text);
  expect(blocks.length).toBeGreaterThan(0);
  for (const text of blocks) expect(loadText(text, "language.md", { agents: [] })).toMatchObject({ ok: true });
});

it("docs/language.md mentions every key that a file, a step, a retry and an agent may have", () => {
  const step = (key: string) => `${HEAD}steps: { a: { agent: x, ${key} } }`;
  expect(unmentioned(keysAt(`${HEAD}zzzz: 1\nsteps: { a: { agent: x } }`), section("Top-level keys"))).toEqual([]);
  expect(
    unmentioned(keysAt(step("zzzz: 1")), section("Keys of a step") + section("Kinds of step") + section("Outcomes and handlers")),
  ).toEqual([]);
  expect(unmentioned(keysAt(step("retry: { zzzz: 1 }")), section("Keys of a step"))).toEqual([]);
  expect(unmentioned(keysAt(`${HEAD}agents: { x: { zzzz: 1 } }\nsteps: { a: { agent: x } }`), section("Agents"))).toEqual([]);
});

/** A step of each kind with a key that nobody knows inside of it, and one beside it. */
const KINDS: readonly (readonly [kind: string, inside: string | null, beside: string])[] = [
  ["parallel", "parallel: { zzzz: 1 }", "parallel: { agents: [x, y] }"],
  ["steps", null, "steps: { i: { agent: x } }"],
  ["loop", "loop: { zzzz: 1 }", "loop: { until: 'true', steps: { i: { agent: x } } }"],
  ["handoff", "handoff: { zzzz: 1 }", "handoff: { agents: [x, y] }"],
  ["plan", "plan: { zzzz: 1 }", "plan: { agent: x, allow: [c] }"],
  ["approval", "approval: { zzzz: 1 }", "approval: { to: x, title: t }"],
  ["workflow", null, "workflow: w"],
  ["emit", "emit: { zzzz: 1 }", "emit: e"],
  ["aggregate", "aggregate: { zzzz: 1 }", "aggregate: { from: [], strategy: list }"],
  ["wait", "wait: { zzzz: 1 }", "wait: 5m"],
  ["set", null, "set: { a: 1 }"],
];

it.each(KINDS)("docs/language.md mentions every key of the kind %s", (kind, inside, beside) => {
  const step = (keys: string) => `${HEAD}steps: { a: { ${keys} } }`;
  const chapter = section("Kinds of step").split(`\n### \`${kind}\`\n`)[1]?.split("\n### ")[0] ?? "";
  expect(unmentioned([kind, ...(inside === null ? [] : keysAt(step(inside)))], chapter)).toEqual([]);
  expect(unmentioned(keysAt(step(`${beside}, zzzz: 1`)), section("Keys of a step") + section("Outcomes and handlers") + chapter)).toEqual(
    [],
  );
});

it("docs/language.md mentions every handler, strategy, join, budget and other small object", () => {
  const step = (key: string) => `${HEAD}steps: { a: { agent: x, ${key} } }`;
  expect(unmentioned(HANDLER_NAMES, section("Outcomes and handlers"))).toEqual([]);
  expect(unmentioned(AGGREGATE_STRATEGIES, section("Kinds of step"))).toEqual([]);
  expect(unmentioned(keysAt(step("each: [1], succeed: { zzzz: 1 }")), section("Joins"))).toEqual([]);
  expect(unmentioned(keysAt(step("output: true, onInvalid: { repair: 1, zzzz: 1 }")), section("Outcomes and handlers"))).toEqual([]);
  for (const key of ["limit: { zzzz: 1 }", "context: { zzzz: 1 }", "files: [{ url: u, zzzz: 1 }]"])
    expect(unmentioned(keysAt(step(key)), section("Keys of a step"))).toEqual([]);
  for (const key of ["budget", "usage"])
    expect(unmentioned(keysAt(`${HEAD}${key}: { zzzz: 1 }\nsteps: { a: { agent: x } }`), section("Budgets and limits"))).toEqual([]);
});

it("docs/language.md mentions every name, function and macro of expressions, and every field of a step", () => {
  const macros = [...METHOD_MACROS.keys()].map((key) => key.replace(/\/\d+$/, ""));
  expect(
    unmentioned(
      [...ROOT_NAMES, ...PLACE_NAMES, ...FUNCTIONS.keys(), ...METHODS.keys(), ...macros, "matches", "has"],
      section("Expressions"),
    ),
  ).toEqual([]);
  expect(unmentioned(STEP_FIELDS, section("What goes out, and what comes back"))).toEqual([]);
});
