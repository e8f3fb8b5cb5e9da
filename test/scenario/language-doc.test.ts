/** docs/language.md is held to the code: what it shows loads, and what the code accepts it mentions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { loadText } from "tutti";
import { expect, it } from "vitest";

import { ROOT_NAMES, STEP_FIELDS } from "../../src/definition/expression/names.ts";
import { FUNCTIONS, METHODS } from "../../src/definition/expression/functions.ts";
import { METHOD_MACROS } from "../../src/definition/expression/macros.ts";
import { ROOT } from "../support/source-files.ts";

const PAGE = readFileSync(join(ROOT, "docs/language.md"), "utf8");
const HEAD = 'tutti: "1.0"\nname: probe\n';
/** Names that are kept for later versions of the language. */
const RESERVED = new Set(["iter", "result"]);

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
  expect(unmentioned(keysAt(step("zzzz: 1")), section("Keys of a step"))).toEqual([]);
  expect(unmentioned(keysAt(step("retry: { zzzz: 1 }")), section("Keys of a step"))).toEqual([]);
  expect(unmentioned(keysAt(`${HEAD}agents: { x: { zzzz: 1 } }\nsteps: { a: { agent: x } }`), section("Agents"))).toEqual([]);
});

it("docs/language.md mentions every name, function and macro of expressions, and every field of a step", () => {
  const names = ROOT_NAMES.filter((name) => !RESERVED.has(name));
  const macros = [...METHOD_MACROS.keys()].map((key) => key.replace(/\/\d+$/, ""));
  expect(unmentioned([...names, ...FUNCTIONS.keys(), ...METHODS.keys(), ...macros, "matches", "has"], section("Expressions"))).toEqual([]);
  expect(unmentioned(STEP_FIELDS, section("What goes out, and what comes back"))).toEqual([]);
});
